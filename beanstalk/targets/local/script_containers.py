"""Scripts of an instance of containers: each in a container of its own, of the image of the one that gets the requests.

It sees the instance's copy of the bundle where scripts expect it; or, where the application lies in a volume of the
instance, that volume, so that the application sees what they change. It belongs to the instance: whoever ends the
instance ends it, too.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from beanstalk.containers import Container, MountKind
from beanstalk.records import Instance
from beanstalk.scripts import Part
from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import CONTAINER, Labels
from beanstalk.targets.local.container_mounts import private_folder, volume_name
from beanstalk.targets.local.engine import Engine, EngineRefused

if TYPE_CHECKING:
    from docker import types

PLACES = {Part.BEFORE: "/var/app/staging", Part.AFTER: "/var/app/current"}
"""Where scripts find the application, before and after it has started (EB Developer Guide, "Platform hooks")."""
APPLICATION = PLACES[Part.AFTER]
_NO_PROGRAM = 127


@dataclass(frozen=True, slots=True)
class ScriptContainers:
    """What the program of a job has to know; never a value of the environment, for it is written down.

    url: of the engine.  name: beginning of the containers' names.  folder: the instance's copy, seen at `place`.
    private: the folder that says that the instance may have something on the engine.  variables: names of those that a
    script gets.  user: uid:gid, so that what scripts write can be removed again.  volume: of the instance, with the
    application; "" when that is in `folder`.
    """

    url: str
    image: str
    name: str
    labels: dict[str, str]
    folder: str
    private: str
    place: str
    variables: list[str]
    user: str
    volume: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def script_containers(
    home: Home, engine: Engine, image: str, web: Container, instance: Instance, part: Part, variables: Mapping[str, str]
) -> ScriptContainers:
    """Those of one part of an instance's scripts. image: the engine's name for that of `web`. Raises EngineAway."""
    labels = Labels.of(home)
    volume = next((each for each in web.mounts if (each.kind, each.target) == (MountKind.VOLUME, APPLICATION)), None)
    root = os.geteuid() == 0 or engine.facts.rootless or volume is not None
    return ScriptContainers(
        url=engine.url,
        image=image,
        name=labels.name(instance.id, f"script-{part}"),
        labels=labels.of_instance(instance) | {CONTAINER: f"script-{part}"},
        folder=str(home.instance(instance.environment_id, instance.id)),
        private=str(private_folder(home, instance.environment_id, instance.id)),
        place=PLACES[part] if volume is None else APPLICATION,
        variables=sorted(variables),
        user="0:0" if root else f"{os.geteuid()}:{os.getegid()}",
        volume="" if volume is None else volume_name(labels, instance.id, web.name, volume),
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A container that is being made is known only when that is done: until then SIGTERM waits."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _mount(wanted: ScriptContainers) -> types.Mount:
    """Of the application. A new volume gets what the image has there."""
    from docker import types

    if wanted.volume:
        return types.Mount(wanted.place, wanted.volume, type="volume", labels=wanted.labels)
    return types.Mount(wanted.place, wanted.folder, type="bind")


class InContainers:
    """The `Execute` of script_job.py. SIGTERM ends it with its container removed."""

    def __init__(self, wanted: ScriptContainers) -> None:
        self._wanted, self._engine, self._numbers = wanted, Engine(wanted.url), count()
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))

    def __call__(self, command: str | list[str], cwd: str, variables: Mapping[str, str], log: BinaryIO) -> int:
        """Raises OSError when the image has no such program, TargetError when the engine refuses or is away."""
        wanted = self._wanted
        Path(wanted.private).mkdir(parents=True, exist_ok=True)
        words = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
        given = {name: os.environ[name] for name in wanted.variables if name in os.environ}
        made = ""
        try:
            with _undisturbed(), self._engine.ask() as api:
                made = api.create_container(
                    wanted.image, command=words[1:], entrypoint=words[:1], name=f"{wanted.name}-{next(self._numbers)}",
                    environment={**given, **variables}, labels=wanted.labels, user=wanted.user,
                    working_dir=f"{wanted.place}/{cwd}".rstrip("/"),
                    host_config=api.create_host_config(mounts=[_mount(wanted)]),
                )["Id"]  # fmt: skip
            return self._follow(made, words[0], log)
        finally:
            if made:
                with _undisturbed(), self._engine.ask() as api:
                    api.remove_container(made, force=True, v=True)

    def _follow(self, made: str, program: str, log: BinaryIO) -> int:
        try:
            with self._engine.ask() as api:
                api.start(made)
        except EngineRefused as error:
            if "executable file not found" in error.problem or "no such file" in error.problem:
                raise FileNotFoundError(_NO_PROGRAM, "the image has no such program", program) from None
            raise
        with self._engine.ask() as api:
            for said in api.logs(made, stream=True, follow=True):
                log.write(said)
            return int(api.wait(made)["StatusCode"])
