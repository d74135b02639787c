"""What a value is when everything that can be known is known; what cannot stays as the function it is.

Pure: options come through a callback, parameters, mappings and conditions from the template, and what only a running
stack knows (a resource, the region) from whoever asks, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from beanstalk.source.functions import (
    EMPTY,
    FUNCTIONS,
    NO_VALUE,
    Condition,
    Entry,
    FindInMap,
    Function,
    GetAtt,
    GetOptionSetting,
    If,
    ImportValue,
    Join,
    Logic,
    Object,
    Other,
    Ref,
    Select,
    Split,
    Sub,
    Text,
    Value,
    is_known,
)

MAX_DEPTH = 40
"""How far inside a value a condition is still looked up; values themselves are no deeper than a file may be."""

MAX_CHARACTERS = 4 * 1024 * 1024
"""Of all texts that are put together in one evaluation: what would be more stays a function."""

_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is known.

    option: namespace and name -> value, None when nobody set it.  known: values of Ref by name, of GetAtt by
    "resource.attribute".  parameters, mappings, conditions: sections of the template.
    """

    option: Callable[[str, str], str | None] = lambda namespace, name: None
    known: Mapping[str, Value] = field(default_factory=dict)
    parameters: Object = EMPTY
    mappings: Object = EMPTY
    conditions: Object = EMPTY


@dataclass(slots=True)
class _Work:
    """One evaluation. `outcomes`: of conditions, None while one is worked out, so that it cannot ask for itself.

    depth: how many values are being resolved inside of each other.  left: characters that may still be put together.
    """

    lookup: Lookup
    outcomes: dict[str, bool | None] = field(default_factory=dict)
    depth: int = 0
    left: int = MAX_CHARACTERS

    def take(self, characters: int) -> bool:
        """Whether there is room for so many more; then it is used up."""
        if characters > self.left:
            return False
        self.left -= characters
        return True


def resolve(value: Value, lookup: Lookup) -> Value:
    """The value with every function replaced whose outcome is known. `Ref: AWS::NoValue` takes its entry away."""
    return _resolve(value, _Work(lookup))


def _resolve(value: Value, work: _Work) -> Value:
    work.depth += 1
    found = _resolved(value, work)
    work.depth -= 1
    return found


def _resolved(value: Value, work: _Work) -> Value:
    match value:
        case None | str() | bool() | int() | float():
            return value
        case tuple():
            return tuple(item for item in _all(value, work) if not _is_no_value(item))
        case Object():
            found = [Entry(entry.key, _resolve(entry.value, work), entry.at) for entry in value.entries]
            return Object(tuple(entry for entry in found if not _is_no_value(entry.value)))
        case Text():
            return _text(value, work)
        case _:
            return _function(value, work)


