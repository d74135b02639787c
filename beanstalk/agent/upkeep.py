"""Keep environments as they are wanted while nothing is being deployed: replace what died, tell how healthy it is."""

from __future__ import annotations

import json

from beanstalk.agent.instances import Instances
from beanstalk.agent.rollouts import Rollouts
from beanstalk.agent.world import World
from beanstalk.records import RUNNING, Deployment, Environment, Health, Instance, Severity, State, Status
from beanstalk.rollout.health import CRASH_WINDOW_S, Situation, environment_health, is_crash_loop
from beanstalk.rollout.policies import keeps_old
from beanstalk.rollout.record import rollout_of

_PERSISTS_S = 2.0
"""A change for the worse is told only when it lasts; a replaced instance is back sooner."""
_GOOD = (Health.OK, Health.INFO, Health.PENDING, Health.UNKNOWN)


class Upkeep:
    """Replacement and health of all environments."""

    def __init__(self, world: World, instances: Instances, rollouts: Rollouts) -> None:
        self._world, self._instances, self._rollouts = world, instances, rollouts
        self._worse_since: dict[str, tuple[Health, float]] = {}
        self._mourned: set[str] = set()

    def forget_times(self) -> None:
        """Somebody set the clock."""
        self._worse_since.clear()

    def replace(self, environment: Environment, deployment: Deployment | None, now: float) -> None:
        """Start as many instances as are missing, and let surplus ones go.

        During a deployment only the old group is kept whole, where its policy promises not to touch it.
        """
        living = self._world.store.living_instances(environment.id)
        if deployment is not None:
            rollout = rollout_of(deployment)
            if keeps_old(rollout):
                old = [each for each in living if each.deployment_id != deployment.id]
                if len([each for each in old if each.state in RUNNING]) < rollout.old_size:
                    self._scale(environment, old, rollout.old_size, now)
            return
        if environment.status in (Status.READY, Status.UPDATING) and environment.deployment_id:
            self._scale(environment, living, environment.size, now)

    def _scale(self, environment: Environment, group: list[Instance], count: int, now: float) -> None:
        running = [each for each in group if each.state in RUNNING]
        surplus = len(running) - count
        if surplus > 0:  # the wrong version first, then what serves nobody, then the newest
            running.sort(key=lambda each: (
                each.deployment_id == environment.deployment_id, each.state is State.IN_SERVICE, -each.created,
            ))  # fmt: skip
            self._instances.remove(running[:surplus], now)
        elif surplus < 0:
            self._rollouts.scale(environment, environment.deployment_id, running, count, count, now)

    def tell_deaths(self, environment: Environment, now: float) -> None:
        """One event for each instance that died in an environment at rest; none while it is a crash loop."""
        failures = self._world.store.instances.where(
            "deployment_id = ? AND failed = 1 AND changed > ?", environment.deployment_id, now - CRASH_WINDOW_S
        )
        loops = is_crash_loop(len(failures), environment.size)
        for instance in failures:
            if instance.id in self._mourned or instance.changed < now - _PERSISTS_S:
                continue
            self._mourned.add(instance.id)
            if not loops:
                text = f"{instance.cause[:1].upper()}{instance.cause[1:]}. It is replaced."
                self._world.store.add_event(Severity.WARN, text, environment, now=now)

    def judge(self, environment: Environment, updating: bool, now: float) -> None:
        """Write down the environment's health, and tell a change once."""
        living = self._world.store.living_instances(environment.id)
        health, causes = environment_health(self._situation(environment, living, updating, now))
        if health is environment.health:
            self._worse_since.pop(environment.id, None)
            if json.dumps(causes) != environment.causes_json:
                self._world.store.environments.change(environment.id, causes_json=json.dumps(causes))
            return
        if health not in _GOOD:
            since = self._worse_since.get(environment.id)
            if since is None or since[0] is not health:
                since = self._worse_since[environment.id] = (health, now)
            if now - since[1] < _PERSISTS_S:
                return
        self._worse_since.pop(environment.id, None)
        self._change(environment, health, causes, now)

    def _change(self, environment: Environment, health: Health, causes: tuple[str, ...], now: float) -> None:
        store = self._world.store
        with store.transaction():
            store.environments.change(environment.id, health=health, causes_json=json.dumps(causes))
            if Health.UNKNOWN in (environment.health, health):
                return
            severity = Severity.INFO if health in _GOOD else Severity.WARN
            text = f"Environment health has transitioned from {environment.health} to {health}."
            store.add_event(severity, " ".join([text, *causes]), environment, now=now)

    def _situation(self, environment: Environment, living: list[Instance], updating: bool, now: float) -> Situation:
        failures = self._world.store.failures(environment.deployment_id, now - CRASH_WINDOW_S, now)
        crash = failures[0].cause if is_crash_loop(len(failures), environment.size) else ""
        expected = environment.deployment_id
        number = self._instances.deployment(expected).number if expected else 0
        return Situation(
            size=environment.size,
            in_service=sum(each.state is State.IN_SERVICE for each in living),
            unhealthy=sum(each.state is State.UNHEALTHY for each in living),
            other_version=sum(each.deployment_id != expected and each.state in RUNNING for each in living),
            expected=(environment.version_label, number),
            creating=environment.status is Status.LAUNCHING,
            updating=updating,
            crash=crash,
        )
