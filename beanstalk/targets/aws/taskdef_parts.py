"""Parts of a task definition as far as they are what they should be: a check goes on, whatever stands in the others."""

from __future__ import annotations

from typing import Any

from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_cloudformation import is_function


def name_of(container: Json) -> str:
    return str(container.get("name", "without name"))[:80]


def objects(container: Json, key: str) -> list[Json]:
    """The objects of a list; functions are none."""
    return [each for each in listed(container, key) if isinstance(each, dict) and not is_function(each)]


def listed(container: Json, key: str) -> list[Any]:
    """The entries of a list; none of anything else."""
    found = container.get(key)
    return found if isinstance(found, list) else []


def number(value: Any) -> int:
    """Also of a text, as the size of a task is one; 0 for what is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
