"""YAML that Elastic Beanstalk reads with patience: the members of a mapping by name, its lists and texts.

A key that is not known is a warning with the one that was probably meant. `reader` is for our own files, where it is
an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.document import Document, Kind, Node, read_document
from beanstalk.source.notes import Notes


@dataclass(slots=True)
class YamlNotes(Notes):
    """What was found in one file while it is read."""

    def mapping(self, node: Node | None, what: str, known: tuple[str, ...] = ()) -> dict[str, Node]:
        """The entries of a mapping whose keys are texts, in order; others are told. known: () for any names."""
        found: dict[str, Node] = {}
        if node is None or node.kind is Kind.NULL:
            return found
        if node.kind is not Kind.MAPPING:
            self.wrong(node, f"{what} has to be a mapping", "write it as name: value, one a line")
            return found
        for key, value in node.entries():
            if not key.is_scalar:
                self.wrong(key, f"a key of {what} is not text", "write a name before the colon")
            elif known and key.text not in known:
                self.warn(key, f"{what} has no {key.text[:60]}: it has no effect", self.meant(key.text, known))
            else:
                found[key.text] = value
        return found

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        if node is None or node.kind is Kind.NULL:
            return ()
        if node.kind is not Kind.SEQUENCE:
            self.wrong(node, f"{what} has to be a list", "begin each entry with '- '")
            return ()
        return node.items()

    def text(self, node: Node | None, what: str) -> str:
        """What was written; "" for nothing."""
        if node is None or node.kind is Kind.NULL:
            return ""
        if not node.is_scalar or node.kind is Kind.TAGGED:
            self.wrong(node, f"{what} has to be text", "write it on one line")
            return ""
        return node.text


def read_mapping(path: str, content: bytes, what: str) -> tuple[Document, Node, YamlNotes]:
    """The document, its root and a place for notes. Raises InvalidInput when it is no mapping."""
    document = read_document(path, content)
    if document.root is None or document.root.kind is not Kind.MAPPING:
        at = document.root.at if document.root else Where(path, 1)
        raise InvalidInput([Problem(f"{what} holds no keys", at, "write it as name: value, one a line")])
    return document, document.root, YamlNotes(path)
