"""Instances of any kind on this machine: processes, or containers on an engine, behind one set of verbs.

Which kind a process or container is shows in its identity; where there is none yet both are asked. No engine is looked
for before the first container is wanted; a file in the home remembers that there were some.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, assert_never

from beanstalk.containers import Container, ContainerGroup, ImageSource
from beanstalk.records import Instance
from beanstalk.store.home import Home
from beanstalk.targets.local.container_mounts import private_folder
from beanstalk.targets.local.processes import Ended, Identities, Identity, ProcessHost, identities, memory_and_cpu
from beanstalk.workload import Process, Unit, Workload


@dataclass(frozen=True, slots=True)
class Reachable:
    """Where a port of a container is found from this machine. protocol: "tcp" or "udp"."""

    container: str
    port: int
    protocol: str
    host: str
    host_port: int


class Containers(Protocol):
    """What `ContainerHost` of containers.py does."""

    def start(
        self,
        instance: Instance,
        group: ContainerGroup,
        container: Container,
        environment: Mapping[str, str],
        image: str,
    ) -> Identity | None: ...
    def restart(self, instance: Instance, container: Container) -> Identity | None: ...
    def address(self, instance: Instance, group: ContainerGroup) -> tuple[str, int]: ...
    def published(self, instance: Instance, group: ContainerGroup) -> tuple[Reachable, ...]: ...
    def ended(self, identities: Identities) -> Ended | None: ...
    def signal(self, instance: Instance, identities: Identities, number: signal.Signals) -> None: ...
    def gone(self, instance: Instance, identities: Identities) -> bool: ...
    def clear(self, instance: Instance) -> None: ...
    def strays(self) -> dict[str, Identities]: ...
    def sweep(self, living: Collection[str]) -> None: ...
    def usage(self, identities: Identities) -> tuple[int, float]: ...


class LocalHost:
    """Both kinds."""

    def __init__(
        self,
        home: Home,
        processes: ProcessHost,
        connect: Callable[[], Containers],
        image_of: Callable[[ImageSource], str],
    ) -> None:
        """connect: finds the engine.  image_of: the name under which it has an image that was prepared."""
        self._home, self._processes, self._connect, self._image_of = home, processes, connect, image_of
        self._engine: Containers | None = None

    @property
    def _containers(self) -> Containers:
        if self._engine is None:
            self._engine = self._connect()
        return self._engine

    def _has_containers(self) -> bool:
        return self._engine is not None or self._home.engine.exists()

    def prepare(self, instance: Instance, digest: str) -> Path:
        """Give the instance its own writable copy of the unpacked bundle. What was there before is replaced, unless
        something may be on the engine that uses it."""
        folder = self._home.instance(instance.environment_id, instance.id)
        if private_folder(self._home, instance.environment_id, instance.id).is_dir() and folder.is_dir():
            return folder
        return self._processes.prepare(instance, digest)

    def start(
        self, instance: Instance, workload: Workload, unit: Unit, environment: Mapping[str, str]
    ) -> Identity | None:
        """None while it is being started: ask again. Raises TargetError when that is refused."""
        match unit:
            case Process():
                return self._processes.start(instance, unit, environment)
            case Container():
                assert workload.group is not None
                return self._containers.start(instance, workload.group, unit, environment, self._image_of(unit.image))
            case _:
                assert_never(unit)

    def restart(
        self, instance: Instance, workload: Workload, unit: Unit, environment: Mapping[str, str]
    ) -> Identity | None:
        """The same for one that ended: a new process, or the same container again."""
        match unit:
            case Process():
                return self._processes.start(instance, unit, environment)
            case Container():
                return self._containers.restart(instance, unit)
            case _:
                assert_never(unit)

    def address(self, instance: Instance, workload: Workload) -> tuple[str, int]:
        """Where `web` answers; call when everything was started."""
        if workload.group is not None:
            return self._containers.address(instance, workload.group)
        return instance.host, instance.port

    def published(self, instance: Instance, workload: Workload) -> tuple[Reachable, ...]:
        """Where every port is found that its containers declare; () for processes. Raises TargetError."""
        if workload.group is None or not identities(instance):
            return ()
        return self._containers.published(instance, workload.group)

    def ended(self, identities: Identities) -> Ended | None:
        """The first of these that is gone, None while all live."""
        ended = self._processes.ended(identities)
        if ended is None and any(isinstance(key, str) for key, _ in identities.values()):
            return self._containers.ended(identities)
        return ended

    def signal(self, instance: Instance, identities: Identities, number: signal.Signals) -> None:
        """Send a signal to everything of the instance."""
        self._processes.signal(instance, identities, number)
        if self._has_containers():
            self._containers.signal(instance, identities, number)

    def gone(self, instance: Instance, identities: Identities) -> bool:
        """Whether nothing of the instance is left."""
        if self._has_containers() and not self._containers.gone(instance, identities):
            return False
        return self._processes.gone(instance, identities)

    def clear(self, instance: Instance) -> None:
        """Remove what the instance had for itself; its logs stay."""
        if self._has_containers():
            self._containers.clear(instance)
        self._processes.clear(instance)

    def strays(self) -> dict[str, Identities]:
        """Everything of this home that carries an instance: {instance id: {name: identity}}."""
        found = self._processes.strays()
        if self._has_containers():
            for instance_id, names in self._containers.strays().items():
                found.setdefault(instance_id, {}).update(names)
        return found

    def sweep(self, living: Collection[str]) -> None:
        """Have removed what is left of instances that do not live; ids."""
        if self._has_containers():
            self._containers.sweep(living)

    def finish(self) -> None:
        """Nothing of this home is left: the next container may be on another engine."""
        self._home.engine.unlink(missing_ok=True)

    def usage(self, identities: Identities) -> tuple[int, float]:
        """(bytes of memory, seconds of processor time) of what lives of these."""
        if any(isinstance(key, str) for key, _ in identities.values()):
            return self._containers.usage(identities)
        return memory_and_cpu(identities)

    def last_lines(self, instance: Instance, lines: int) -> list[str]:
        """The end of what the instance wrote, for a person who wants to know why it ended."""
        return self._processes.last_lines(instance, lines)
