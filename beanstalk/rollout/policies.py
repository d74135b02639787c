"""Decide what a deployment does next, from what is there now.

`next_step(rollout, fleet, now)` is the only place where a policy decides. It is asked again after every
observation, so a decision needs no memory: a killed agent asks anew and goes on. The plan that `--dry-run`
prints is the trace of this function over a fleet in memory (`plan.py`).

Source: EB Developer Guide, "Deployment policies and settings". Unlike Elastic Beanstalk a failing deployment
goes back to the old version by default, whatever the policy.
"""

from __future__ import annotations

import math
from typing import assert_never

from beanstalk.model import (
    Await,
    Count,
    End,
    Enter,
    Fleet,
    Group,
    Hold,
    Move,
    OnFailure,
    Outcome,
    Phase,
    Policy,
    Rollout,
    Route,
    Scale,
)

OLD, NEW = Group.OLD, Group.NEW
ABORTED = "aborted by the user"
_BACK_FAILURES = 3
"""Instances of the old version that may die on the way back before it counts as failed."""


def batch_of(size: int, batch_size: int, percentage: bool) -> int:
    """Instances in one batch of a fleet of `size` (>= 0): 1..max(size, 1).

    A percentage is rounded up (Elastic Beanstalk does not document its rounding), never below one instance.
    """
    wanted = math.ceil(size * batch_size / 100) if percentage else batch_size
    return max(1, min(wanted, size))


def next_step(rollout: Rollout, seen: Fleet, now: float) -> Move:
    """What to do next. `now`: seconds since the epoch, on the clock of `rollout.phase_since`.

    Asking again with the same values gives the same answer, so a step may be performed twice without harm.
    """
    match rollout.phase:
        case Phase.BUILD:
            return Enter(Phase.FORWARD)
        case Phase.FORWARD | Phase.EVALUATE:
            if cause := _failure(rollout, seen, now):
                return _fail(rollout, cause)
            return _forward(rollout, seen, now)
        case Phase.COMMIT:
            return _commit(rollout, seen)
        case Phase.BACK:
            return _back(rollout, seen, now)
        case _:
            assert_never(rollout.phase)


def abort(rollout: Rollout) -> Enter | End:
    """Stop a deployment on a person's word, in any phase: back to the old version, or (OnFailure `stop`) as it is."""
    if rollout.on_failure is OnFailure.STOP:
        return End(Outcome.FAILED, ABORTED)
    return Enter(Phase.BACK, ABORTED)


def keeps_old(rollout: Rollout) -> bool:
    """Whether an old instance that dies is replaced by an old one: the policy promises not to touch that group yet."""
    untouched = rollout.policy in (Policy.IMMUTABLE, Policy.TRAFFIC_SPLITTING)
    return untouched and rollout.phase in (Phase.FORWARD, Phase.EVALUATE)


def promises(rollout: Rollout) -> tuple[int, int]:
    """(least instances in service, most instances running) on the way forward, draining ones not counted."""
    n, old, batch = rollout.size, rollout.old_size, rollout.batch
    match rollout.policy:
        case Policy.ALL_AT_ONCE:
            return 0, max(n, old)
        case Policy.ROLLING:
            return max(0, min(old, n - batch)), max(n, old)
        case Policy.ADDITIONAL_BATCH:
            return min(n, old), max(n + batch, old)
        case Policy.IMMUTABLE | Policy.TRAFFIC_SPLITTING:
            return min(n, old), n + old
        case Policy.RESIZE:
            return min(n, old), max(n, old)
        case _:
            assert_never(rollout.policy)


def _failure(rollout: Rollout, seen: Fleet, now: float) -> str:
    """Why the new version is not to be trusted, in one sentence; "" while all is well."""
    new = seen.new
    if new.failed:
        return new.cause or f"{_instances(new.failed)} of the new version ended by themselves"
    if rollout.ignore_health:
        return ""
    if new.unhealthy:
        return new.cause or f"{_instances(new.unhealthy)} of the new version became unhealthy"
    if new.starting and new.oldest_start is not None and now - new.oldest_start > rollout.timeout_s:
        return new.cause or f"not healthy within {rollout.timeout_s:g} s"
    return ""


def _fail(rollout: Rollout, cause: str) -> Enter | End:
    if rollout.on_failure is OnFailure.STOP:
        return End(Outcome.FAILED, cause)
    return Enter(Phase.BACK, cause)


def _forward(rollout: Rollout, seen: Fleet, now: float) -> Move:
    match rollout.policy:
        case Policy.RESIZE:
            return _settle(NEW, rollout.size, seen.new) or End(Outcome.SUCCEEDED)
        case Policy.ALL_AT_ONCE:
            step = _settle(OLD, 0, seen.old) or _settle(NEW, rollout.size, seen.new)
        case Policy.ROLLING:
            step = _stop_first(rollout.size, rollout.batch, seen.old, seen.new)
        case Policy.ADDITIONAL_BATCH:
            step = _start_first(rollout.size, rollout.batch, seen.old, seen.new)
        case Policy.IMMUTABLE:
            return _settle(NEW, _vanguard(rollout, seen.new), seen.new) or Enter(Phase.COMMIT)
        case Policy.TRAFFIC_SPLITTING:
            return _split(rollout, seen, now)
        case _:
            assert_never(rollout.policy)
    return step or End(Outcome.SUCCEEDED)


def _vanguard(rollout: Rollout, new: Count) -> int:
    """Immutable starts one instance, and the rest only when that one serves."""
    return rollout.size if new.running > 1 or new.healthy else min(1, rollout.size)


