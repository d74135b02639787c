"""Nodes -> values of a template, with functions in all three of their forms: mapping, short tag, in backquotes.

Text keeps what was written: a date stays a date's text, a number that YAML 1.1 would write otherwise (0644) stays as it
stands. Backquotes hold a function only when an object with the name of one stands right inside of them: a shell's own
backquotes are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import isinf
from typing import Any

from beanstalk.errors import Where
from beanstalk.source.document import MAX_DEPTH, Kind, Node
from beanstalk.source.function_reader import NAMES, is_function_name, read_function, tag_to_name
from beanstalk.source.functions import FUNCTIONS, Entry, Function, Object, Text, TextValue, Value
from beanstalk.source.notes import Notes
from beanstalk.source.yaml_nodes import FALSE, INTEGER, NUMBER, TRUE
from beanstalk.source.yaml_syntax import SURROGATE

MAX_FUNCTIONS = 1_000

_OPENING = re.compile(r"`\s{0,100}(?P<object>\{)(?=\s{0,100}[\"']?(?:Ref|Fn::\w{1,100})[\"']?\s{0,100}:)")
_CLOSING = re.compile(r"\s*`")
_EXAMPLE = 'write it as in `{"Ref": "MyTopic"}`'


def read_value(node: Node, notes: Notes) -> Value:
    """Any value of a template."""
    if node.kind is Kind.TAGGED:
        return _tagged(node, notes)
    if node.kind is Kind.MAPPING:
        return _mapping(node, notes)
    if node.kind is Kind.SEQUENCE:
        return tuple(read_value(item, notes) for item in node.items())
    return _scalar(node, notes)


def read_text(node: Node, what: str, notes: Notes) -> TextValue | None:
    """A text or what makes one; numbers and booleans as they were written. None after a problem was noted.

    Nothing at all is "" with a warning: the line is there, so it was hardly meant.
    """
    if node.kind is Kind.NULL:
        notes.warn(node.at, f"{what} has no value: taken as empty", "write '' for an empty value, or remove the line")
        return ""
    if node.is_scalar and node.kind is not Kind.TAGGED:
        return split_text(node.text, node.place, notes)
    value = read_value(node, notes)
    if isinstance(value, (str, Text, *FUNCTIONS)):
        return value
    notes.wrong(node.at, f"{what} has to be text", "write it on one line, or as a block after |")
    return None


def split_text(text: str, place: Callable[[int], Where], notes: Notes) -> TextValue:
    """Text -> itself, a function when there is nothing else, or literal parts and functions one after another.

    `place` says where the character at an offset was written.
    """
    parts: list[str | Function] = []
    done = number = 0
    while (opening := _OPENING.search(text, done)) is not None:
        number += 1
        if number > MAX_FUNCTIONS:
            hint = "keep large content in files of its own"
            notes.wrong(place(opening.start()), f"more than {MAX_FUNCTIONS:,} functions in one text", hint)
            break
        found = _function(text, opening, place, notes)
        if found is None:
            break
        _literal(parts, text[done : opening.start()])
        parts.append(found[0])
        done = found[1]
    _literal(parts, text[done:])
    if len(parts) > 1:
        return Text(tuple(parts))
    return parts[0] if parts else ""


def value_of(text: str, at: Where) -> TextValue:
    """What the text of an option setting means. Its mistakes were told when it was read."""
    return split_text(text, lambda _: at, Notes())


def _literal(parts: list[str | Function], text: str) -> None:
    if text:
        parts.append(text)


def _function(
    text: str, opening: re.Match[str], place: Callable[[int], Where], notes: Notes
) -> tuple[Function, int] | None:
    """The function in backquotes and where they end; None after a problem was noted."""
    at, start = place(opening.start()), opening.start("object")
    try:
        found, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        notes.wrong(place(error.pos), f"not valid JSON in backquotes: {error.msg}", _EXAMPLE)
        return None
    except (ValueError, RecursionError):
        notes.wrong(at, "not valid JSON in backquotes: nested too deep, or no such number", _EXAMPLE)
        return None
    closing = _CLOSING.match(text, end)
    if closing is None:
        notes.wrong(place(end), "the backquote that ends the function is missing", "put ` right after the }")
        return None
    value = _from_json(found, at, notes, 0)
    if isinstance(value, FUNCTIONS):
        return value, closing.end()
    notes.wrong(at, "a function in backquotes has to be alone in its object", _EXAMPLE)
    return None


def _no_such_number(text: str) -> Any:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=lambda pairs: pairs or {}, parse_constant=_no_such_number)
"""Objects become lists of pairs (tuples), so that they differ from lists and keep the order."""


def _from_json(found: Any, at: Where, notes: Notes, depth: int) -> Value:
    if depth > MAX_DEPTH:
        notes.wrong(at, f"nested more than {MAX_DEPTH} deep in backquotes", "write it flatter")
        return None
    if isinstance(found, list) and found and isinstance(found[0], tuple):
        pairs = {key: _from_json(value, at, notes, depth + 1) for key, value in found}
        return _object([(key, value, at) for key, value in pairs.items()], at, notes)
    if isinstance(found, list):
        return tuple(_from_json(item, at, notes, depth + 1) for item in found)
    if isinstance(found, dict):
        return Object()
    if isinstance(found, str) and SURROGATE.search(found):
        notes.wrong(at, "an escape in backquotes is half a character", "write the character itself")
        return ""
    if isinstance(found, float) and isinf(found):
        notes.wrong(at, "a number in backquotes is too large", "correct the number")
        return None
    return found if isinstance(found, str | int | float | bool) else None


def _mapping(node: Node, notes: Notes) -> Value:
    entries: list[tuple[str, Value, Where]] = []
    for key, value in node.entries():
        if key.is_scalar:
            entries.append((key.text, read_value(value, notes), key.at))
        else:
            notes.wrong(key.at, "a key that is not text", "write the key on one line")
    return _object(entries, node.at, notes)


def _object(entries: list[tuple[str, Value, Where]], at: Where, notes: Notes) -> Value:
    if len(entries) == 1 and is_function_name(entries[0][0]):
        name, argument, where = entries[0]
        return read_function(name, argument, where, notes)
    for key, _, where in entries:
        if key.startswith("Fn::") and key != "Fn::Transform" and not key.startswith("Fn::ForEach"):
            hint = "a function has no other keys beside it"
            notes.warn(where, f"{key[:60]} is not alone: taken as an ordinary key", hint)
    return Object(tuple(Entry(key, value, where) for key, value, where in entries))


def _tagged(node: Node, notes: Notes) -> Value:
    """`!Name argument`. Tags of other kinds are refused: some readers of YAML would run code for them."""
    name = tag_to_name(node.tag)
    if not name:
        hint = notes.meant(node.tag[:60], [f"!{known.removeprefix('Fn::')}" for known in NAMES])
        hint = hint if hint.startswith("did") else "write the value without a tag"
        notes.wrong(node.at, f"the tag {node.tag[:60]} is not possible", hint)
        return None
    text = "short tags such as !Ref are not in Elastic Beanstalk's guide, and its reader may refuse them"
    notes.warn_once("short tags", node.at, text, f"write {{{name}: …}}")
    argument: Value
    if node.is_scalar:
        argument = split_text(node.text, node.place, notes) if name != "Fn::Sub" else node.text
    elif items := node.items():
        argument = tuple(read_value(item, notes) for item in items)
    else:
        argument = _mapping(node, notes) if node.entries() else ()
    return read_function(name, argument, node.at, notes)


def _scalar(node: Node, notes: Notes) -> Value:
    written = node.text
    match node.kind:
        case Kind.NULL:
            return None
        case Kind.BOOLEAN if written.lower() in TRUE + FALSE:
            return written.lower() in TRUE
        case Kind.INTEGER if INTEGER.fullmatch(written):
            return int(written)
        case Kind.NUMBER if NUMBER.fullmatch(written):
            return float(written)
        case _:
            return split_text(written, node.place, notes)
