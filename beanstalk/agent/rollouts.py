"""Carry out deployments: observe the fleet, ask `next_step`, perform what it says, write down how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from beanstalk.agent.instances import Instances
from beanstalk.agent.world import World
from beanstalk.errors import TargetError
from beanstalk.model import (
    Await,
    Count,
    End,
    Enter,
    Fleet,
    Group,
    Hold,
    Move,
    Outcome,
    Phase,
    Policy,
    Rollout,
    Route,
    Scale,
)
from beanstalk.records import (
    LEAVING,
    Deployment,
    Environment,
    Instance,
    Kind,
    Operation,
    Severity,
    State,
    Status,
)
from beanstalk.rollout.health import CRASH_WINDOW_S, restart_delay
from beanstalk.rollout.policies import ABORTED, abort, next_step
from beanstalk.rollout.record import rollout_of

_MOVES_AT_ONCE = 10
_PROGRESS_S = 2.0
"""Between two events that tell how far a build is."""
_NEXT_IN_LINE = {State.PENDING: 0, State.UNHEALTHY: 1, State.IN_SERVICE: 2}
"""Who leaves first: what serves nobody before what serves."""


class Rollouts:
    """The open deployment of every environment."""

    def __init__(self, world: World, instances: Instances, publish: Callable[[float], bool]) -> None:
        """publish: tells the balancer what the store says now; False when it does not answer."""
        self._world, self._instances, self._publish = world, instances, publish
        self._progress: dict[int, tuple[str, float]] = {}

    def advance(self, environment: Environment, deployment: Deployment, operation: Operation, now: float) -> None:
        """Make every move that needs no waiting."""
        for _ in range(_MOVES_AT_ONCE):
            current = rollout_of(deployment)
            move = self._next(deployment, operation, current, now)
            if move is None or not self._perform(environment, deployment, operation, move, now):
                return
            found = self._world.store.deployments.get(deployment.id)
            assert found is not None
            deployment = found
            if deployment.ended is not None:
                return

    def observe(self, deployment: Deployment) -> Fleet:
        """The environment's instances by group, as they are now."""
        rollout = rollout_of(deployment)
        resize = rollout.policy is Policy.RESIZE
        new_id = deployment.previous_id if resize else deployment.id
        living = self._world.store.living_instances(deployment.environment_id)
        failed = self._world.store.instances.where(
            "environment_id = ? AND failed = 1 AND (created >= ? OR deployment_id = ?) ORDER BY changed DESC",
            deployment.environment_id,
            deployment.created,
            deployment.id,  # whatever the clock said
        )
        new = [each for each in living if each.deployment_id == new_id]
        old = [each for each in living if each.deployment_id != new_id]
        new_failed = [each for each in failed if each.deployment_id == new_id]
        back = rollout.phase is Phase.BACK
        old_failed = [
            each for each in failed if back and each.deployment_id != new_id and each.created >= rollout.phase_since
        ]
        return Fleet(self._count(old, old_failed), self._count(new, new_failed))

    def scale(
        self, environment: Environment, deployment_id: int, group: list[Instance], count: int, size: int, now: float
    ) -> bool:
        """Have `count` running instances of `group`, new ones of `deployment_id`. False: not yet, too many died."""
        running = [instance for instance in group if instance.state in _NEXT_IN_LINE]
        if count > len(running):
            if not self._may_start(deployment_id, size, now):
                return False
            self._instances.start(environment, deployment_id, count - len(running), now)
            self._instances.launch(environment, now)
        elif count < len(running):
            running.sort(key=lambda instance: (_NEXT_IN_LINE[instance.state], instance.created))
            self._instances.remove(running[: len(running) - count], now)
        return True

    def _may_start(self, deployment_id: int, size: int, now: float) -> bool:
        failures = self._world.store.failures(deployment_id, now - CRASH_WINDOW_S, now)
        if not failures:
            return True
        return now >= (failures[0].ended or failures[0].changed) + restart_delay(len(failures), size)

    def _count(self, group: list[Instance], failed: list[Instance]) -> Count:
        starting = [instance for instance in group if instance.state is State.PENDING]
        unhealthy = [instance for instance in group if instance.state is State.UNHEALTHY]
        began = [at for instance in starting if (at := self._instances.began(instance)) is not None]
        return Count(
            starting=len(starting),
            healthy=sum(instance.state is State.IN_SERVICE for instance in group),
            unhealthy=len(unhealthy),
            leaving=sum(instance.state in LEAVING for instance in group),
            failed=len(failed),
            oldest_start=min(began, default=None),
            cause=self._cause(failed, unhealthy, starting),
        )

    def _cause(self, failed: list[Instance], unhealthy: list[Instance], starting: list[Instance]) -> str:
        if failed:
            return failed[0].cause
        for instance in unhealthy:
            return f"instance {instance.id} became unhealthy: {self._instances.failing_check(instance)}"
        for instance in starting:
            if text := self._instances.running_script(instance):
                return f"instance {instance.id} did not become healthy in time: {text} still runs"
            if text := self._instances.failing_check(instance):
                return f"instance {instance.id} did not become healthy in time: {text}"
        return ""

    def _next(self, deployment: Deployment, operation: Operation, current: Rollout, now: float) -> Move | None:
        if operation.abort and current.phase is not Phase.BACK:
            if current.phase is Phase.BUILD:
                self._instances.secrets.forget_deployment(deployment)
                self._world.preparer.cancel(deployment.digest, deployment.workload_json)
                return End(Outcome.ABORTED, ABORTED)
            return abort(current)
        if current.phase is Phase.BUILD:
            if (trouble := self._why_not(deployment, current)) is not None:
                return End(Outcome.ROLLED_BACK, trouble) if trouble else None
            state = self._world.preparer.prepare(deployment.digest, deployment.workload_json, str(deployment.id))
            if state is None and now - current.phase_since > current.timeout_s:
                self._world.preparer.cancel(deployment.digest, deployment.workload_json)
                return End(Outcome.ROLLED_BACK, f"the build took longer than {current.timeout_s:g} s (Timeout)")
            if state is None:
                self._tell_progress(deployment, operation, now)
                return None
            return Enter(Phase.FORWARD) if state == "" else End(Outcome.ROLLED_BACK, state)
        return next_step(current, self.observe(deployment), now)

    def _why_not(self, deployment: Deployment, current: Rollout) -> str | None:
        """What stands against a deployment before anything is built or touched: a secret that cannot be read.

        None: nothing does, "": that is not known yet.
        """
        workload = self._instances.workload(deployment.id)
        if current.policy is Policy.RESIZE and current.size <= current.old_size:
            return None  # nothing is started
        try:
            return None if self._instances.secrets.are_readable(deployment, workload) else ""
        except TargetError as error:
            return error.problem

    def _perform(
        self, environment: Environment, deployment: Deployment, operation: Operation, move: Move, now: float
    ) -> bool:
        """True when something changed, so that it is worth asking again at once."""
        store = self._world.store
        match move:
            case Await() | Hold():
                return False
            case Scale(group, count):
                return self._scale(environment, deployment, group, count, now)
            case Route(percent):
                with store.transaction():
                    store.deployments.change(deployment.id, route=percent)
                    self._tell(environment, operation, Severity.INFO, _route_message(percent, deployment), now)
            case Enter(phase, cause):
                with store.transaction():
                    store.deployments.change(
                        deployment.id, phase=phase, phase_since=now, cause=cause or deployment.cause
                    )
                    self._tell_phase(environment, deployment, operation, phase, cause, now)
            case End(outcome, cause):
                if not self._publish(now):
                    return False  # whoever reads that it is done may send a request at once
                self._finish(environment, deployment, operation, outcome, cause, now)
            case _:
                assert_never(move)
        return True

    def _scale(self, environment: Environment, deployment: Deployment, group: Group, count: int, now: float) -> bool:
        rollout = rollout_of(deployment)
        new_id = deployment.previous_id if rollout.policy is Policy.RESIZE else deployment.id
        living = self._world.store.living_instances(environment.id)
        members = [each for each in living if (each.deployment_id == new_id) is (group is Group.NEW)]
        identity = new_id if group is Group.NEW else environment.deployment_id
        return self.scale(environment, identity, members, count, max(rollout.size, rollout.old_size), now)

    def _finish(
        self,
        environment: Environment,
        deployment: Deployment,
        operation: Operation,
        outcome: Outcome,
        cause: str,
        now: float,
    ) -> None:
        """One transaction: the deployment, the operation and the environment end together."""
        store = self._world.store
        with store.transaction():
            store.deployments.change(deployment.id, outcome=outcome, cause=cause, ended=now)
            store.environments.change(environment.id, **_after(environment, deployment, outcome, now))
            if outcome is Outcome.SUCCEEDED and rollout_of(deployment).policy is Policy.RESIZE:
                # the instances stayed: from now on they are checked and drained as the new settings say
                store.deployments.change(deployment.previous_id, workload_json=deployment.workload_json)
                self._instances.forget_workload(deployment.previous_id)
            told = deployment.phase is Phase.BACK and cause == deployment.cause
            resized = rollout_of(deployment).policy is Policy.RESIZE
            kind = Kind.CONFIGURE if resized and operation.kind is Kind.DEPLOY else operation.kind
            for severity, message in end_messages(kind, environment.name, outcome, "" if told else cause):
                self._tell(environment, operation, severity, message, now, deployment.version_label)
            going_on = operation.kind is Kind.BLUE_GREEN and outcome is Outcome.SUCCEEDED
            if not going_on:
                store.finish(operation.id, outcome, cause, now)
                if operation.environment_id != environment.id:  # nothing is swapped: the one that had to wait goes on
                    store.environments.change(operation.environment_id, status=Status.READY, updated=now)

    def _tell_progress(self, deployment: Deployment, operation: Operation, now: float) -> None:
        """Steps of a build or pull, but not more often than somebody can read."""
        told, at = self._progress.get(deployment.id, ("", deployment.created))
        text = self._world.preparer.progress(deployment.workload_json)
        if text and text != told and now - at >= _PROGRESS_S:
            self._progress[deployment.id] = text, now
            environment = self._world.store.environments.get(deployment.environment_id)
            self._world.store.add_event(Severity.INFO, f"{text}.", environment, operation.id, now=now)

    def _tell_phase(
        self,
        environment: Environment,
        deployment: Deployment,
        operation: Operation,
        phase: Phase,
        cause: str,
        now: float,
    ) -> None:
        if phase is Phase.BACK:
            what = "removing its instances" if not deployment.previous_id else "going back to the previous version"
            self._tell(environment, operation, Severity.ERROR, f"{_sentence(cause)} The deployment is {what}.", now)
        elif phase is Phase.FORWARD and rollout_of(deployment).policy is not Policy.RESIZE:
            policy = rollout_of(deployment).policy
            text = f"Deploying new version to instance(s): {deployment.version_label}, {policy}."
            if operation.kind in (Kind.CONFIGURE, Kind.RESTART, Kind.REBUILD):
                text = f"Replacing the instances of version {deployment.version_label}, {policy}."
            self._tell(environment, operation, Severity.INFO, text, now, deployment.version_label)
        elif phase is Phase.EVALUATE:
            text = f"Evaluating the new version for {rollout_of(deployment).evaluate_s:g} s."
            self._tell(environment, operation, Severity.INFO, text, now)
        elif phase is Phase.COMMIT:
            text = "All new instances are in service. The old instances leave."
            self._tell(environment, operation, Severity.INFO, text, now)

    def _tell(
        self, environment: Environment, operation: Operation, severity: Severity, text: str, now: float, label: str = ""
    ) -> None:
        self._world.store.add_event(severity, text, environment, operation.id, label, now)


