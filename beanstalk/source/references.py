"""Whether what functions name is there: resources, parameters, mappings and conditions, over all files.

A name that nothing has makes CloudFormation refuse the stack. Inside the template that is an error; in what instances
and options say it is a warning, since this machine runs them without a stack. For conditions too: nobody has written
down which ones Elastic Beanstalk brings along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from beanstalk.errors import Where
from beanstalk.source.functions import (
    PSEUDO_PARAMETERS,
    Condition,
    Entry,
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
from beanstalk.source.notes import Notes, Place
from beanstalk.source.template_keys import OURS, Template, note_unknown_id

Tell = Callable[[Place, str, str], None]
"""Notes a problem, or a warning: place, text, hint."""

_NAME = re.compile(r"\$\{\s*([A-Za-z0-9:]+)(\.[A-Za-z0-9.]+)?\s*\}")


def check_references(template: Template, elsewhere: Iterable[Value], notes: Notes) -> None:
    """Note every name that nothing has. `elsewhere`: values outside of the template."""
    known = _Known(template, notes)
    sections = (template.resources, template.outputs, template.conditions)
    inside = [function for section in sections for function in functions_in(section)]
    outside = [function for value in elsewhere for function in functions_in(value)]
    known.look_at(inside, notes.wrong)
    known.look_at_dependencies()
    known.look_at(outside, notes.warn)
    known.look_at_conditions([*inside, *outside])


class _Known:
    """The names of a template, sorted."""

    def __init__(self, template: Template, notes: Notes) -> None:
        self.template, self.notes = template, notes
        self.resources = _names(template.resources)
        self.references = _names(template.resources, template.parameters)
        self.mappings = _names(template.mappings)
        self.conditions = _names(template.conditions)

    def look_at(self, functions: Iterable[Function], tell: Tell) -> None:
        for function in functions:
            match function:
                case Ref(name, at):
                    self._look("Ref", name, self.references, at, tell)
                case GetAtt(resource, _, at):
                    self._look("Fn::GetAtt", resource, self.resources, at, tell)
                case FindInMap(str(mapping), _, _, at):
                    self._look("Fn::FindInMap", mapping, self.mappings, at, tell)
                case Sub(text, variables, at):
                    own = _names(variables)
                    for found in _NAME.finditer(text):
                        names = self.resources if found[2] else self.references
                        if found[1] not in own:
                            self._look("Fn::Sub", found[1], names, at, tell)

    def look_at_conditions(self, functions: Iterable[Function]) -> None:
        for function in functions:
            if isinstance(function, If):
                self._look("Fn::If", function.condition, self.conditions, function.at, self.notes.warn)
            elif isinstance(function, Condition):
                self._look("Condition", function.name, self.conditions, function.at, self.notes.warn)
        for at, condition in self._values("Condition"):
            self._look("Condition", condition, self.conditions, at, self.notes.warn)

    def look_at_dependencies(self) -> None:
        for at, others in self._values("DependsOn"):
            for other in others if isinstance(others, tuple) else (others,):
                self._look("DependsOn", other, self.resources, at, self.notes.wrong)

    def _values(self, key: str) -> Iterator[tuple[Where, Value]]:
        """What the resources have under the key."""
        for resource in self.template.resources.entries:
            entries = resource.value.entries if isinstance(resource.value, Object) else ()
            yield from ((entry.at, entry.value) for entry in entries if entry.key == key)

    def _look(self, what: str, name: Value, known: Mapping[str, Where], at: Where, tell: Tell) -> None:
        if not isinstance(name, str):
            return
        if name.startswith("AWS::") and name not in PSEUDO_PARAMETERS:
            text = f"{what} names {name[:60]!r}, which CloudFormation does not know"
            tell(at, text, self.notes.meant(name, PSEUDO_PARAMETERS))
        elif name not in known and not name.startswith((OURS, "AWS::")):
            hint = self.notes.meant(name, known) if known else "define it in one of the configuration files"
            tell(at, f"{what} names {name[:60]!r}, which no configuration file defines", hint)
        elif name not in known and name.startswith(OURS):
            note_unknown_id(f"{what} names", name, at, self.notes)


def _names(*sections: Object) -> dict[str, Where]:
    """Every key with its place."""
    return {entry.key: entry.at for entry in sorted(chain(*(section.entries for section in sections)), key=_key)}


def _key(entry: Entry) -> str:
    return entry.key
