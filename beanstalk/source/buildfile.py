"""The `Buildfile`: commands that build the application, one a line, `name: command`. Each ends before the next begins.

The form of a line is that of the Procfile (EB Developer Guide, "Configuring the application process"). No process
called `web` is needed, and nothing of it keeps running.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*([^\s].*)")
_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SHAPE = "write a line as `name: command`, the name of letters, digits, - and _"


@dataclass(frozen=True, slots=True)
class BuildCommand:
    """One command for a shell, never empty; `at` is its line, from 1."""

    name: str
    command: str
    at: Where


def read_buildfile(text: str, path: str = "Buildfile") -> tuple[BuildCommand, ...]:
    """The commands in the order in which they run; none for a file of blanks and comments.

    Raises InvalidInput with every line that is no command, and names used twice.
    """
    found: dict[str, BuildCommand] = {}
    problems: list[Problem] = []
    for number, line in enumerate(_END.split(text.removeprefix("\ufeff")), start=1):
        at = Where(path, number)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if odd := _CONTROL.search(line):
            problems.append(Problem("a control character in the line", Where(path, number, odd.start() + 1), _SHAPE))
        elif not match:
            problems.append(Problem(_why(line), at, _SHAPE))
        elif first := found.get(match[1]):
            hint = f"it is on line {first.at.line} already; join them with &&, or give each its own name"
            problems.append(Problem(f"a second command named {match[1]}", at, hint))
        else:
            found[match[1]] = BuildCommand(match[1], match[2].rstrip(), at)
    if problems:
        raise InvalidInput(problems)
    return tuple(found.values())


def _why(line: str) -> str:
    name, colon, command = line.partition(":")
    if line[0].isspace():
        return "white space before the name of a command"
    if not colon:
        return "no colon after the name of the command"
    return f"no command after {name}:" if not command.strip() else f"{name[:60]!r} cannot be the name of a command"
