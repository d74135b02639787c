"""`.env` and the files that `env_file` names: `NAME=value`, one a line.

A value in 'single quotes' is taken as it stands, one in "double quotes" may hold \\n and other escapes, both may go
over several lines; without quotes it ends before ` #`. Source: Compose specification, "Env_file format".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.interpolation import NotInterpolated, interpolate
from beanstalk.source.yaml_syntax import decode

MOST_LINES = 10_000
MOST_CHARACTERS = 4 * 1024 * 1024
"""Of all values together: a few lines that repeat those above them would grow without end."""

_LINE = re.compile(r"[ \t]*(?:export[ \t]+)?([^\s=:#'\"]+)[ \t]*(?:[=:][ \t]*(.*))?", re.DOTALL)
_COMMENT = re.compile(r"(?<![ \t])[ \t]+#.*|\A#.*")
_ESCAPE = re.compile(r'\\([abcfnrtv"\\$])')
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ENDS = {"'": re.compile(r"[^']*'"), '"': re.compile(r'(?:[^"\\]|\\.)*"')}
_CLOSED = {"'": re.compile(r"'([^']*)'"), '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)}


@dataclass(frozen=True, slots=True)
class EnvLine:
    """value: None for a name alone, whose value comes from elsewhere."""

    name: str
    value: str | None
    at: Where


def read_env_file(path: str, content: bytes, variables: Mapping[str, str] | None = None) -> tuple[EnvLine, ...]:
    """The lines in their order. variables: known before; each line also sees those above it.

    Raises InvalidInput with every line that is none.
    """
    text = decode(path, content).replace("\r\n", "\n").replace("\r", "\n")
    known, found, problems, left = dict(variables or {}), list[EnvLine](), list[Problem](), MOST_CHARACTERS
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line, at = lines[number], Where(path, number + 1)
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if len(found) + len(problems) == MOST_LINES:
            problems.append(Problem(f"more than {MOST_LINES:,} variables", at, "keep much data in files of its own"))
            break
        match = _LINE.fullmatch(line)
        if not match or "\0" in line:
            problems.append(Problem(f"{line.strip()[:40]!r} is no NAME=value", at, "write NAME=value, one a line"))
            continue
        value = match[2]
        if value and value[0] in _CLOSED:
            following = [value]
            closed = bool(_CLOSED[value[0]].match(value))
            while not closed and number < len(lines):
                following.append(lines[number])
                closed = bool(_ENDS[value[0]].match(lines[number]))
                number += 1
            value = "\n".join(following)
        try:
            read = None if value is None else _value(value, known, left)
        except NotInterpolated as error:
            problems.append(Problem(error.problem, at, error.hint))
            continue
        found.append(EnvLine(match[1], read, at))
        if read is not None:
            known[match[1]] = read
            left -= len(read)
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


def _value(written: str, known: Mapping[str, str], most: int) -> str:
    if written[:1] in _CLOSED:
        closed = _CLOSED[written[0]].match(written)
        if not closed:
            raise NotInterpolated("a value that is not closed", f"close it with {written[0]}")
        if written[closed.end() :].strip() and not _COMMENT.fullmatch(written[closed.end() :]):
            raise NotInterpolated("something after the closing quote", "put all of the value between the quotes")
        if written[0] == "'":
            return closed[1]
        plain = _ESCAPE.sub(lambda found: "$$" if found[1] == "$" else _ESCAPES.get(found[1], found[1]), closed[1])
        return interpolate(plain, known, most).text
    return interpolate(_COMMENT.sub("", written).strip(), known, most).text
