"""What readers collect, and hints for names that nobody knows."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.notes import MOST_HINTS, Notes, meant

KNOWN = ("BatchSize", "batch_type", "Timeout")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("batchsize", "did you mean BatchSize?"),
        ("BatchType", "did you mean batch_type?"),
        ("timeuot", "did you mean Timeout?"),
        ("x", "possible are BatchSize, batch_type, Timeout"),
    ],
)
def test_the_nearest_name_is_told_or_all_of_them(name, hint):
    assert meant(name, KNOWN) == hint


def test_of_very_many_names_the_first_are_told():
    assert meant("x", [f"{n:03}" for n in range(100)]).endswith("038, 039, …")


def test_after_very_many_mistakes_no_near_name_is_looked_for():
    notes = Notes("f", noted_before=MOST_HINTS - 1)
    assert notes.meant("timeuot", KNOWN) == "did you mean Timeout?"
    notes.warn(None, "x")
    assert notes.meant("timeuot", KNOWN) == "possible are BatchSize, batch_type, Timeout"


def test_a_note_has_the_place_of_what_it_is_about():
    notes = Notes("f")
    notes.wrong(None, "nowhere")
    notes.wrong(Where("f", 3), "there")
    notes.wrong(Problem("x", Where("f", 2)), "at something")
    with pytest.raises(InvalidInput) as caught:
        notes.finish()
    assert [str(problem) for problem in caught.value.problems] == ["f:1: nowhere", "f:2: at something", "f:3: there"]


def test_what_is_worth_telling_once_is_told_once():
    notes = Notes("f")
    for line in (1, 2):
        notes.warn_once("subject", Where("f", line), "odd")
    assert [str(each) for each in notes.finish([Problem("other", Where("f", 1))])] == ["f:1: odd", "f:1: other"]


def test_of_more_mistakes_than_anybody_reads_the_others_are_counted():
    said = str(InvalidInput([Problem(f"p{n}") for n in range(3_000)])).split("\n")
    assert said[0] == "p0" and said[-2:] == ["p999", "and 2,000 more: mend these first"]