def _after(environment: Environment, deployment: Deployment, outcome: Outcome, now: float) -> dict[str, object]:
    """What changes in the environment when a deployment ends."""
    rollout = rollout_of(deployment)
    ready: dict[str, object] = {"status": Status.READY, "updated": now}
    first = environment.deployment_id == 0
    if outcome is Outcome.SUCCEEDED or (first and outcome is Outcome.FAILED):
        resize = rollout.policy is Policy.RESIZE
        return ready | {
            "version_label": deployment.version_label,
            "deployment_id": environment.deployment_id if resize else deployment.id,
            "size": rollout.size,
            "settings_json": deployment.settings_json,
            "platform": deployment.platform,
        }
    if first:
        return {"status": Status.TERMINATED, "updated": now, "terminated": now}
    return ready


def end_messages(kind: Kind, name: str, outcome: Outcome, cause: str) -> list[tuple[Severity, str]]:
    """The last events of an operation; clients of Elastic Beanstalk match the literal ones. cause: "" when told."""
    good = {
        Kind.CREATE: f"Successfully launched environment: {name}",
        Kind.RESTORE: f"Successfully launched environment: {name}",
        Kind.CONFIGURE: "Successfully deployed new configuration to environment.",
        Kind.SCALE: "Successfully deployed new configuration to environment.",
    }
    bad = {
        Kind.CREATE: "Failed to launch environment.",
        Kind.RESTORE: "Failed to launch environment.",
        Kind.CONFIGURE: "Failed to deploy configuration.",
        Kind.SCALE: "Failed to deploy configuration.",
    }
    if outcome is Outcome.SUCCEEDED:
        deployed = (Severity.INFO, "New application version was deployed to running instances.")
        if kind is Kind.BLUE_GREEN:  # the swap is still to come
            return [deployed]
        end = (Severity.INFO, good.get(kind, "Environment update completed successfully."))
        return [end] if kind in good else [deployed, end]
    failed = (Severity.ERROR, bad.get(kind, "Failed to deploy application."))
    why = (Severity.ERROR if outcome is not Outcome.ABORTED else Severity.WARN, _sentence(cause))
    reason = [why] if cause else []
    if outcome is Outcome.FAILED:
        return [*reason, failed]
    removed = kind in (Kind.CREATE, Kind.RESTORE)
    back = "The environment was removed." if removed else "The environment is as it was before."
    if kind in (Kind.CONFIGURE, Kind.SCALE):
        back = "The environment was reverted to the previous configuration setting."
    return [*reason, (Severity.INFO, back), failed]


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def _route_message(percent: int, deployment: Deployment) -> str:
    if percent == 0 and deployment.route is None:
        return "The new instances get no traffic until all of them are healthy."
    return f"{percent} % of the traffic goes to the new version."
