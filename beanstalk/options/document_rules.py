"""Rules about values that are documents of their own, with members and a schema. See `catalogue_rules`."""

from __future__ import annotations

from collections.abc import Iterator

from beanstalk.errors import InvalidInput, Problem
from beanstalk.options.catalogue import catalogue
from beanstalk.options.given import REPORTING, Finding, Given, Rule, warning
from beanstalk.source.json_schema import Findings, check_schema


def documents(given: Given) -> Iterator[Finding]:
    """What a schema says about a document: an unknown member is a warning, a value that cannot be is an error.

    Source: EB Developer Guide, "Configuring enhanced health rules" and "Publishing custom metrics".
    """
    from beanstalk.source.json_text import read_json  # brings yaml with it, which starts slowly

    for item in given.choices:
        option = catalogue().find(item.namespace, item.name)
        text = given.text(item.namespace, item.name, item.resource_name)
        if option is None or not option.schema or not text:
            continue
        found = Findings()
        try:
            check_schema(read_json(item.name, text.encode(errors="replace")).root, option.schema, found)
        except InvalidInput as error:  # JSON that another reader takes: a name twice, NaN
            found.problems.extend(error.problems)
        for problems, make in ((found.problems, Finding), (found.warnings, warning)):
            yield from (make(_of_option(each, item.namespace, item.name, given)) for each in problems)


def _of_option(problem: Problem, namespace: str, name: str, given: Given) -> Problem:
    """The option's own place: inside its value lines are counted by nobody."""
    return given.problem(f"{namespace}:{name}: {problem.text}", problem.hint, (namespace, name))


def config_version(given: Given) -> Iterator[Finding]:
    """Every ConfigDocument of the guide has a Version."""
    text = given.text(REPORTING, "ConfigDocument") if given.chosen(REPORTING, "ConfigDocument") else None
    if text and text.lstrip().startswith("{") and '"Version"' not in text:
        problem = f"{REPORTING}:ConfigDocument has no Version"
        yield warning(given.problem(problem, 'add "Version": 1', (REPORTING, "ConfigDocument")))


RULES: tuple[Rule, ...] = (documents, config_version)
