"""Rows are exactly records."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.store.table import Table


class Colour(StrEnum):
    RED = "Red"
    BLUE = "Blue"


@dataclass(frozen=True, slots=True)
class Ball:
    name: str
    size: float
    colour: Colour | None
    count: int = 0


@pytest.fixture
def balls():
    return new_table()


def new_table():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("CREATE TABLE balls (name TEXT PRIMARY KEY, size REAL, colour TEXT, count INTEGER)")
    return Table(db, "balls", Ball, ("name",))


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.floats(allow_nan=False),
    st.sampled_from([None, *Colour]),
    st.integers(-(2**63), 2**63 - 1),
)
def test_what_is_added_is_what_is_read(name, size, colour, count):
    balls, ball = new_table(), Ball(name, size, colour, count)
    balls.add(ball)
    found = balls.get(name)
    assert found == ball
    assert found.colour is colour


def test_text_in_another_encoding_is_kept_as_far_as_possible_and_found_again(balls):
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    balls.add(Ball(odd, 1.0, None))
    assert balls.get(odd) == Ball("caf?", 1.0, None)
    balls.change(odd, size=2.0)
    assert balls.get(odd).size == 2.0
    balls.remove(odd)
    assert balls.where("1") == []


def test_a_key_is_there_once(balls):
    balls.add(Ball("a", 1.0, Colour.RED))
    with pytest.raises(sqlite3.IntegrityError):
        balls.add(Ball("a", 2.0, None))
    assert balls.get("a").size == 1.0


def test_only_the_named_columns_of_the_named_row_change(balls):
    balls.add(Ball("a", 1.0, Colour.RED, 1))
    balls.add(Ball("b", 1.0, Colour.RED, 1))
    balls.change("a", colour=Colour.BLUE, count=5)
    assert balls.where("1 ORDER BY name") == [Ball("a", 1.0, Colour.BLUE, 5), Ball("b", 1.0, Colour.RED, 1)]


def test_a_row_that_is_not_there_is_none(balls):
    assert balls.get("a") is None
    balls.change("a", size=1.0)
    balls.remove("a")
    assert balls.where("1") == []


def test_values_are_never_taken_for_sql(balls):
    balls.add(Ball("a' OR '1'='1", 1.0, None))
    balls.add(Ball("b", 1.0, None))
    assert len(balls.where("name = ?", "a' OR '1'='1")) == 1


def test_a_value_that_no_enum_knows_is_an_error_not_a_guess(balls):
    balls._db.execute("INSERT INTO balls VALUES ('a', 1, 'Green', 0)")
    with pytest.raises(ValueError, match="Green"):
        balls.get("a")
