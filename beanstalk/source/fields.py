"""Nodes -> the fields of one entry of an instance key: text, number, boolean, list. Mistakes are noted.

What Elastic Beanstalk takes although it is not the documented type (a number for a text, "true" in quotes) is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from beanstalk.source.document import Kind, Node
from beanstalk.source.functions import TextValue
from beanstalk.source.instance_keys import Environment
from beanstalk.source.notes import Notes
from beanstalk.source.values import read_text
from beanstalk.source.yaml_nodes import FALSE, TRUE

Fields = Mapping[str, Node]


def entries_of(node: Node, what: str, notes: Notes) -> list[tuple[Node, Node]]:
    """Name and content of every entry of a mapping whose keys are names. Empty for nothing, with a warning."""
    if node.kind is Kind.NULL:
        notes.warn(node.at, f"{what} is empty", "remove it, or write its entries below it")
        return []
    if node.kind is not Kind.MAPPING:
        notes.wrong(
            node.at, f"{what} has to be a mapping of names", "write 'NAME:' and what belongs to it below, indented"
        )
        return []
    return list(_named(node, what, notes))


def _named(node: Node, what: str, notes: Notes) -> Iterator[tuple[Node, Node]]:
    for key, value in node.entries():
        if key.is_scalar and key.text:
            yield key, value
        else:
            notes.wrong(key.at, f"a name in {what} has to be text", "write the name on one line")


def fields_of(node: Node, what: str, known: tuple[str, ...], notes: Notes, elsewhere: str = "") -> Fields | None:
    """The fields of one entry by name; None after the problem that it is no mapping was noted.

    `elsewhere`: a hint for fields that belong to another key.
    """
    if node.kind is not Kind.MAPPING:
        hint = f"write its fields below it, indented: {', '.join(known)}"
        notes.wrong(node.at, f"{what} is not a mapping", hint)
        return None
    found: dict[str, Node] = {}
    for key, value in node.entries():
        if key.is_scalar and key.text in known:
            found[key.text] = value
        elif key.is_scalar:
            hint = elsewhere if elsewhere and key.text == "leader_only" else notes.meant(key.text, known)
            notes.wrong(key.at, f"{what} has an unknown key {key.text[:60]!r}", hint)
        else:
            notes.wrong(key.at, f"{what} has a key that is not text", f"possible are {', '.join(known)}")
    return found


def plain(node: Node | None, what: str, notes: Notes) -> str:
    """A text without functions; "" when it is not there, empty, or wrong."""
    if node is None or node.kind is Kind.NULL:
        return ""
    found = read_text(node, what, notes)
    if found is None or isinstance(found, str):
        return found or ""
    notes.wrong(node.at, f"{what} has to be plain text", "a function is not possible here")
    return ""


def optional_text(node: Node | None, what: str, notes: Notes) -> TextValue:
    return "" if node is None else (read_text(node, what, notes) or "")


def boolean(node: Node | None, what: str, notes: Notes) -> bool | None:
    """None when it is not there, or wrong."""
    if node is None:
        return None
    written = node.text.lower()
    if not node.is_scalar or node.kind is Kind.TAGGED or written not in TRUE + FALSE:
        shown = f", not {node.text[:60]!r}" if node.is_scalar else ""
        notes.wrong(node.at, f"{what} has to be true or false{shown}", "write true or false")
        return None
    if node.kind is not Kind.BOOLEAN:
        word = "true" if written in TRUE else "false"
        notes.warn(node.at, f"{what} is text: taken as {word}", f"write {word} without quotes")
    return written in TRUE


def number(node: Node | None, what: str, notes: Notes) -> int | None:
    """A whole number from 0 to 2³²-2, in quotes or not: the range of user and group numbers."""
    if node is None or (node.kind is Kind.NULL):
        return None
    text = node.text.strip()
    is_number = node.kind in (Kind.STRING, Kind.INTEGER) and text.isascii() and text.isdigit() and len(text) <= 10
    if is_number and int(text) < 2**32 - 1:
        return int(text)
    notes.wrong(node.at, f"{what} has to be a whole number", 'write it as in "45"')
    return None


def texts(node: Node | None, what: str, notes: Notes) -> tuple[str, ...]:
    """A list of plain texts; one text alone is taken as a list of one, with a warning."""
    if node is None or node.kind is Kind.NULL:
        return ()
    if node.kind is Kind.SEQUENCE:
        found = [plain(item, f"an item of {what}", notes) for item in node.items()]
        return tuple(text for text in found if text)
    if node.is_scalar and node.kind is not Kind.TAGGED:
        notes.warn(node.at, f"{what} should be a list: taken as a list of one", f"write [{node.text[:60]}]")
        return (node.text,)
    notes.wrong(node.at, f"{what} has to be a list", "write [ONE, OTHER]")
    return ()


def environment(node: Node | None, what: str, notes: Notes) -> Environment | None:
    if node is None:
        return None
    found: list[tuple[str, TextValue]] = []
    for key, value in entries_of(node, what, notes):
        text = read_text(value, f"{what} {key.text[:60]}", notes)
        if "=" in key.text or "\0" in key.text:
            notes.wrong(key.at, f"{key.text[:60]!r} is no name of an environment variable", "leave out the '='")
        elif text is not None:
            found.append((key.text, text))
    return tuple(found)
