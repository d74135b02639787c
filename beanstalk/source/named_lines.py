"""Lines of the form `name: command`, as a Procfile and a Buildfile have them.

Rule of a line (EB Developer Guide, "Configuring the application process with a Procfile"):
`^[A-Za-z0-9_-]+:\\s*[^\\s].*$`, case sensitive. Empty lines and lines whose first visible character is `#` count
for nothing. What the guide leaves open is settled here: a byte order mark at the start is dropped, a line ends at
LF, CRLF or CR, and white space after a command does not belong to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from beanstalk.errors import Where
from beanstalk.source.notes import Notes
from beanstalk.source.yaml_mistakes import LINE_END

MOST_LINES = 10_000

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*([^\s].*)")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SHAPE = "write a line as `name: command`, the name of letters, digits, - and _"


@dataclass(frozen=True, slots=True)
class NamedLine:
    """`command` is for a shell and never empty; `at` is its line, from 1."""

    name: str
    command: str
    at: Where


def read_named_lines(text: str, notes: Notes, what: str, instead: str) -> dict[str, NamedLine]:
    """The lines by name, in their order. Every line that is none is noted, and a name that is there twice.

    what: process, or command.  instead: what to do besides keeping one of two with the same name.
    """
    found: dict[str, NamedLine] = {}
    count = 0
    for number, line in enumerate(LINE_END.split(text.removeprefix("\ufeff")), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        count, at = count + 1, Where(notes.path, number)
        if count > MOST_LINES:
            notes.wrong(at, f"more than {MOST_LINES:,} lines", "start one program that starts the others")
            break
        if odd := _CONTROL.search(line):
            notes.wrong(Where(notes.path, number, odd.start() + 1), "a control character in the line", _SHAPE)
        elif not (match := _LINE.fullmatch(line)):
            notes.wrong(at, _why(line, what), _SHAPE if line[0].strip() else "start the line with the name")
        elif first := found.get(match[1]):
            hint = f"it is on line {first.at.line} already; {instead}"
            notes.wrong(at, f"a second {what} named {match[1][:60]}", hint)
        else:
            found[match[1]] = NamedLine(match[1], match[2].rstrip(), at)
    return found


def _why(line: str, what: str) -> str:
    """Why `line`, which is neither empty nor a comment, is none."""
    name, colon, command = line.partition(":")
    if line[0].isspace():
        return f"white space before the name of a {what}"
    if not colon:
        return f"no colon after the name of the {what}"
    if not _NAME.fullmatch(name):
        return f"{name[:60]!r} cannot be the name of a {what}"
    assert not command.strip(), line
    return f"no command after {name[:60]}:"
