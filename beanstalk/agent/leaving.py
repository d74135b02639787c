"""How instances leave: requests in flight are finished, then they are asked to end, then they are ended."""

from __future__ import annotations

import signal

from beanstalk.agent.world import World
from beanstalk.errors import TargetError
from beanstalk.records import Instance, State
from beanstalk.targets.local.processes import Identities, identities
from beanstalk.workload import Workload

_KILL_AGAIN_S = 1.0


class Leaving:
    """Moves instances on that drain or stop. What is kept here are times; without them one waits anew."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._left: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._killed: dict[str, float] = {}

    def move_on(self, instance: Instance, workload: Workload, now: float) -> bool:
        """Whether it has gone just now, and nothing of it is left but its logs."""
        if instance.state is State.DRAINING:
            self._drain(instance, workload, now)
        elif instance.state is State.STOPPING and self._stop(instance, workload, now):
            for memory in (self._left, self._asked, self._killed):
                memory.pop(instance.id, None)
            return True
        return False

    def forget_times(self) -> None:
        """Somebody set the clock."""
        for memory in (self._left, self._asked, self._killed):
            memory.clear()

    def _drain(self, instance: Instance, workload: Workload, now: float) -> None:
        """It counts from when the balancer was told; an agent that comes later counts anew."""
        known = identities(instance)
        since = self._left.setdefault(instance.id, now)
        web = workload.web  # the others answer no requests
        dead = web not in known or self._world.host.ended({web: known[web]}) is not None
        if dead or now - since >= workload.drain_s or not self._is_busy(instance):
            self._world.store.set_state(instance, State.STOPPING, now)
            end(self._world, instance, known, signal.SIGTERM)

    def _is_busy(self, instance: Instance) -> bool:
        if self._world.workers.in_flight((instance.host, instance.port)):
            return True
        try:
            return bool(self._world.balancer.inflight(instance.address))
        except TargetError:
            return True  # it does not say

    def _stop(self, instance: Instance, workload: Workload, now: float) -> bool:
        known, host, scripts = identities(instance), self._world.host, self._world.scripts
        if host.gone(instance, known) and scripts.are_over(instance):
            host.clear(instance)
            scripts.clear(instance)
            self._world.store.set_state(instance, State.TERMINATED, now, ended=now)
            return True
        asked = self._asked.setdefault(instance.id, now)
        over = now - asked >= workload.grace_s
        if over and now - self._killed.get(instance.id, -_KILL_AGAIN_S) >= _KILL_AGAIN_S:
            self._killed[instance.id] = now
            end(self._world, instance, known, signal.SIGKILL)
        return False


def end(world: World, instance: Instance, known: Identities, number: signal.Signals) -> None:
    """A signal to all that runs of an instance. Scripts first: what no longer runs starts nothing any more."""
    world.scripts.signal(instance, number)
    world.host.signal(instance, known, number)
