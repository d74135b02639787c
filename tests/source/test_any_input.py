"""Whatever bytes are given to a reader, it gives a value or a BeanstalkError; scripts/fuzz.py goes on for longer."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError
from tests.source.any_input import READERS, broken, seeds
from tests.source.hostile import HOSTILE


def read_or_refuse(name: str, content: bytes) -> str:
    """What the reader says when it refuses."""
    try:
        READERS[name](content)
    except BeanstalkError as error:
        assert str(error)
        return str(error)
    return ""


@pytest.mark.parametrize("name", READERS)
def test_what_the_tests_write_is_read_or_refused(name):
    for content in seeds(name):
        read_or_refuse(name, content)


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=60)
@given(number=st.integers(0, 2**32))
def test_what_is_broken_is_read_or_refused(name, number):
    read_or_refuse(name, broken(random.Random(number), name))


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=40)
@given(content=st.binary())
def test_any_bytes_are_read_or_refused(name, content):
    read_or_refuse(name, content)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "what"), [(name, what) for name, tables in HOSTILE.items() for table in tables for what in table]
)
def test_what_is_made_to_take_time_and_memory_is_read_or_refused(name, what):
    make = next(table[what] for table in HOSTILE[name] if what in table)
    assert len(read_or_refuse(name, make())) < 5_000_000
