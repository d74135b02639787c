"""The key `option_settings` -> settings, each with the place where it was written. Both of its shapes.

Source: EB Developer Guide, "Option settings". Values become the text that the Elastic Beanstalk API would carry:
`true`, `25`, JSON for a nested mapping. Where YAML's own reading would change what stands there (0644, 9.30, 1:30), the
text stays as written and a warning says so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from beanstalk.model import OptionSetting
from beanstalk.source.document import Kind, Node
from beanstalk.source.functions import FUNCTIONS, Value, to_json
from beanstalk.source.notes import MOST_HINTS, Notes
from beanstalk.source.values import read_value
from beanstalk.source.yaml_nodes import FALSE, NUMBER, TRUE

DEFAULT_NAMESPACE = "aws:elasticbeanstalk:application:environment"
ITEM_KEYS = ("namespace", "option_name", "value", "resource_name")

_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


@dataclass(slots=True)
class Found(Notes):
    """What was read so far: settings in the order of the text, errors and warnings with their places.

    values: what the settings are, functions in them told from text.
    """

    settings: list[OptionSetting] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)


def read_option_settings(node: Node) -> Found:
    """Read the value of `option_settings`: a mapping of namespaces, or a list of items. Problems are collected."""
    found = Found()
    if node.kind is Kind.MAPPING:
        empty = ""
        for key, value in node.entries():
            is_property = _is_property(key, value)
            if empty and is_property:
                text = f"{key.text[:60]} is taken as an environment property, not as an option of {empty}"
                found.warn(key.at, text, f"indent it, if it belongs below {empty}")
            elif not is_property:
                empty = key.text[:60] if value.kind is Kind.NULL else ""
            _namespace(key, value, found)
    elif node.kind is Kind.SEQUENCE:
        for item in node.items():
            _item(item, found)
    elif node.kind is Kind.NULL:
        found.warn(node.at, "option_settings is empty", "remove it, or put options under it")
    else:
        hint = "write a mapping of namespaces, or a list of items with option_name and value"
        found.wrong(node.at, "option_settings is neither a mapping nor a list", hint)
    return found


def _namespace(key: Node, value: Node, found: Found) -> None:
    """One entry of the mapping form: `[resource.]namespace: {option: value}`, or a property without its namespace."""
    if not key.is_scalar or not key.text:
        found.wrong(key.at, "a namespace has to be text", "write a namespace such as aws:autoscaling:asg")
        return
    resource, namespace = split_resource(key.text)
    if value.kind is Kind.MAPPING:
        for name, content in value.entries():
            _setting(namespace, name, content, resource, found)
    elif _is_property(key, value):
        _setting(DEFAULT_NAMESPACE, key, value, "", found)
    elif value.kind is Kind.NULL:
        found.warn(key.at, f"{key.text} has no options", "remove it, or put options under it")
    else:
        hint = f"write '{key.text}:' and the options below it, indented, as name: value"
        found.wrong(value.at, f"{key.text} is not followed by a mapping of options", hint)


def _is_property(key: Node, value: Node) -> bool:
    """Whether this is an environment property without its namespace."""
    return key.is_scalar and ":" not in key.text and value.is_scalar


def _item(item: Node, found: Found) -> None:
    """One item of the list form: `{namespace?, option_name, value, resource_name?}`."""
    if item.kind is not Kind.MAPPING:
        hint = "write '- option_name: NAME' and 'value: VALUE' below it"
        found.wrong(item.at, "an item of option_settings is not a mapping", hint)
        return
    fields: dict[str, Node] = {}
    unknown: list[tuple[str, Node]] = []
    for key, value in item.entries():
        if key.is_scalar and key.text in ITEM_KEYS:
            fields[key.text] = value
        else:
            unknown.append((key.text, key))
    for text, key in unknown:
        missing = [name for name in ITEM_KEYS if name not in fields]
        close = _meant(text, missing) if found.count < MOST_HINTS else ""
        hint = f"did you mean {close}?" if close else f"possible are {', '.join(ITEM_KEYS)}"
        found.wrong(key.at, f"unknown key {text[:60]!r} in an item of option_settings", hint)
    if unknown:
        return
    for name in ("option_name", "value"):
        if name not in fields:
            found.wrong(item.at, f"an item of option_settings has no {name}", f"add '{name}:'")
    texts = {name: node for name, node in fields.items() if name != "value"}
    for name, node in texts.items():
        if not node.is_scalar or not node.text:
            found.wrong(node.at, f"{name} has to be text", "write it on one line")
    if "option_name" in fields and "value" in fields and all(node.is_scalar and node.text for node in texts.values()):
        resource, namespace = (
            split_resource(texts["namespace"].text) if "namespace" in texts else ("", DEFAULT_NAMESPACE)
        )
        resource = texts["resource_name"].text if "resource_name" in texts else resource
        _setting(namespace, fields["option_name"], fields["value"], resource, found)


def split_resource(key: str) -> tuple[str, str]:
    """`Nightly.aws:autoscaling:asg` -> ("Nightly", "aws:autoscaling:asg"); "" for no resource."""
    head, colon, tail = key.partition(":")
    resource, dot, first = head.rpartition(".")
    return (resource, first + colon + tail) if colon and dot else ("", key)


def _setting(namespace: str, name: Node, value: Node, resource: str, found: Found) -> None:
    if not name.is_scalar or not name.text:
        hint = f"write the name of an option of {namespace}"
        found.wrong(name.at, "the name of an option has to be text", hint)
        return
    text = _text(value, f"{namespace}:{name.text}", found)
    if text is not None:
        found.settings.append(OptionSetting(namespace, name.text, text, resource, name.at))


def _text(value: Node, option: str, found: Found) -> str | None:
    """The value as the API would carry it; None after a problem was noted."""
    before = len(found.problems)
    if value.kind is Kind.NULL:
        hint = "write '' for an empty value, or remove the line"
        found.warn(value.at, f"{option} has no value: taken as empty", hint)
        return ""
    meaning = read_value(value, found)
    if len(found.problems) > before:
        return None
    found.values.append(meaning)
    if isinstance(meaning, FUNCTIONS) and (value.kind in (Kind.MAPPING, Kind.TAGGED)):
        return f"`{_json(value)}`"
    if value.kind is Kind.SEQUENCE:
        items = value.items()
        is_flat = all(item.is_scalar and item.kind is not Kind.TAGGED for item in items)
        return ",".join(item.text for item in items) if is_flat else _json(value)
    return _json(value) if value.kind is Kind.MAPPING else _scalar(value, option, found)


def _scalar(value: Node, option: str, found: Found) -> str:
    written = value.text
    if value.kind is Kind.BOOLEAN and written.lower() in TRUE + FALSE:
        text = "true" if written.lower() in TRUE else "false"
        if written.lower() != text:
            message = f"{option}: {written} without quotes is the boolean {text}"
            found.warn(value.at, message, f"write {text}, or '{written}' in quotes for the word")
        return text
    plain = {Kind.INTEGER: _PLAIN_INTEGER, Kind.NUMBER: NUMBER}.get(value.kind)
    if plain is not None and not plain.fullmatch(written):
        message = (
            f"{option}: {written[:60]} without quotes is a number that YAML may write otherwise; taken as it stands"
        )
        found.warn(value.at, message, "put it into quotes")
    return written


def _json(value: Node) -> str:
    """JSON without blanks; numbers as they were written, and as text where JSON has no such number."""
    match value.kind:
        case Kind.MAPPING:
            return "{" + ",".join(f"{_quoted(key.text)}:{_json(content)}" for key, content in value.entries()) + "}"
        case Kind.SEQUENCE:
            return "[" + ",".join(_json(item) for item in value.items()) + "]"
        case Kind.NULL:
            return "null"
        case Kind.TAGGED:
            function = to_json(read_value(value, Notes()))
            return json.dumps(function, ensure_ascii=False, separators=(",", ":"))
        case Kind.BOOLEAN:
            return "true" if value.text.lower() in TRUE else "false"
        case Kind.INTEGER if _PLAIN_INTEGER.fullmatch(value.text):
            return value.text
        case Kind.NUMBER if NUMBER.fullmatch(value.text):
            return value.text
        case _:
            return _quoted(value.text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _meant(text: str, known: list[str]) -> str:
    """`Option-Name`, `optionname` and `option_value` for `value`, all near enough."""
    close = get_close_matches(re.sub(r"[\s-]", "_", text.lower())[:100], known, 1, 0.55)
    return close[0] if close else ""
