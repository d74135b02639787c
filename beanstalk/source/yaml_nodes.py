"""The values of a YAML document, each with its place: what a scalar is taken for, what a mapping holds.

See `document` for reading one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yaml.resolver import Resolver

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.yaml_mistakes import LINE_END

TRUE, FALSE = ("true", "yes", "on"), ("false", "no", "off")
"""Without quotes these words are booleans in YAML 1.1, in lower case or not."""
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})\.([0-9]{0,14}[1-9]|0)")
"""Numbers that everybody writes in the same way."""

_TAG = "tag:yaml.org,2002:"
_MERGE = "!!merge"


class Kind(StrEnum):
    """What a node is. A scalar is what YAML 1.1 takes its text for; the text itself stays as it was written."""

    MAPPING = "mapping"
    SEQUENCE = "sequence"
    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    NULL = "null"
    TIMESTAMP = "timestamp"
    TAGGED = "tagged"
    """Of any shape, with a tag of its own such as !Ref; see `Node.tag`."""


_KINDS = {
    "str": Kind.STRING,
    "bool": Kind.BOOLEAN,
    "int": Kind.INTEGER,
    "float": Kind.NUMBER,
    "null": Kind.NULL,
    "timestamp": Kind.TIMESTAMP,
    "value": Kind.STRING,
    "merge": Kind.STRING,
    "map": Kind.MAPPING,
    "seq": Kind.SEQUENCE,
}


_PLAIN: dict[str, tuple[tuple[Callable[[str], Any], Kind, str], ...]] = {
    first: tuple((form.match, _KINDS[name], "!!" + name) for tag, form in forms if (name := tag[len(_TAG) :]) in _KINDS)
    for first, forms in Resolver.yaml_implicit_resolvers.items()
}
"""By its first character: what a text without quotes may be besides text."""


@dataclass(slots=True)
class Source:
    """What all nodes of one document share. duplicates: of the mappings that were looked at, by their places."""

    path: str
    text: str
    duplicates: dict[tuple[int, int, int], Problem] = field(default_factory=dict)


class Node:
    """One value with its place. Mappings, sequences and scalars are told apart by `kind`.

    text: what was written, without quotes and escapes; "" of anything but a scalar.
    tag: as it was written, of kind TAGGED.
    """

    __slots__ = ("_at", "_end", "_entries", "_inside", "_lines", "_mark", "_shape", "_source", "kind", "tag", "text")

    def __init__(self, source: Source, event: Any, shape: Kind, inside: tuple[Node, ...], text: str) -> None:
        self._source, self._shape, self._inside, self.text = source, shape, inside, text
        self._mark, self._end = event.start_mark, event.end_mark.index
        self.kind, self.tag = _kind(event, shape)
        self._at: Where | None = None
        self._entries: tuple[tuple[Node, Node], ...] | None = None
        self._lines: tuple[list[int], list[str]] | None = None

    @property
    def at(self) -> Where:
        """Of nothing at all: right behind what it belongs to."""
        if self._at is None:
            column, index, text = self._mark.column, self._mark.index, self._source.text
            if self.is_scalar and index == self._end:
                while column and text[index - 1] == " ":
                    column, index = column - 1, index - 1
            self._at = Where(self._source.path, self._mark.line + 1, column + 1)
        return self._at

    @property
    def is_scalar(self) -> bool:
        return self._shape is Kind.STRING

    def place(self, offset: int) -> Where:
        """Where the character at this offset of `text` was written, as near as can be told: at least its beginning.

        Exact in a literal block (|) and in a text on one line that has no escapes before it.
        """
        if self._lines is None:
            self._lines = self._read_lines()
        starts, raw = self._lines
        line = bisect_right(starts, offset) - 1
        text = self.text[starts[line] : starts[line + 1] - 1] if line + 1 < len(starts) else self.text[starts[line] :]
        before = text[: offset - starts[line]]
        if raw[0][:1] == "|" and line + 1 < len(raw) and raw[line + 1].endswith(text):
            indent = len(raw[line + 1]) - len(text)
            return Where(self.at.path, self.at.line + line + 1, indent + len(before) + 1)
        skip = 1 if raw[0][:1] in ("'", '"') else 0
        if raw[0][:1] in ("|", ">") or line > 0 or not raw[0].startswith(before, skip):
            return self.at
        return Where(self.at.path, self.at.line, self.at.column + skip + len(before))

    def _read_lines(self) -> tuple[list[int], list[str]]:
        """Offsets where the lines of `text` begin, and the lines as they stand in the file."""
        starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        return starts, LINE_END.split(self._source.text[self._mark.index : self._end])

    def entries(self) -> tuple[tuple[Node, Node], ...]:
        """Key and value of each entry of a mapping, in order; none for anything else.

        Of keys with the same text the last one counts, as Elastic Beanstalk's reader has it, and `Document.duplicates`
        tells. `<<: *other` brings the entries of other mappings that are not written out here.
        """
        if self._entries is None:
            self._entries = self._read_entries() if self._shape is Kind.MAPPING else ()
        return self._entries

    def _read_entries(self) -> tuple[tuple[Node, Node], ...]:
        own: dict[tuple[bool, str], tuple[Node, Node]] = {}
        merged: list[Node] = []
        for key, value in zip(self._inside[::2], self._inside[1::2], strict=True):
            if key.tag == _MERGE:
                merged += value.items() if value.kind is Kind.SEQUENCE else [value]
                continue
            same = (key.is_scalar, key.text if key.is_scalar else str(key.at))
            if same in own:
                self._note_duplicate(key, own.pop(same)[0])
            own[same] = (key, value)
        for other in merged:
            if other.kind is not Kind.MAPPING:
                raise InvalidInput([Problem("<< brings in something that is no mapping", other.at, "name a mapping")])
            for key, value in other.entries():
                own.setdefault((key.is_scalar, key.text if key.is_scalar else str(key.at)), (key, value))
        return tuple(own.values())

    def items(self) -> tuple[Node, ...]:
        """The items of a sequence, none of anything else."""
        return self._inside if self._shape is Kind.SEQUENCE else ()

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, keys too, aliases followed."""
        yield self
        for key, value in self.entries():
            yield from key.walk()
            yield from value.walk()
        for item in self.items():
            yield from item.walk()

    def _note_duplicate(self, key: Node, earlier: Node) -> None:
        text = f"the key {key.text[:60]!r} is here twice, first at line {earlier.at.line}: this later one counts"
        problem = Problem(text, key.at, "keep one of the two")
        self._source.duplicates[(key.at.line, key.at.column, earlier.at.line)] = problem


