"""Bounds of a service, at all times and at set ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.checks.reading import INSTANCES, SCALABLE, View, listed, number, problem


def check_scaling(view: View) -> Iterator[Problem]:
    for name, target in view.of_type(SCALABLE):
        least, most = target.get("MinCapacity"), target.get("MaxCapacity")
        yield from _order(name, "", least, most)
        for action in listed(target, "ScheduledActions"):
            bounds = action.get("ScalableTargetAction")
            bounds = bounds if isinstance(bounds, dict) else {}
            called = f"in the scheduled action {action.get('ScheduledActionName')!r} "
            # A bound that is not said stays as it is; the other one has to go with it.
            yield from _order(name, called, bounds.get("MinCapacity"), bounds.get("MaxCapacity"))
    for name, group in view.of_type(INSTANCES):
        yield from _order(name, "", group.get("MinSize"), group.get("MaxSize"))


def _order(name: str, where: str, least: Any, most: Any) -> Iterator[Problem]:
    low, high = number(least), number(most)
    if low is not None and high is not None and low > high:
        yield problem(name, f"{where}the least, {low:g}, is more than the most, {high:g}", "exchange the two")
