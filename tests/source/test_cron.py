"""cron.yaml and its schedules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput, Where
from beanstalk.source.cron import read_cron
from beanstalk.source.schedule import NotASchedule, read_schedule

TASK = "version: 1\ncron:\n - name: a\n   url: /a\n   schedule: '{}'\n"


def refused(text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_cron(text.encode())
    return str(caught.value)


def test_tasks_come_with_name_path_schedule_and_place():
    (task,) = read_cron(TASK.format("*/15 8-18 * * MON-FRI").encode()).tasks
    assert (task.name, task.url, task.at) == ("a", "/a", Where("cron.yaml", 3, 4))
    assert task.schedule.minutes == {0, 15, 30, 45} and task.schedule.hours == set(range(8, 19))
    assert task.schedule.weekdays == {1, 2, 3, 4, 5} and task.schedule.any_day


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cron: []", "version is missing\n  hint: write version: 1"),
        ("version: 2\ncron: []", "version '2' is not supported"),
        ("version: 1", "cron is missing"),
        ("version: 1\ncron: {}", "cron has to be a list"),
        ("version: 1\ncron: [a]", "a task has to be a mapping"),
        ("version: 1\ncron:\n - {name: a, url: /a}", "cron.yaml:3:4: the task 'a' has no schedule"),
        ("version: 1\ncron:\n - {url: /a, schedule: 1 * * * *}", "the task '' has no name"),
        (TASK.format("0 0 * * *") + " - {name: a, url: /b, schedule: 0 0 * * *}", "a second task called 'a'"),
        (TASK.format("0 0 * * *").replace("/a", "http://x/a"), "url is a path at the application"),
        (TASK.replace("'{}'", "* * * * *"), "a star, and has no quotes\n  hint: write schedule: '* * * * *'"),
        (TASK.replace("'{}'", "*/5 * * * *"), "cron.yaml:5:15: the schedule begins with a star"),
        ("a", "the file holds no keys"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_place_and_remedy(text, said):
    assert said in refused(text)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("", "has no schedule"),
        ("* * * *", "4 fields instead of five"),
        ("0 * * * * *", "6 fields instead of five\n  hint: seconds and years have no field here"),
        ("@daily", "@daily is no schedule of five fields\n  hint: write 0 0 * * *"),
        ("rate(5 minutes)", "the form of Amazon EventBridge"),
        ("60 * * * *", "minute '60' is not possible\n  hint: allowed are 0 to 59"),
        ("0 24 * * *", "hour '24' is not possible"),
        ("0 0 0 * *", "day of the month '0' is not possible"),
        ("0 0 1 foo *", "allowed are 1 to 12, or JAN to DEC"),
        ("0 0 ? * 1", "? is not of cron"),
        ("0 0 L * *", "L is not of cron"),
        ("0 0 * * 5#2", "5#2 is not of cron"),
        ("*/0 * * * *", "no step after /"),
        ("0 22-6 * * *", "22 comes after 6\n  hint: write it as two: 22-23,0-6"),
        ("1,,2 * * * *", "minute '1,,2' is not possible"),
        ("1," * 500 + "1 * * * *", "1009 characters are no schedule"),
    ],
)
def test_a_schedule_that_is_none_is_told_with_a_remedy(schedule, said):
    assert said in refused(TASK.format(schedule))


@pytest.mark.parametrize(
    ("text", "when", "matches"),
    [
        ("30 5 * * *", (1, 1, 0, 5, 30), True),
        ("30 5 * * *", (1, 1, 0, 5, 31), False),
        ("0 0 1 * MON", (2, 1, 3, 0, 0), True),
        ("0 0 1 * MON", (2, 2, 1, 0, 0), True),
        ("0 0 1 * MON", (2, 2, 3, 0, 0), False),
        ("0 0 * * 7", (2, 2, 0, 0, 0), True),
        ("0 0 * * FRI-SUN", (2, 2, 0, 0, 0), True),
        ("5/20 * * * *", (2, 2, 0, 0, 45), True),
        ("0 0 * jan,DEC *", (12, 2, 0, 0, 0), True),
    ],
)
def test_a_schedule_says_which_minutes_are_its_own(text, when, matches):
    assert read_schedule(text).matches(*when) is matches


def test_what_never_happens_or_does_nothing_is_a_warning():
    (never,) = read_cron(TASK.format("0 0 30 2 *").encode()).warnings
    (empty,) = read_cron(b"version: 1\ncron:\n").warnings
    (path,) = read_cron(TASK.format("0 0 * * *").replace("/a", "a").encode()).warnings
    assert "no date fits" in str(never) and "no tasks" in str(empty) and "write /a" in path.hint


def test_each_field_of_a_schedule_and_a_name_used_twice_are_told_at_once():
    tasks = "".join(f"- {{name: a, url: /a, schedule: '{each}'}}\n" for each in ("61 25 * 13 *", "0 * * * *"))
    with pytest.raises(InvalidInput) as caught:
        read_cron(f"version: 1\ncron:\n{tasks}".encode())
    told = [(each.at.line, each.text) for each in caught.value.problems]
    fields = [(3, "minute '61' is not possible"), (3, "hour '25' is not possible"), (3, "month '13' is not possible")]
    assert told == [*fields, (4, "a second task called 'a'")]


PARTS = st.lists(st.sampled_from([*"0123456789*/-,?LW#", "MON", "jan", " ", "  "]), max_size=16).map("".join)


@settings(deadline=None)
@given(PARTS)
def test_any_text_is_a_schedule_with_times_in_it_or_none(text):
    try:
        schedule = read_schedule(text)
    except NotASchedule as error:
        assert error.reasons and all(problem and hint for problem, hint in error.reasons)
        return
    assert schedule.minutes <= set(range(60)) and schedule.hours <= set(range(24)) and schedule.minutes
    assert schedule.days <= set(range(1, 32)) and schedule.months <= set(range(1, 13))
    assert schedule.weekdays and schedule.weekdays <= set(range(7))
    assert read_schedule(schedule.text) == schedule


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text("version: 1\ncron-[]{}'ab*", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    try:
        read_cron(content)
    except BeanstalkError as error:
        assert str(error)
