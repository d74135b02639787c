"""What the agent acts on, as protocols: real on this machine, in memory in the tests that stop it everywhere."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from beanstalk.records import Instance
from beanstalk.rollout.health import Answer
from beanstalk.scripts import Part, Script
from beanstalk.store.home import Home
from beanstalk.store.sqlite import Store
from beanstalk.targets.local.balancer import LoadBalancer
from beanstalk.targets.local.processes import Ended, Identities, Identity
from beanstalk.targets.local.runner import State as JobState
from beanstalk.targets.local.scripts import ScriptRecord
from beanstalk.targets.worker.serving import Workers
from beanstalk.workload import HealthCheck, Secret, Unit, Workload


class Host(Protocol):
    """Where instances run; see `targets/local/host.py`."""

    def prepare(self, instance: Instance, digest: str) -> Path: ...
    def start(
        self, instance: Instance, workload: Workload, unit: Unit, environment: Mapping[str, str]
    ) -> Identity | None:
        """None while it is being started: ask again."""
        ...

    def restart(
        self, instance: Instance, workload: Workload, unit: Unit, environment: Mapping[str, str]
    ) -> Identity | None:
        """The same for one that ended."""
        ...

    def address(self, instance: Instance, workload: Workload) -> tuple[str, int]:
        """Where `web` answers; call when everything was started."""
        ...

    def ended(self, identities: Identities) -> Ended | None: ...
    def signal(self, instance: Instance, identities: Identities, number: signal.Signals) -> None: ...
    def gone(self, instance: Instance, identities: Identities) -> bool: ...
    def clear(self, instance: Instance) -> None: ...
    def strays(self) -> dict[str, Identities]: ...
    def sweep(self, living: Collection[str]) -> None: ...
    def finish(self) -> None: ...
    def last_lines(self, instance: Instance, lines: int) -> list[str]: ...


class Checker(Protocol):
    """Who asks instances whether they are well; see `probes.py`."""

    def watch(
        self, instance_id: str, place: tuple[str, int], check: HealthCheck, interval_s: float, now: float
    ) -> None: ...
    def answers(self, now: float) -> list[tuple[str, Answer]]: ...
    def keep(self, instance_ids: set[str]) -> None: ...
    def next_due(self) -> float | None: ...


class Preparer(Protocol):
    """Who makes a version ready to run: unpacks it and builds its dependencies; see `targets/local/preparing.py`."""

    def prepare(self, digest: str, workload_json: str, attempt: str) -> str | None:
        """None while it goes on, "" when it is ready, else one sentence about why it cannot be."""
        ...

    def progress(self, workload_json: str) -> str:
        """What goes on, for a person; "" for nothing worth telling."""
        ...

    def cancel(self, digest: str, workload_json: str) -> None: ...
    def environment(self, workload_json: str) -> dict[str, str]:
        """PATH of the instances' processes."""
        ...

    def link(self, workload_json: str, folder: Path) -> None: ...
    def sweep_builds(self, workloads_in_use: Sequence[str]) -> None: ...
    def sweep_images(self, workloads_in_use: Sequence[str], versions: Collection[str]) -> None: ...


class SecretReader(Protocol):
    """Who reads the values of secrets; see `targets/local/secret_values.py`."""

    def read(self, key: str, secrets: Sequence[Secret]) -> dict[str, str] | None:
        """None while it goes on: ask again with the same key. Raises TargetError for all that cannot be read."""
        ...

    def forget(self, key: str) -> None: ...


class ScriptRunner(Protocol):
    """Who runs the scripts of instances, each part once; see `targets/local/scripts.py`."""

    def start(
        self,
        instance: Instance,
        workload: Workload,
        part: Part,
        scripts: Sequence[Script],
        environment: Mapping[str, str],
        timeout_s: float,
    ) -> None: ...
    def was_asked_for(self, instance: Instance, part: Part) -> bool: ...
    def state(self, instance: Instance, part: Part) -> JobState: ...
    def records(self, instance: Instance) -> list[ScriptRecord]: ...
    def last_lines(self, instance: Instance, lines: int) -> list[str]: ...
    def signal(self, instance: Instance, number: signal.Signals) -> None: ...
    def are_over(self, instance: Instance) -> bool: ...
    def clear(self, instance: Instance) -> None: ...


@dataclass(frozen=True)
class World:
    """Everything the agent has to do with. clock: seconds since the epoch.  new_port: given the ports in use."""

    home: Home
    store: Store
    host: Host
    checker: Checker
    preparer: Preparer
    scripts: ScriptRunner
    secrets: SecretReader
    balancer: LoadBalancer
    clock: Callable[[], float]
    new_port: Callable[[set[int]], int]
    new_id: Callable[[], str]
    steady: Callable[[], float] = time.monotonic
    """Seconds on a clock that nobody can set."""
    workers: Workers = field(default_factory=Workers)
