"""YAML with the place of every node: values are read one by one, and what is wrong is collected with its line.

For files whose shape is known beforehand. A reader never stops at a mistake: it notes the problem, reads the
node as empty and goes on, so that a person sees all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from beanstalk.source.document import Document, Kind, Node
from beanstalk.source.notes import Notes

T = TypeVar("T")
Fields = Mapping[str, Node]


class Reader(Notes):
    """Nodes to values. Look at `problems` when everything is read."""

    def fields(self, node: Node | None, what: str, known: tuple[str, ...], required: tuple[str, ...] = ()) -> Fields:
        found: dict[str, Node] = {}
        for key, value in self._entries(node):
            name = self.text(key)
            if name in known:
                found[name] = value
            elif key.is_scalar:
                self.wrong(key, f"{what} has no {name}", self.meant(name, known))
        for name in required:
            if name not in found:
                self.wrong(node, f"{what} needs {name}")
        return found

    def items(self, node: Node | None) -> list[tuple[str, Node]]:
        """The pairs of a mapping; nothing for a node that is absent or empty."""
        return [(self.text(key), value) for key, value in self._entries(node)]

    def pairs(self, node: Node | None) -> tuple[tuple[str, str], ...]:
        return tuple((name, self.text(value)) for name, value in self.items(node))

    def texts(self, node: Node | None) -> tuple[str, ...]:
        return self.each(node, self.text)

    def each(self, node: Node | None, read: Callable[[Node], T]) -> tuple[T, ...]:
        if node is None or node.kind is Kind.NULL:
            return ()
        if node.kind is Kind.SEQUENCE:
            return tuple(read(value) for value in node.items())
        self.wrong(node, "expected a list")
        return ()

    def text(self, node: Node | None) -> str:
        """Numbers and booleans are taken as they are written, as in an option setting."""
        if node is None:
            return ""
        if node.is_scalar:
            return "" if node.kind is Kind.NULL else node.text
        self.wrong(node, "expected a text")
        return ""

    def integer(self, node: Node | None) -> int:
        text = self.text(node)
        if re.fullmatch(r"[0-9]+", text):
            return int(text)
        if node is not None:
            self.wrong(node, f"expected a number, not {text!r}")
        return 0

    def boolean(self, node: Node | None) -> bool:
        text = self.text(node).lower()
        if text not in ("", "true", "false"):
            self.wrong(node, f"expected true or false, not {text!r}")
        return text == "true"

    def pattern(self, node: Node | None) -> str:
        text = self.text(node)
        try:
            re.compile(text)
        except re.error as error:
            self.wrong(node, f"not a regular expression: {error}")
            return ""
        return text

    def repeated(self, document: Document) -> None:
        """Call when everything was read: a key that is there twice is a mistake here."""
        self.problems += document.duplicates

    def _entries(self, node: Node | None) -> tuple[tuple[Node, Node], ...]:
        if node is None or node.kind is Kind.NULL:
            return ()
        if node.kind is not Kind.MAPPING:
            self.wrong(node, "expected a mapping")
            return ()
        return node.entries()
