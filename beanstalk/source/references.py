"""Whether what functions name is there: resources, parameters, mappings and conditions, over all files.

A name that nothing has makes CloudFormation refuse the stack. Inside the template that is an error; in what instances
and options say it is a warning, since this machine runs them without a stack. For conditions too: nobody has written
down which ones Elastic Beanstalk brings along.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from beanstalk.errors import Problem, Where
from beanstalk.source.functions import (
    PSEUDO_PARAMETERS,
    Condition,
    FindInMap,
    Function,
    GetAtt,
    If,
    Object,
    Ref,
    Sub,
    Value,
    functions_in,
)
from beanstalk.source.notes import Notes, meant
from beanstalk.source.template_keys import OURS, Template

_NAME = re.compile(r"\$\{\s*([A-Za-z0-9:]+)(\.[A-Za-z0-9.]+)?\s*\}")


def check_references(template: Template, elsewhere: Iterable[Value], notes: Notes) -> None:
    """Note every name that nothing has. `elsewhere`: values outside of the template."""
    known = _Known(template)
    sections = (template.resources, template.outputs, template.conditions)
    inside = [function for section in sections for function in functions_in(section)]
    outside = [function for value in elsewhere for function in functions_in(value)]
    notes.problems += [*known.missing(inside), *known.missing_dependencies()]
    notes.warnings += [*known.missing(outside), *known.missing_conditions([*inside, *outside])]


class _Known:
    """The names of a template."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.resources = {entry.key for entry in template.resources.entries}
        self.references = self.resources | {entry.key for entry in template.parameters.entries}
        self.mappings = {entry.key for entry in template.mappings.entries}
        self.conditions = {entry.key for entry in template.conditions.entries}

    def missing(self, functions: Iterable[Function]) -> Iterator[Problem]:
        for function in functions:
            match function:
                case Ref(name, at):
                    yield from self._look("Ref", name, self.references, at)
                case GetAtt(resource, _, at):
                    yield from self._look("Fn::GetAtt", resource, self.resources, at)
                case FindInMap(str(mapping), _, _, at):
                    yield from self._look("Fn::FindInMap", mapping, self.mappings, at)
                case Sub(text, variables, at):
                    for found in _NAME.finditer(text):
                        names = self.resources if found[2] else self.references
                        if found[1] not in variables:
                            yield from self._look("Fn::Sub", found[1], names, at)

    def missing_conditions(self, functions: Iterable[Function]) -> Iterator[Problem]:
        for function in functions:
            if isinstance(function, If):
                yield from self._look("Fn::If", function.condition, self.conditions, function.at)
            elif isinstance(function, Condition):
                yield from self._look("Condition", function.name, self.conditions, function.at)
        for at, condition in self._values("Condition"):
            yield from self._look("Condition", condition, self.conditions, at)

    def missing_dependencies(self) -> Iterator[Problem]:
        for at, others in self._values("DependsOn"):
            for other in others if isinstance(others, tuple) else (others,):
                yield from self._look("DependsOn", other, self.resources, at)

    def _values(self, key: str) -> Iterator[tuple[Where, Value]]:
        """What the resources have under the key."""
        for resource in self.template.resources.entries:
            entries = resource.value.entries if isinstance(resource.value, Object) else ()
            yield from ((entry.at, entry.value) for entry in entries if entry.key == key)

    def _look(self, what: str, name: Value, known: set[str], at: Where) -> Iterator[Problem]:
        if not isinstance(name, str):
            return
        if name.startswith("AWS::") and name not in PSEUDO_PARAMETERS:
            text = f"{what} names {name[:60]!r}, which CloudFormation does not know"
            yield Problem(text, at, meant(name, PSEUDO_PARAMETERS))
        elif name not in known and not name.startswith((OURS, "AWS::")):
            hint = meant(name, sorted(known)) if known else "define it in one of the configuration files"
            yield Problem(f"{what} names {name[:60]!r}, which no configuration file defines", at, hint)
