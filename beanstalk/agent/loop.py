"""The agent: one loop over what is wanted, what is there, and the time.

A tick observes, lets every open operation make the moves that need no waiting, tells the balancer, and moves
leaving instances on. It keeps nothing that a new agent could not find out again.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from enum import Enum

from beanstalk.agent.housekeeping import keep_house, sweep_environments, sweep_images
from beanstalk.agent.instances import Instances
from beanstalk.agent.operations import Operations
from beanstalk.agent.pools import pool_of
from beanstalk.agent.rollouts import Rollouts
from beanstalk.agent.upkeep import Upkeep
from beanstalk.agent.worker_tier import WorkerTier
from beanstalk.agent.world import World
from beanstalk.errors import BeanstalkError, TargetError
from beanstalk.model import Rollout
from beanstalk.records import Deployment, Environment, Instance, Severity, State, Status
from beanstalk.rollout.record import rollout_of
from beanstalk.targets.local.balancer import Pool

BUSY_S = 0.02
IDLE_S = 0.5
_HOUSEKEEPING_S = 30.0
_BALANCER_RETRY_S = 1.0
_JUMP_S = 2.0
_TOLD = 100


class Agent:
    """Keeps all environments of one home. `tick` never raises for what a person, an application or a proxy can do."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._instances = Instances(world)
        self._rollouts = Rollouts(world, self._instances, self._balance)
        self._upkeep = Upkeep(world, self._instances, self._rollouts)
        self._operations = Operations(world, self._instances, self._balance)
        self._worker_tier = WorkerTier(world)
        self._housekeeping_at = 0.0
        self._balancer_trouble = ""
        self._balancer_again = 0.0
        self._clocks: tuple[float, float] | None = None
        self._told: set[str] = set()

    def tick(self) -> bool:
        """One turn. True while something goes on that wants the next turn soon."""
        try:
            return self._turn(self._world.clock())
        except (sqlite3.OperationalError, OSError, BeanstalkError):  # a full disk, for example
            self._log_trouble()
            self._instances.look_again()
            return False

    def _turn(self, now: float) -> bool:
        store = self._world.store
        self._follow_clock(now)
        self._instances.adopt()
        deployments = {each.environment_id: each for each in store.deployments.where("ended IS NULL")}
        self._instances.watch(now, {identity: rollout_of(each) for identity, each in deployments.items()})
        for operation in store.open_operations():
            self._operations.advance(operation, now)
        for environment in store.living():
            try:
                self._keep(environment, deployments.get(environment.id), now)
            except (OSError, BeanstalkError):  # one environment's trouble is not the others'
                self._log_trouble()
        self._worker_tier.serve(now)
        if self._balance(now):
            self._instances.let_go(now)
        if now >= self._housekeeping_at:
            self._housekeeping_at = now + _HOUSEKEEPING_S
            keep_house(self._world, now)
        return self._is_busy()

    def pause_s(self, busy: bool) -> float:
        """How long to wait for the next turn, unless something happens: at most until the next check is due."""
        longest, due = BUSY_S if busy else IDLE_S, self._world.checker.next_due()
        return longest if due is None else min(longest, max(0.001, due - self._world.clock()))

    def is_needed(self) -> bool:
        """False when there is no environment left: nothing to keep."""
        try:
            return bool(self._world.store.living()) or bool(self._world.store.living_instances())
        except sqlite3.OperationalError:
            return True

    def finish(self) -> None:
        """Leave nothing running or lying about when the last environment is gone."""
        self._world.workers.finish()
        sweep_environments(self._world)
        sweep_images(self._world)
        self._world.host.finish()
        self._world.balancer.stop()

    def abandon(self) -> None:
        """The home was removed under us, so nobody can ask for anything any more: end what it had started."""
        for instance_id, found in self._world.host.strays().items():
            unknown = Instance(instance_id, "", 0, State.STOPPING, 0, 0.0, 0.0)
            self._world.host.signal(unknown, found, signal.SIGKILL)
        with contextlib.suppress(TargetError, OSError):
            self._world.balancer.stop()
        if not self._world.home.database.exists():  # what we made anew in the meantime
            shutil.rmtree(self._world.home.folder, ignore_errors=True)

    def _keep(self, environment: Environment, deployment: Deployment | None, now: float) -> None:
        store = self._world.store
        self._instances.launch(environment, now)
        if deployment is not None and not self._balancer_trouble:  # without it nothing can be put into service
            operation = store.operations.get(deployment.operation_id)
            assert operation is not None
            self._rollouts.advance(environment, deployment, operation, now)
        current = store.environments.get(environment.id)
        if current is None or current.terminated is not None:
            return
        deployment = store.open_deployment(environment.id)
        try:
            self._upkeep.replace(current, deployment, now)
        except BeanstalkError:  # no port is free, for example: then that is its state of health
            self._log_trouble()
        if current.status is not Status.TERMINATING:
            if deployment is None:
                self._upkeep.tell_deaths(current, now)
            self._upkeep.judge(current, deployment is not None, now)

    def _follow_clock(self, now: float) -> None:
        """When somebody sets the clock, or the machine slept, nothing is over time only because of that."""
        steady, before = self._world.steady(), self._clocks
        self._clocks = now, steady
        if before is None:
            return
        jump_s = (now - before[0]) - (steady - before[1])
        if abs(jump_s) < _JUMP_S:
            return
        self._world.store.follow_clock(jump_s, now)
        self._instances.forget_times()
        self._upkeep.forget_times()
        self._world.checker.keep(set())
        self._housekeeping_at = self._balancer_again = 0.0

    def _log_trouble(self) -> None:
        """Into the agent's log, each text once: nobody else can be told when nothing can be written down."""
        text = traceback.format_exc()
        if text not in self._told:
            self._told = {*self._told, text} if len(self._told) < _TOLD else {text}
            print(text, file=sys.stderr, flush=True)

    def _balance(self, now: float) -> bool:
        """Bring the balancer to the state of the store. False: it does not answer, so nobody may leave yet."""
        if now < self._balancer_again:
            return False
        try:
            restarted = self._world.balancer.ensure_running()
            self._world.balancer.apply(self._pools())
        except (TargetError, OSError) as error:
            if str(error) != self._balancer_trouble:
                self._world.store.add_event(Severity.ERROR, f"Load balancer: {error}", now=now)
            self._balancer_trouble = str(error)
            self._balancer_again = now + _BALANCER_RETRY_S
            return False
        if restarted and self._world.store.living_instances():
            text = f"The load balancer ({self._world.balancer.name}) was started."
            self._world.store.add_event(Severity.INFO, text, now=now)
        self._balancer_trouble = ""
        return True

    def _pools(self) -> dict[int, Pool]:
        store = self._world.store
        pools = {}
        for environment in store.living():
            living = store.living_instances(environment.id)
            if environment.is_worker or (environment.status is Status.TERMINATING and not living):
                continue
            deployment = store.open_deployment(environment.id)
            rollout: Rollout | None = rollout_of(deployment) if deployment else None
            new_id = deployment.id if deployment else environment.deployment_id
            pools[environment.slot] = pool_of(environment, living, new_id, rollout.route if rollout else None)
        return pools

    def _is_busy(self) -> bool:
        store = self._world.store
        at_rest = (State.IN_SERVICE, State.UNHEALTHY)
        return bool(store.open_operations()) or any(each.state not in at_rest for each in store.living_instances())


