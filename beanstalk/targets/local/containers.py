"""Instances as groups of containers on an engine.

Nothing that matters is kept here: a container carries the home, the instance and its own name as labels, so that a
new agent finds what an older one started. Whatever takes an engine more than a few milliseconds is done by threads, and
the agent, which must never wait, asks again. An engine that does not answer says nothing: no container is
taken for dead because of it.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from beanstalk.containers import Container, ContainerGroup
from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.container_logs import ContainerLogs, Source
from beanstalk.targets.local.container_mounts import private_folder
from beanstalk.targets.local.container_networks import Networks
from beanstalk.targets.local.container_settings import LOOPBACK, Wanted
from beanstalk.targets.local.container_states import end_of, may_start
from beanstalk.targets.local.container_steps import Steps
from beanstalk.targets.local.container_view import Seen, View
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.engine_away import EngineAway
from beanstalk.targets.local.host import Reachable
from beanstalk.targets.local.logs import last_lines
from beanstalk.targets.local.processes import Ended, Identities, Identity
from beanstalk.targets.local.trees import remove_tree

NETWORK_RANGE = "10.213.0.0/16"
_THREADS = 8
_AWAY_S = 10.0
"""How long an engine may be away before a start fails because of it: longer than it takes to be started again."""
_LOGS_S = 2.0
"""Longest wait for the last lines of a container that ended."""
_PATIENCE_S = 5.0
_AGAIN_S = 1.0
_COURTESY_S = 1.0
"""How long those that leave let those go first that are being started."""
_REMOVAL = ""
"""In the place of a container's name: the removal of everything of an instance."""


@dataclass(slots=True)
class _Leaving:
    """How far an instance is that stops. since: when that began.  patience_s: how long each container may take, None
    while nobody said.  asked: {container id: when it was asked to stop}."""

    since: float
    patience_s: float | None = None
    asked: dict[str, float] = field(default_factory=dict)


