"""The values of a JSON document, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from beanstalk.errors import Where


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object."""

    name: str
    at: Where
    value: Json


@dataclass(frozen=True, slots=True)
class Json:
    """One value with its place. An array is a tuple of Json, an object a frozen Members."""

    at: Where
    value: str | int | float | bool | tuple[Json, ...] | Members | None

    @property
    def kind(self) -> str:
        """The name of its type as in JSON Schema."""
        match self.value:
            case None:
                return "null"
            case bool():
                return "boolean"
            case int():
                return "integer"
            case float():
                return "number"
            case str():
                return "string"
            case tuple():
                return "array"
        return "object"

    @property
    def members(self) -> tuple[Member, ...]:
        """Those of an object in their order; none of anything else."""
        return self.value.all if isinstance(self.value, Members) else ()

    @property
    def items(self) -> tuple[Json, ...]:
        """Those of an array; none of anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    def get(self, name: str) -> Json | None:
        """The member of that name. A null counts as not written."""
        found = next((member.value for member in self.members if member.name == name), None)
        return None if found is None or found.value is None else found

    def text(self, name: str) -> str:
        """The member of that name if it is a text, else ""."""
        found = self.get(name)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def array(self, name: str) -> tuple[Json, ...]:
        """The items of the array of that name; none when there is no such array."""
        found = self.get(name)
        return found.items if found is not None else ()

    def plain(self) -> Any:
        """The same as dicts, lists, texts, numbers: what `json.loads` gives."""
        if isinstance(self.value, Members):
            return {member.name: member.value.plain() for member in self.value.all}
        return [item.plain() for item in self.value] if isinstance(self.value, tuple) else self.value


@dataclass(frozen=True, slots=True)
class Members:
    """What is in an object. Names are unique: of several, the last one counts."""

    all: tuple[Member, ...]
