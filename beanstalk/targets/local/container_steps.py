"""What is done to containers of an instance and takes its time: creating, starting, stopping, removing.

Every step can be done again by whoever comes after a killed agent: what is there already is found by its name and
labels. Meant for threads of a pool; all raise TargetError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from beanstalk.containers import Container
from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.store.home import Home
from beanstalk.targets.local.container_complaints import explain
from beanstalk.targets.local.container_labels import CONTAINER, INSTANCE, Labels
from beanstalk.targets.local.container_mounts import mounts_of
from beanstalk.targets.local.container_networks import Networks
from beanstalk.targets.local.container_settings import Settings, Wanted
from beanstalk.targets.local.engine import Engine, EngineFacts, EngineRefused

if TYPE_CHECKING:
    from docker import APIClient

_NOT_THERE, _CONFLICT = 404, 409
_JSON_FILE = "json-file"


@dataclass(frozen=True)
class Steps:
    """Those of one home on one engine."""

    home: Home
    engine: Engine
    labels: Labels
    networks: Networks

    def start(self, wanted: Wanted) -> str:
        """Create and start one container, as far as that was not done yet. Returns its id."""
        facts = self.engine.facts
        if facts.elsewhere:
            problem = f"instances on the container engine of {facts.elsewhere} ({facts.url}) could not be reached"
            raise TargetError(problem, hint="use the engine of this machine: see DOCKER_HOST and `docker context`")
        try:
            found = self._create(facts, wanted)
            with self.engine.ask() as api:
                api.start(found)
        except EngineRefused as error:
            raise explain(wanted.container.name, error) from None
        return found

    def start_again(self, instance: Instance, container: Container, container_id: str) -> str:
        """One that ended. What it may mount is looked at again: it could write there meanwhile."""
        mounts_of(self.home, self.labels, instance, container)
        try:
            with self.engine.ask() as api:
                api.start(container_id)
        except EngineRefused as error:
            raise explain(container.name, error) from None
        return container_id

    def ask_to_stop(self, container_id: str) -> None:
        """Send its own stop signal."""
        with _whatever_is_gone(), self.engine.ask() as api:
            said = api.inspect_container(container_id)["Config"].get("StopSignal")
            api.kill(container_id, said or "SIGTERM")

    def kill(self, container_id: str, signal: str = "SIGKILL") -> None:
        with _whatever_is_gone(), self.engine.ask() as api:
            api.kill(container_id, signal)

    def remove(self, instance_id: str) -> None:
        """Remove the containers, the network and the volumes of an instance.

        What somebody else uses by now, a network or a volume, stays until nobody does: see `sweep`.
        """
        with self.engine.ask() as api:
            found = api.containers(all=True, filters=self.labels.filters(instance_id))
        self._remove([each for each in found if self._is_ours(each)])
        self._remove_others(lambda each: each == instance_id)

    def sweep(self, is_living: Callable[[str], bool]) -> None:
        """Remove what this home has on the engine for instances that do not live. is_living: of an instance id, asked
        when something of it was found."""
        with self.engine.ask() as api:
            found = api.containers(all=True, filters=self.labels.filters())
        ours = [each for each in found if self._is_ours(each)]
        gone = [each for each in ours if not is_living(each["Labels"][INSTANCE])]
        self._remove(gone)
        self._remove_others(lambda instance_id: not is_living(instance_id))
        if len(gone) == len(ours):
            self.networks.remove_shared()

    def usage(self, container_id: str) -> tuple[int, float]:
        """(bytes of memory without what is only cached, seconds of processor time), (0, 0.0) when it does not run."""
        with self.engine.ask() as api:
            once = {"one_shot": True} if self.engine.facts.api >= (1, 41) else {}
            try:
                found: Any = api.stats(container_id, decode=None, stream=False, **once)
            except ValueError:  # the answer is empty: it ended meanwhile
                return 0, 0.0
        memory, detail = found.get("memory_stats") or {}, (found.get("memory_stats") or {}).get("stats") or {}
        cached = detail.get("total_inactive_file", detail.get("inactive_file", 0))
        used = max(0, memory.get("usage", 0) - cached)
        return used, ((found.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage", 0) / 1e9

    def _create(self, facts: EngineFacts, wanted: Wanted) -> str:
        network, count = None, len(wanted.group.containers)
        if count > 1:
            network = self.networks.of_instance(wanted.instance, count, wanted.group.network_range)
        elif not facts.bridge:
            network = self.networks.shared()
        limited = facts.log_driver == _JSON_FILE
        settings = Settings(self.labels, network, not facts.reachable, limited)
        mounts = mounts_of(self.home, self.labels, wanted.instance, wanted.container)
        with self.engine.ask() as api:
            container = _with_entrypoint(api, wanted.container, wanted.image)
            arguments = settings.arguments(api, replace(wanted, container=container), mounts)
        try:
            with self.engine.ask() as api:
                return str(api.create_container(**arguments)["Id"])
        except EngineRefused as error:
            if error.status != _CONFLICT:
                raise
            return self._adopt(arguments["name"], arguments["labels"])

    def _adopt(self, name: str, labels: Mapping[str, str]) -> str:
        """A container that has the name already: made by an agent that was killed, or somebody else's."""
        with self.engine.ask() as api:
            found = api.inspect_container(name)
        if not self.labels.are_on(found["Config"].get("Labels"), name):
            hint = f"remove it or rename it: docker rename {name} NEWNAME"
            raise TargetError(f"there is a container {name} that beanstalk did not make", hint=hint)
        return str(found["Id"])

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        labels = found.get("Labels") or {}
        name = self.labels.name(labels.get(INSTANCE, ""), labels.get(CONTAINER, ""))
        return f"/{name}" in (found.get("Names") or ()) and self.labels.are_on(labels, name)

    def _remove(self, found: list[dict[str, Any]]) -> None:
        for each in found:
            with _whatever_is_gone(), self.engine.ask() as api:
                api.remove_container(each["Id"], v=True, force=True)

    def _remove_others(self, is_gone: Callable[[str], bool]) -> None:
        """Networks and volumes of instances."""
        with self.engine.ask() as api:
            networks = api.networks(filters=self.labels.filters())
            volumes = api.volumes(filters=self.labels.filters())["Volumes"] or []
        for each in [*networks, *volumes]:
            owner = (each.get("Labels") or {}).get(INSTANCE, "")
            if is_gone(owner) and self.labels.are_on(each["Labels"], each["Name"]):
                with suppress(EngineRefused), self.engine.ask() as api:
                    api.remove_volume(each["Name"]) if "Mountpoint" in each else api.remove_network(each["Id"])


def _with_entrypoint(api: APIClient, container: Container, image: str) -> Container:
    """To an engine no command means the image's, unless there is an entry point, too: then that one is said."""
    if container.command != () or container.entrypoint:
        return container
    found: dict[str, Any] = api.inspect_image(image)  # type: ignore[no-untyped-call]
    words = tuple(found["Config"].get("Entrypoint") or ())
    if container.entrypoint == () or not words:
        problem = f"{container.name} cannot be started: the bundle takes its command away, and nothing is left to run"
        raise TargetError(problem, hint="name a program as Command or Entrypoint, or leave both out for the image's")
    return replace(container, entrypoint=words)


class _whatever_is_gone:
    """Passes over refusals that say that there is nothing left to do."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        return isinstance(error, EngineRefused) and error.status in (_NOT_THERE, _CONFLICT)
