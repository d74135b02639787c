"""What runs beside the applications of instances: scripts before they start, and scripts before they serve.

Each part is one job that outlives the agent (targets/local/scripts.py). What is to run once in a deployment is part of
the first job of its *leader*: the deployment's first instance, whose id is written down before anything runs. The other
new instances wait for that job. Who replaces an instance, or comes when nothing is deployed, is no leader.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from beanstalk.agent.lines import said
from beanstalk.agent.secrets import Secrets
from beanstalk.agent.world import World
from beanstalk.model import Phase
from beanstalk.records import Deployment, Instance, Kind, Severity
from beanstalk.scripts import Part, Script, chosen, has_leader
from beanstalk.source.hooks import Occasion
from beanstalk.targets.local.runner import TIMED_OUT, Absent, Ended, Lost, Running
from beanstalk.targets.local.scripts import ScriptRecord
from beanstalk.workload import Workload

_IMPATIENT_S = 10.0
"""A script that runs for so long is told once."""
_LEAST_S = 10.0
"""What the scripts after the start have at least: with IgnoreHealthCheck they begin when the time is up."""
_SHOWN_LINES = 3


class ScriptFailed(Exception):
    """`str()` is the cause of the instance's end, in one sentence."""


class Scripts:
    """The scripts of all instances."""

    def __init__(self, world: World, secrets: Secrets) -> None:
        self._world, self._secrets = world, secrets
        self._since: dict[str, tuple[int, float]] = {}

    def is_its_turn(self, instance: Instance, deployment: Deployment, workload: Workload) -> bool:
        """Whether this instance may begin. Chooses the leader of a deployment that needs one and has none."""
        if not workload.scripts or deployment.ended is not None:
            return True
        if deployment.phase is Phase.BACK:
            return False  # it is about to be removed: nothing of it begins any more
        if not has_leader(workload.scripts) or deployment.leader_done is not None or not self._leads(deployment):
            return True
        if not deployment.leader:
            self._world.store.deployments.change(deployment.id, leader=instance.id)
            return True
        return deployment.leader == instance.id

    def began(self, instance: Instance, deployment: Deployment, workload: Workload) -> float | None:
        """Since when its time counts (`Timeout` is for all of it); None while it waits for the leader."""
        waited = has_leader(workload.scripts) and deployment.leader not in ("", instance.id)
        if not waited or deployment.ended is not None:
            return instance.created
        return None if deployment.leader_done is None else max(instance.created, deployment.leader_done)

    def was_asked_for(self, instance: Instance, part: Part) -> bool:
        """Whether this part has begun, or may have."""
        return self._world.scripts.was_asked_for(instance, part)

    def run(
        self,
        part: Part,
        instance: Instance,
        deployment: Deployment,
        workload: Workload,
        environment: Callable[[], dict[str, str]],
        now: float,
    ) -> bool:
        """Run one part of an instance's scripts, or go on with it. True: it is done, well. Raises ScriptFailed.

        environment: asked for when it starts.
        """
        scripts = self._of(part, instance, deployment, workload)
        if not scripts:
            return True
        jobs = self._world.scripts
        state = jobs.state(instance, part)
        records = jobs.records(instance)
        self._tell(instance, deployment, records, now)
        running = _next(scripts, part, records)
        match state:
            case Absent():
                left_s = self._timeout_s(deployment) - (now - (self.began(instance, deployment, workload) or now))
                jobs.start(instance, workload, part, scripts, environment(), max(_LEAST_S, left_s))
                return False
            case Running():
                self._tell_waiting(instance, deployment, running, len(records), now)
                return False
            case Ended(0):
                self._since.pop(instance.id, None)
                if part is Part.BEFORE and deployment.leader == instance.id and deployment.leader_done is None:
                    self._world.store.deployments.change(deployment.id, leader_done=now)
                return True
            case Ended() | Lost():
                raise ScriptFailed(self._cause(instance, deployment, workload, running, records, state))

    def in_progress(self, instance: Instance, deployment: Deployment, workload: Workload) -> str:
        """What runs now, "" when nothing does."""
        for part in Part:
            scripts = self._of(part, instance, deployment, workload)
            if scripts and isinstance(self._world.scripts.state(instance, part), Running):
                return str(_next(scripts, part, self._world.scripts.records(instance)))
        return ""

    def forget(self, instance_id: str) -> None:
        self._since.pop(instance_id, None)

    def forget_times(self) -> None:
        """Somebody set the clock."""
        self._since.clear()

    def _of(self, part: Part, instance: Instance, deployment: Deployment, workload: Workload) -> tuple[Script, ...]:
        if not workload.scripts:
            return ()
        only_settings = self._kind(deployment) in (Kind.CONFIGURE, Kind.SCALE)
        occasion = Occasion.CONFIGURATION if only_settings else Occasion.VERSION
        return chosen(workload.scripts, part, occasion, deployment.leader == instance.id)

    def _leads(self, deployment: Deployment) -> bool:
        """Elastic Beanstalk has a leader when it creates or deploys, not when it restarts what is there."""
        return self._kind(deployment) is not Kind.RESTART

    def _kind(self, deployment: Deployment) -> Kind | None:
        operation = self._world.store.operations.get(deployment.operation_id)
        return operation.kind if operation else None

    def _timeout_s(self, deployment: Deployment) -> float:
        return float(json.loads(deployment.rollout_json)["timeout_s"])

    def _cause(
        self,
        instance: Instance,
        deployment: Deployment,
        workload: Workload,
        running: Script,
        records: list[ScriptRecord],
        state: Ended | Lost,
    ) -> str:
        failed = next((record for record in records if record.failed), None)
        if failed is not None:
            return _sentence(failed)
        lines = self._secrets.said(instance, workload, self._world.scripts.last_lines(instance, _SHOWN_LINES))
        match state:
            case Ended(code) if code == TIMED_OUT:
                return f"{running} took longer than {self._timeout_s(deployment):g} s (Timeout) and was ended{lines}"
            case Ended(code):
                return f"{running} did not come to its end (exit code {code}){lines}"
            case Lost():
                return (
                    f"{running} was running when its process ended without a trace; what it did is not known, so it is"
                    f" not run again{lines}"
                )

    def _tell(self, instance: Instance, deployment: Deployment, records: list[ScriptRecord], now: float) -> None:
        """One event for each script, and never two: how many were told is written together with them."""
        store = self._world.store
        known = store.instances.get(instance.id)
        new = records[known.told if known else len(records) :]
        if not new:
            return
        environment = store.environments.get(instance.environment_id)
        with store.transaction():
            for record in new:
                severity = Severity.ERROR if record.failed else Severity.WARN if record.ignored else Severity.INFO
                text = f"Instance {instance.id}: {_sentence(record)}."
                store.add_event(severity, text, environment, _operation(deployment), now=now)
            store.instances.change(instance.id, told=len(records))

    def _tell_waiting(
        self, instance: Instance, deployment: Deployment, script: Script, number: int, now: float
    ) -> None:
        """Once for a script: nobody should look at a silent screen until the time-out."""
        seen, since = self._since.get(instance.id, (-1, now))
        if seen != number:
            self._since[instance.id] = (number, now)
        elif now - since >= _IMPATIENT_S:
            self._since[instance.id] = (number, float("inf"))
            environment = self._world.store.environments.get(instance.environment_id)
            text = (
                f"Instance {instance.id}: {script} still runs after {now - since:.0f} s"
                f" (at most {self._timeout_s(deployment):g} s: Timeout)."
            )
            self._world.store.add_event(Severity.INFO, text, environment, _operation(deployment), now=now)


def _next(scripts: tuple[Script, ...], part: Part, records: list[ScriptRecord]) -> Script:
    """The one after those that ended: it runs, or was to run."""
    ended = sum(record.part is part for record in records)
    return scripts[min(ended, len(scripts) - 1)]


def _operation(deployment: Deployment) -> str:
    """Events of what happens later belong to no operation."""
    return deployment.operation_id if deployment.ended is None else ""


def _sentence(record: ScriptRecord) -> str:
    """What came of one script, without a full stop."""
    if record.code is None:
        return f"{record.what} was not run: {record.problem}"
    if record.problem:
        text = f"{record.what} could not be run: {record.problem}"
    else:
        text = f"{record.what} exited with {record.code} after {record.seconds:.1f} s"
    ignored = ", which is ignored (ignoreErrors)" if record.ignored else ""
    return text + ignored + ("" if record.problem else said(record.lines[-_SHOWN_LINES:]))