def text_of(value: Value) -> str | None:
    """A single known value as text, the way CloudFormation writes it; None for anything else."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return None


def _all(values: Iterable[Value], work: _Work) -> list[Value]:
    return [_resolve(value, work) for value in values]


def _is_no_value(value: Value) -> bool:
    return isinstance(value, Ref) and value.name == NO_VALUE


def _text(value: Text, work: _Work) -> str | Text:
    """One text when all parts are known, else the known ones that stand together as one."""
    parts: list[str | Function] = []
    for part in _all(value.parts, work):
        text = text_of(part)
        if text is not None:
            parts.append(text)
        elif isinstance(part, Text):
            parts.extend(part.parts)
        elif isinstance(part, FUNCTIONS):
            parts.append(part)
    if not work.take(sum(len(part) for part in parts if isinstance(part, str))):
        return value
    joined: list[str | Function] = []
    for is_text, together in groupby(parts, lambda part: isinstance(part, str)):
        if is_text:
            joined.append("".join(map(str, together)))
        else:
            joined.extend(together)
    return joined[0] if len(joined) == 1 and isinstance(joined[0], str) else Text(tuple(joined)) if joined else ""


def _function(function: Function, work: _Work) -> Value:
    match function:
        case Ref():
            return _reference(function.name, work, function)
        case GetAtt():
            attribute = _resolve(function.attribute, work)
            return work.lookup.known.get(f"{function.resource}.{attribute}", replace(function, attribute=attribute))
        case GetOptionSetting():
            found = work.lookup.option(function.namespace, function.name)
            if found is None and function.default is not None:
                return _resolve(function.default, work)
            return function if found is None else found
        case Join():
            return _join(function, _resolve(function.items, work), work)
        case Split():
            text = _resolve(function.text, work)
            known = text_of(text)
            return replace(function, text=text) if known is None else tuple(known.split(function.delimiter))
        case Select():
            return _select(function, _resolve(function.index, work), _resolve(function.items, work))
        case Sub():
            return _sub(function, work)
        case FindInMap():
            return _find(function, work)
        case If():
            outcome = _condition(function.condition, work)
            if outcome is not None:
                return _resolve(function.then if outcome else function.otherwise, work)
            then, otherwise = _all((function.then, function.otherwise), work)
            return replace(function, then=then, otherwise=otherwise)
        case Condition():
            outcome = _condition(function.name, work)
            return function if outcome is None else outcome
        case Logic():
            items = tuple(_all(function.items, work))
            outcome = _logic(function.operator, items)
            return replace(function, items=items) if outcome is None else outcome
        case ImportValue():
            return replace(function, name=_resolve(function.name, work))
        case Other():
            return replace(function, argument=_resolve(function.argument, work))


def _reference(name: str, work: _Work, otherwise: Value) -> Value:
    if name in work.lookup.known:
        return work.lookup.known[name]
    parameter = work.lookup.parameters.get(name)
    default = parameter.get("Default") if isinstance(parameter, Object) else None
    return otherwise if text_of(default) is None else default


def _join(function: Join, items: Value, work: _Work) -> Value:
    if not isinstance(items, tuple):
        return replace(function, items=items)
    known = [text for text in map(text_of, items) if text is not None]
    length = len(function.delimiter) * len(known) + sum(map(len, known))
    if len(known) < len(items) or not work.take(length):
        return replace(function, items=items)
    return function.delimiter.join(known)


def _select(function: Select, index: Value, items: Value) -> Value:
    number = text_of(index) or ""
    if isinstance(items, tuple) and re.fullmatch("[0-9]{1,6}", number) and int(number) < len(items):
        return items[int(number)]
    return replace(function, index=index, items=items)


def _sub(function: Sub, work: _Work) -> Value:
    """Known only as a whole: a text with some of its names replaced could not be told from one with all of them."""
    variables = _resolve(function.variables, work)
    own = {entry.key: entry.value for entry in variables.entries} if isinstance(variables, Object) else {}
    parts: list[str] = []
    done = 0
    for found in _PLACEHOLDER.finditer(function.text):
        name = found[1].strip()
        literal = name.startswith("!")
        value: Value = f"${{{name[1:]}}}" if literal else own.get(name, _reference(name, work, None))
        text = text_of(value)
        if text is None:
            return function
        parts += [function.text[done : found.start()], text]
        done = found.end()
        if not work.take(len(parts[-2]) + len(text)):
            return function
    return "".join([*parts, function.text[done:]])


def _find(function: FindInMap, work: _Work) -> Value:
    names = _all((function.mapping, function.top, function.second), work)
    found: Value = work.lookup.mappings
    for name in names:
        key = text_of(name)
        found = found.get(key) if isinstance(found, Object) and key is not None else None
    if found is not None and not isinstance(found, Object):
        return found
    return replace(function, mapping=names[0], top=names[1], second=names[2])


def _condition(name: str, work: _Work) -> bool | None:
    """The outcome of a condition of the template; None: not known, it asks for itself, or asks on and on."""
    if name not in work.outcomes and name in work.lookup.conditions and work.depth < MAX_DEPTH:
        work.outcomes[name] = None
        work.outcomes[name] = _truth(_resolve(work.lookup.conditions.get(name), work))
    return work.outcomes.get(name)


def _truth(value: Value) -> bool | None:
    return {"true": True, "false": False}.get(text_of(value) or "")


def _logic(operator: str, items: tuple[Value, ...]) -> bool | None:
    if operator == "Equals":
        left, right = items
        if not (is_known(left) and is_known(right)):
            return None
        return (text_of(left) or left) == (text_of(right) or right)
    outcomes = [_truth(item) for item in items]
    match operator:
        case "Not":
            return None if outcomes[0] is None else not outcomes[0]
        case "And":
            return False if False in outcomes else None if None in outcomes else True
        case _:
            return True if True in outcomes else None if None in outcomes else False