class Wake:
    """What `run` waits for between turns. Unlike with threading.Event, whose lock the interrupted code may hold, a
    signal handler may call `set`."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        for end in (self._reading, self._writing):
            os.set_blocking(end, False)
        self.stopping = False

    def set(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is set
            os.write(self._writing, b".")

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._reading, 4096):
                pass

    def wait(self, timeout_s: float) -> None:
        select.select([self._reading], [], [], timeout_s)

    def stop(self) -> None:
        """Have `run` return after the turn that goes on."""
        self.stopping = True
        self.set()


class Claim(Enum):
    """Whose the home is. GONE: somebody removed it.  TAKEN: and made another one in its place."""

    OURS = "ours"
    GONE = "gone"
    TAKEN = "taken"


def run(agent: Agent, wake: Wake, claim: Callable[[], Claim] = lambda: Claim.OURS, linger_s: float = 1.0) -> bool:
    """Turn until `wake.stop` is called, or no environment has been left for `linger_s`: then leave nothing behind.

    wake: set from anywhere to have the next turn at once.  claim: asked before every turn.
    True when nothing was left to keep.
    """
    unneeded_since: float | None = None
    while not wake.stopping:
        if (now := claim()) is not Claim.OURS:
            if now is Claim.GONE:
                agent.abandon()
            return False  # what we started in a home that is another's by now is swept by its agent
        wake.clear()
        busy = agent.tick()
        if agent.is_needed():
            unneeded_since = None
        elif unneeded_since is None:
            unneeded_since = time.monotonic()
        elif time.monotonic() - unneeded_since > linger_s:
            agent.finish()
            return True
        wake.wait(agent.pause_s(busy))
    return False
