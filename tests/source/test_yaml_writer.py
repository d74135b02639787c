"""What is written as YAML is read back, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.source.document import plain, read_document
from beanstalk.source.yaml_writer import write_yaml

ODD = (
    "0644", "1:30", "1_0", "1e3", ".5", "~", "null", "yes", "NO", "=", "<<", "2026-01-02", "- a", "a: b", "#", "@", "|",
    " ", "*a", "&a", "!a", "%", "é\u2028", "\x85", "\ufeff", "word  " * 300, "\n\n a\n",
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(ODD)
VALUE = st.recursive(
    TEXT | st.booleans() | st.none() | st.integers(-(10**18) + 1, 10**18 - 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def read(text: str):
    root = read_document("f", text.encode()).root
    return plain(root) if root is not None else None


@settings(deadline=None)
@given(VALUE)
def test_what_is_written_is_read_back(value):
    assert read(write_yaml(value)) == value
    assert write_yaml(read(write_yaml(value))) == write_yaml(value)


def test_the_order_stays_and_nothing_is_an_alias():
    shared = {"x": 1}
    assert write_yaml({"b": shared, "a": shared}) == "b:\n  x: 1\na:\n  x: 1\n"


@pytest.mark.parametrize("text", ["a b", "ü", "64bit Amazon Linux 2023 v4.3.0 running Python 3.11", "x" * 500])
def test_ordinary_text_is_written_as_it_is(text):
    assert write_yaml({"a": text}) == f"a: {text}\n"
