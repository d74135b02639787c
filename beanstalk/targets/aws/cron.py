"""A schedule of five fields in the form of Amazon's schedulers: six fields, and exactly the same minutes.

Source: EventBridge Scheduler User Guide, "Schedule types": minute hour day month weekday year; of day and weekday one
is `?`; weekdays begin with 1 for Sunday. Application Auto Scaling and the rules of EventBridge have the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from beanstalk.source.schedule import Schedule

_EVERY_DAY = frozenset(range(1, 32))
_EVERY_WEEKDAY = frozenset(range(7))


class NotExpressible(ValueError):
    """Why Amazon's form has no expression for a schedule, and what to write instead."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason, hint)
        self.reason, self.hint = reason, hint


def aws_cron(schedule: Schedule) -> str:
    """`cron(…)` for the same minutes in UTC. Raises NotExpressible.

    The schedule has to have a date at all (`Schedule.never`): Amazon refuses one that has none. The longest expression
    that this makes has 246 characters, of the 256 that Amazon takes.
    """
    days, weekdays = _days(schedule)
    fields = [
        _field(schedule.minutes, 0, 59),
        _field(schedule.hours, 0, 23),
        days,
        _field(schedule.months, 1, 12),
        weekdays,
        "*",
    ]
    return f"cron({' '.join(fields)})"


def _days(schedule: Schedule) -> tuple[str, str]:
    """Day of the month and weekday. Where both are restricted cron takes days that fit one of them, or, when one
    begins with a star, both: neither can be said in one expression of Amazon's."""
    every_day, every_weekday = schedule.days == _EVERY_DAY, schedule.weekdays == _EVERY_WEEKDAY
    one_is_enough = not (schedule.any_day or schedule.any_weekday)
    if (every_day and every_weekday) or (one_is_enough and (every_day or every_weekday)):
        return "*", "?"
    if every_weekday:
        return _field(schedule.days, 1, 31), "?"
    if every_day:
        return "?", _field(frozenset(day + 1 for day in schedule.weekdays), 1, 7)
    hint = "write two tasks, one by the day of the month and one by the weekday"
    raise NotExpressible("AWS has no schedule by day of the month and weekday at once", hint)


def _field(values: frozenset[int], low: int, high: int) -> str:
    """`*`, `start/step` up to the end of the field, or numbers and ranges."""
    ordered = sorted(values)
    if len(ordered) == high - low + 1:
        return "*"
    if len(ordered) > 2:
        step = ordered[1] - ordered[0]
        if step > 1 and ordered == list(range(ordered[0], high + 1, step)):
            return f"{ordered[0]}/{step}"
    return ",".join(_ranges(ordered))


def _ranges(ordered: Iterable[int]) -> Iterator[str]:
    run: list[int] = []
    for value in ordered:
        if run and value != run[-1] + 1:
            yield _range(run)
            run = []
        run.append(value)
    yield _range(run)


def _range(run: list[int]) -> str:
    return f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run))
