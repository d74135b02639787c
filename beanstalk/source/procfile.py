"""The `Procfile`: one process a line, `name: command`.

Rule of a line (EB Developer Guide, "Configuring the application process with a Procfile"):
`^[A-Za-z0-9_-]+:\\s*[^\\s].*$`, case sensitive. Empty lines and lines whose first visible character is `#` count
for nothing. What the guide leaves open is settled here: a byte order mark at the start is dropped, a line ends at
LF, CRLF or CR, and white space after a command does not belong to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*([^\s].*)")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SHAPE = "write a line as `name: command`, the name of letters, digits, - and _"


@dataclass(frozen=True, slots=True)
class ProcfileEntry:
    """One process type. `command` is for a shell and never empty; `at` is its line, from 1."""

    name: str
    command: str
    at: Where


def read_procfile(text: str, path: str = "Procfile") -> tuple[ProcfileEntry, ...]:
    """The processes in the order they are written; `web` may be missing, as Elastic Beanstalk tolerates it.

    Raises InvalidInput with every problem: lines that are no process, names used twice, `Web` for `web`.
    """
    found: dict[str, ProcfileEntry] = {}
    problems: list[Problem] = []
    for number, line in enumerate(_END.split(text.removeprefix("\ufeff")), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        at = Where(path, number)
        if odd := _CONTROL.search(line):
            problems.append(Problem("a control character in the line", Where(path, number, odd.start() + 1), _SHAPE))
        elif not (match := _LINE.fullmatch(line)):
            problems.append(_explain(line, at))
        elif first := found.get(match[1]):
            hint = f"it is on line {first.at.line} already; keep one of the two"
            problems.append(Problem(f"a second process named {match[1]}", at, hint))
        else:
            found[match[1]] = ProcfileEntry(match[1], match[2].rstrip(), at)
    if "web" not in found and not problems:
        problems += [
            Problem(f"a process named {name}, and none named web", entry.at, "names are case sensitive: write web")
            for name, entry in found.items()
            if name.lower() == "web"
        ]
    if problems:
        raise InvalidInput(problems)
    return tuple(found.values())


def _explain(line: str, at: Where) -> Problem:
    """Why `line`, which is neither empty nor a comment, is no process."""
    name, colon, command = line.partition(":")
    if line[0].isspace():
        return Problem("white space before the name of a process", at, "start the line with the name")
    if not colon:
        return Problem("no colon after the name of the process", at, _SHAPE)
    if not _NAME.fullmatch(name):
        return Problem(f"{name!r} cannot be the name of a process", at, _SHAPE)
    assert not command.strip(), line
    return Problem(f"no command after {name}:", at, _SHAPE)
