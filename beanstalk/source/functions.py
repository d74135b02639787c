"""The functions of CloudFormation as values: what stands in a template, or in backquotes inside a text.

Elastic Beanstalk promises Ref, Fn::GetAtt, Fn::Join and its own Fn::GetOptionSetting, and its guide uses
Fn::FindInMap and Fn::ImportValue; whatever else there is goes on to CloudFormation as it stands (`UNPROVEN`).
Source: EB Developer Guide, "Functions". `function_reader` makes these values, `evaluate` works out what can be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from beanstalk.errors import Where

CUSTOM_OPTIONS = "aws:elasticbeanstalk:customoption"
NO_VALUE = "AWS::NoValue"
PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::NotificationARNs",
    NO_VALUE,
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an object, with the place of its key. Where it was written makes no difference when compared."""

    key: str
    value: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Object:
    """A mapping that is no function. No key is there twice."""

    entries: tuple[Entry, ...] = ()
    _values: dict[str, Value] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_values", {entry.key: entry.value for entry in self.entries})

    def get(self, key: str) -> Value:
        """The value, None when there is no such key."""
        return self._values.get(key)

    def __contains__(self, key: str) -> bool:
        return key in self._values


EMPTY = Object()


@dataclass(frozen=True, slots=True)
class Text:
    """Literal parts and functions, one after another: a text with functions in backquotes."""

    parts: tuple[str | Function, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    name: str
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class GetAtt:
    resource: str
    attribute: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class GetOptionSetting:
    """The value of an option, else `default`; None: it has none."""

    namespace: str
    name: str
    default: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Join:
    delimiter: str
    items: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Split:
    delimiter: str
    text: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Select:
    index: Value
    items: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Sub:
    """`text` with ${Name}, ${Resource.Attribute} and ${!Literal}; `variables` go before what the template has."""

    text: str
    variables: Object
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class FindInMap:
    mapping: Value
    top: Value
    second: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class ImportValue:
    name: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class If:
    condition: str
    then: Value
    otherwise: Value
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """The outcome of a condition, by its name; only inside of conditions."""

    name: str
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """`operator` is Equals (two items), And, Or or Not (one)."""

    operator: str
    items: tuple[Value, ...]
    at: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Other:
    """A function that is passed on without being understood. `name` with its Fn::."""

    name: str
    argument: Value
    at: Where = field(compare=False)


Function: TypeAlias = (
    Ref
    | GetAtt
    | GetOptionSetting
    | Join
    | Split
    | Select
    | Sub
    | FindInMap
    | ImportValue
    | If
    | Condition
    | Logic
    | Other
)
FUNCTIONS = (
    Ref, GetAtt, GetOptionSetting, Join, Split, Select, Sub, FindInMap, ImportValue, If, Condition, Logic, Other,
)  # fmt: skip
UNPROVEN = (Split, Select, Sub, If, Condition, Logic, Other)
Value: TypeAlias = "str | int | float | bool | Object | tuple[Value, ...] | Text | Function | None"
"""What a template holds: JSON with functions in it. Lists are tuples."""
TextValue: TypeAlias = "str | Text | Function"
"""What stands where a text is wanted: the text, or what makes one when everything is known."""


def name_of(function: Function) -> str:
    """As it is written in a template: Ref, Condition, or with Fn:: before it."""
    match function:
        case Other():
            return function.name
        case Logic():
            return f"Fn::{function.operator}"
        case Ref() | Condition():
            return type(function).__name__
        case _:
            return f"Fn::{type(function).__name__}"


def functions_in(value: Value) -> Iterator[Function]:
    """All functions of a value, outer ones before those inside of them."""
    if isinstance(value, FUNCTIONS):
        yield value
    for inner in _inside(value):
        yield from functions_in(inner)


def is_known(value: Value) -> bool:
    """Whether no function is left in it."""
    return next(functions_in(value), None) is None


def _inside(value: Value) -> tuple[Value, ...]:
    match value:
        case None | str() | bool() | int() | float() | Ref() | Condition():
            return ()
        case tuple():
            return value
        case Object():
            return tuple(entry.value for entry in value.entries)
        case Text():
            return value.parts
        case GetAtt():
            return (value.attribute,)
        case GetOptionSetting():
            return (value.default,)
        case Join() | Logic():
            return value.items if isinstance(value.items, tuple) else (value.items,)
        case Split():
            return (value.text,)
        case Select():
            return (value.index, value.items)
        case Sub():
            return (value.variables,)
        case FindInMap():
            return (value.mapping, value.top, value.second)
        case ImportValue():
            return (value.name,)
        case If():
            return (value.then, value.otherwise)
        case Other():
            return (value.argument,)
        case _:
            assert_never(value)


def to_json(value: Value) -> Any:
    """As CloudFormation's own JSON, functions in their long form; a text with functions becomes a Fn::Join."""
    match value:
        case None | str() | bool() | int() | float():
            return value
        case tuple():
            return [to_json(item) for item in value]
        case Object():
            return {entry.key: to_json(entry.value) for entry in value.entries}
        case Text():
            return {"Fn::Join": ["", [to_json(part) for part in value.parts]]}
        case _:
            return {name_of(value): _argument(value)}


def _argument(function: Function) -> Any:
    match function:
        case Ref() | Condition():
            return function.name
        case GetAtt():
            return [function.resource, to_json(function.attribute)]
        case GetOptionSetting():
            default = {} if function.default is None else {"DefaultValue": to_json(function.default)}
            return {"Namespace": function.namespace, "OptionName": function.name, **default}
        case Join():
            return [function.delimiter, to_json(function.items)]
        case Split():
            return [function.delimiter, to_json(function.text)]
        case Select():
            return [to_json(function.index), to_json(function.items)]
        case Sub():
            return [function.text, to_json(function.variables)] if function.variables.entries else function.text
        case FindInMap():
            return [to_json(function.mapping), to_json(function.top), to_json(function.second)]
        case ImportValue():
            return to_json(function.name)
        case If():
            return [function.condition, to_json(function.then), to_json(function.otherwise)]
        case Logic():
            return to_json(function.items)
        case Other():
            return to_json(function.argument)
        case _:
            assert_never(function)
