"""What a reader of a Compose file notes: as of any YAML, with variables replaced in every text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from beanstalk.source.document import Kind, Node, plain
from beanstalk.source.durations import read_duration
from beanstalk.source.interpolation import NotInterpolated, interpolate
from beanstalk.source.yaml_nodes import FALSE, TRUE
from beanstalk.source.yaml_notes import YamlNotes

_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_SIZES = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


MOST_CHARACTERS = 4 * 1024 * 1024


@dataclass(slots=True)
class ComposeNotes(YamlNotes):
    """variables: of `.env`. Each one that is missing is told once.  left: characters, with their values."""

    variables: Mapping[str, str] = field(default_factory=dict)
    left: int = MOST_CHARACTERS

    def text(self, node: Node | None, what: str) -> str:
        written = YamlNotes.text(self, node, what)
        if node is None or "$" not in written:
            return written
        try:
            found = interpolate(written, self.variables, self.left)
        except NotInterpolated as error:
            self.wrong(node, f"{what}: {error.problem}", error.hint)
            return ""
        self.left -= len(found.text)
        for name in found.missing:
            if name not in self.told:
                self.told.add(name)
                hint = f"set the environment property {name}, or write ${{{name}:-default}}"
                self.warn(node, f"the variable {name} has no value: it becomes empty", hint)
        return found.text

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts, or a single one."""
        if node is not None and node.is_scalar:
            found = self.text(node, what)
            return (found,) if found else ()
        return tuple(self.text(item, what) for item in self.items(node, what))

    def pairs(self, node: Node | None, what: str) -> tuple[tuple[str, str | None], ...]:
        """A mapping, or a list of `NAME=value`. None: a name alone."""
        if node is not None and node.kind is Kind.SEQUENCE:
            found: dict[str, str | None] = {}
            for item in node.items():
                name, equals, value = self.text(item, what).partition("=")
                if not name:
                    self.wrong(item, f"an entry of {what} has no name", "write NAME=value")
                found[name] = value if equals else None
            return tuple(found.items())
        entries = self.mapping(node, what).items()
        return tuple(
            (name, None if each.kind is Kind.NULL else self.text(each, f"{what}.{name[:40]}")) for name, each in entries
        )

    def filled_pairs(self, node: Node | None, what: str) -> tuple[tuple[str, str], ...]:
        return tuple((name, value or "") for name, value in self.pairs(node, what))

    def switch(self, node: Node | None, what: str) -> bool | None:
        written = self.text(node, what).lower()
        if written in TRUE:
            return True
        if written not in ("", *FALSE):
            self.wrong(node, f"{what}: {written[:40]!r} is neither true nor false", "write true or false")
        return False if written else None

    def number(self, node: Node | None, what: str) -> int | None:
        written = self.text(node, what)
        if re.fullmatch(r"-?[0-9]{1,18}", written):
            return int(written)
        if written:
            self.wrong(node, f"{what}: {written[:40]!r} is no whole number", "write digits only")
        return None

    def decimal(self, node: Node | None, what: str) -> float | None:
        written = self.text(node, what)
        if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}", written):
            return float(written)
        if written:
            self.wrong(node, f"{what}: {written[:40]!r} is no number", "write a number such as 0.5")
        return None

    def seconds(self, node: Node | None, what: str) -> float | None:
        written = self.text(node, what)
        found = read_duration(written)
        if written and found is None:
            self.wrong(
                node, f"{what}: {written[:40]!r} is no duration", "write a number with its unit, as 30s or 1m30s"
            )
        return found

    def size(self, node: Node | None, what: str) -> int | None:
        """Bytes."""
        written = self.text(node, what)
        found = read_size(written)
        if written and found is None:
            self.wrong(node, f"{what}: {written[:40]!r} is no size", "write a number with its unit, as 512m or 1g")
        return found


def read_size(text: str) -> int | None:
    """Bytes of `512m` and the like; None for what is no size."""
    found = _SIZE.fullmatch(text)
    return int(float(found[1]) * _SIZES[found[2].lower()]) if found else None


def as_json(node: Node) -> str:
    """What was written, as JSON text; variables stay as they are."""
    return json.dumps(plain(node), ensure_ascii=False)
