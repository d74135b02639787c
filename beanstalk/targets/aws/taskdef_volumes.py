"""Volumes of a task and what is mounted from them.

On EC2 a folder of the instance stays one, and a named volume is Docker's, of the one task. On Fargate a volume is a
part of the task's own disk, and there is no instance whose folders could be seen.
"""

from __future__ import annotations

import re
from typing import Any, assert_never

from beanstalk.containers import Container, Mount, MountKind
from beanstalk.source.dockerrun_v2 import LOGS, LOGS_FOLDER
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_making import BUNDLE, Making

SHARED = "beanstalk-shared"
"""Name of the volume of the file system that all tasks share."""
_TMPFS_MIB = 64
_MIB = 1 << 20
_COPY_OR_FETCH = f"copy the files into an image of your own, or fetch them to {BUNDLE} with sources in .ebextensions"
_INTO_THE_IMAGE = "copy the files into an image of your own (FROM {image} and COPY)"


def mount_points(container: Container, making: Making) -> list[Json]:
    """Of a container that is not described in ECS's own words. Their volumes are noted in `making`."""
    found = []
    for mount in container.mounts:
        if mount.kind is MountKind.TMPFS or _is_of_platform(container, mount):
            continue
        name = _volume(container, mount, making)
        if name:
            found.append({"sourceVolume": name, "containerPath": mount.target, "readOnly": mount.read_only})
    return [*found, *shared_mount(container.name, found, making)]


def tmpfs(container: Container, making: Making) -> list[Json]:
    """In ECS a file system in memory has a size."""
    found = []
    for mount in container.mounts:
        if mount.kind is not MountKind.TMPFS:
            continue
        if mount.size is None:
            text = f"{mount.target} of {container.name} gets {_TMPFS_MIB} MiB of memory, as nothing says how much"
            making.warn(container.name, "linuxParameters", text, "write the size of the tmpfs")
        size = _TMPFS_MIB if mount.size is None else max(1, -(-mount.size // _MIB))
        options = {"mountOptions": ["ro"]} if mount.read_only else {}
        found.append({"containerPath": mount.target, "size": size, **options})
    return found


def written_volumes(written: list[Any], making: Making) -> None:
    """Those of a Dockerrun of version 2, as they are."""
    for number, each in enumerate(written):
        if not isinstance(each, dict):
            continue
        name, host = str(each.get("name", number)), each.get("host")
        making.volumes[name] = each
        path = host.get("sourcePath") if isinstance(host, dict) else None
        if isinstance(path, str) and is_of_bundle(path) and not making.on_fargate:
            problem = making.places.problem(_no_bundle(f"the volume {name}", path), _COPY_OR_FETCH, "", "volumes", name)
            making.notes.warnings.append(problem)


def written_mounts(container: Container, written: list[Any], making: Making) -> list[Any]:
    """The same for mount points. Elastic Beanstalk has a volume for the logs of every container, for who mounts it."""
    for each in written:
        name = str(each.get("sourceVolume", "")) if isinstance(each, dict) else ""
        if name.startswith(LOGS) and name not in making.volumes:
            _logs(name, name.removeprefix(LOGS), container, making)
    return [*written, *shared_mount(container.name, written, making)]


def shared_mount(container: str, others: list[Any], making: Making) -> list[Json]:
    """Of the file system that SharedFileSystem names; every container has it."""
    if not making.surroundings.file_system or not making.option("SharedFileSystem"):
        return []
    path = making.option("FileSystemPath")
    if any(isinstance(each, dict) and each.get("containerPath") == path for each in others):
        making.wrong(container, "mountPoints", f"{container} has another mount on {path}", "set FileSystemPath")
    making.volumes[SHARED] = {
        "name": SHARED,
        "efsVolumeConfiguration": {
            "fileSystemId": making.surroundings.file_system,
            "rootDirectory": making.option("FileSystemRoot") or "/",
            "transitEncryption": "ENABLED",
        },
    }
    return [{"sourceVolume": SHARED, "containerPath": path, "readOnly": False}]


def _is_of_platform(container: Container, mount: Mount) -> bool:
    """On this machine scripts change the application in a volume; on AWS they run in the image that holds it."""
    build = container.image.build
    return mount.target == BUNDLE and build is not None and bool(build.left_out)


def _volume(container: Container, mount: Mount, making: Making) -> str:
    """Name of the volume, "" when there cannot be one."""
    match mount.kind:
        case MountKind.BUNDLE:
            return _of_bundle(container, mount, making)
        case MountKind.HOST:
            return _host(mount.source, making)
        case MountKind.LOGS:
            name = _named(LOGS + mount.source)
            if name not in making.volumes:
                _logs(name, mount.source, container, making)
            return name
        case MountKind.VOLUME:
            return _docker(_named(mount.source), making)
        case MountKind.NAMELESS:
            return _docker(_named(f"{container.name}{mount.target}"), making)
        case MountKind.TMPFS:
            return ""
        case _:
            assert_never(mount.kind)


def _of_bundle(container: Container, mount: Mount, making: Making) -> str:
    path = f"{BUNDLE}/{mount.source}".removesuffix("/")
    if not making.on_fargate:
        making.warn(container.name, "mountPoints", _no_bundle(f"a volume of {container.name}", path), _COPY_OR_FETCH)
        return _host(path, making)
    what = mount.source or "all of the bundle"
    text = f"{container.name} mounts {what} from the bundle, which is in no task on Fargate"
    image = container.image.reference or "the image"
    making.wrong(container.name, "mountPoints", text, _INTO_THE_IMAGE.format(image=image))
    return ""


def is_of_bundle(path: str) -> bool:
    return path == BUNDLE or path.startswith(f"{BUNDLE}/")


def _no_bundle(what: str, path: str) -> str:
    return f"{what} is {path[:80]} of the instance, and instances on AWS do not get the bundle: the folder is empty"


def _host(path: str, making: Making) -> str:
    name = _named(path)
    making.volumes.setdefault(name, {"name": name, "host": {"sourcePath": path}})
    return name


def _docker(name: str, making: Making) -> str:
    volume: Json = {"name": name}
    if not making.on_fargate:
        volume["dockerVolumeConfiguration"] = {"scope": "task", "driver": "local"}
    making.volumes.setdefault(name, volume)
    return name


def _logs(name: str, folder: str, container: Container, making: Making) -> None:
    if not making.on_fargate:
        making.volumes[name] = {"name": name, "host": {"sourcePath": LOGS_FOLDER + folder}}
        return
    making.volumes[name] = {"name": name}
    text = f"log files of {container.name} stay in its task and go with it: nothing collects them on Fargate"
    making.warn(container.name, "mountPoints", text, "write logs to the standard output")


def _named(text: str) -> str:
    """A name that ECS takes."""
    return re.sub("[^A-Za-z0-9_-]+", "-", text).strip("-")[:255] or "volume"