def _kind(event: Any, shape: Kind) -> tuple[Kind, str]:
    """Kind, and tag if it is one that says more than the kind."""
    written: str | None = event.tag
    if written is None or written == "!":
        if shape is Kind.STRING and event.implicit[0]:
            text: str = event.value
            for matches, kind, tag in _PLAIN.get(text[:1], ()):
                if matches(text):
                    return kind, tag if tag == _MERGE else ""
        return shape, ""
    tag = "!!" + written.removeprefix(_TAG) if written.startswith(_TAG) else written
    kind = _KINDS.get(tag.removeprefix("!!"), Kind.TAGGED) if tag.startswith("!!") else Kind.TAGGED
    if (kind if kind in (Kind.MAPPING, Kind.SEQUENCE) else Kind.STRING) is not shape:
        kind = Kind.TAGGED
    return kind, tag if kind is Kind.TAGGED or tag == _MERGE else ""


def plain(node: Node) -> Any:
    """Mappings, lists, texts, booleans, whole numbers and None. Anything else stays the text that was written."""
    match node.kind:
        case Kind.MAPPING:
            return {key.text: plain(value) for key, value in node.entries()}
        case Kind.SEQUENCE:
            return [plain(item) for item in node.items()]
        case Kind.NULL:
            return None
        case Kind.BOOLEAN:
            return node.text.lower() in TRUE
        case Kind.INTEGER if INTEGER.fullmatch(node.text):
            return int(node.text)
    return node.text
