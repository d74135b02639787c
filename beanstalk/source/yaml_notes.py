"""What a reader of YAML notes while it goes on: errors, warnings, and the members of a mapping by name.

For files that Elastic Beanstalk reads with patience: a key that is not known is a warning with the one that was
probably meant. `reader` is for our own files, where it is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.document import Document, Kind, Node, read_document

MOST_HINTS = 50


@dataclass(slots=True)
class YamlNotes:
    """Everything found in one file. `path` is the file as the user would type it."""

    path: str
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def wrong(self, node: Node | None, text: str, hint: str = "") -> None:
        self.problems.append(Problem(text, node.at if node else Where(self.path, 1), hint))

    def warn(self, node: Node | None, text: str, hint: str = "") -> None:
        self.warnings.append(Problem(text, node.at if node else Where(self.path, 1), hint))

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
                self.warn(key, f"{what} has no {key.text[:60]}: it has no effect", self.near(key.text, known))
            else:
                found[key.text] = value
        return found

    def items(self, node: Node | None, what: str) -> list[Node]:
        if node is None or node.kind is Kind.NULL:
            return []
        if node.kind is not Kind.SEQUENCE:
            self.wrong(node, f"{what} has to be a list", "begin each entry with '- '")
            return []
        return node.items()

    def text(self, node: Node | None, what: str) -> str:
        """What was written; "" for nothing."""
        if node is None or node.kind is Kind.NULL:
            return ""
        if not node.is_scalar or node.kind is Kind.TAGGED:
            self.wrong(node, f"{what} has to be text", "write it on one line")
            return ""
        return node.text

    def near(self, name: str, known: tuple[str, ...]) -> str:
        """A remedy for a name that is not known. None after very many mistakes: to look for it takes time."""
        return near(name, known[:200]) if len(self.problems) + len(self.warnings) < MOST_HINTS else ""

    def finish(self, document: Document) -> tuple[Problem, ...]:
        """The warnings, keys written twice among them. Raises InvalidInput when there is a problem."""
        if self.problems:
            raise InvalidInput(sorted(dict.fromkeys(self.problems), key=_place))
        return tuple(sorted(dict.fromkeys([*self.warnings, *document.duplicates]), key=_place))


def near(name: str, known: tuple[str, ...]) -> str:
    """A remedy for a name that is not known."""
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower()[:100], by_lower, 1, 0.7)
    return f"did you mean {by_lower[close[0]]}?" if close else f"known are {', '.join(known[:40])}"


def read_mapping(path: str, content: bytes, what: str) -> tuple[Document, Node, YamlNotes]:
    """The document, its root and a place for notes. Raises InvalidInput when it is no mapping."""
    document = read_document(path, content)
    if document.root is None or document.root.kind is not Kind.MAPPING:
        at = document.root.at if document.root else Where(path, 1)
        raise InvalidInput([Problem(f"{what} holds no keys", at, "write it as name: value, one a line")])
    return document, document.root, YamlNotes(path)


def _place(problem: Problem) -> Where:
    return problem.at or Where("")
