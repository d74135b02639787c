"""A machine in memory for the real agent and the real store, which can be stopped after any write or effect.

`Machine` is what survives the agent: processes, the balancer, the clock. `Agent` objects come and go over it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, replace
from pathlib import Path

from beanstalk.agent.loop import Agent
from beanstalk.agent.world import World
from beanstalk.errors import TargetError, Where
from beanstalk.records import Application, Deployment, Environment, Health, Kind, Operation, Status
from beanstalk.rollout.health import Answer
from beanstalk.rollout.record import rollout_json
from beanstalk.scripts import Part, Script, ScriptPhase
from beanstalk.source.hooks import Occasion
from beanstalk.store.home import Home
from beanstalk.store.sqlite import Store
from beanstalk.targets.local import runner
from beanstalk.targets.local.processes import Ended
from beanstalk.targets.local.scripts import ScriptRecord
from beanstalk.workload import HealthCheck, Process, Secret, Workload

HEALTH = HealthCheck("/", ((200, 200),), None, 0.05, 5.0, 1, 5, "Ok")
WORKLOAD = Workload("procfile", (Process("web", "serve"), Process("worker", "work")), (), HEALTH, 20.0, 10.0, None)
START_S, STOP_S, TICK_S = 0.3, 0.2, 0.15
SCRIPTS_S = 0.3
"""What a job of scripts takes."""
_HOOK = Where(".platform/hooks")
SCRIPTS = (
    Script(ScriptPhase.COMMANDS, "migrate", Where(".ebextensions/a.config", 2), "migrate", leader_only=True),
    Script(ScriptPhase.COMMANDS, "assets", Where(".ebextensions/a.config", 4), "assets"),
    Script(ScriptPhase.PREDEPLOY, "warm", _HOOK, "warm", occasion=Occasion.VERSION),
    Script(ScriptPhase.PREDEPLOY, "configure", _HOOK, "configure", occasion=Occasion.CONFIGURATION),
    Script(ScriptPhase.POSTDEPLOY, "tell", _HOOK, "tell", occasion=Occasion.VERSION),
)
"""For workloads that have some."""
SECRETS = (Secret("KEY", "file:/key"), Secret("TOKEN", "file:/token"))


class Killed(BaseException):
    """The agent's process is gone: nothing catches this."""


@dataclass
class Running:
    instance_id: str
    name: str
    digest: str
    started: float
    ends: float | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """code: how it ends when its time has come. names: of its scripts.  fails: the last of them that runs."""

    version: str
    names: tuple[str, ...]
    started: float
    ends: float
    code: int = 0
    fails: str = ""
    lost: bool = False


