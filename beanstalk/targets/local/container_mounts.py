"""What is behind the mounts of a container: folders below the home, volumes of the instance, memory; nothing else.

    environments/ID/instances/INSTANCE     the copy of the bundle, BUNDLE
    environments/ID/logs/INSTANCE          LOGS, which stay
    environments/ID/containers/INSTANCE    `host/`: the private folders of HOST; and how far logs were read

An application may put links into what it can write to. So every path is followed to its end before it is mounted, and
has to end below the folder that it belongs to.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from beanstalk.containers import Container, Mount, MountKind
from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.store.home import Home
from beanstalk.targets.local.container_labels import CONTAINER, Labels

if TYPE_CHECKING:
    from docker import types

_OPEN = 0o777
"""Of new folders of HOST and LOGS: any user of an image may write there. Nobody else gets past the home's own mode."""


def private_folder(home: Home, environment_id: str, instance_id: str) -> Path:
    """Of an instance of containers, beside its copy of the bundle; removed with it."""
    return home.environment(environment_id) / "containers" / instance_id


def mounts_of(home: Home, labels: Labels, instance: Instance, container: Container) -> list[types.Mount]:
    """In the engine's form. Folders that are missing are made. Raises TargetError for a path that leads outside."""
    return [_mount(home, labels, instance, container, mount) for mount in container.mounts]


def volume_name(labels: Labels, instance_id: str, container: str, mount: Mount) -> str:
    """Of a VOLUME the instance's containers share it; of a NAMELESS one nobody else has it."""
    whose = mount.source if mount.kind is MountKind.VOLUME else f"{container}\0{mount.target}"
    return labels.name(instance_id, f"{mount.kind}-{hashlib.sha256(whose.encode()).hexdigest()[:12]}")


def _mount(home: Home, labels: Labels, instance: Instance, container: Container, mount: Mount) -> types.Mount:
    from docker import types

    match mount.kind:
        case MountKind.TMPFS:
            return types.Mount(mount.target, None, type="tmpfs", tmpfs_size=mount.size)
        case MountKind.VOLUME | MountKind.NAMELESS:
            name = volume_name(labels, instance.id, container.name, mount)
            marked = {**labels.of_instance(instance), CONTAINER: container.name}
            return types.Mount(mount.target, name, type="volume", read_only=mount.read_only, labels=marked)
        case MountKind.BUNDLE | MountKind.HOST | MountKind.LOGS:
            place = _place(home, instance, mount)
            return types.Mount(mount.target, str(place), type="bind", read_only=mount.read_only)


def _place(home: Home, instance: Instance, mount: Mount) -> Path:
    """The folder or file on this machine."""
    ids = instance.environment_id, instance.id
    match mount.kind:
        case MountKind.HOST:
            top = private_folder(home, *ids) / "host"
        case MountKind.LOGS:
            top = home.logs(*ids)
        case _:
            top = home.instance(*ids)
    open_to_all = mount.kind is not MountKind.BUNDLE
    try:
        top.mkdir(parents=True, exist_ok=True)
        return _inside(top.resolve(), mount, open_to_all)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle; ValueError: a NUL
        raise TargetError(f"the mount {mount.source} on {mount.target} cannot be made: {error}") from None


def _inside(top: Path, mount: Mount, open_to_all: bool) -> Path:
    """`mount.source` below `top`, made where it is missing."""
    parts = [part for part in PurePosixPath(mount.source).parts if part not in ("/", "//")]
    if ".." in parts:
        raise _outside(mount)
    place = top
    for part in parts:
        place = place / part
        if place.is_symlink() or place.exists():
            place = place.resolve(strict=True)
            if place != top and top not in place.parents:
                raise _outside(mount)
        else:
            place.mkdir()
            if open_to_all:
                place.chmod(_OPEN)
    return place


def _outside(mount: Mount) -> TargetError:
    what = {MountKind.BUNDLE: "the bundle", MountKind.LOGS: "the instance's logs"}.get(mount.kind, "its folder")
    problem = f"the mount of {mount.source} on {mount.target} leads out of {what}"
    return TargetError(problem, hint="mount a path without .. and without links to other places")
