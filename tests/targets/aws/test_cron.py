"""Schedules of five fields as Amazon's of six: the same minutes, read back by a small reader of Amazon's form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beanstalk.source.schedule import read_schedule
from beanstalk.targets.aws.cron import NotExpressible, aws_cron

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7))


def values(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        if step := re.fullmatch(r"(\d+)/(\d+)", part):
            found |= set(range(int(step[1]), high + 1, int(step[2])))
        elif between := re.fullmatch(r"(\d+)-(\d+)", part):
            found |= set(range(int(between[1]), int(between[2]) + 1))
        else:
            found |= set(range(low, high + 1)) if part in "*?" else {int(part)}
    assert found <= set(range(low, high + 1))
    return found


def aws_matches(expression: str, at: datetime) -> bool:
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    assert len(fields) == 6 and (fields[2] == "?") != (fields[4] == "?") and fields[5] == "*"
    now = (at.minute, at.hour, at.day, at.month, at.isoweekday() % 7 + 1)
    return all(each in values(field, *bounds) for each, field, bounds in zip(now, fields, BOUNDS, strict=False))


@pytest.mark.parametrize(
    "five, six",
    [
        ("0 */12 * * *", "cron(0 0,12 * * ? *)"),
        ("*/15 * * * *", "cron(0/15 * * * ? *)"),
        ("0 6 * * 1-5", "cron(0 6 ? * 2-6 *)"),
        ("0 6 * * SUN", "cron(0 6 ? * 1 *)"),
        ("0 6 * * 7", "cron(0 6 ? * 1 *)"),
        ("30 4 1,15 * *", "cron(30 4 1,15 * ? *)"),
        ("5-9,40 0 * jan-mar *", "cron(5-9,40 0 * 1-3 ? *)"),
        ("0 0 1-31 * MON", "cron(0 0 * * ? *)"),
    ],
)
def test_five_fields_become_six(five: str, six: str) -> None:
    assert aws_cron(read_schedule(five)) == six


@pytest.mark.parametrize("text", ["0 0 1 * MON", "0 0 */2 * MON", "0 0 13 * */3"])
def test_day_and_weekday_at_once_are_refused(text: str) -> None:
    with pytest.raises(NotExpressible, match="day of the month and weekday"):
        aws_cron(read_schedule(text))


def test_the_longest_expression_is_short_enough() -> None:
    minutes, hours, days = (",".join(str(each) for each in range(1, top) if each % 3) for top in (60, 24, 32))
    assert 230 < len(aws_cron(read_schedule(f"{minutes} {hours} {days} 1,2,4,5,7,8,10,11 *"))) <= 256


def a_field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    spans = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.one_of(st.just("*"), number.map(str), spans), st.integers(1, 40)).map("{0[0]}/{0[1]}".format)
    part = st.one_of(number.map(str), spans, steps)
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=4).map(",".join))


SCHEDULES = st.tuples(*(a_field(*bounds) for bounds in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)))).map(" ".join)


@given(SCHEDULES, st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1)), st.integers(0, 24))
def test_the_expression_has_the_same_minutes(text: str, moment: datetime, hour: int) -> None:
    schedule = read_schedule(text)
    try:
        expression = aws_cron(schedule)
    except NotExpressible:
        assume(False)
    for days in range(0, 40, 3):
        at = moment.replace(tzinfo=UTC, hour=hour % 24) + timedelta(days=days)
        weekday = at.isoweekday() % 7
        assert aws_matches(expression, at) == schedule.matches(at.month, at.day, weekday, at.hour, at.minute), (
            expression
        )


@given(SCHEDULES)
def test_of_every_schedule_a_minute_that_it_names_is_one_of_the_expression(text: str) -> None:
    schedule = read_schedule(text)
    try:
        expression = aws_cron(schedule)
    except NotExpressible:
        assume(False)
    minutes, hours = expression.removeprefix("cron(").split()[:2]
    assert (values(minutes, 0, 59), values(hours, 0, 23)) == (schedule.minutes, schedule.hours)