@dataclass
class Machine:
    """What survives the agent, and what goes wrong on it.

    bad: digests whose processes die at once.  sick: instances whose checks fail.  stubborn: nobody obeys SIGTERM.
    busy: addresses with open requests.  trouble: what the balancer says instead of doing anything.  disk_full: nothing
    can be written down.  jumped: how far the clock was set.  jobs: of scripts, by instance and part.  failing: scripts
    that exit with 3.  ran: (version, script) as often as one was begun.  unreadable: why secrets cannot be read.
    generation: of their values.  reads: how often they were asked for.  slow: of these so many get no answer yet.
    said: the last lines of every instance.
    """

    now: float = 1000.0
    processes: dict[int, Running] = field(default_factory=dict)
    pools: dict = field(default_factory=dict)
    ports: dict[int, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    sick: set[str] = field(default_factory=set)
    stubborn: bool = False
    busy: set[str] = field(default_factory=set)
    trouble: str = ""
    disk_full: bool = False
    next_pid: int = 100
    next_id: int = 0
    countdown: int | None = None
    jumped: float = 0.0
    counted: int = 0
    effects: list[str] = field(default_factory=list)
    jobs: dict[tuple[str, Part], Job] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    ran: list[tuple[str, str]] = field(default_factory=list)
    unreadable: str = ""
    generation: int = 1
    reads: int = 0
    slow: int = 0
    said: list[str] = field(default_factory=lambda: ["it said this"])

    def did(self, what: str) -> None:
        """Something was written or done; this may be where the agent is killed."""
        self.counted += 1
        self.effects.append(what)
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown == 0:
                self.countdown = None
                raise Killed(what)

    def alive(self, pid: int) -> bool:
        running = self.processes.get(pid)
        return running is not None and (running.ends is None or self.now < running.ends)

    def living(self) -> list[Running]:
        return [running for pid, running in self.processes.items() if self.alive(pid)]


class Connection(sqlite3.Connection):
    """Counts what is written down: each commit, and each statement outside a transaction."""

    machine: Machine | None = None

    def execute(self, statement, *values):
        verb = statement.lstrip().partition(" ")[0].upper()
        if self.machine and self.machine.disk_full and verb in ("BEGIN", "INSERT", "UPDATE", "DELETE"):
            raise sqlite3.OperationalError("database or disk is full")
        outside = not self.in_transaction
        done = super().execute(statement, *values)
        if self.machine and (verb == "COMMIT" or (outside and verb in ("INSERT", "UPDATE", "DELETE"))):
            self.machine.did(f"write {' '.join(statement.split()[:3])}")
        return done


class MemoryHost:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.folders: dict[str, str] = {}

    def prepare(self, instance, digest):
        self.folders[instance.id] = digest
        return Path("/nowhere")

    def address(self, instance, workload):
        return "127.0.0.1", instance.port

    def restart(self, instance, workload, unit, environment):
        return self.start(instance, workload, unit, environment)

    def start(self, instance, workload, process, environment):
        machine = self.machine
        machine.next_pid += 1
        digest = self.folders.get(instance.id) or environment["BEANSTALK_VERSION_LABEL"]
        ends = machine.now + 0.1 if digest in machine.bad else None
        machine.processes[machine.next_pid] = Running(
            instance.id, process.name, digest, machine.now, ends, dict(environment)
        )
        machine.ports[instance.port] = instance.id
        machine.did(f"start {process.name}")
        return machine.next_pid, machine.now

    def ended(self, identities):
        for name, (pid, _) in identities.items():
            if not self.machine.alive(pid):
                return Ended(name, 1)
        return None

    def signal(self, instance, identities, number):
        for pid, running in self.machine.processes.items():
            if running.instance_id == instance.id and self.machine.alive(pid):
                if number.name == "SIGTERM" and self.machine.stubborn:
                    continue
                delay = STOP_S if number.name == "SIGTERM" else 0.0
                running.ends = min(running.ends or 1e12, self.machine.now + delay)
        self.machine.did(f"{number.name}")

    def gone(self, instance, identities):
        return not any(running.instance_id == instance.id for running in self.machine.living())

    def clear(self, instance):
        self.machine.did("clear")

    def strays(self):
        found: dict = {}
        for pid, running in self.machine.processes.items():
            if self.machine.alive(pid):
                found.setdefault(running.instance_id, {})[running.name] = (pid, running.started)
        return found

    def sweep(self, living):
        pass

    def finish(self):
        pass

    def last_lines(self, instance, lines):
        return self.machine.said[-lines:]


class MemoryChecker:
    """Answers well when the instance's web process has run for START_S."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.watched: dict[str, None] = {}

    def watch(self, instance_id, place, check, interval_s, now):
        self.watched[instance_id] = None

    def answers(self, now):
        found = []
        for instance_id in self.watched:
            web = [each for each in self.machine.living() if each.instance_id == instance_id and each.name == "web"]
            ready = any(self.machine.now - each.started >= START_S for each in web)
            ready = ready and instance_id not in self.machine.sick
            found.append((instance_id, Answer("Ok", 200, "fine") if ready else Answer("Severe", 0, "nothing listens")))
        self.watched.clear()
        return found

    def keep(self, instance_ids):
        pass

    def next_due(self):
        return None


class MemoryPreparer:
    def prepare(self, digest, workload_json, attempt):
        return ""

    def progress(self, workload_json):
        return ""

    def cancel(self, digest, workload_json):
        pass

    def environment(self, workload_json):
        return {"PATH": "/bin"}

    def link(self, workload_json, folder):
        pass

    def sweep_builds(self, workloads_in_use):
        pass

    def sweep_images(self, workloads_in_use, versions):
        pass


class MemoryScripts:
    """Jobs that take SCRIPTS_S; all scripts of one end at its end."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def start(self, instance, workload, part, scripts, environment, timeout_s):
        machine = self.machine
        if (instance.id, part) in machine.jobs:
            return
        names = tuple(script.name for script in scripts)
        fails = next((name for name in names if name in machine.failing), "")
        begun = names[: names.index(fails) + 1] if fails else names
        label = environment["BEANSTALK_VERSION_LABEL"]
        machine.jobs[instance.id, part] = Job(
            label, begun, machine.now, machine.now + min(SCRIPTS_S, timeout_s), 3 if fails else 0, fails
        )
        machine.ran += [(label, name) for name in begun]
        machine.did(f"scripts {part}")

    def was_asked_for(self, instance, part):
        return (instance.id, part) in self.machine.jobs

    def state(self, instance, part):
        job = self.machine.jobs.get((instance.id, part))
        if job is None:
            return runner.Absent()
        if job.lost:
            return runner.Lost()
        return runner.Running() if self.machine.now < job.ends else runner.Ended(job.code)

    def records(self, instance):
        return [
            ScriptRecord(part, number, f"script {name}", 3 if name == job.fails else 0, 0.3, False, "", ("said",))
            for (identity, part), job in self.machine.jobs.items()
            if identity == instance.id and not job.lost and self.machine.now >= job.ends and job.code in (0, 3)
            for number, name in enumerate(job.names)
        ]

    def last_lines(self, instance, lines):
        return ["it began"]

    def signal(self, instance, number):
        for (identity, _), job in self.machine.jobs.items():
            if identity == instance.id and self.machine.now < job.ends and not job.lost:
                job.ends, job.code = self.machine.now, 143
                self.machine.did(f"{number.name} scripts")

    def are_over(self, instance):
        return not any(isinstance(self.state(instance, part), runner.Running) for part in Part)

    def clear(self, instance):
        for part in Part:
            self.machine.jobs.pop((instance.id, part), None)


class MemorySecrets:
    """Their values are their references and the machine's generation."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def read(self, key, secrets):
        self.machine.did(f"read {key}")
        self.machine.reads += 1
        if self.machine.slow:
            self.machine.slow -= 1
            return None
        if self.machine.unreadable:
            raise TargetError(self.machine.unreadable)
        return {secret.name: f"{secret.reference} {self.machine.generation}" for secret in secrets}

    def forget(self, key):
        pass


class MemoryBalancer:
    name = "Memory"

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def ensure_running(self):
        if self.machine.trouble:
            raise TargetError(self.machine.trouble)
        return False

    def apply(self, pools):
        if pools == self.machine.pools:
            return False
        self.machine.pools = dict(pools)
        self.machine.did("balance")
        return True

    def inflight(self, address):
        return int(address in self.machine.busy)

    def stop(self):
        self.machine.pools = {}

    def configuration(self):
        return ""

    def pid(self):
        return None


def make_agent(machine: Machine, folder: Path) -> tuple[Agent, Store]:
    """A new agent process over what is there."""

    def new_id() -> str:
        machine.next_id += 1
        return f"i-{machine.next_id:04}"

    home = Home(folder)
    store = open_store(home.database, machine)
    world = World(
        home, store, MemoryHost(machine), MemoryChecker(machine), MemoryPreparer(),
        MemoryScripts(machine), MemorySecrets(machine), MemoryBalancer(machine),
        lambda: machine.now, lambda taken: max(taken, default=20000) + 1, new_id,
        lambda: machine.now - machine.jumped,
    )  # fmt: skip
    return Agent(world), store


def open_store(path: Path, machine: Machine | None = None) -> Store:
    real = sqlite3.connect
    sqlite3.connect = lambda *a, **k: real(*a, factory=Connection, **k)  # type: ignore[assignment]
    try:
        store = Store(path)
    finally:
        sqlite3.connect = real
    store._db.machine = machine  # type: ignore[attr-defined]
    return store


def add_environment(store: Store, name: str, slot: int, now: float) -> Environment:
    if store.applications.get("shop") is None:
        store.applications.add(Application("shop", "", now))
    environment = Environment(
        f"e-{name}", name, "shop", name, "procfile", Status.LAUNCHING, Health.PENDING, "[]", "", 0, 0, slot, "[]",
        now, now,
    )  # fmt: skip
    store.environments.add(environment)
    return environment


def add_deployment(
    store: Store, environment_id: str, rollout, label: str, kind: Kind, now: float, on: str = "", scripts=(), secrets=()
) -> str:
    """What `service.changes.begin` writes."""
    environment = store.environments.get(environment_id)
    identity, number = store.next_deployment(environment_id)
    on = on or environment_id
    operation = Operation(f"op-{identity}", kind, on, "a test", now, json.dumps({"with": ""}))
    with store.transaction():
        store.begin(operation, sorted({on, environment_id}))
        store.deployments.add(
            Deployment(
                identity, environment_id, operation.id, number, label, label, "procfile", "[]",
                json.dumps(replace(WORKLOAD, scripts=scripts, secrets=secrets).to_json()), rollout_json(rollout),
                environment.deployment_id, now,
            )
        )  # fmt: skip
    return operation.id


def turn_until_rest(machine: Machine, folder: Path, turns: int = 400, stop_early: bool = False) -> int:
    """Run an agent until nothing is left to do; when it is killed, another one comes. Returns how many were needed."""
    agents = 0
    while True:
        agent, store = None, None
        try:
            agents += 1
            agent, store = make_agent(machine, folder)
            for _ in range(turns):
                busy = agent.tick()
                machine.now += TICK_S
                if not busy:
                    return agents
            raise AssertionError("the agent does not come to rest")
        except Killed:
            pass
        finally:
            if store is not None:
                store.close()
