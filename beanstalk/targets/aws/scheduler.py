"""A model of how ECS rolls a service over: its two bounds, and the longest moves that they allow.

Real ECS may take smaller moves; it never goes below the lower or above the upper bound. Everything becomes healthy
here, and a move begins when the one before it has ended, so the counts are those of the worst moments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from beanstalk.targets.aws.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Course:
    """counts: running tasks, before the deployment and after each move.  finished: whether only new tasks run at the
    end, as many as wanted; otherwise the bounds leave no move.
    """

    counts: tuple[int, ...]
    finished: bool

    @property
    def least_in_service(self) -> int:
        """A starting task does not serve yet, so this is the least that runs."""
        return min(self.counts)

    @property
    def most_running(self) -> int:
        return max(self.counts)


def lower_bound(n: int, minimum_percent: int) -> int:
    """Tasks that have to be in service, of n wanted."""
    return math.ceil(n * minimum_percent / 100)


def upper_bound(n: int, maximum_percent: int) -> int:
    """Tasks that may run, of n wanted."""
    return n * maximum_percent // 100


def course(strategy: Strategy, n: int) -> Course:
    """How n old tasks are replaced by n new ones. n: >= 0."""
    if strategy.kind.shifts_traffic:
        return Course((n, 2 * n, n), True)
    return rolling_course(n, strategy.minimum_percent, strategy.maximum_percent)


def rolling_course(n: int, minimum_percent: int, maximum_percent: int) -> Course:
    """The same for any two figures."""
    least, most = lower_bound(n, minimum_percent), upper_bound(n, maximum_percent)
    old, new, counts = n, 0, [n]
    while old or new < n:
        stopped = min(old, max(0, old + new - least))
        started = max(0, min(n - new, most - (old - stopped + new)))
        if not stopped and not started:
            return Course(tuple(counts), False)
        for change in (-stopped, started):
            if change:
                counts.append(counts[-1] + change)
        old, new = old - stopped, new + started
    return Course(tuple(counts), True)
