"""The keys `commands` and `container_commands` of one file -> values, in the order of their names.

Source: EB Developer Guide, "Customizing software on Linux servers", Commands and Container commands.
"""

from __future__ import annotations

import re
from typing import Any

from beanstalk.source.document import Kind, Node
from beanstalk.source.fields import Fields, boolean, entries_of, environment, fields_of, number, optional_text
from beanstalk.source.functions import TextValue
from beanstalk.source.instance_keys import Command, CommandLine, ContainerCommand
from beanstalk.source.notes import Notes
from beanstalk.source.values import read_text

FIELDS = ("command", "cwd", "env", "test", "ignoreErrors", "waitAfterCompletion")
FOR_EVER = -1

_PLAIN = re.compile(r"0|[1-9][0-9]*|true|false")


def read_commands(node: Node, notes: Notes) -> tuple[Command, ...]:
    found: list[Command] = []
    for name, fields in _entries(node, "commands", FIELDS, notes):
        what = f"command {name.text[:60]}"
        found.append(Command(test=_test(fields.get("test"), what, notes), **_common(name, fields, what, notes)))
    return tuple(sorted(found, key=lambda command: command.name))


def read_container_commands(node: Node, notes: Notes) -> tuple[ContainerCommand, ...]:
    """Those of one file; which of all files' come first is decided where all are known."""
    found: list[ContainerCommand] = []
    for name, fields in _entries(node, "container_commands", (*FIELDS, "leader_only"), notes):
        what = f"container command {name.text[:60]}"
        leader_only = boolean(fields.get("leader_only"), f"leader_only of {what}", notes) or False
        test = _test(fields.get("test"), what, notes)
        if leader_only and test is not None:
            text = f"{what} has both leader_only and test: leader_only wins, the test is not run"
            notes.warn(fields["test"].at, text, "keep one of the two; the command itself can test something")
            test = None
        common = _common(name, fields, what, notes)
        found.append(ContainerCommand(test=test, leader_only=leader_only, **common))
    return tuple(sorted(found, key=lambda command: command.name))


def _common(name: Node, fields: Fields, what: str, notes: Notes) -> dict[str, Any]:
    """The fields of a Command but `test`."""
    return {
        "name": name.text,
        "command": _command(name, fields.get("command"), what, notes),
        "cwd": optional_text(fields.get("cwd"), f"cwd of {what}", notes),
        "env": environment(fields.get("env"), f"env of {what}", notes),
        "ignore_errors": boolean(fields.get("ignoreErrors"), f"ignoreErrors of {what}", notes) or False,
        "wait_s": _wait(fields.get("waitAfterCompletion"), what, notes),
        "at": name.at,
    }


def _entries(node: Node, what: str, known: tuple[str, ...], notes: Notes) -> list[tuple[Node, Fields]]:
    elsewhere = "" if "leader_only" in known else "leader_only belongs to container_commands"
    found: list[tuple[Node, Fields]] = []
    for name, value in entries_of(node, what, notes):
        if name.kind is not Kind.STRING and not _PLAIN.fullmatch(name.text):
            text = f"the name {name.text[:60]} without quotes is a number that YAML may write otherwise"
            notes.warn_once(what, name.at, f"{text}: the order of {what} is that of the names", "put names into quotes")
        fields = fields_of(value, f"{what} {name.text[:60]}", known, notes, elsewhere)
        if fields is not None:
            found.append((name, fields))
    return found


def _command(name: Node, node: Node | None, what: str, notes: Notes) -> CommandLine:
    hint = "write 'command:' and what is to run; several lines go into a block after |"
    if node is None:
        notes.wrong(name.at, f"{what} has no command", hint)
        return ""
    if node.kind is Kind.SEQUENCE:
        words = [read_text(item, f"a word of {what}", notes) for item in node.items()]
        if not words or words[0] == "":
            notes.wrong(node.at, f"{what} is a list without a program", "write the program first, then its arguments")
        return tuple(word for word in words if word is not None)
    found = "" if node.kind is Kind.NULL else read_text(node, what, notes)
    if isinstance(found, str) and not found.strip():
        notes.wrong(node.at, f"{what} has an empty command", hint)
    return found or ""


def _test(node: Node | None, what: str, notes: Notes) -> TextValue | None:
    """None: it always runs. A test that is empty is as good as none."""
    if node is None:
        return None
    if node.kind is Kind.SEQUENCE:
        notes.wrong(node.at, f"the test of {what} is a list", "write it as one command")
        return None
    return optional_text(node, f"test of {what}", notes) or None


def _wait(node: Node | None, what: str, notes: Notes) -> int | None:
    if node is not None and node.is_scalar and node.text == "forever":
        return FOR_EVER
    return number(node, f"waitAfterCompletion of {what}", notes)
