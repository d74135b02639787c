"""What checks say about an instance, and instances about their environment. Pure: results and times come in.

Elastic Beanstalk does not publish which share of failing instances makes which level (its guide gives the words
only), so the levels below are ours; they are said in docs/health.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from beanstalk.records import Health

COLOUR = {
    Health.OK: "Green",
    Health.INFO: "Green",
    Health.WARNING: "Yellow",
    Health.DEGRADED: "Red",
    Health.SEVERE: "Red",
    Health.PENDING: "Grey",
    Health.UNKNOWN: "Grey",
}
_LEVELS = ("Ok", "Warning", "Degraded", "Severe")
NOT_YET = 503
"""A starting application may say so for as long as it likes: it never counts as a wrong answer."""
CRASH_WINDOW_S = 60.0
CRASH_LOOP = 3
"""Rounds of deaths within the window that make a crash loop."""
_LONGEST_DELAY_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One check. level: "Ok" for a good status, "Warning" for another below 500, "Degraded" from 500, "Severe" for
    no answer.  status: HTTP status, 0 without an answer.  text: what happened, as part of a sentence."""

    level: str
    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Checks:
    """What the checks of one instance said so far. passes, failures: in a row until now; one of them is 0.
    wrong_since: since when it gives nothing but wrong answers, None while it does not."""

    passes: int = 0
    failures: int = 0
    wrong_since: float | None = None
    last: Answer | None = None


class Verdict(Enum):
    SERVE = "serve"
    WAIT = "wait"
    REMOVE = "remove"


def level_of(status: int, codes: Sequence[tuple[int, int]]) -> str:
    """How good an answer with this status is, `codes` being the ranges (inclusive) that are expected."""
    if any(low <= status <= high for low, high in codes):
        return "Ok"
    return "Warning" if status < 500 else "Degraded"


def note(checks: Checks, answer: Answer, threshold: str, now: float) -> Checks:
    """Add one answer. threshold: the worst level that still passes (HealthCheckSuccessThreshold)."""
    if _LEVELS.index(answer.level) <= _LEVELS.index(threshold):
        return Checks(passes=checks.passes + 1, last=answer)
    wrong = answer.status not in (0, NOT_YET)
    since = (now if checks.wrong_since is None else checks.wrong_since) if wrong else None
    return replace(checks, passes=0, failures=checks.failures + 1, wrong_since=since, last=answer)


def judge_starting(
    checks: Checks, passes_needed: int, wrong_answers_s: float, ignore: bool, late: bool, now: float
) -> Verdict:
    """What becomes of an instance that is starting.

    wrong_answers_s: one that gives nothing but wrong answers for so long will not become healthy by waiting.
    ignore: IgnoreHealthCheck is set.  late: its time is up.
    """
    if checks.passes >= passes_needed or (ignore and late):
        return Verdict.SERVE
    if not ignore and checks.wrong_since is not None and now - checks.wrong_since >= wrong_answers_s:
        return Verdict.REMOVE
    return Verdict.WAIT


def judge_serving(checks: Checks, failures_allowed: int) -> Verdict:
    """Whether an instance in service stays there."""
    return Verdict.REMOVE if checks.failures >= failures_allowed else Verdict.SERVE


def restart_delay(failures: int, size: int) -> float:
    """Seconds from the last death until the next start, after `failures` within CRASH_WINDOW_S in a group of `size`.

    The first round of deaths is replaced at once, even when all die together; then it doubles up to ten seconds.
    """
    rounds = _rounds(failures, size)
    return 0.0 if rounds <= 1 else min(_LONGEST_DELAY_S, 0.5 * 2 ** min(rounds - 2, 10))


def is_crash_loop(failures: int, size: int) -> bool:
    return _rounds(failures, size) >= CRASH_LOOP


def _rounds(failures: int, size: int) -> int:
    return math.ceil(failures / max(1, size))


@dataclass(frozen=True, slots=True)
class Situation:
    """An environment at one moment. expected: (version label, deployment number) of the last successful deployment.
    other_version: running instances of another deployment.  crash: the cause of the last death in a crash loop."""

    size: int
    in_service: int
    unhealthy: int = 0
    other_version: int = 0
    expected: tuple[str, int] = ("", 0)
    creating: bool = False
    updating: bool = False
    crash: str = ""


def environment_health(now: Situation) -> tuple[Health, tuple[str, ...]]:
    """The health of the environment and the causes, the most important first."""
    if now.creating:
        return Health.PENDING, ("Environment is being created.",)
    if now.updating:
        return Health.INFO, ("An operation is in progress on the instances.",)
    if not now.size and not now.in_service:
        return Health.UNKNOWN, ("No instances are wanted.",)
    causes, level = [], Health.OK
    if now.crash:
        level = Health.SEVERE
        causes.append(f"Instances keep ending: {now.crash}")
    if now.in_service < now.size:
        missing = f"{now.in_service} of {now.size} instances are in service."
        causes.append(missing)
        half = now.in_service * 2 >= now.size
        level = _worse(level, Health.SEVERE if not now.in_service else Health.WARNING if half else Health.DEGRADED)
    if now.unhealthy:
        causes.append(f"Health checks fail on {now.unhealthy} of {now.size} instances.")
    if now.other_version:
        label, number = now.expected
        causes.append(
            f"Incorrect application version found on {now.other_version} of {now.size} instances."
            f' Expected version "{label}" (deployment {number}).'
        )
        level = _worse(level, Health.DEGRADED)
    return level, tuple(causes)


def _worse(one: Health, other: Health) -> Health:
    order = [Health.OK, Health.INFO, Health.WARNING, Health.DEGRADED, Health.SEVERE]
    return max(one, other, key=order.index)
