"""Rows as frozen records: one table, one dataclass, the same names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any, Generic, TypeVar

from beanstalk.store.row import enums_of, field_names

Record = TypeVar("Record")


class Table(Generic[Record]):
    """Reads and writes records of one type. `key` names the columns that identify a row."""

    def __init__(self, db: sqlite3.Connection, name: str, record: type[Record], key: tuple[str, ...]) -> None:
        self._db, self._name, self._record, self._key = db, name, record, key
        self._columns = field_names(record)
        self._enums = enums_of(record)

    def add(self, record: Record) -> None:
        """Raises sqlite3.IntegrityError when a row with this key, or a unique value of it, is there."""
        marks = ", ".join("?" * len(self._columns))
        self._db.execute(f"INSERT INTO {self._name} VALUES ({marks})", _clean(astuple(record)))  # type: ignore[call-overload]

    def get(self, *key: object) -> Record | None:
        rows = self.where(_all_of(self._key), *key)
        return rows[0] if rows else None

    def where(self, condition: str, *values: object) -> list[Record]:
        """`condition`: SQL of this package's own, never of a user; `values` fill its question marks."""
        query = f"SELECT {', '.join(self._columns)} FROM {self._name} WHERE {condition}"
        return [self._read(row) for row in self._db.execute(query, _clean(values))]

    def change(self, *key: object, **values: object) -> None:
        settings = ", ".join(f"{column} = ?" for column in values)
        query = f"UPDATE {self._name} SET {settings} WHERE {_all_of(self._key)}"
        self._db.execute(query, _clean((*values.values(), *key)))

    def remove(self, *key: object) -> None:
        self._db.execute(f"DELETE FROM {self._name} WHERE {_all_of(self._key)}", _clean(key))

    def _read(self, row: tuple[Any, ...]) -> Record:
        values = dict(zip(self._columns, row, strict=True))
        for column, enum in self._enums.items():
            if values[column] is not None:
                values[column] = enum(values[column])
        return self._record(**values)


def _clean(values: Iterable[Any]) -> tuple[Any, ...]:
    """SQLite takes Unicode only; what is not (an argument or a file name in another encoding) becomes "?"."""
    return tuple(each.encode("utf-8", "replace").decode() if type(each) is str else each for each in values)


def _all_of(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} = ?" for column in columns)
