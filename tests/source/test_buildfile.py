from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, Where
from beanstalk.source.buildfile import BuildCommand, read_buildfile


def test_commands_come_in_their_order_with_their_lines():
    text = "\ufeff# first\r\nassets: npm run build \r\n\r\nserver: go build -o bin/app ./cmd\r\n"
    assert read_buildfile(text) == (
        BuildCommand("assets", "npm run build", Where("Buildfile", 2)),
        BuildCommand("server", "go build -o bin/app ./cmd", Where("Buildfile", 4)),
    )


def test_no_commands_are_fine():
    assert read_buildfile("# nothing\n") == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("make", "no colon after the name"),
        ("build:", "no command after build:"),
        (" build: a", "white space before the name"),
        ("b d: a", "'b d' cannot be the name of a command"),
        ("build: a\0", "a control character"),
        ("one: b", "a second command named one"),
    ],
)
def test_a_line_that_is_no_command_is_told_with_its_line(line, said):
    with pytest.raises(InvalidInput, match=re.escape(said)) as caught:
        read_buildfile(f"one: a\n{line}\n", "app/Buildfile")
    assert str(caught.value).startswith("app/Buildfile:2")


@settings(deadline=None)
@given(st.text("ab:# \t\r\n\0é"))
def test_any_text_is_read_or_refused(text):
    try:
        assert all(command.command.strip() for command in read_buildfile(text))
    except InvalidInput as error:
        assert error.problems


def test_more_lines_than_anybody_writes_are_told():
    with pytest.raises(InvalidInput) as caught:
        read_buildfile("a\n" * 20_000)
    assert len(caught.value.problems) == 10_001
    assert str(caught.value.problems[-1]).startswith("Buildfile:10001: more than 10,000 lines")
