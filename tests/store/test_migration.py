"""A home of an earlier version goes on working: its store becomes one of this version when it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import beanstalk.store.sqlite as sqlite_store
from beanstalk.records import Application, Severity
from beanstalk.store.attachments import Lifecycle, Saved, Tag
from beanstalk.store.sqlite import Store


@pytest.fixture
def old(tmp_path):
    """A file as the first schema made it, with something in it."""
    path = tmp_path / "beanstalk.db"
    db = sqlite3.connect(path)
    db.executescript((Path(sqlite_store.__file__).parent / "schema.sql").read_text())
    db.execute("INSERT INTO applications VALUES ('shop', 'sells things', 1.0)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    return path


def test_a_store_of_schema_1_keeps_what_it_has_and_takes_what_is_new(old):
    store = Store(old)
    assert store.applications.where("1") == [Application("shop", "sells things", 1.0)]
    rows = (Lifecycle("shop", "{}", 2.0), Saved("shop", "prod", "…", 1.0, 2.0), Tag("e-1", "team", "web"))
    for table, row in zip((store.lifecycles, store.saved, store.tags), rows, strict=True):
        table.add(row)
        assert table.where("1") == [row]


def test_who_had_the_store_open_before_it_was_migrated_goes_on(old, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(sqlite_store, "_SCHEMA", 1)
        earlier.setattr(sqlite_store, "_SCHEMAS", ("schema.sql",))
        agent = Store(old)
    Store(old).add_event(Severity.INFO, "of the new one")
    agent.add_event(Severity.INFO, "of the old one")
    assert [each.message for each in Store(old).events_after(0)] == ["of the new one", "of the old one"]


def test_a_migration_that_fails_leaves_the_store_as_it_was(old, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_store, "_SCHEMAS", ("schema.sql", "missing.sql"))
    with pytest.raises(sqlite_store.BeanstalkError, match="cannot be used"):
        Store(old)
    monkeypatch.undo()
    assert Store(old).applications.get("shop") is not None


def test_opening_it_again_changes_nothing(old):
    first = Store(old)
    first.tags.add(Tag("e-1", "team", "web"))
    assert Store(old).tags.get("e-1", "team") == Tag("e-1", "team", "web")
