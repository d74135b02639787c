"""Records as the plain values that a store keeps: texts, numbers and None by the names of the fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_type_hints

Record = TypeVar("Record")


def field_names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


def enums_of(kind: type[Any]) -> dict[str, type[StrEnum]]:
    """{field: the enumeration that its values belong to}"""
    hints = get_type_hints(kind)
    return {name: enum for name in field_names(kind) if (enum := _enum_of(hints[name]))}


def to_values(record: Any) -> dict[str, Any]:
    """Values that JSON can hold."""
    return {name: str(value) if isinstance(value, StrEnum) else value for name, value in asdict(record).items()}


def from_values(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """The opposite. What a newer program wrote beside is left out. Raises TypeError when something is missing,
    ValueError for a word that an enumeration does not have."""
    known = {name: values[name] for name in field_names(kind) if name in values}
    for name, enum in enums_of(kind).items():
        if known.get(name) is not None:
            known[name] = enum(known[name])
    return kind(**known)


def _enum_of(hint: object) -> type[StrEnum] | None:
    for candidate in (hint, *get_args(hint)):
        if isinstance(candidate, type) and issubclass(candidate, StrEnum):
            return candidate
    return None
