"""A fleet in a dict: counts of instances on a virtual clock.

It ships with the package, because the plan that `--dry-run` prints is a walk over it; tests use it instead of mocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from beanstalk.model import Await, Count, Fleet, Group, Hold, Route, Scale, Step


@dataclass
class MemoryGroup:
    """The instances of one group. `starting` and `leaving`: (when that ends, how many), in order of time."""

    healthy: int = 0
    starting: list[tuple[float, float, int]] = field(default_factory=list)
    leaving: list[tuple[float, int]] = field(default_factory=list)
    failed: int = 0

    def count(self) -> Count:
        return Count(
            starting=sum(number for _, _, number in self.starting),
            healthy=self.healthy,
            leaving=sum(number for _, number in self.leaving),
            failed=self.failed,
            oldest_start=self.starting[0][0] if self.starting else None,
        )


class MemoryFleet:
    """A target whose instances take `start_s` to become healthy and `stop_s` to leave.

    `now` is its clock, `serving` and `running` list every value these numbers ever had (draining ones in neither).
    """

    def __init__(self, old: int, start_s: float = 1.0, stop_s: float = 1.0) -> None:
        self.now = 0.0
        self.start_s, self.stop_s = start_s, stop_s
        self.groups = {Group.OLD: MemoryGroup(healthy=old), Group.NEW: MemoryGroup()}
        self.new_percent: int | None = None
        self.serving: list[int] = []
        self.running: list[int] = []
        self._note()

    def observe(self) -> Fleet:
        return Fleet(self.groups[Group.OLD].count(), self.groups[Group.NEW].count())

    def perform(self, step: Step) -> None:
        """Start one step; waiting is not done here."""
        match step:
            case Scale(group, count):
                self._scale(self.groups[group], count)
            case Route(percent):
                self.new_percent = percent
            case Await() | Hold():
                pass
            case _:
                assert_never(step)
        self._note()

    def advance(self, until: float | None = None) -> None:
        """Move the clock to the next moment at which an instance becomes healthy or is gone, at most to `until`."""
        groups = self.groups.values()
        moments = [end for g in groups for _, end, _ in g.starting] + [end for g in groups for end, _ in g.leaving]
        if until is not None:
            moments.append(until)
        self.now = max(self.now, min(moments, default=self.now))
        for group in groups:
            group.healthy += sum(number for _, end, number in group.starting if end <= self.now)
            group.starting = [entry for entry in group.starting if entry[1] > self.now]
            group.leaving = [entry for entry in group.leaving if entry[0] > self.now]
        self._note()

    def fail_starting(self, group: Group) -> None:
        """Let every starting instance of `group` end by itself."""
        there = self.groups[group]
        there.failed += sum(number for _, _, number in there.starting)
        there.starting = []
        self._note()

    def fail_one(self, group: Group) -> None:
        """Let one instance of `group` end by itself: the one that was started last, else one in service."""
        there = self.groups[group]
        there.failed += 1
        if there.starting:
            began, end, number = there.starting.pop()
            if number > 1:
                there.starting.append((began, end, number - 1))
        else:
            there.healthy -= 1
        self._note()

    def _scale(self, group: MemoryGroup, count: int) -> None:
        more = count - group.count().running
        if more > 0:
            group.starting.append((self.now, self.now + self.start_s, more))
            return
        # those that serve nothing go first, and need no draining
        while more < 0 and group.starting:
            began, end, number = group.starting.pop()
            left = max(0, number + more)
            more += number - left
            if left:
                group.starting.append((began, end, left))
        if more < 0:
            group.healthy += more
            group.leaving.append((self.now + self.stop_s, -more))

    def _note(self) -> None:
        seen = self.observe()
        self.serving.append(seen.old.healthy + seen.new.healthy)
        self.running.append(seen.old.running + seen.new.running)
