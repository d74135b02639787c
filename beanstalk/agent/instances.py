"""The life of every instance: started, checked, put into service, drained, stopped.

Each step is written before it is done, and can be done again: whoever comes after a killed agent finds in the store
and on the machine all that there is to know. Answers of checks are kept in memory; without them one waits for new ones.
"""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from dataclasses import replace

from beanstalk.agent.leaving import Leaving, end
from beanstalk.agent.scripts import ScriptFailed, Scripts
from beanstalk.agent.secrets import Secrets
from beanstalk.agent.world import World
from beanstalk.containers import Restart
from beanstalk.errors import BeanstalkError, TargetError
from beanstalk.model import Rollout
from beanstalk.records import RUNNING, Deployment, Environment, Instance, Severity, State
from beanstalk.rollout.health import Checks, Verdict, judge_serving, judge_starting, note
from beanstalk.scripts import Part
from beanstalk.targets.local.processes import Ended, Identities, environment_of, identities
from beanstalk.workload import WEB, HealthCheck, Process, Unit, Workload

STEADY_INTERVAL_S = 1.0
"""Between checks of an instance in service when nobody set HealthCheckInterval."""
_RESTART_AFTER_S = 1.0
"""A process beside `web` that ends is started again at once, then after twice this, and twice as long every time."""
_IMPATIENT_S = 10.0
_READY_S = 0.5
"""A version that was ready is taken for ready so long: an engine is asked about every image, and does not hurry."""


