"""Text that a person wrote as YAML or JSON -> nodes that know their place. No value is constructed, no tag is obeyed.

An alias is the node that it names. What a document amounts to once its aliases are followed has a limit, so that a few
lines of aliases cannot grow without end. Syntax is that of YAML 1.1 as Elastic Beanstalk's own reader has it; JSON is
read as YAML, which it nearly is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.yaml_nodes import Kind, Node, Source, plain
from beanstalk.source.yaml_syntax import MAX_BYTES, SURROGATE, decode, events

__all__ = [
    "MAX_BYTES",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_NODES",
    "MAX_WRITTEN_NODES",
    "Document",
    "Kind",
    "Node",
    "plain",
    "read_document",
]

MAX_DEPTH = 50
MAX_WRITTEN_NODES = 20_000
MAX_NODES = 100_000
MAX_CHARACTERS = 8 * 1024 * 1024
"""The last two once all aliases are followed."""

_Composed = tuple[Node, int, int, int]
"""A node; how many levels there are below it; how many values and characters it is with aliases followed."""


class _Composer:
    """Events -> nodes. Refuses what is too much, and an alias that contains itself."""

    def __init__(self, source: Source) -> None:
        self._source, self._events = source, events(source.path, source.text)
        self._anchors: dict[str, _Composed | None] = {}
        self._written = 0

    def root(self) -> Node | None:
        first = next(self._events, None)
        if first is None:
            return None
        node = self._value(first, 1)[0]
        next(self._events, None)
        return node

    def _value(self, event: Any, depth: int) -> _Composed:
        """`depth`: how many levels there are from the root to here. An anchor stands for None while it is open."""
        if type(event) is yaml.AliasEvent:
            return self._alias(event, depth)
        self._written += 1
        if self._written > MAX_WRITTEN_NODES:
            self._refuse(event, f"more than {MAX_WRITTEN_NODES:,} values", "keep large content in files of its own")
        if depth > MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} deep", "write it flatter")
        if event.anchor is not None:
            if event.anchor in self._anchors:
                self._refuse(event, f"the name &{event.anchor[:60]} is here twice", "give each its own name")
            self._anchors[event.anchor] = None
        if type(event) is yaml.ScalarEvent:
            text = self._text(event)
            found = (Node(self._source, event, Kind.STRING, (), text), 0, 1, len(text))
        else:
            found = self._collection(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _collection(self, event: Any, depth: int) -> _Composed:
        shape = Kind.MAPPING if isinstance(event, yaml.MappingStartEvent) else Kind.SEQUENCE
        inside: list[Node] = []
        levels, values, characters = 0, 1, 0
        for following in self._events:
            if isinstance(following, yaml.CollectionEndEvent):
                break
            node, below, more, longer = self._value(following, depth + 1)
            inside.append(node)
            levels, values, characters = max(levels, below), values + more, characters + longer
            if values > MAX_NODES or characters > MAX_CHARACTERS:
                what = f"{MAX_NODES:,} values" if values > MAX_NODES else f"{MAX_CHARACTERS:,} characters"
                text = f"more than {what} once the aliases are followed"
                self._refuse(following, text, "write out what is needed instead of aliases of aliases")
        return Node(self._source, event, shape, tuple(inside), ""), levels + 1, values, characters

    def _alias(self, event: Any, depth: int) -> _Composed:
        name = event.anchor
        if name not in self._anchors:
            self._refuse(
                event, f"nothing before this is called &{name[:60]}", "a value that begins with * needs quotes"
            )
        found = self._anchors[name]
        if found is None:
            self._refuse(event, f"the alias *{name[:60]} contains itself", "write the value out")
        if depth + found[1] > MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} deep", "write it flatter")
        return found

    def _text(self, event: Any) -> str:
        r"""JSON writes a character beyond U+FFFF as two escapes, "\ud83d\ude00"; YAML would keep two halves."""
        text = str(event.value)
        if not text.isascii() and SURROGATE.search(text):
            try:
                text = text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                self._refuse(event, "an escape is half a character", "write the character itself")
        return text

    def _refuse(self, event: Any, text: str, hint: str) -> NoReturn:
        at = Where(self._source.path, event.start_mark.line + 1, event.start_mark.column + 1)
        raise InvalidInput([Problem(text, at, hint)])


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `root` is None when there is nothing but blanks and comments."""

    root: Node | None
    _source: Source

    @property
    def duplicates(self) -> tuple[Problem, ...]:
        """A warning for each repeated key of the mappings that were looked at so far, in their order."""
        return tuple(problem for _, problem in sorted(self._source.duplicates.items()))


def read_document(path: str, content: bytes) -> Document:
    """Read one YAML or JSON document of at most MAX_BYTES, nested at most MAX_DEPTH deep.

    Raises InvalidInput, with place and remedy, for what is not UTF-8, not YAML, more than one document, too large,
    too deep, or an alias that contains itself. A byte order mark, CRLF and JSON indented by tabs are fine.
    """
    source = Source(path, decode(path, content))
    return Document(_Composer(source).root(), source)
