"""A Dockerfile -> its instructions, each with its line; and what of it only BuildKit understands.

Nothing is checked here: the engine that builds it does that. Source: Dockerfile reference, "Format", "Parser
directives", "Here-documents"; what continues a line is as in BuildKit's own parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from beanstalk.errors import InvalidInput, Problem, Where

FILE_NAME = "Dockerfile"

MOST_INSTRUCTIONS = 5_000

_DIRECTIVE = re.compile(r"#[ \t]*(syntax|escape|check)[ \t]*=[ \t]*(\S.*)", re.IGNORECASE)
_WORD = re.compile(r"\s*(\S+)")
_SHELL_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\S+")
_HEREDOC = re.compile(r"[0-9]*<<(-?)([^<]+)")
_WITH_HEREDOC = ("RUN", "COPY", "ADD")
_FLAGS = {
    "RUN": ("--mount", "--network", "--security", "--device"),
    "COPY": ("--chmod", "--link", "--parents", "--exclude"),
    "ADD": ("--chmod", "--link", "--exclude", "--checksum", "--keep-git-dir", "--unpack"),
}
"""Flags that only BuildKit knows (Dockerfile reference)."""
_OFFICIAL = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?")
_PLATFORM_ARG = re.compile(r"(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)")
_PLATFORM_VARIABLE = re.compile(r"\$\{?(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)\b")


@dataclass(frozen=True, slots=True)
class Instruction:
    """line: where it begins, from 1.  keyword: in capitals.  text: with its continuation lines, as one line.

    heredoc: whether lines of a here-document follow it; they are not in `text`.
    """

    line: int
    keyword: str
    text: str
    heredoc: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """`--mount=...` and the like, before the arguments."""
        return self._split()[0]

    @property
    def arguments(self) -> str:
        """What stands after the keyword and its flags."""
        return self._split()[1]

    def _split(self) -> tuple[tuple[str, ...], str]:
        flags: list[str] = []
        word = _WORD.match(self.text)
        end = 0
        while word and (not end or word[1].startswith("--")):
            flags.append(word[1])
            end = word.end()
            word = _WORD.match(self.text, end)
        return tuple(flags[1:]), self.text[end:].strip()


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """escape: what continues a line, "\\" or "`".  syntax: image of the program that reads it, "" for the usual one;
    it stands on `syntax_line`."""

    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    syntax: str = ""
    syntax_line: int = 0


def read_dockerfile(text: str) -> Dockerfile:
    """All instructions in their order, which is how an engine numbers its steps.

    Raises InvalidInput when there are more of them than any engine has layers for.
    """
    lines = re.split(r"\r\n|\n", text.removeprefix("\ufeff"))
    directives: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines, start=1):
        found = _DIRECTIVE.fullmatch(line.strip())
        if not found:
            break
        directives[found[1].lower()] = number, found[2]
    escape = "`" if directives.get("escape", (0, ""))[1] == "`" else "\\"
    at, syntax = directives.get("syntax", (0, ""))
    every = tuple(islice(_instructions(_Lines(lines), escape), MOST_INSTRUCTIONS + 1))
    if len(every) > MOST_INSTRUCTIONS:
        where = Where(FILE_NAME, every[-1].line)
        raise InvalidInput([Problem(f"more than {MOST_INSTRUCTIONS:,} instructions", where, "run a script instead")])
    return Dockerfile(every, escape, syntax, at)


def instructions(text: str) -> tuple[Instruction, ...]:
    return read_dockerfile(text).instructions


def needs_buildkit(text: str) -> Instruction | None:
    """The first instruction that the engine's own builder does not understand, if there is one.

    `# syntax=docker/dockerfile:1` alone asks for nothing that the other builder lacks, so it does not count; a program
    of somebody else does, as an instruction with the keyword SYNTAX.
    """
    found = read_dockerfile(text)
    if found.syntax and not _OFFICIAL.fullmatch(found.syntax):
        return Instruction(found.syntax_line, "SYNTAX", f"# syntax={found.syntax}")
    return next((each for each in found.instructions if _for_buildkit(each)), None)


def _for_buildkit(each: Instruction) -> bool:
    known = _FLAGS.get(each.keyword, ())
    if each.heredoc or any(flag.partition("=")[0] in known for flag in each.flags):
        return True
    if each.keyword == "FROM":  # BuildKit sets these; for the other builder they are empty, and it stops
        return any(_PLATFORM_VARIABLE.search(flag) for flag in each.flags)
    return each.keyword == "ARG" and any(_PLATFORM_ARG.fullmatch(word) for word in each.arguments.split())


class _Lines:
    """Lines in which the end of a here-document is found without reading the rest of the file for each of them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.all = lines
        self._last = {line: index for index, line in enumerate(lines)}
        self._last |= {line.lstrip("\t"): index for index, line in enumerate(lines) if line.startswith("\t")}

    def behind(self, end: str, tabs: bool, start: int) -> int | None:
        """Index of the line behind the first line from `start` on that is `end`, with tabs before it if `tabs`."""
        if self._last.get(end, -1) < start:
            return None
        for index in range(start, len(self.all)):
            if (self.all[index].lstrip("\t") if tabs else self.all[index]) == end:
                return index + 1
        return None


def _instructions(lines: _Lines, escape: str) -> Iterator[Instruction]:
    goes_on = re.compile(rf"(?:(?<=[^{re.escape(escape)}])|^){re.escape(escape)}[ \t]*$")
    number = 0
    while number < len(lines.all):
        begun, parts, more = number + 1, list[str](), True
        while more and number < len(lines.all):
            line = lines.all[number]
            number += 1
            bare = line.strip()
            if bare and not bare.startswith("#"):
                # Within an instruction, comments and empty lines are passed over; it goes on.
                more = bool(goes_on.search(line))
                parts.append(goes_on.sub("", line) if more else line)
            elif not parts:
                break
        whole = "".join(parts).strip()
        if not whole:
            continue
        keyword = whole.split(maxsplit=1)[0].upper()
        end = _after_heredocs(whole, lines, number) if keyword in _WITH_HEREDOC and "<<" in whole else number
        yield Instruction(begun, keyword, whole, end > number)
        number = end


def _after_heredocs(whole: str, lines: _Lines, number: int) -> int:
    """The index of the line behind the here-documents of an instruction; `number` when it has none."""
    for word in _words(whole):
        if found := _HEREDOC.fullmatch(word):
            behind = lines.behind(found[2].strip("\"'"), bool(found[1]), number)
            if behind is None:
                return number
            number = behind
    return number


def _words(text: str) -> list[str]:
    """Words as a shell sees them, with their quotes."""
    return _SHELL_WORD.findall(text)
