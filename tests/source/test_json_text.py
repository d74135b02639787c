"""JSON with places: what is right is read as by everybody, what is wrong is told with line and column."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, Where
from beanstalk.source.json_text import MAX_PROBLEMS, read_json


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_json("f.json", text.encode() if isinstance(text, str) else text)
    return [str(problem) for problem in caught.value.problems]


def test_every_value_and_every_name_knows_its_place():
    root = read_json("f.json", b'{\r\n  "a": [1,\r\n    true]\r\n}').root
    (member,) = root.members
    assert (member.at, member.value.at) == (Where("f.json", 2, 3), Where("f.json", 2, 8))
    assert [item.at for item in member.value.items] == [Where("f.json", 2, 9), Where("f.json", 3, 5)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,\n}', "f.json:1:8: not valid JSON: a comma before }\n  hint: take the comma out: nothing follows it"),
        ("[1,]", "f.json:1:3: not valid JSON: a comma before ]"),
        ('{"a": 1\n "b": 2}', "f.json:2:2: not valid JSON: a comma is missing before this\n  hint: put a comma"),
        ("[1 2]", "f.json:1:4: not valid JSON: a comma is missing before this"),
        ("[,1]", "f.json:1:2: not valid JSON: a comma without a value before it"),
        ('{"a": 1, // one\n"b": 2}', "f.json:1:10: not valid JSON: a comment\n  hint: take it out"),
        ('# x\n{"a": 1}', "f.json:1:1: not valid JSON: a comment"),
        ('{/* x */"a": 1}', "f.json:1:2: not valid JSON: a comment"),
        ("{'a': 1}", "f.json:1:2: not valid JSON: a text in single quotes"),
        ("{a: 1}", 'f.json:1:2: not valid JSON: the name a has no quotes\n  hint: write "a"'),
        ('{"a": b}', 'f.json:1:7: not valid JSON: the text b has no quotes\n  hint: write "b"'),
        ('{"a": {{PORT}}}', "f.json:1:7: not valid JSON: not filled in: {{PORT}}"),
        ('{"a": <TAG>}', "f.json:1:7: not valid JSON: not filled in: <TAG>"),
        ('{"a": ${X}, "b": 1}', "f.json:1:7: not valid JSON: not filled in: ${X}"),
        ('{"a": True}', "f.json:1:7: not valid JSON: True is no value\n  hint: write true"),
        ('{"a": 01}', "f.json:1:7: not valid JSON: 01 is no number"),
        ('{"a": 1e999}', "f.json:1:7: not valid JSON: a number that is too large"),
        ('{"a": 1' + "0" * 5000 + "}", "f.json:1:7: not valid JSON: a number that is too large"),
        ('{"a" 1}', "f.json:1:6: not valid JSON: no : after the key 'a'"),
        ('{"a":}', "f.json:1:2: not valid JSON: the key 'a' has no value"),
        ('{"a": "b\n}', "f.json:1:7: not valid JSON: a text that does not end on its line"),
        ('{"a": "b\tc"}', "f.json:1:9: not valid JSON: the control character U+0009 in a text\n  hint: write \\t"),
        ('{"a": "C:\\dir"}', "f.json:1:10: not valid JSON: a \\ that begins no escape"),
        ('{"a": "\\ud83d"}', "f.json:1:7: not valid JSON: an escape is half a character"),
        ('{"a": [1}', "f.json:1:9: not valid JSON: } where ] is missing\n  hint: the [ was opened on line 1, column 7"),
        ('{"a": 1', "f.json:1:8: not valid JSON: the end of the file where } is missing"),
        ('{"a": 1} x', "f.json:1:10: not valid JSON: the document ended before this"),
        ('["a": 1]', "f.json:1:5: not valid JSON: a comma is missing before this"),
        ('{\u00a0"a": 1}', "f.json:1:2: not valid JSON: the invisible character U+00A0"),
        ("", "f.json:1:1: not valid JSON: there is nothing in the file"),
        ("[" * 60, "nested more than 50 deep"),
        (b'{"a": "\xe9"}', "f.json:1:8: the byte 0xE9 is not UTF-8"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_column_and_remedy(text, said):
    assert said in problems(text)[0]


def test_all_mistakes_are_told_at_once_in_their_order():
    text = '{\n  // first\n  "a": 1\n  "b": [1, 2,],\n  c: {{X}},\n}\n'
    assert [said.split(":")[1] for said in problems(text)] == ["2", "4", "4", "5", "5", "5"]
    assert len(problems("[" + "x y " * 1000 + "]")) == MAX_PROBLEMS


def test_a_name_written_twice_and_a_byte_order_mark_are_warnings():
    document = read_json("f.json", b'\xef\xbb\xbf{"a": 1,\n"a": 2}')
    assert document.root.plain() == {"a": 2}
    assert [problem.at for problem in document.warnings] == [Where("f.json", 1, 1), Where("f.json", 2, 1)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None)
@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_what_is_json_is_read_as_what_was_written(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read_json("f.json", text.encode("utf-8", "replace")).root.plain() == json.loads(
        text.encode("utf-8", "replace")
    )


PIECES = st.sampled_from(
    [*"{}[],:\"'\\/#-.e01 \n\t\r", "{{", "}}", "${", "<", ">", "true", '"a"', "\\u12", "\ufeff", "é"]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_is_read_exactly_when_it_is_json(text):
    try:
        json.loads(text, parse_constant=lambda word: [][0])
        valid = True
    except (ValueError, IndexError):
        valid = False
    try:
        read_json("f.json", text.encode("utf-8", "replace"))
        assert valid or text.startswith("\ufeff")
    except InvalidInput as error:
        assert error.problems and (not valid or "half a character" in str(error) or "too large" in str(error))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    try:
        read_json("f.json", content)
    except InvalidInput as error:
        assert error.problems and "\n" not in error.problems[0].text
