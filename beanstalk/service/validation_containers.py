"""What only the translation of a bundle into containers finds, such as a build context that is not there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from beanstalk.container_groups import container_group
from beanstalk.container_groups.material import ReadText
from beanstalk.errors import BundleRefused, InvalidInput, Problem
from beanstalk.options.configuration import Configuration
from beanstalk.service.validation_files import AT_ROOT, FileKind
from beanstalk.service.validation_report import Findings, Severity
from beanstalk.source import content
from beanstalk.source.bundle import Bundle, text_of
from beanstalk.source.recognise import Kind

Fetch = Callable[[str], bytes]
"""The content of a file of the project, or its beginning (more than LONGEST_TEXT). Raises BundleRefused."""
_RULES: dict[Kind, str] = {
    Kind.COMPOSE: FileKind.COMPOSE,
    Kind.ECS: FileKind.DOCKERRUN,
    Kind.IMAGE: FileKind.DOCKERRUN,
    Kind.DOCKERFILE: "dockerfile",
}
"""Of what stands in no file with a rule of its own, such as a Dockerfile that a Compose file names."""


def tell_containers(
    modes: Iterable[tuple[str, int]],
    kind: Kind,
    configuration: Configuration,
    on_aws: bool,
    fetch: Fetch,
    findings: Findings,
) -> None:
    """Translate, and tell what `create` would tell of it. modes: (path, mode) of the files that are packed.

    What the readers warned about is an error when nothing can be deployed with it.
    """
    known = dict(modes)
    entries = tuple(content.Entry(path, mode, 0, "") for path, mode in known.items())

    def read(_: Bundle, path: str) -> str | None:
        if path not in known:
            return None
        return text_of(path, known[path], b"" if known[path] == content.LINK else fetch(path))

    bundle = Bundle(Path(), content.digest(entries), 0, entries)
    problems, warnings = _translated(bundle, configuration, on_aws, read)
    findings.all = [each for each in findings.all if each.severity is Severity.ERROR or each.problem not in problems]
    told = {each.problem for each in findings.all}
    for problem in problems:
        if problem not in told:
            findings.add(_rule(problem, kind), [problem])
    for warning in warnings:
        if warning not in told:
            findings.add(_rule(warning, kind), (), [warning])


def _translated(
    bundle: Bundle, configuration: Configuration, on_aws: bool, read: ReadText
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """(mistakes, warnings)"""
    try:
        return (), container_group(bundle, configuration, on_aws, read)[1]
    except InvalidInput as error:
        return error.problems, error.warnings
    except BundleRefused as error:
        return (Problem(error.problem, error.at, error.hint),), ()


def _rule(problem: Problem, kind: Kind) -> str:
    return AT_ROOT.get(problem.at.path if problem.at else "") or _RULES[kind]
