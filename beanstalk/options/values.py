"""The forms of a value: text in, a typed value or what is wrong with it out; the forms that Elastic Beanstalk takes.

Booleans are "true" and "false" in any case, whole numbers are ASCII digits with an optional sign, an enum is exact.
Lists, ARNs and most texts may be empty: saved configurations have that for what nobody set.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, assert_never

from beanstalk.errors import InvalidInput, Problem
from beanstalk.secrets import read_reference

if TYPE_CHECKING:
    from beanstalk.options.option import Option

_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,18})?")
_DURATION = re.compile(r"PT(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?")
_ARN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
_CODES = re.compile(r"[0-9]{3}(-[0-9]{3})?(,[0-9]{3}(-[0-9]{3})?)*")


def has_function(value: str) -> bool:
    """Whether the value holds a CloudFormation function in backquotes, which only CloudFormation can evaluate."""
    inside = value[value.find("`") + 1 : max(value.rfind("`"), 0)].strip()
    return value.count("`") >= 2 and inside.startswith("{") and inside.endswith("}")


def as_boolean(value: str) -> bool:
    """Raises ValueError for anything but true and false."""
    if value.lower() not in ("true", "false"):
        raise ValueError(f"not a boolean: {value!r}")
    return value.lower() == "true"


def as_integer(value: str) -> int:
    """Raises ValueError for anything but a whole number of at most 19 digits."""
    if not _INTEGER.fullmatch(value):
        raise ValueError(f"not a whole number: {value!r}")
    return int(value)


def as_number(value: str) -> float:
    """Raises ValueError for anything but a decimal number; there is no exponent, no infinity."""
    if not _NUMBER.fullmatch(value):
        raise ValueError(f"not a number: {value!r}")
    return float(value)


def as_duration(value: str) -> float:
    """`PT1H30M` -> 5400 seconds. Raises ValueError for anything but hours, minutes and seconds in this form."""
    found = _DURATION.fullmatch(value)
    if found is None:
        raise ValueError(f"not a duration: {value!r}")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds


def as_list(value: str) -> tuple[str, ...]:
    """The entries between the commas, without blanks around them; none for an empty text."""
    return tuple(part for part in (part.strip() for part in value.split(",")) if part)


def misfit(option: Option, value: str) -> Problem | None:
    """Why the value does not fit the option, without a place; None when it does, or when it holds a function."""
    if has_function(value):
        return None
    if "\0" in value:
        return Problem("the value holds a NUL character", hint="take it out")
    if any("\ud800" <= character <= "\udfff" for character in value):
        return Problem("the value is not UTF-8 text", hint="write it in UTF-8")
    if option.max_length is not None and len(value) > option.max_length:
        return Problem(f"the value has {len(value)} characters", hint=f"at most {option.max_length} are possible")
    match option.type:
        case "boolean":
            return None if value.lower() in ("true", "false") else _not(value, "a boolean", "true or false")
        case "integer" | "number":
            return _number(option, value)
        case "enum":
            return None if value in option.values else _not_one_of(option.values, value)
        case "comma-list":
            return _list(option, value)
        case "codes":
            return _codes(option, value)
        case "duration":
            return _duration(option, value)
        case "arn":
            fits = not value or _ARN.fullmatch(value)
            return (
                None
                if fits
                else _not(value, "an ARN", "an ARN, as in arn:aws:acm:us-east-2:123456789012:certificate/1")
            )
        case "json":
            return _json(value)
        case "secret":
            return _secret(value)
        case "string":
            fits = not option.pattern or re.fullmatch(option.pattern, value, re.DOTALL)
            return None if fits else _not(value, option.form, option.form)
        case _:
            assert_never(option.type)


def shown(value: str) -> str:
    """The value as an error shows it: quoted, on one line, not longer than one line has room for."""
    return repr(value if len(value) <= 60 else value[:57] + "...")


def _not(value: str, kind: str, remedy: str) -> Problem:
    if not value:
        return Problem("the value is empty", hint=f"give {remedy}, or leave the option out")
    return Problem(f"{shown(value)} is not {kind}", hint=f"give {remedy}")


def _number(option: Option, value: str) -> Problem | None:
    whole = option.type == "integer"
    if not (_INTEGER if whole else _NUMBER).fullmatch(value):
        return _not(value, "a whole number" if whole else "a number", _range(option))
    if option.values and value not in option.values:
        return Problem(f"{value} is not one of the values", hint=f"give {' or '.join(option.values)}")
    return _outside(option, value, int(value) if whole else float(value))


def _duration(option: Option, value: str) -> Problem | None:
    low, high = _as_text(option.minimum or 0), _as_text(option.maximum or 86400)
    remedy = f"hours, minutes and seconds as in PT1H30M, from {low} to {high}"
    if not _DURATION.fullmatch(value):
        return _not(value, "a duration", remedy)
    if (option.minimum or 0) <= as_duration(value) <= (option.maximum or 86400):
        return None
    return Problem(f"{shown(value)} is too short or too long", hint=f"give {remedy}")


def _as_text(seconds: float) -> str:
    """1800 -> PT30M"""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if number]
    return "PT" + ("".join(parts) or "0S")


def _list(option: Option, value: str) -> Problem | None:
    entries = as_list(value)
    if option.max_items is not None and len(entries) > option.max_items:
        return Problem(f"the list has {len(entries)} entries", hint=f"at most {option.max_items} are possible")
    for entry in entries:
        if option.item_max_length is not None and len(entry) > option.item_max_length:
            text = f"the entry {shown(entry)} has {len(entry)} characters"
            return Problem(text, hint=f"at most {option.item_max_length} are possible")
        most = option.item_max_wildcards
        if most is not None and entry.count("*") + entry.count("?") > most:
            return Problem(f"{shown(entry)} has more than {most} of * and ?", hint="write it with fewer")
        if option.values and entry not in option.values:
            return _not_one_of(option.values, entry)
    return None


def _range(option: Option) -> str:
    if option.values:
        return " or ".join(option.values)
    low, high = option.minimum, option.maximum
    unit = f" ({option.unit})" if option.unit else ""
    kind = "a whole number" if option.type == "integer" else "a number"
    if low is None and high is None:
        return kind + unit
    if high is None:
        return f"{kind} from {low:g}{unit}"
    return f"{kind} up to {_plain(high)}{unit}" if low is None else f"{kind} from {_plain(low)} to {_plain(high)}{unit}"


def _plain(number: float) -> str:
    return str(int(number)) if math.isfinite(number) and number == int(number) else str(number)


def _outside(option: Option, value: str, number: float) -> Problem | None:
    if option.minimum is not None and number < option.minimum:
        return Problem(f"{value} is less than {_plain(option.minimum)}", hint=f"give {_range(option)}")
    if option.maximum is not None and number > option.maximum:
        return Problem(f"{value} is more than {_plain(option.maximum)}", hint=f"give {_range(option)}")
    return None


def _not_one_of(values: tuple[str, ...], value: str) -> Problem:
    same = [known for known in values if known.lower() == value.lower()]
    if same:
        return Problem(f"{shown(value)} is not one of the values", hint=f"upper and lower case count: write {same[0]}")
    return _not(value, "one of the values", " or ".join(values))


def _codes(option: Option, value: str) -> Problem | None:
    low, high = _plain(option.minimum or 0), _plain(option.maximum or 999)
    remedy = f"HTTP statuses from {low} to {high}, as in 200 or 200-299,302"
    if not _CODES.fullmatch(value):
        return _not(value, "a list of HTTP statuses", remedy)
    for part in value.split(","):
        first, _, last = part.partition("-")
        if not (int(low) <= int(first) <= int(last or first) <= int(high)):
            return Problem(f"{shown(part)} is no possible HTTP status", hint=f"give {remedy}")
    return None


def _json(value: str) -> Problem | None:
    try:
        json.loads(value)
    except ValueError as error:
        where = f" ({error.msg}, character {error.pos + 1})" if isinstance(error, json.JSONDecodeError) else ""
        return _not(value, f"JSON{where}", "a JSON document")
    except RecursionError:
        return Problem("the JSON is nested too deeply", hint="give a flatter document")
    return None


def _secret(value: str) -> Problem | None:
    try:
        read_reference(value)
    except InvalidInput as error:
        return error.problems[0]
    return None
