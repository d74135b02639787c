"""A mapping with one key such as `Ref` or `Fn::Join`, or a short tag such as `!Ref` -> the function it stands for.

The argument has been read before, functions inside of it too. A mistake is noted and the function passed on as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from beanstalk.errors import Where
from beanstalk.source.functions import (
    CUSTOM_OPTIONS,
    UNPROVEN,
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
    Value,
    name_of,
)
from beanstalk.source.notes import Notes

_PASSED_ON = (
    "Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::Transform", "Fn::Length", "Fn::ToJsonString", "Fn::ForEach",
    "Fn::Contains", "Fn::EachMemberIn", "Fn::EachMemberEquals", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll",
)  # fmt: skip
_OPTION_KEYS = ("Namespace", "OptionName", "DefaultValue")


def is_function_name(key: str) -> bool:
    return key == "Ref" or key.startswith("Fn::")


def tag_to_name(tag: str) -> str:
    """`!Join` -> `Fn::Join`; "" for a tag that no function has."""
    name = tag.removeprefix("!")
    long = name if name in ("Ref", "Condition") else f"Fn::{name}"
    return long if tag.startswith("!") and long in NAMES else ""


def read_function(name: str, argument: Value, at: Where, notes: Notes) -> Function:
    """`name` is one of NAMES, or begins with Fn::. What is not promised by Elastic Beanstalk gives a warning."""
    reader = _READERS.get(name)
    if reader is None:
        if name not in _PASSED_ON:
            notes.warn(at, f"{name} is no function that is known", notes.meant(name, NAMES))
        found: Function | str = Other(name, argument, at)
    else:
        found = reader(argument, at, notes)
    if isinstance(found, str):
        notes.wrong(at, f"{name} cannot be read: it takes {found}", f"write {{{name}: {found}}}")
        return Other(name, argument, at)
    if isinstance(found, UNPROVEN):
        text = f"{name_of(found)} is not among the functions that Elastic Beanstalk promises"
        notes.warn_once(name_of(found), at, text, "it is passed on to CloudFormation; on this machine it may stay open")
    return found


def _ref(argument: Value, at: Where, _: Notes) -> Function | str:
    return Ref(argument, at) if isinstance(argument, str) and argument else "the name of a resource or parameter"


def _get_att(argument: Value, at: Where, notes: Notes) -> Function | str:
    if isinstance(argument, str) and "." in argument.strip("."):
        resource, _dot, name = argument.partition(".")
        return GetAtt(resource, name, at)
    match argument:
        case (str(resource), attribute) if resource and attribute not in ("", None):
            return GetAtt(resource, attribute, at)
        case (str(resource), first, *rest) if resource and all(isinstance(part, str) for part in (first, *rest)):
            attribute = ".".join(str(part) for part in (first, *rest))
            text = f"Fn::GetAtt takes two values, and these are {len(argument)}: CloudFormation may refuse the stack"
            notes.warn(at, text, f"write [{resource[:60]}, {attribute[:60]}]")
            return GetAtt(resource, attribute, at)
    return "[RESOURCE, ATTRIBUTE]"


def _get_option_setting(argument: Value, at: Where, notes: Notes) -> Function | str:
    if not isinstance(argument, Object):
        return "{Namespace: …, OptionName: …, DefaultValue: …}"
    for entry in argument.entries:
        if entry.key not in _OPTION_KEYS:
            notes.wrong(
                entry.at, f"Fn::GetOptionSetting has no {entry.key[:60]!r}", notes.meant(entry.key, _OPTION_KEYS)
            )
    namespace, name = argument.get("Namespace"), argument.get("OptionName")
    namespace = CUSTOM_OPTIONS if "Namespace" not in argument else namespace
    if not (isinstance(namespace, str) and namespace and isinstance(name, str) and name):
        return "{Namespace: …, OptionName: …, DefaultValue: …}, the first two as plain text"
    return GetOptionSetting(namespace, name, argument.get("DefaultValue"), at)


def _join(argument: Value, at: Where, _: Notes) -> Function | str:
    match argument:
        case (str(delimiter), items) if not isinstance(items, str | Object | None):
            return Join(delimiter, items, at)
    return "[DELIMITER, [VALUE, …]]"


def _split(argument: Value, at: Where, _: Notes) -> Function | str:
    match argument:
        case (str(delimiter), text) if delimiter and not isinstance(text, tuple | Object | None):
            return Split(delimiter, text, at)
    return "[DELIMITER, TEXT]"


def _select(argument: Value, at: Where, _: Notes) -> Function | str:
    match argument:
        case (index, items) if not isinstance(index, tuple | Object | None) and not isinstance(items, Object | None):
            return Select(index, items, at)
    return "[INDEX, [VALUE, …]]"


def _sub(argument: Value, at: Where, _: Notes) -> Function | str:
    match argument:
        case str():
            return Sub(argument, Object(), at)
        case (str(text), Object() as variables):
            return Sub(text, variables, at)
    return "a text, or [TEXT, {NAME: VALUE, …}]"


def _find_in_map(argument: Value, at: Where, _: Notes) -> Function | str:
    match argument:
        case (mapping, top, second) if all(part is not None for part in argument):
            return FindInMap(mapping, top, second, at)
        case (_, _, _, Object()):
            return Other("Fn::FindInMap", argument, at)
    return "[MAPPING, KEY, KEY]"


def _import_value(argument: Value, at: Where, _: Notes) -> Function | str:
    return ImportValue(argument, at) if not isinstance(argument, tuple | Object | None) else "the name of an export"


def _if(argument: Value, at: Where, _: Notes) -> Function | str:
    match argument:
        case (str(condition), then, otherwise):
            return If(condition, then, otherwise, at)
    return "[CONDITION, VALUE, VALUE]"


def _condition(argument: Value, at: Where, _: Notes) -> Function | str:
    return Condition(argument, at) if isinstance(argument, str) and argument else "the name of a condition"


def condition_of(value: Value) -> Value:
    """`{Condition: NAME}` inside of a condition is the outcome of another one; anything else stays."""
    match value:
        case Object((Entry("Condition", str(name), at),)):
            return Condition(name, at)
    return value


def _logic(operator: str, least: int, most: int) -> Callable[[Value, Where, Notes], Function | str]:
    def read(argument: Value, at: Where, _: Notes) -> Function | str:
        if isinstance(argument, tuple) and least <= len(argument) <= most:
            return Logic(operator, tuple(condition_of(item) for item in argument), at)
        return f"a list of {least}" + (f" to {most} values" if most > least else " value" + "s" * (least > 1))

    return read


_READERS: dict[str, Callable[[Value, Where, Notes], Function | str]] = {
    "Ref": _ref,
    "Condition": _condition,
    "Fn::GetAtt": _get_att,
    "Fn::GetOptionSetting": _get_option_setting,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::If": _if,
    "Fn::Equals": _logic("Equals", 2, 2),
    "Fn::Not": _logic("Not", 1, 1),
    "Fn::And": _logic("And", 2, 10),
    "Fn::Or": _logic("Or", 2, 10),
}
NAMES = (*_READERS, *_PASSED_ON)