def _settle(group: Group, count: int, seen: Count) -> Scale | Await | None:
    """Bring one group to `count` and wait until it is there; None when it is."""
    if seen.running != count:
        return Scale(group, count)
    if seen.starting or seen.leaving:
        return Await(group, count)
    return None


def _stop_first(n: int, batch: int, old: Count, new: Count) -> Scale | Await | None:
    """Replace the fleet a batch at a time; the batch is out of service meanwhile: at least n - batch serve."""
    if new.starting:
        return Await(NEW, new.running)
    if old.leaving:
        return Await(OLD, old.running)
    if old.running + new.running < n:
        return Scale(NEW, n - old.running)
    if old.running:
        surplus = old.running + new.running - n
        return Scale(OLD, max(0, old.running - surplus - batch))
    return _settle(NEW, n, new)


def _start_first(n: int, batch: int, old: Count, new: Count) -> Scale | Await | None:
    """Start a batch beside the fleet, then let as many old ones go: at least n serve, at most n + batch run.

    The old ones drain while the next batch starts; they are waited for only at the end.
    """
    if new.starting:
        return Await(NEW, new.running)
    surplus = old.running + new.running - n
    if surplus > 0 and old.running:
        return Scale(OLD, max(0, old.running - surplus))
    if new.running < n:
        return Scale(NEW, min(n, new.running + batch))
    return _settle(OLD, 0, old) or _settle(NEW, n, new)


def _split(rollout: Rollout, seen: Fleet, now: float) -> Move:
    """All new instances beside the old ones without traffic, then a share of it for the evaluation time."""
    if rollout.phase is Phase.EVALUATE:
        over = now >= rollout.phase_since + rollout.evaluate_s
        return Enter(Phase.COMMIT) if over else Hold(rollout.evaluate_s)
    if rollout.route is None:
        return Route(0)
    if step := _settle(NEW, rollout.size, seen.new):
        return step
    if rollout.route != rollout.new_percent:
        return Route(rollout.new_percent)
    return Enter(Phase.EVALUATE)


def _commit(rollout: Rollout, seen: Fleet) -> Move:
    """All new instances serve: they get everything, the old ones leave."""
    if rollout.route is not None and rollout.route != 100:
        return Route(100)
    if seen.old.running:
        return Scale(OLD, 0)
    return _settle(NEW, rollout.size, seen.new) or _settle(OLD, 0, seen.old) or End(Outcome.SUCCEEDED)


def _back(rollout: Rollout, seen: Fleet, now: float) -> Move:
    """To the old version: what does not serve goes first, good capacity only when the old instances serve again."""
    resizing = rollout.policy is Policy.RESIZE  # there is one version only, so nothing of it is bad as such
    if stuck := _stuck(rollout, seen.new if resizing else seen.old, now):
        return End(Outcome.FAILED, f"{rollout.cause}; going back failed too: {stuck}")
    if (seen.new.starting or seen.new.unhealthy) and not resizing:
        return Scale(NEW, seen.new.healthy)
    step = _way_back(rollout, seen)
    if step is not None:
        return step
    ended = Outcome.ABORTED if rollout.cause == ABORTED else Outcome.ROLLED_BACK
    return End(ended, rollout.cause)


def _way_back(rollout: Rollout, seen: Fleet) -> Move | None:
    old, new, n = seen.old, seen.new, rollout.old_size
    match rollout.policy:
        case Policy.RESIZE:
            return _settle(NEW, n, new)
        case Policy.TRAFFIC_SPLITTING | Policy.IMMUTABLE:
            return _to_untouched(rollout, old, new)
        case Policy.ADDITIONAL_BATCH:
            return _swap_groups(_start_first(n, rollout.batch, new, old))
        case Policy.ROLLING:
            return _swap_groups(_stop_first(n, rollout.batch, new, old))
        case Policy.ALL_AT_ONCE:
            return _swap_groups(_stop_first(n, max(rollout.size, n, 1), new, old))
        case _:
            assert_never(rollout.policy)


def _to_untouched(rollout: Rollout, old: Count, new: Count) -> Move | None:
    """Give the traffic back to the old group, which is usually whole; after COMMIT it has to be started first."""
    split = rollout.route is not None and rollout.route > 0
    if split and rollout.route != 100:
        return Route(0)
    if old.running < rollout.old_size:
        return Scale(OLD, rollout.old_size)
    if old.starting:
        return Await(OLD, old.running)
    if split:
        return Route(0)
    return _settle(NEW, 0, new) or _settle(OLD, rollout.old_size, old)


def _swap_groups(step: Scale | Await | None) -> Scale | Await | None:
    """The way back is the way forward with the groups exchanged."""
    match step:
        case Scale(group, count):
            return Scale(OLD if group is NEW else NEW, count)
        case Await(group, count):
            return Await(OLD if group is NEW else NEW, count)
        case None:
            return None
        case _:
            assert_never(step)


def _stuck(rollout: Rollout, old: Count, now: float) -> str:
    """Why the old version does not come up again, "" while it may."""
    if old.failed >= _BACK_FAILURES and rollout.policy is not Policy.RESIZE:
        return old.cause or f"{_instances(old.failed)} of the old version ended by themselves"
    if old.starting and old.oldest_start is not None and now - old.oldest_start > rollout.timeout_s:
        return old.cause or f"the old version was not healthy within {rollout.timeout_s:g} s"
    return ""


def _instances(count: int) -> str:
    return "1 instance" if count == 1 else f"{count} instances"
