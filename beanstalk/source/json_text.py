"""JSON that a person wrote -> nodes that know their place, or every mistake in it with line and column.

A reader of its own, because the usual one stops at the first mistake and forgets where values were. It goes on after
what is easy to see through (a comma too many or too few, a comment, a text without quotes, a placeholder that nobody
filled in), so that all of it is told at once; but only text without any mistake gives a document.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.document import MAX_DEPTH
from beanstalk.source.json_nodes import Json, Member, Members
from beanstalk.source.yaml_mistakes import LINE_END
from beanstalk.source.yaml_syntax import SURROGATE, decode

MAX_PROBLEMS = 20
MAX_VALUES = 20_000

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])")
_PLACEHOLDER = re.compile(r"\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}|<[^<>\n\"]+>")
_BARE = re.compile(r"[^\s,:\[\]{}\"]+")
_BLANK = re.compile(r"[ \t\r\n]+")
_COMMENT = re.compile(r"//[^\r\n]*|#[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_PLAIN = {'"': re.compile(r'[^"\\\x00-\x1f]*'), "'": re.compile(r"[^'\\\x00-\x1f]*")}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "'": "'"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_MEANT = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "undefined": "null"}


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """A text without mistakes. warnings: names written twice, a byte order mark."""

    root: Json
    warnings: tuple[Problem, ...] = ()


def read_json(path: str, content: bytes) -> JsonDocument:
    """Read a JSON document of at most 1 MiB.  Raises InvalidInput with every mistake, in their order."""
    parser = _Parser(path, decode(path, content))
    if content.startswith(codecs.BOM_UTF8):
        hint = "save the file as UTF-8 without it: not every reader of JSON takes it"
        parser.warnings.append(Problem("the file begins with a byte order mark", Where(path, 1, 1), hint))
    try:
        root = parser.document()
    except _GivenUp:
        root = None
    if root is None or parser.problems:
        raise InvalidInput(sorted(parser.problems, key=lambda problem: problem.at or Where(path)))
    return JsonDocument(root, tuple(parser.warnings))


class _GivenUp(Exception):
    """What follows cannot be told from what is wrong. The problem is noted already."""


class _Parser:
    def __init__(self, path: str, text: str) -> None:
        self.text, self.path, self.position = text, path, 0
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._count = 0
        self._starts = [0, *(found.end() for found in LINE_END.finditer(text))]

    def document(self) -> Json:
        self._skip()
        if self._next == "":
            self._wrong("there is nothing in the file", 0, "write a value, such as an object { }")
            raise _GivenUp
        root = self._value(1)
        self._skip()
        if self._next:
            self._wrong("the document ended before this", self.position, "one value is all that a file may hold")
        return root

    @property
    def _next(self) -> str:
        return self.text[self.position : self.position + 1]

    def _at(self, position: int) -> Where:
        line = bisect_right(self._starts, position)
        return Where(self.path, line, position - self._starts[line - 1] + 1)

    def _wrong(self, text: str, position: int, hint: str) -> None:
        self.problems.append(Problem(f"not valid JSON: {text}", self._at(position), hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _GivenUp

    def _skip(self) -> None:
        """White space, and what people put where only white space may be."""
        while True:
            if blank := _BLANK.match(self.text, self.position):
                self.position = blank.end()
            following = self._next
            if following in ("/", "#") and (found := _COMMENT.match(self.text, self.position)):
                self._wrong("a comment", self.position, "take it out: JSON has no comments")
                self.position = found.end()
            elif following and (following.isspace() or following in "\ufeff\u200b"):
                self._wrong(f"the invisible character U+{ord(following):04X}", self.position, "take it out")
                self.position += 1
            else:
                return

    def _value(self, depth: int) -> Json:
        start, self._count = self.position, self._count + 1
        if depth > MAX_DEPTH or self._count > MAX_VALUES:
            text = f"nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else f"more than {MAX_VALUES:,} values"
            self._wrong(text, start, "nothing that is read here is that large")
            raise _GivenUp
        at = self._at(start)
        if found := _PLACEHOLDER.match(self.text, start):
            self._wrong(f"not filled in: {found[0][:60]}", start, "this is a template: put the value there")
            self.position = found.end()
            return Json(at, None)
        if self._next == "{":
            return Json(at, Members(tuple(self._object(depth))))
        if self._next == "[":
            return Json(at, tuple(self._array(depth)))
        if self._next in ('"', "'"):
            return Json(at, self._string())
        return Json(at, self._number_or_word())

    def _object(self, depth: int) -> Iterator[Member]:
        found: dict[str, Member] = {}
        for _ in self._parts("{", "}"):
            start, at = self.position, self._at(self.position)
            name = self._string() if self._next in ('"', "'") else self._bare_key()
            self._skip()
            if self._next == ":":
                self.position += 1
                self._skip()
            else:
                self._wrong(f"no : after the key {name[:60]!r}", self.position, "a member is written as name: value")
            if self._next in ("", ",", "}", "]"):
                self._wrong(f"the key {name[:60]!r} has no value", start, "write a value after the :")
                continue
            value = self._value(depth + 1)
            if earlier := found.pop(name, None):
                text = f"the key {name[:60]!r} is here twice, first at line {earlier.at.line}: this later one counts"
                self.warnings.append(Problem(text, at, "keep one of the two"))
            found[name] = Member(name, at, value)
        yield from found.values()

    def _array(self, depth: int) -> Iterator[Json]:
        for _ in self._parts("[", "]"):
            if self._next == ":":
                self._wrong("a : in a list", self.position, "names with values belong into { }")
                raise _GivenUp
            yield self._value(depth + 1)

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        """Stops in front of each part between the brackets; ends behind the closing one."""
        start = ended = self.position
        self.position += 1
        comma, first = -1, True
        while True:
            self._skip()
            if self._next == closing:
                if comma >= 0:
                    self._wrong(f"a comma before {closing}", comma, "take the comma out: nothing follows it")
                self.position += 1
                return
            if self._next in ("", "]", "}"):
                here = self._next or "the end of the file"
                self._wrong(f"{here} where {closing} is missing", self.position, self._opened(opening, start))
                raise _GivenUp
            if self._next == ",":
                self._wrong("a comma without a value before it", self.position, "take the comma out")
                self.position += 1
                continue
            if not first and comma < 0:
                hint = f"put a comma after the value that ends on line {self._at(ended).line}"
                self._wrong("a comma is missing before this", self.position, hint)
            yield
            first, ended, comma = False, self.position - 1, -1
            self._skip()
            if self._next == ",":
                comma = self.position
                self.position += 1

    def _opened(self, opening: str, start: int) -> str:
        at = self._at(start)
        return f"the {opening} was opened on line {at.line}, column {at.column}"

    def _bare_key(self) -> str:
        found = _PLACEHOLDER.match(self.text, self.position) or _BARE.match(self.text, self.position)
        if not found:
            self._wrong(f"{self._next} where the name of a member is expected", self.position, 'names are in "quotes"')
            raise _GivenUp
        self._wrong(f"the name {found[0][:60]} has no quotes", self.position, f'write "{found[0][:60]}"')
        self.position = found.end()
        return found[0]

    def _number_or_word(self) -> int | float | bool | None:
        start = self.position
        if found := _NUMBER.match(self.text, start):
            self.position = found.end()
            digits = found[0].lower()
            number = float(digits) if len(digits) > 300 or set(digits) & {".", "e"} else int(digits)
            if number in (float("inf"), float("-inf")):
                self._wrong("a number that is too large", start, "correct the number")
            return number
        bare = _BARE.match(self.text, start)
        if not bare:
            self._wrong(f"{self._next or 'the end'} where a value is expected", start, "write a value")
            raise _GivenUp
        self.position = bare.end()
        word = bare[0]
        if word in _WORDS:
            return _WORDS[word]
        if word in _MEANT:
            self._wrong(f"{word} is no value", start, f"write {_MEANT[word]}")
        elif re.match(r"[-+.]?[0-9]", word):
            self._wrong(f"{word[:60]} is no number", start, 'no leading zeros or +, no units; or put it into "quotes"')
        else:
            self._wrong(f"the text {word[:60]} has no quotes", start, f'write "{word[:60]}"')
        return None

    def _string(self) -> str:
        quote, start = self._next, self.position
        if quote == "'":
            self._wrong("a text in single quotes", start, 'JSON has only "double quotes"')
        self.position += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN[quote].match(self.text, self.position)
            if plain:
                parts.append(plain[0])
                self.position = plain.end()
            if self._next == quote:
                self.position += 1
                return self._joined("".join(parts), start)
            if self._next in ("", "\r", "\n"):
                self._wrong(
                    "a text that does not end on its line", start, f"close it with {quote}; a line break is \\n"
                )
                return "".join(parts)
            if self._next == "\\":
                parts.append(self._escape())
            else:
                hint = "write \\t" if self._next == "\t" else "take it out"
                self._wrong(f"the control character U+{ord(self._next):04X} in a text", self.position, hint)
                self.position += 1

    def _escape(self) -> str:
        start, letter = self.position, self.text[self.position + 1 : self.position + 2]
        if letter == "u":
            digits = self.text[start + 2 : start + 6]
            if re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                self.position += 6
                return chr(int(digits, 16))
        elif letter in _ESCAPES and letter:
            self.position += 2
            return _ESCAPES[letter]
        self._wrong("a \\ that begins no escape", start, "write \\\\ for a backslash")
        self.position += 1
        return "\\"

    def _joined(self, text: str, start: int) -> str:
        r"""A character beyond U+FFFF is written as two escapes, "\ud83d\ude00"; "" after a half was told."""
        if text.isascii() or not SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError:
            self._wrong("an escape is half a character", start, "write the character itself")
            return ""