class ContainerHost:
    """Starts and ends containers. Its methods are for one thread, and do not make it wait."""

    def __init__(self, home: Home, engine: Engine, network_range: str = NETWORK_RANGE) -> None:
        """network_range: where the networks of instances of several containers are taken from."""
        self._home, self._engine = home, engine
        labels = Labels.of(home)
        self._view = View(engine, labels)
        self._logs = ContainerLogs(engine)
        self._steps = Steps(home, engine, labels, Networks(engine, labels, network_range))
        self._pool = ThreadPoolExecutor(_THREADS, "containers")
        self._jobs: dict[tuple[str, str], Future[Any]] = {}
        self._changed: dict[str, float] = {}
        """{instance id: when it was changed from here}; older lists say nothing about it."""
        self._owners: dict[str, str] = {}
        """{container id: instance id}"""
        self._away: dict[tuple[str, str], float] = {}
        self._leaving: dict[str, _Leaving] = {}
        self._left: set[str] = set()
        self._noticed: dict[str, float] = {}
        self._again: dict[str, float] = {}

    def start(
        self,
        instance: Instance,
        group: ContainerGroup,
        container: Container,
        environment: Mapping[str, str],
        image: str,
    ) -> Identity | None:
        """None while the engine is at it, or what the container depends on is not ready: ask again.

        environment: what every container of the instance gets.  image: the engine's name for it.
        Raises TargetError when it is refused, or can never be because of what it depends on.
        """
        key = instance.id, container.name
        if key in self._jobs:
            return self._finish(key)
        snapshot = self._view.look(self._changed.get(instance.id, 0.0))
        if snapshot is None:
            self._bear(key, self._view.trouble)
            return None
        mine = snapshot.of(instance.id)
        seen = mine.get(container.name)
        if seen is not None and not seen.is_created:
            return seen.id, 0.0
        if may_start(container, mine, self._view.state):
            # Before anything is on the engine: what says that there may be something to remove.
            private_folder(self._home, instance.environment_id, instance.id).mkdir(parents=True, exist_ok=True)
            self._do(key, partial(self._steps.start, Wanted(instance, group, container, environment, image)))
        return None

    def restart(self, instance: Instance, container: Container) -> Identity | None:
        """The same container again, with the address and the files that it had. None while the engine is at it.

        Whether that went well shows in `ended`; a refusal is raised by the next call.
        """
        key = instance.id, container.name
        if key in self._jobs and self._finish(key) is None:
            return None
        snapshot = self._view.look(self._changed.get(instance.id, 0.0))
        if snapshot is None:
            return None
        seen = snapshot.of(instance.id).get(container.name)
        if seen is None:
            raise TargetError("its container was removed by somebody")
        if seen.is_running:
            return seen.id, 0.0
        self._forget(seen.id)
        self._do(key, partial(self._steps.start_again, instance, container, seen.id))
        return None

    def address(self, instance: Instance, group: ContainerGroup) -> tuple[str, int]:
        """Where the requests go; port 0 when the container ended already. Raises TargetError when nobody knows.

        Where ports are published it is another one after each start of the container.
        """
        if self._engine.facts.reachable:
            seen = self._seen(instance).get(group.web)
            return (seen.address, group.port) if seen is not None and seen.address else (LOOPBACK, 0)
        for each in self.published(instance, group):
            if (each.container, each.port, each.protocol) == (group.web, group.port, "tcp"):
                return each.host, each.host_port
        return LOOPBACK, 0

    def published(self, instance: Instance, group: ContainerGroup) -> tuple[Reachable, ...]:
        """Every port that a container of the instance declares, and where it is found. Raises TargetError when nobody
        knows."""
        reachable, found = self._engine.facts.reachable, []
        declared = {each.name: {(port.container, port.protocol) for port in each.ports} for each in group.containers}
        declared[group.web].add((group.port, "tcp"))
        for name, seen in sorted(self._seen(instance).items()):
            public = {(port, protocol): number for port, protocol, number in seen.ports}
            if reachable:  # the engine tells those of an image here, and not of each network those of a container
                ports = sorted(public.keys() | declared.get(name, set())) if seen.address else []
                found += [Reachable(name, port, protocol, seen.address, port) for port, protocol in ports]
            else:
                numbers = sorted((place, number) for place, number in public.items() if number is not None)
                found += [Reachable(name, *place, LOOPBACK, number) for place, number in numbers]
        return tuple(found)

    def ended(self, identities: Identities) -> Ended | None:
        """The first of these containers that is gone, with all its output in its log; None while all live.

        Also None when the engine does not say.
        """
        for name, (container_id, _) in identities.items():
            if isinstance(container_id, str) and (ended := self._ended(name, container_id)) is not None:
                return ended
        return None

    def signal(self, instance: Instance, identities: Identities, number: signal.Signals) -> None:
        """SIGTERM: have each container stopped by its own stop signal, before those that it depends on; `gone` goes
        on with that. SIGKILL after that says how long each one may take that has no limit of its own: so long as the
        instance has taken by now. Else a signal is sent to all of them."""
        snapshot = self._view.look()
        mine = snapshot.of(instance.id) if snapshot else {}
        leaving = self._leaving.get(instance.id)
        if number is signal.SIGTERM and leaving is None:
            leaving = self._leaving[instance.id] = _Leaving(time.monotonic())
        if number is signal.SIGKILL and leaving is not None and leaving.patience_s is None:
            leaving.patience_s = time.monotonic() - leaving.since
        if leaving is not None and number in (signal.SIGTERM, signal.SIGKILL):
            self._stop_next(leaving, mine)
            return
        known = {key for key, _ in identities.values() if isinstance(key, str)}
        for container_id in known | {seen.id for seen in mine.values() if seen.is_running}:
            self._pool.submit(_quietly, self._steps.kill, container_id, number.name)

    def gone(self, instance: Instance, identities: Identities) -> bool:
        """Whether nothing of the instance is left on the engine; removes what does not run any more."""
        if instance.id in self._left or not private_folder(self._home, instance.environment_id, instance.id).is_dir():
            return True  # or there never was anything
        if any(key[0] == instance.id and not job.done() for key, job in self._jobs.items()):
            return False
        removal = self._jobs.pop((instance.id, _REMOVAL), None)
        if removal is not None:
            if removal.exception() is None:
                self._left.add(instance.id)
                return True
            self._again[instance.id] = time.monotonic() + _AGAIN_S
        snapshot = self._view.look(self._changed.get(instance.id, 0.0))
        if snapshot is None or time.monotonic() < self._again.get(instance.id, 0.0):
            return False
        mine = snapshot.of(instance.id)
        if any(seen.is_running for seen in mine.values()):
            if instance.id in self._leaving:
                self._stop_next(self._leaving[instance.id], mine)
        elif all(seen.is_created or self._is_written(seen) for seen in mine.values()):
            self._do((instance.id, _REMOVAL), partial(self._steps.remove, instance.id))
        return False

    def clear(self, instance: Instance) -> None:
        """Remove the folders of the instance, and what is remembered of it; its logs stay."""
        remove_tree(private_folder(self._home, instance.environment_id, instance.id))
        remove_tree(self._home.instance(instance.environment_id, instance.id))
        for container_id in [each for each, owner in self._owners.items() if owner == instance.id]:
            del self._owners[container_id]
            self._forget(container_id)
        for memory in (self._changed, self._leaving, self._again):
            memory.pop(instance.id, None)
        self._left.discard(instance.id)
        for key in [key for key in self._jobs if key[0] == instance.id]:
            del self._jobs[key]

    def strays(self) -> dict[str, Identities]:
        """All containers of this home that were started: {instance id: {container name: identity}}.

        {} when the engine does not answer. Waits for it up to _PATIENCE_S.
        """
        snapshot = self._view.look(time.monotonic(), _PATIENCE_S)
        found: dict[str, Identities] = {}
        for seen in snapshot.containers.values() if snapshot else ():
            if not seen.is_created:
                found.setdefault(seen.instance, {})[seen.name] = (seen.id, 0.0)
        return found

    def sweep(self, living: Collection[str]) -> None:
        """Have everything removed that this home has for instances that do not live; does not wait for it.

        living: ids. Those that were started from here meanwhile are not touched.
        """
        key = "", _REMOVAL
        if key in self._jobs and not self._jobs[key].done():
            return
        known = frozenset(living)
        sweep = partial(self._steps.sweep, lambda each: each in known or each in self._changed)
        self._jobs[key] = self._pool.submit(_quietly, sweep)

    def last_lines(self, instance: Instance, lines: int) -> list[str]:
        """The end of what the instance wrote, for a person who wants to know why it ended."""
        return last_lines(self._home.logs(instance.environment_id, instance.id), lines)

    def usage(self, identities: Identities) -> tuple[int, float]:
        """(bytes of memory, seconds of processor time) of the containers that run. Waits for the engine."""
        ids = [key for key, _ in identities.values() if isinstance(key, str)]
        memory, cpu = 0, 0.0
        for job in [self._pool.submit(self._steps.usage, each) for each in ids]:
            with suppress(TargetError):
                found = job.result()
                memory, cpu = memory + found[0], cpu + found[1]
        return memory, cpu

    def _forget(self, container_id: str) -> None:
        """How it ended: it runs again, or is no more."""
        self._noticed.pop(container_id, None)
        self._view.forget(container_id)
        self._logs.forget(container_id)

    def _do(self, key: tuple[str, str], step: Callable[[], Any]) -> None:
        def run() -> Any:
            try:
                return step()
            finally:
                self._changed[key[0]] = time.monotonic()

        self._changed[key[0]] = time.monotonic()
        self._jobs[key] = self._pool.submit(run)

    def _finish(self, key: tuple[str, str]) -> Identity | None:
        """What a start that goes on came to. Raises what it raised."""
        if not self._jobs[key].done():
            return None
        try:
            container_id = self._jobs.pop(key).result()
        except EngineAway as error:
            self._bear(key, error)
            return None
        self._away.pop(key, None)
        self._owners[container_id] = key[0]
        return container_id, 0.0

    def _bear(self, key: tuple[str, str], trouble: TargetError | None) -> None:
        """An engine that is away may come back. Raises `trouble` when it has been away for too long."""
        since = self._away.setdefault(key, time.monotonic())
        if trouble is not None and time.monotonic() - since > _AWAY_S:
            del self._away[key]
            raise trouble

    def _ended(self, name: str, container_id: str) -> Ended | None:
        snapshot = self._view.look(self._changed.get(self._owners.get(container_id, ""), 0.0))
        if snapshot is None:
            return None
        seen = snapshot.containers.get(container_id)
        if seen is None:
            return Ended(name, None)
        self._owners[container_id] = seen.instance
        job = self._jobs.get((seen.instance, name))
        if job is not None and not job.done():
            return None  # it is being started again
        self._follow(seen)
        if not seen.has_ended or snapshot.asked < self._changed.get(seen.instance, 0.0):
            return None
        state = self._view.state(container_id, fresh_s=float("inf"))
        return end_of(name, state) if state is not None and self._is_written(seen) else None

    def _follow(self, seen: Seen) -> None:
        if not self._logs.is_followed(seen.id):
            note = private_folder(self._home, seen.environment, seen.instance) / f"{seen.name}.read"
            log = self._home.logs(seen.environment, seen.instance) / f"{seen.name}.log"
            self._logs.follow(Source(seen.id, log, note))

    def _is_written(self, seen: Seen) -> bool:
        """Whether the log of a container that ended is complete, or was waited for long enough."""
        self._follow(seen)
        since = self._noticed.setdefault(seen.id, time.monotonic())
        return self._logs.is_complete(seen.id) or time.monotonic() - since > _LOGS_S

    def _is_starting(self) -> bool:
        return any(key[1] != _REMOVAL and not job.done() for key, job in self._jobs.items())

    def _stop_next(self, leaving: _Leaving, mine: Mapping[str, Seen]) -> None:
        """Ask those to stop that no other one depends on; kill those that took too long.

        At first new containers have the engine for themselves: somebody waits for them, and it does much of its work
        one after the other.
        """
        if not leaving.asked and self._is_starting() and time.monotonic() - leaving.since < _COURTESY_S:
            return
        running = [seen for seen in mine.values() if seen.is_running]
        needed = {name for seen in running for name in seen.after if name != seen.name}
        for seen in [seen for seen in running if seen.name not in needed] or running:
            now = time.monotonic()
            if seen.id not in leaving.asked:
                leaving.asked[seen.id] = now
                self._pool.submit(_quietly, self._steps.ask_to_stop, seen.id)
                continue
            limit_s = leaving.patience_s if seen.stop_after_s is None else seen.stop_after_s
            if limit_s is not None and now - leaving.asked[seen.id] > limit_s:
                leaving.asked[seen.id] = now - limit_s + _AGAIN_S
                self._pool.submit(_quietly, self._steps.kill, seen.id)

    def _seen(self, instance: Instance) -> dict[str, Seen]:
        snapshot = self._view.look(self._changed.get(instance.id, 0.0), _PATIENCE_S)
        if snapshot is None:
            raise self._view.trouble or EngineAway(f"the container engine at {self._engine.url} takes too long")
        return snapshot.of(instance.id)


def _quietly(step: Callable[..., None], *arguments: Any) -> None:
    """Somebody looks at what came of it."""
    with suppress(TargetError):
        step(*arguments)
