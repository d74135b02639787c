"""The plan of a deployment: the trace of `policies.next_step` over a fleet in memory.

There is no second generator: what `--dry-run` prints is what the engine will decide, as long as nothing fails.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

from beanstalk.model import (
    Await,
    End,
    Enter,
    Group,
    Hold,
    Move,
    OnFailure,
    Phase,
    Policy,
    Rollout,
    Route,
    Scale,
    Step,
)
from beanstalk.rollout.policies import next_step, promises
from beanstalk.targets.memory import MemoryFleet


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen. least_serving: instances in service at the worst moment.  most_running: instances at most,
    draining ones not counted.  way_back: the steps if an instance failed at the last moment, () when it would stop.
    back_from: (old, new) instances running at that moment.
    seconds: how long it takes when an instance takes `start_s` to become healthy, None if that is not known.
    """

    rollout: Rollout
    steps: tuple[Step, ...]
    way_back: tuple[Step, ...]
    least_serving: int
    most_running: int
    seconds: float | None
    back_from: tuple[int, int] = (0, 0)


def make_plan(rollout: Rollout, start_s: float | None = None, stop_s: float = 0.5) -> Plan:
    """Walk `rollout` from its beginning. start_s: what an instance took to become healthy so far, if known."""
    fleet = _fresh(rollout, 1.0 if start_s is None else start_s, stop_s)
    before_failure: tuple[Rollout, MemoryFleet] | None = None
    steps: list[Step] = []
    for current, move in trace(_start(rollout), fleet):
        if isinstance(move, (Scale, Await, Route, Hold)):
            steps.append(move)
        if move == Await(Group.NEW, fleet.observe().new.running) or isinstance(move, Hold):
            before_failure = current, copy.deepcopy(fleet)
    least, most = promises(rollout)
    took = fleet.now if start_s is not None else None
    back = _way_back(rollout, before_failure)
    seen = before_failure[1].observe() if before_failure else fleet.observe()
    return Plan(rollout, tuple(steps), back, least, most, took, (seen.old.running, seen.new.running))


def trace(rollout: Rollout, fleet: MemoryFleet) -> Iterator[tuple[Rollout, Move]]:
    """Every move until the end, each before it is made; one that is asked for again is told once."""
    told: Move | None = None
    while True:
        move = next_step(rollout, fleet.observe(), fleet.now)
        if move != told:
            told = move
            yield rollout, move
        match move:
            case End():
                return
            case Enter(phase, cause):
                rollout = replace(rollout, phase=phase, phase_since=fleet.now, cause=cause or rollout.cause)
            case Await():
                fleet.advance()
            case Hold(seconds):
                fleet.advance(until=rollout.phase_since + seconds)
            case Route(percent):
                rollout = replace(rollout, route=percent)
                fleet.perform(move)
            case Scale():
                fleet.perform(move)


def _start(rollout: Rollout) -> Rollout:
    return replace(rollout, phase=Phase.FORWARD, phase_since=0.0, route=None, cause="")


def _fresh(rollout: Rollout, start_s: float, stop_s: float) -> MemoryFleet:
    fleet = MemoryFleet(rollout.old_size, start_s, stop_s)
    if rollout.policy is Policy.RESIZE:  # one version only: its instances are the group that is scaled
        fleet.groups = {Group.OLD: fleet.groups[Group.NEW], Group.NEW: fleet.groups[Group.OLD]}
    return fleet


def _way_back(rollout: Rollout, before: tuple[Rollout, MemoryFleet] | None) -> tuple[Step, ...]:
    if before is None or rollout.on_failure is OnFailure.STOP:
        return ()
    failing, fleet = before
    fleet.fail_one(Group.NEW)
    return tuple(move for _, move in trace(failing, fleet) if isinstance(move, (Scale, Await, Route, Hold)))