class Instances:
    """All instances of all environments."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.secrets = Secrets(world)
        self._scripts = Scripts(world, self.secrets)
        self._leaving = Leaving(world)
        self._checks: dict[str, Checks] = {}
        self._workloads: dict[int, Workload] = {}
        self._restarts: dict[tuple[str, str], tuple[int, float]] = {}
        self._waited: set[int] = set()
        self._ready: dict[int, float] = {}
        self._adopted = False

    def workload(self, deployment_id: int) -> Workload:
        if deployment_id not in self._workloads:
            text = self.deployment(deployment_id).workload_json
            self._workloads[deployment_id] = Workload.from_json(json.loads(text))
        return self._workloads[deployment_id]

    def forget_workload(self, deployment_id: int) -> None:
        """It was changed in the store: running instances got other checks."""
        self._workloads.pop(deployment_id, None)

    def deployment(self, deployment_id: int) -> Deployment:
        found = self._world.store.deployments.get(deployment_id)
        assert found is not None, f"instances refer to deployment {deployment_id}, which does not exist"
        return found

    def adopt(self) -> None:
        """Find out what an agent before this one left: processes it started but never wrote down, signals not sent."""
        if self._adopted:
            return
        self._adopted = True
        store, host = self._world.store, self._world.host
        strays = host.strays()
        for instance in store.living_instances():
            found = strays.pop(instance.id, {})
            known = identities(instance)
            names = {unit.name for unit in self.workload(instance.deployment_id).units} - known.keys()
            missing = {name: identity for name, identity in found.items() if name in names}
            if missing:
                processes = {**known, **missing}
                store.instances.change(instance.id, processes_json=json.dumps(processes))
            if instance.state is State.STOPPING:
                end(self._world, instance, {**known, **missing}, signal.SIGTERM)
            elif instance.started is not None:
                self._find(instance, self.workload(instance.deployment_id))
        for instance_id, found in strays.items():
            unknown = Instance(instance_id, "", 0, State.STOPPING, 0, 0.0, 0.0)
            host.signal(unknown, found, signal.SIGKILL)

    def look_again(self) -> None:
        """Something could not be written down: find out what is there, as a new agent would."""
        self._adopted = False

    def forget_times(self) -> None:
        """Somebody set the clock."""
        self._leaving.forget_times()
        self._scripts.forget_times()
        self._restarts = {key: (times, 0.0) for key, (times, _) in self._restarts.items()}
        self._checks = {identity: replace(checks, wrong_since=None) for identity, checks in self._checks.items()}

    def start(self, environment: Environment, deployment_id: int, count: int, now: float) -> None:
        """Write down `count` new instances; `launch` starts what is written down."""
        store = self._world.store
        with store.transaction():
            taken = {instance.port for instance in store.living_instances()}
            for _ in range(count):
                port = self._world.new_port(taken)
                taken.add(port)
                identity = self._world.new_id()
                store.instances.add(Instance(identity, environment.id, deployment_id, State.PENDING, port, now, now))

    def remove(self, instances: list[Instance], now: float) -> None:
        """Let instances go: those in service finish their requests first."""
        with self._world.store.transaction():
            for instance in instances:
                serving = instance.state in (State.IN_SERVICE, State.UNHEALTHY)
                state = State.DRAINING if serving else State.STOPPING
                self._world.store.set_state(instance, state, now)
        for instance in instances:
            if instance.state is State.PENDING:
                end(self._world, instance, identities(instance), signal.SIGTERM)

    def launch(self, environment: Environment, now: float) -> None:
        """Start every instance that is written down and not started."""
        for instance in self._world.store.living_instances(environment.id):
            if instance.state is not State.PENDING or instance.started is not None:
                continue
            try:
                trouble = self._launch(instance, now)
            except ScriptFailed as failure:
                self._fail(instance, str(failure), now)
                continue
            except BeanstalkError as error:
                trouble = error.problem
            except OSError as error:
                trouble = str(error)
            if trouble:
                self._fail(instance, f"instance {instance.id} could not be started: {trouble}", now)

    def watch(self, now: float, gates: dict[str, Rollout]) -> None:
        """See which instances ended, and what the checks say. gates: {environment id: the rollout that goes on}."""
        living = {instance.id: instance for instance in self._world.store.living_instances()}
        for instance_id, answer in self._world.checker.answers(now):
            if instance_id in living:
                check = self.workload(living[instance_id].deployment_id).health
                before = self._checks.get(instance_id, Checks())
                self._checks[instance_id] = note(before, answer, check.threshold, now)
        watched = [each for each in living.values() if each.state in RUNNING and each.started is not None]
        for instance in watched:
            self._watch(instance, gates.get(instance.environment_id), now)
        self._world.checker.keep({instance.id for instance in watched})
        for gone in self._checks.keys() - living.keys():
            del self._checks[gone]

    def let_go(self, now: float) -> None:
        """Move leaving instances on; call after the balancer was told that they left."""
        for instance in self._world.store.living_instances():
            if self._leaving.move_on(instance, self.workload(instance.deployment_id), now):
                self._forget(instance.id)

    def failing_check(self, instance: Instance) -> str:
        """What the last check of an instance said, "" when it was fine or there was none."""
        checks = self._checks.get(instance.id)
        return checks.last.text if checks and checks.last and checks.failures else ""

    def running_script(self, instance: Instance) -> str:
        """Which script of an instance runs now, "" when none does."""
        identity = instance.deployment_id
        return self._scripts.in_progress(instance, self.deployment(identity), self.workload(identity))

    def began(self, instance: Instance) -> float | None:
        """Since when `Timeout` counts for it; None while it waits for another one.

        Scripts are part of that time. Without any it counts from when the processes were started.
        """
        workload = self.workload(instance.deployment_id)
        if workload.scripts:
            return self._scripts.began(instance, self.deployment(instance.deployment_id), workload)
        return instance.started or instance.created

    # one instance

    def _launch(self, instance: Instance, now: float) -> str:
        """Start it, or wait: for its scripts, for another one's, or for its version to be ready again, if somebody
        tidied up. Returns why it cannot be. Raises ScriptFailed."""
        world, deployment = self._world, self.deployment(instance.deployment_id)
        workload = self.workload(deployment.id)
        if not self._scripts.is_its_turn(instance, deployment, workload):
            return ""
        if not 0 <= now - self._ready.get(deployment.id, -_READY_S) < _READY_S:
            trouble = world.preparer.prepare(deployment.digest, deployment.workload_json, instance.id)
            if trouble is None or trouble:
                return trouble or ""
            self._ready[deployment.id] = now
        known = identities(instance)
        begins = not known and not self._scripts.was_asked_for(instance, Part.BEFORE)  # else its folder is in use
        if not self.secrets.are_there(instance, workload, begins):
            return ""
        if begins:
            folder = world.host.prepare(instance, deployment.digest)
            world.preparer.link(deployment.workload_json, folder)
        if not self._run(Part.BEFORE, instance, now):
            return ""
        for unit in [each for each in workload.units if each.name not in known]:
            identity = world.host.start(instance, workload, unit, self._variables(instance, unit))
            if identity is not None:
                known[unit.name] = identity
                world.store.instances.change(instance.id, processes_json=json.dumps(known))
        if len(known) < len(workload.units):
            return ""  # the host is still at it
        host, port = world.host.address(instance, workload)
        world.store.instances.change(instance.id, started=now, host=host, port=port)
        return ""

    def _run(self, part: Part, instance: Instance, now: float) -> bool:
        """Whether this part of its scripts is done. Raises ScriptFailed."""
        workload, deployment = self.workload(instance.deployment_id), self.deployment(instance.deployment_id)
        begins = bool(workload.scripts) and not self._scripts.was_asked_for(instance, part)
        try:
            if begins and not self.secrets.are_there(instance, workload, begins=False):
                return False
        except TargetError as error:
            raise ScriptFailed(error.problem) from None
        web = workload.unit(workload.web)  # scripts see what it sees
        return self._scripts.run(part, instance, deployment, workload, lambda: self._variables(instance, web), now)

    def _variables(self, instance: Instance, unit: Unit) -> dict[str, str]:
        """What one of its processes or containers sees."""
        workload, deployment = self.workload(instance.deployment_id), self.deployment(instance.deployment_id)
        environment = self._world.store.environments.get(instance.environment_id)
        assert environment is not None
        names = (environment.name, deployment.version_label)
        built = self._world.preparer.environment(deployment.workload_json)
        values = self.secrets.of(instance)
        secrets = {variable: values[name] for variable, name in workload.secrets_of(unit) if name in values}
        return environment_of(workload, instance, names, built, secrets)

    def _watch(self, instance: Instance, rollout: Rollout | None, now: float) -> None:
        workload = self.workload(instance.deployment_id)
        if not self._watch_processes(instance, workload, now):
            return
        starting = instance.state is State.PENDING
        check = workload.health
        interval = check.probe_interval_s if starting else check.interval_s or STEADY_INTERVAL_S
        self._world.checker.watch(instance.id, (instance.host, instance.port), check, interval, now)
        checks = self._checks.get(instance.id, Checks())
        if starting:
            self._judge_starting(instance, checks, check, rollout, now)
        elif instance.state is State.IN_SERVICE and judge_serving(checks, check.unhealthy_failures) is Verdict.REMOVE:
            self._world.store.set_state(instance, State.UNHEALTHY, now)
            text = checks.last.text if checks.last else "health checks fail"
            self._tell(Severity.WARN, f"Instance {instance.id} is out of service: {text}.", instance)
        elif instance.state is State.UNHEALTHY and checks.passes >= check.healthy_passes:
            self._world.store.set_state(instance, State.IN_SERVICE, now)
            self._tell(Severity.INFO, f"Instance {instance.id} is in service again.", instance)

    def _watch_processes(self, instance: Instance, workload: Workload, now: float) -> bool:
        """See which of its processes ended. False: the instance ends, too."""
        known = identities(instance)
        ends = [self._world.host.ended({name: identity}) for name, identity in known.items()]
        dead = [ended for ended in ends if ended is not None]
        for ended in dead:
            unit = workload.unit(ended.process)
            if unit.name == workload.web and not unit.essential:
                self._miss_web(instance, now)
            if unit.essential or (instance.state is State.PENDING and isinstance(unit, Process)):
                self._ended(instance, ended, now)
                return False
        for ended in dead:
            if ended.code and ended.process != workload.web and not _comes_back(workload, ended):
                self._tell_lost(instance, ended, now)
        well = all(self._restart(instance, known, ended, now) for ended in dead if _comes_back(workload, ended))
        return well and not any(ended.process == workload.web for ended in dead)

    def _miss_web(self, instance: Instance, now: float) -> None:
        """No requests for an instance whose `web` is started again in place, before that answers its checks: what
        answers at its address meanwhile may be somebody else."""
        if instance.state is State.IN_SERVICE:
            self._world.store.set_state(instance, State.UNHEALTHY, now)
        self._checks.pop(instance.id, None)

    def _find(self, instance: Instance, workload: Workload) -> None:
        """Write down where `web` answers since it was started again: a published port is another one each time."""
        if workload.group is None:
            return
        with suppress(TargetError):  # nobody knows now; its checks fail until somebody does
            host, port = self._world.host.address(instance, workload)
            if port and (host, port) != (instance.host, instance.port):
                self._world.store.instances.change(instance.id, host=host, port=port)

    def _judge_starting(
        self, instance: Instance, checks: Checks, check: HealthCheck, rollout: Rollout | None, now: float
    ) -> None:
        began = instance.started or instance.created
        ignore = rollout is not None and rollout.ignore_health
        late = rollout is not None and now - (self.began(instance) or now) > rollout.timeout_s
        verdict = judge_starting(checks, check.healthy_passes, check.wrong_answers_s, ignore, late, now)
        is_done = False
        if verdict is Verdict.SERVE or self._scripts.was_asked_for(instance, Part.AFTER):
            try:
                is_done = self._run(Part.AFTER, instance, now)
            except ScriptFailed as failure:
                self._fail(instance, str(failure), now)
                return
        match verdict:
            case Verdict.SERVE if is_done:
                self._world.store.set_state(instance, State.IN_SERVICE, now, in_service=now)
                self._checks[instance.id] = Checks(last=checks.last)
            case Verdict.REMOVE:
                text = checks.last.text if checks.last else "its health checks fail"
                self._fail(instance, f"instance {instance.id} does not become healthy: {text}", now)
            case Verdict.WAIT if (
                not checks.wrong_since and now - began >= _IMPATIENT_S and instance.deployment_id not in self._waited
            ):
                self._waited.add(instance.deployment_id)
                self._tell_waiting(instance, checks, rollout)

    def _tell_waiting(self, instance: Instance, checks: Checks, rollout: Rollout | None) -> None:
        """Once a deployment: nobody should look at a silent screen until the time-out."""
        text = checks.last.text if checks.last else "no health check was answered yet"
        limit = f" (at most {rollout.timeout_s:g} s: Timeout)" if rollout else ""
        lines = self._said(instance, 2)
        message = f"Still waiting for instance {instance.id}{limit}: {text}{lines}."
        self._tell(Severity.WARN, message, instance, self.deployment(instance.deployment_id).operation_id)

    def _ended(self, instance: Instance, ended: Ended, now: float) -> None:
        after = max(0.0, now - (instance.started or instance.created))
        workload = self.workload(instance.deployment_id)
        what = (
            f"instance {instance.id} {ended}"
            if len(workload.units) == 1 or ended.process == WEB
            else f"{ended.process} of instance {instance.id} {ended}"
        )
        self._fail(instance, f"{what} after {after:.1f} s{self._said(instance, 3)}", now)

    def _said(self, instance: Instance, lines: int) -> str:
        """The last lines of an instance as the end of a sentence."""
        found = self._world.host.last_lines(instance, lines)
        return self.secrets.said(instance, self.workload(instance.deployment_id), found)

    def _fail(self, instance: Instance, cause: str, now: float) -> None:
        cause = self.secrets.redact(instance, cause)
        self._world.store.set_state(instance, State.STOPPING, now, failed=1, cause=cause)
        end(self._world, instance, identities(instance), signal.SIGTERM)

    def _restart(self, instance: Instance, known: Identities, ended: Ended, now: float) -> bool:
        """Start what runs beside `web` again, in place: requests that its instance serves are not its business.

        Less and less often when it keeps ending. False: that cannot be, and the instance was given up.
        """
        times, latest = self._restarts.get((instance.id, ended.process), (0, 0.0))
        if times and now - latest < _RESTART_AFTER_S * 2 ** min(4, times):
            return True
        workload = self.workload(instance.deployment_id)
        unit, trouble = workload.unit(ended.process), ""
        try:
            if isinstance(unit, Process) and not self.secrets.renew(instance, workload):
                return True
        except TargetError as error:
            trouble = error.problem
        self._restarts[instance.id, ended.process] = times + 1, now
        if times + 1 in (1, 5):
            more = "; it keeps ending and is started again less and less often" if times else ""
            what = f"it cannot be started again yet: {trouble}" if trouble else f"starting it again{more}"
            self._tell(Severity.WARN, f"{ended.process} of instance {instance.id} {ended}; {what}.", instance)
        if trouble:
            return True
        try:
            identity = self._world.host.restart(instance, workload, unit, self._variables(instance, unit))
        except BeanstalkError as error:
            self._fail(instance, f"{unit.name} of instance {instance.id} cannot be started: {error.problem}", now)
            return False
        if identity is not None:
            known[unit.name] = identity
            self._world.store.instances.change(instance.id, processes_json=json.dumps(known))
            if unit.name == workload.web:
                self._find(instance, workload)
        return True

    def _tell_lost(self, instance: Instance, ended: Ended, now: float) -> None:
        """Once, that what nobody starts again has failed: its instance goes on, and looks well without it."""
        if (instance.id, ended.process) not in self._restarts:
            self._restarts[instance.id, ended.process] = 1, now
            what = f"{ended.process} of instance {instance.id} {ended}"
            self._tell(Severity.WARN, f"{what}; nothing says to start it again.", instance)

    def _forget(self, instance_id: str) -> None:
        self._scripts.forget(instance_id)
        self.secrets.forget(instance_id)
        self._restarts = {key: value for key, value in self._restarts.items() if key[0] != instance_id}

    def _tell(self, severity: Severity, message: str, instance: Instance, operation_id: str = "") -> None:
        environment = self._world.store.environments.get(instance.environment_id)
        text = self.secrets.redact(instance, message)
        self._world.store.add_event(severity, text, environment, operation_id, now=self._world.clock())


def _comes_back(workload: Workload, ended: Ended) -> bool:
    match workload.unit(ended.process).restart:
        case Restart.ALWAYS:
            return True
        case Restart.ON_FAILURE:
            return ended.code != 0
        case Restart.NO:
            return False
