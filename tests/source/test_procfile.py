import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, Where
from beanstalk.source.procfile import ProcfileEntry, read_procfile


def test_entries_come_in_the_order_of_the_file_with_their_lines() -> None:
    text = "# processes\n\nworker: celery -A app worker\nweb:gunicorn --bind :$PORT app:application  \n"
    assert read_procfile(text) == (
        ProcfileEntry("worker", "celery -A app worker", Where("Procfile", 3)),
        ProcfileEntry("web", "gunicorn --bind :$PORT app:application", Where("Procfile", 4)),
    )


@pytest.mark.parametrize("text", ["\ufeffweb: a b\nclock: c", "web: a b\r\nclock: c\r\n", "web: a b\rclock: c\r"])
def test_byte_order_mark_and_line_ends_are_not_part_of_anything(text: str) -> None:
    assert [(entry.name, entry.command) for entry in read_procfile(text)] == [("web", "a b"), ("clock", "c")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("web", "no colon"),
        ("web:", "no command after web"),
        ("web:   ", "no command after web"),
        (" web: a", "white space before the name"),
        ("we b: a", "'we b' cannot be the name"),
        (": a", "'' cannot be the name"),
        ("wéb: a", "'wéb' cannot be the name"),
        ("web: a\0b", "control character"),
        ("web : a", "'web ' cannot be the name"),
    ],
)
def test_a_line_that_is_no_process_is_told_with_its_line(line: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(said)) as caught:
        read_procfile(f"one: a\n{line}\n", "app/Procfile")
    assert str(caught.value).startswith("app/Procfile:2")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_procfile("web: a\nbad\nweb: b\nworker:\n")
    assert [problem.at.line for problem in caught.value.problems if problem.at] == [2, 3, 4]
    assert "line 1 already" in str(caught.value)


@pytest.mark.parametrize(("text", "names"), [("", []), ("# web: a", []), ("worker: a", ["worker"])])
def test_web_may_be_missing(text: str, names: list[str]) -> None:
    assert [entry.name for entry in read_procfile(text)] == names


def test_a_web_in_other_letters_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a process named Web, and none named web") as caught:
        read_procfile("worker: a\nWeb: b")
    assert "case sensitive" in caught.value.hint


NAMES = st.text("abcXYZ019_-", min_size=1, max_size=8)
VISIBLE = st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="\x7f\x85\u2028")
COMMANDS = st.text(VISIBLE, min_size=1).filter(str.strip)


@given(st.dictionaries(NAMES, COMMANDS), COMMANDS)
def test_what_is_written_is_read_back(others: dict[str, str], web: str) -> None:
    wanted = {**others, "web": web}
    text = "\n".join(f"{name}: {command}" for name, command in wanted.items())
    read = {entry.name: entry.command for entry in read_procfile(text)}
    assert read == {name: command.strip() for name, command in wanted.items()}


@given(st.text())
def test_any_text_is_read_or_refused_and_every_entry_obeys_the_documented_rule(text: str) -> None:
    try:
        entries = read_procfile(text)
    except InvalidInput as refused:
        assert refused.problems
        return
    for entry in entries:
        assert re.match(r"^[A-Za-z0-9_-]+:\s*[^\s].*$", f"{entry.name}: {entry.command}")


def test_more_lines_than_anybody_writes_are_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_procfile("a\n" * 20_000)
    assert len(caught.value.problems) == 10_001
    assert str(caught.value.problems[-1]).startswith("Procfile:10001: more than 10,000 lines")
