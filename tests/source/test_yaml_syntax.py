"""Both scanners of YAML: libyaml, and PyYAML's own where that is not there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput
from beanstalk.source import yaml_syntax
from beanstalk.source.document import Kind, read_document

PARTS = st.sampled_from(
    [
        "a: ", "- ", "\n", "  ", "b", " ", "\t", "#", " # c", '"', "'", "|\n", ">\n", "{", "}", "[", "]", ", ", ",",
        "&a ", "*a", "!x ", "%", "@", "`", "\\", "---\n", "...\n", "<<: *a", "~", "0644", "1:30", "\u2028", "\x85",
        "\r\n", "é", "\u00a0", "!!str ", "|2-\n", "=", ".5", "😀", '"\\u00e9"', ": ", ":",
    ]
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=12).map("".join)


@pytest.fixture
def without_libyaml(monkeypatch):
    monkeypatch.setattr(yaml_syntax, "FAST", None)


def outcome(text: str) -> object:
    """Kind, text and place of every node, but for the place of nothing at all; None when it is refused."""
    try:
        root = read_document("f", text.encode()).root
        return (
            [] if root is None else [(node.kind, node.text, node.kind is Kind.NULL or node.at) for node in root.walk()]
        )
    except InvalidInput:
        return None


@settings(deadline=None)
@given(TEXTS)
def test_both_read_the_same_and_refuse_the_same(text):
    assert yaml_syntax.FAST is not None
    fast = outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_syntax, "FAST", None)
        assert outcome(text) == fast


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "f:1:5: not valid YAML: mapping values are not allowed here"),
        ("a: @b", "f:1:4: not valid YAML: '@' cannot begin a value"),
        ("a: 'b", "f:1:4: not valid YAML: a quote is opened here and never closed"),
        ("a:\n  b: 1\n c: 2", "f:3:2: not valid YAML: neither another key nor the end of the mapping"),
        ("a: [1", "f:1:6: not valid YAML: a , or ] is missing here"),
        ("a: b\nc\n", "f:2:1: not valid YAML: a line without a colon after its key"),
        ("a: b\tc", "f:1:5: a tab stands where YAML takes only spaces"),
        ("a: 1\n---\nb: 1", "f:2:1: a second document begins here"),
        ('a: "\\UFFFFFFFF"', "impossible number"),
    ],
)
@pytest.mark.parametrize("fast", [True, False])
def test_both_say_the_same(text, said, fast, monkeypatch):
    if not fast:
        monkeypatch.setattr(yaml_syntax, "FAST", None)
    with pytest.raises(InvalidInput, match=re.escape(said)):
        read_document("f", text.encode())


def test_without_libyaml_less_text_is_taken(without_libyaml):
    assert read_document("f", b"# " + b"a" * (yaml_syntax.MAX_SLOW - 2)).root is None
    with pytest.raises(InvalidInput, match="524,289 characters without libyaml, and 524,288 is the most then"):
        read_document("f", b"# " + b"a" * (yaml_syntax.MAX_SLOW - 1))
