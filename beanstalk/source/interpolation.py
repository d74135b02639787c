"""`${NAME:-default}` in a Compose file and in `.env`: what Docker Compose makes of it.

`$$` is a dollar; `$NAME` and `${NAME}` the value, "" when there is none; `-` a default, `?` an error, `+` another text
when there is a value. With a colon an empty value counts as none. Source: Compose specification, "Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEPEST = 20


class NotInterpolated(ValueError):
    """Why a text cannot be interpolated, and what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem, hint)
        self.problem, self.hint = problem, hint


@dataclass(frozen=True, slots=True)
class Interpolated:
    """missing: names without value and default, each once; they became empty."""

    text: str
    missing: tuple[str, ...] = ()


def interpolate(text: str, variables: Mapping[str, str]) -> Interpolated:
    """Raises NotInterpolated for a $ that begins nothing, and for what `${NAME:?...}` asks for."""
    missing: list[str] = []
    found = _replace(text, variables, missing, 0)
    return Interpolated(found, tuple(dict.fromkeys(missing)))


def _replace(text: str, variables: Mapping[str, str], missing: list[str], depth: int) -> str:
    if depth > _DEEPEST:
        raise NotInterpolated(f"defaults inside of defaults, more than {_DEEPEST} deep", "write it flatter")
    parts: list[str] = []
    position = 0
    while (dollar := text.find("$", position)) >= 0:
        parts.append(text[position:dollar])
        following = text[dollar + 1 : dollar + 2]
        if following == "$":
            parts.append("$")
            position = dollar + 2
        elif following == "{":
            end = _end(text, dollar)
            parts.append(_braced(text[dollar + 2 : end], variables, missing, depth))
            position = end + 1
        elif name := _NAME.match(text, dollar + 1):
            parts.append(_value(name[0], variables, missing))
            position = name.end()
        else:
            raise NotInterpolated(f"a $ that begins no variable in {text[:60]!r}", "write $$ for a dollar")
    parts.append(text[position:])
    return "".join(parts)


def _end(text: str, dollar: int) -> int:
    """Where the } of the ${ at `dollar` is; those inside of it are skipped."""
    depth, position = 0, dollar
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            position += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise NotInterpolated(
        f"a ${{ without }} in {text[dollar : dollar + 60]!r}", "close it with }, or write $$ for a dollar"
    )


def _braced(inside: str, variables: Mapping[str, str], missing: list[str], depth: int) -> str:
    name = _NAME.match(inside)
    if not name:
        raise NotInterpolated(f"{inside[:60]!r} begins with no name of a variable", "write ${NAME}, or $$ for a dollar")
    rest = inside[name.end() :]
    colon, rest = (":", rest[1:]) if rest.startswith(":") else ("", rest)
    given = variables.get(name[0])
    has = given is not None and (given != "" or not colon)
    match rest[:1]:
        case "" if not colon:
            return _value(name[0], variables, missing)
        case "-":
            return given or "" if has else _replace(rest[1:], variables, missing, depth + 1)
        case "+":
            return _replace(rest[1:], variables, missing, depth + 1) if has else ""
        case "?" if has:
            return given or ""
        case "?":
            why = _replace(rest[1:], variables, missing, depth + 1) or "a value is required"
            raise NotInterpolated(f"{name[0]} has no value: {why[:100]}", f"set the environment property {name[0]}")
    raise NotInterpolated(f"{inside[:60]!r} is no variable", "write ${NAME}, ${NAME:-default} or ${NAME:?message}")


def _value(name: str, variables: Mapping[str, str], missing: list[str]) -> str:
    if name not in variables:
        missing.append(name)
    return variables.get(name, "")
