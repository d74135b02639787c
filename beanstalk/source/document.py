"""Text that a person wrote as YAML or JSON -> nodes that know their place. No value is constructed, no tag is obeyed.

A node is read lazily: aliases are followed where somebody looks, and a document hands out only so many nodes, so that
a few lines of aliases cannot grow without end. Syntax is that of YAML 1.1 as Elastic Beanstalk's own reader has it;
JSON is read as YAML, which it nearly is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import yaml

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.yaml_syntax import LINE_END, MAX_BYTES, MAX_DEPTH, compose, decode

__all__ = [
    "MAX_BYTES",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_NODES",
    "Document",
    "Kind",
    "Node",
    "plain",
    "read_document",
]

MAX_NODES = 100_000
MAX_CHARACTERS = 32 * 1024 * 1024

_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


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


@dataclass(slots=True)
class _Source:
    """What all nodes of one document share."""

    path: str
    handed_out: int = 0
    characters: int = 0
    duplicates: dict[tuple[int, int, int], Problem] = field(default_factory=dict)

    def where(self, mark: Any) -> Where:
        return Where(self.path, mark.line + 1, mark.column + 1)

    def count(self, at: Where, characters: int) -> None:
        self.handed_out += 1
        self.characters += characters
        if self.handed_out > MAX_NODES or self.characters > MAX_CHARACTERS:
            text = f"more than {MAX_NODES:,} values once the aliases are followed"
            if self.handed_out <= MAX_NODES:
                text = f"more than {MAX_CHARACTERS:,} characters once the aliases are followed"
            raise InvalidInput([Problem(text, at, "write out what is needed instead of aliases of aliases")])


class Node:
    """One value with its place. Mappings, sequences and scalars are told apart by `kind`."""

    __slots__ = ("_lines", "_node", "_source", "at", "kind")

    def __init__(self, node: yaml.Node, source: _Source) -> None:
        self._node, self._source = node, source
        self._lines: tuple[list[int], list[str]] | None = None
        self.at = source.where(node.start_mark)
        source.count(self.at, len(node.value) if isinstance(node, yaml.ScalarNode) else 0)
        self.kind = _kind(node)

    @property
    def tag(self) -> str:
        """The tag as it was written, for kind TAGGED."""
        tag = str(self._node.tag)
        return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag

    @property
    def is_scalar(self) -> bool:
        return isinstance(self._node, yaml.ScalarNode)

    @property
    def text(self) -> str:
        """What was written, without quotes and escapes. Only of a scalar; "" of anything else."""
        return str(self._node.value) if isinstance(self._node, yaml.ScalarNode) else ""

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
        begin, end = self._node.start_mark, self._node.end_mark
        starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        return starts, LINE_END.split(str(begin.buffer)[begin.pointer : end.pointer])

    def entries(self) -> list[tuple[Node, Node]]:
        """Key and value of each entry of a mapping, in order; none for anything else.

        Of keys with the same text the last one counts, as Elastic Beanstalk's reader has it, and `Document.duplicates`
        tells. `<<: *other` brings the entries of other mappings that are not written out here.
        """
        if not isinstance(self._node, yaml.MappingNode):
            return []
        own: dict[tuple[bool, str], tuple[Node, Node]] = {}
        merged: list[Node] = []
        for key_node, value_node in self._node.value:
            key, value = Node(key_node, self._source), Node(value_node, self._source)
            if key_node.tag == _MERGE:
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
        return list(own.values())

    def items(self) -> list[Node]:
        """The items of a sequence, none of anything else."""
        if not isinstance(self._node, yaml.SequenceNode):
            return []
        return [Node(item, self._source) for item in self._node.value]

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


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `root` is None when there is nothing but blanks and comments."""

    root: Node | None
    _source: _Source

    @property
    def duplicates(self) -> tuple[Problem, ...]:
        """A warning for each repeated key of the mappings that were looked at so far, in their order."""
        return tuple(problem for _, problem in sorted(self._source.duplicates.items()))


def read_document(path: str, content: bytes) -> Document:
    """Read one YAML or JSON document of at most MAX_BYTES, nested at most MAX_DEPTH deep.

    Raises InvalidInput, with place and remedy, for what is not UTF-8, not YAML, more than one document, too large,
    too deep, or an alias that contains itself. A byte order mark, CRLF and JSON indented by tabs are fine.
    """
    source = _Source(path)
    node = compose(path, decode(path, content))
    return Document(None if node is None else Node(node, source), source)


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
            return node.text.lower() in ("true", "yes", "on")
        case Kind.INTEGER if _WHOLE.fullmatch(node.text):
            return int(node.text)
    return node.text


def _kind(node: yaml.Node) -> Kind:
    kind = _KINDS.get(str(node.tag).removeprefix(_TAG)) if str(node.tag).startswith(_TAG) else None
    if kind is None:
        return Kind.TAGGED
    shape = {Kind.MAPPING: yaml.MappingNode, Kind.SEQUENCE: yaml.SequenceNode}.get(kind, yaml.ScalarNode)
    return kind if isinstance(node, shape) else Kind.TAGGED
