"""Variables in texts, and the files they come from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, Where
from beanstalk.source.env_file import EnvLine, read_env_file
from beanstalk.source.interpolation import NotInterpolated, interpolate

KNOWN = {"A": "a", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("$A-${A}", "a-a"),
        ("$$A $${A}", "$A ${A}"),
        ("${X:-d}${X-d}${A:-d}", "dda"),
        ("${EMPTY:-d}|${EMPTY-d}", "d|"),
        ("${A:+y}${X:+y}${EMPTY:+y}${EMPTY+y}", "yy"),
        ("${A?no}${A:?no}", "aa"),
        ("${X:-${Y:-${A}}}", "a"),
        ("${X:-http://h:80/}", "http://h:80/"),
        ("", ""),
    ],
)
def test_variables_are_replaced_as_compose_does(text, becomes):
    assert interpolate(text, KNOWN).text == becomes


def test_what_has_no_value_is_empty_and_told_once():
    assert interpolate("$X ${X} ${Y}", {}).missing == ("X", "Y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${X:?set it}", "X has no value: set it"),
        ("${X?}", "X has no value: a value is required"),
        ("costs 5$", "a $ that begins no variable"),
        ("${A", "a ${ without }"),
        ("${1}", "'1' begins with no name"),
        ("${A!b}", "'A!b' is no variable"),
        ("${A:}", "'A:' is no variable"),
        ("${X:-" * 30 + "}" * 30, "more than 20 deep"),
    ],
)
def test_what_is_no_variable_is_told_with_a_remedy(text, said):
    with pytest.raises(NotInterpolated) as caught:
        interpolate(text, {})
    assert said in caught.value.problem and caught.value.hint


@settings(deadline=None)
@given(st.text("${}:-?+AX \\", max_size=30))
def test_any_text_is_replaced_or_refused(text):
    try:
        interpolate(text, KNOWN)
    except NotInterpolated as error:
        assert error.problem


def pairs(text: str) -> list[tuple[str, str | None]]:
    return [(line.name, line.value) for line in read_env_file(".env", text.encode(), KNOWN)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("X=1\r\nY = two words \n", [("X", "1"), ("Y", "two words")]),
        ("\ufeff# no\n\nexport X=1 # why\n", [("X", "1")]),
        ("X=a#b", [("X", "a#b")]),
        ("X=\nY", [("X", ""), ("Y", None)]),
        ("X='$A # \\n' # c", [("X", "$A # \\n")]),
        ('X="$A\\n\\"q\\" # in" # out', [("X", 'a\n"q" # in')]),
        ('X="one\ntwo"\nY=1', [("X", "one\ntwo"), ("Y", "1")]),
        ('X="\\$A"', [("X", "$A")]),
        ("X=b\nY=${X}c", [("X", "b"), ("Y", "bc")]),
    ],
)
def test_lines_are_names_with_values(text, found):
    assert pairs(text) == found


def test_lines_know_their_place():
    assert read_env_file("a/.env", b"\nX=1") == (EnvLine("X", "1", Where("a/.env", 2)),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("X=1\ntwo words", "f:2: 'two words' is no NAME=value"),
        ("=1", "is no NAME=value"),
        ('X="a', "a value that is not closed"),
        ("X='a' b", "something after the closing quote"),
        ("X=${A", "a ${ without }"),
    ],
)
def test_what_is_no_line_is_told(text, said):
    with pytest.raises(InvalidInput) as caught:
        read_env_file("f", text.encode())
    assert said in str(caught.value)


def test_values_of_values_have_a_limit():
    lines = ["A=0123456789", *(f"{chr(ord(each) + 1)}=" + f"${each}" * 10 for each in "ABCDEFGHI")]
    with pytest.raises(InvalidInput, match="f:7: more than 3,083,194 characters with the values of the variables"):
        read_env_file("f", "\n".join(lines).encode())


def test_more_lines_than_anybody_writes_are_told():
    with pytest.raises(InvalidInput, match="f:10001: more than 10,000 variables"):
        read_env_file("f", b"".join(b"A%d=1\n" % n for n in range(20_000)))


def test_defaults_of_defaults_are_gone_through_once():
    inner = "${X:-" * 20 + "${X}" * 200_000 + "}" * 20
    assert interpolate(inner, {"X": ""}).text == ""
    with pytest.raises(NotInterpolated, match="more than 20 deep"):
        interpolate("${X:-" * 200_000 + "}" * 200_000, {})


def test_a_quote_that_is_never_closed_is_looked_for_once():
    with pytest.raises(InvalidInput):
        read_env_file("f", b'X="a\n' * 100_000)
    assert read_env_file("f", b"X=a" + b" " * 900_000 + b"b")[0].value.endswith(" b")


@settings(deadline=None)
@given(st.text("AX=:'\"\\$#{} \n\texport", max_size=40).map(str.encode) | st.binary(max_size=40))
def test_any_content_is_read_or_refused(content):
    try:
        assert all(line.name for line in read_env_file("f", content))
    except InvalidInput as error:
        assert error.problems
