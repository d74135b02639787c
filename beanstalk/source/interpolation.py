"""`${NAME:-default}` in a Compose file and in `.env`: what Docker Compose makes of it.

`$$` is a dollar; `$NAME` and `${NAME}` the value, "" when there is none; `-` a default, `?` an error, `+` another text
when there is a value. With a colon an empty value counts as none. Source: Compose specification, "Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACE = re.compile(r"\$\{|\}")
_DEEPEST = 20
LONGEST = 1024 * 1024
"""Characters of a text with its values, unless somebody says another number."""


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


def interpolate(text: str, variables: Mapping[str, str], most: int = LONGEST) -> Interpolated:
    """Raises NotInterpolated for a $ that begins nothing, for what `${NAME:?...}` asks for, and for too much text.

    most: characters of the result.
    """
    work = _Work(text, variables, most, _closing(text))
    found = work.part(0, len(text), 0)
    return Interpolated(found, tuple(dict.fromkeys(work.missing)))


def _closing(text: str) -> dict[int, int]:
    """Where the } of each ${ is."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for each in _BRACE.finditer(text):
        if each[0] == "${":
            opened.append(each.start())
        elif opened:
            found[opened.pop()] = each.start()
    return found


@dataclass(slots=True)
class _Work:
    """One text. closing: of each ${ in it.  missing: names without value and default."""

    text: str
    variables: Mapping[str, str]
    most: int
    closing: Mapping[int, int]
    missing: list[str] = field(default_factory=list)

    def part(self, position: int, end: int, depth: int) -> str:
        """What becomes of the text from `position` to `end`."""
        if depth > _DEEPEST:
            raise NotInterpolated(f"defaults inside of defaults, more than {_DEEPEST} deep", "write it flatter")
        parts: list[str] = []
        length = 0
        while (dollar := self.text.find("$", position, end)) >= 0:
            if dollar > position:
                parts.append(self.text[position:dollar])
            found, position = self._variable(dollar, end, depth)
            parts.append(found)
            length += len(parts[-1]) + 1
            if length > self.most:
                hint = "put less into the variables, or use fewer of them"
                raise NotInterpolated(f"more than {self.most:,} characters with the values of the variables", hint)
        parts.append(self.text[position:end])
        return "".join(parts)

    def _variable(self, dollar: int, end: int, depth: int) -> tuple[str, int]:
        """What the $ stands for, and where it ends."""
        following = self.text[dollar + 1 : min(dollar + 2, end)]
        if following == "$":
            return "$", dollar + 2
        if following == "{":
            closing = self.closing.get(dollar, end)
            if closing >= end:
                shown = self.text[dollar : dollar + 60]
                raise NotInterpolated(f"a ${{ without }} in {shown!r}", "close it with }, or write $$ for a dollar")
            return self._braced(dollar + 2, closing, depth), closing + 1
        if name := _NAME.match(self.text, dollar + 1, end):
            return self._value(name[0]), name.end()
        shown = self.text[max(0, dollar - 20) : dollar + 40]
        raise NotInterpolated(f"a $ that begins no variable in {shown!r}", "write $$ for a dollar")

    def _braced(self, start: int, end: int, depth: int) -> str:
        name, shown = _NAME.match(self.text, start, end), self.text[start : min(end, start + 60)]
        if not name:
            raise NotInterpolated(f"{shown!r} begins with no name of a variable", "write ${NAME}, or $$ for a dollar")
        rest = name.end()
        colon = self.text.startswith(":", rest, end)
        rest += colon
        given = self.variables.get(name[0])
        has = given is not None and (given != "" or not colon)
        match self.text[rest : min(rest + 1, end)]:
            case "" if not colon:
                return self._value(name[0])
            case "-":
                return given or "" if has else self.part(rest + 1, end, depth + 1)
            case "+":
                return self.part(rest + 1, end, depth + 1) if has else ""
            case "?" if has:
                return given or ""
            case "?":
                why = self.part(rest + 1, end, depth + 1) or "a value is required"
                raise NotInterpolated(f"{name[0]} has no value: {why[:100]}", f"set the environment property {name[0]}")
        raise NotInterpolated(f"{shown!r} is no variable", "write ${NAME}, ${NAME:-default} or ${NAME:?message}")

    def _value(self, name: str) -> str:
        if name not in self.variables:
            self.missing.append(name)
        return self.variables.get(name, "")
