"""A schedule of five fields, `minute hour day month weekday`, in UTC: cron's own form.

When both the day of the month and the weekday are restricted, one of them is enough, as everywhere in cron.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES_OF_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES_OF_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
LONGEST = 1_000
"""Characters: every minute, hour, day, month and weekday by its number has less than half of that."""

_SHAPE = "write five fields: minute hour day month weekday, as 0 */12 * * *"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _NAMES_OF_MONTHS),
    _Field("weekday", 0, 7, _NAMES_OF_DAYS),
)


class NotASchedule(ValueError):
    """Why a text is no schedule, and what to write instead; of five fields each may have its own reason."""

    def __init__(self, *reasons: tuple[str, str]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times that count. weekdays: 0 is Sunday, 6 is Saturday.  any_day, any_weekday: the field was a star."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def matches(self, month: int, day: int, weekday: int, hour: int, minute: int) -> bool:
        """Whether a minute in UTC is one of the schedule. weekday: 0 is Sunday."""
        if minute not in self.minutes or hour not in self.hours or month not in self.months:
            return False
        if self.any_day or self.any_weekday:
            return day in self.days and weekday in self.weekdays
        return day in self.days or weekday in self.weekdays

    @property
    def never(self) -> bool:
        """No date fits, as in February 30."""
        return self.any_weekday and all(min(self.days) > _LONGEST[month - 1] for month in self.months)


def read_schedule(text: str) -> Schedule:
    """Raises NotASchedule with every reason and its remedy."""
    if len(text) > LONGEST:
        raise NotASchedule((f"{len(text)} characters are no schedule", "write ranges and steps, as in 0-30/5"))
    parts = text.split()
    if len(parts) != 5:
        raise NotASchedule(_why_not_five(text, parts))
    values: list[frozenset[int]] = []
    reasons: list[tuple[str, str]] = []
    for part, field in zip(parts, _FIELDS, strict=True):
        try:
            values.append(_field(part, field))
        except NotASchedule as error:
            reasons += error.reasons
    if reasons:
        raise NotASchedule(*reasons)
    weekdays = frozenset(day % 7 for day in values[4])
    stars = (parts[2].startswith("*"), parts[4].startswith("*"))
    return Schedule(" ".join(parts), values[0], values[1], values[2], values[3], weekdays, *stars)


def _why_not_five(text: str, parts: list[str]) -> tuple[str, str]:
    if not parts:
        return "the schedule is empty", _SHAPE
    if parts[0].lower() in _NICKNAMES:
        return f"{parts[0]} is no schedule of five fields", f"write {_NICKNAMES[parts[0].lower()]}"
    if parts[0].startswith("@"):
        return f"{parts[0][:30]} is no schedule of five fields", _SHAPE
    if text.strip().startswith(("cron(", "rate(")):
        return "this is the form of Amazon EventBridge", _SHAPE
    if len(parts) in (6, 7):
        return f"{len(parts)} fields instead of five", "seconds and years have no field here: take them out"
    return f"{len(parts)} fields instead of five", _SHAPE


def _field(text: str, field: _Field) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, text, field))


def _part(part: str, text: str, field: _Field) -> range:
    """`*`, `5`, `1-5`, `MON-FRI`, each also with `/step`; `5/10` means from 5 on."""
    body, slash, step = part.partition("/")
    if slash and not (re.fullmatch(r"[0-9]{1,4}", step) and int(step)):
        raise NotASchedule((f"{field.name} {text[:40]!r}: no step after /", "write a number from 1 on, as in */15"))
    every = int(step) if slash else 1
    if body == "*":
        return range(field.low, min(field.high, 6 if field.names == _NAMES_OF_DAYS else 59) + 1, every)
    first, dash, last = body.partition("-")
    low = _value(first, text, field)
    high = _value(last, text, field) if dash else field.high if slash else low
    if high == 0 and field.names == _NAMES_OF_DAYS and dash:
        high = 7
    if low > high:
        hint = f"write it as two: {low}-{field.high},{field.low}-{high}"
        raise NotASchedule((f"{field.name} {text[:40]!r}: {first} comes after {last}", hint))
    return range(low, high + 1, every)


def _value(word: str, text: str, field: _Field) -> int:
    lower = word.lower()
    if lower in field.names:
        return field.names.index(lower) + field.low
    named = f", or {field.names[0].upper()} to {field.names[-1].upper()}" if field.names else ""
    allowed = f"{field.low} to {field.high}{named}"
    if re.fullmatch(r"[0-9]{1,4}", word) and field.low <= int(word) <= field.high:
        return int(word)
    if word in ("?", "L", "W") or re.fullmatch(r"[0-9A-Za-z]*[LW#][0-9]*", word):
        raise NotASchedule((f"{field.name} {text[:40]!r}: {word} is not of cron", "write * for any, or numbers"))
    raise NotASchedule((f"{field.name} {text[:40]!r} is not possible", f"allowed are {allowed}, and *"))
