"""Paths of the machine that Elastic Beanstalk would give an instance -> what is mounted here in their place.

The bundle lies at /var/app/current there, and logs below one of two folders. Everything else would show a machine that
is not there: each instance has an empty folder of its own for it. Source: EB Developer Guide, "Docker platform
configuration" and "ECS managed Docker platform".
"""

from __future__ import annotations

import posixpath

from beanstalk.container_groups.material import Material
from beanstalk.containers import Mount, MountKind
from beanstalk.source.notes import Place

CURRENT = "/var/app/current"
LOGS = ("/var/log/eb-docker/containers", "/var/log/containers")
_WHOLE = (
    "/bin", "/boot", "/cgroup", "/dev", "/etc/pki", "/etc/ssl", "/lib", "/lib64", "/opt/aws", "/opt/elasticbeanstalk",
    "/proc", "/run/containerd", "/run/dbus", "/run/docker.sock", "/run/systemd", "/run/udev", "/sbin", "/sys",
    "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/sbin", "/usr/share/zoneinfo", "/var/lib/cloud", "/var/lib/docker",
    "/var/lib/ecs",
)  # fmt: skip
"""Of the operating system, with all below: without its content a mount has no sense, and some of it are files."""
_THEMSELVES = (
    "/", "/etc", "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/localtime", "/etc/machine-id", "/etc/os-release",
    "/etc/passwd", "/etc/resolv.conf", "/etc/shadow", "/etc/timezone", "/home", "/opt", "/root", "/run", "/usr",
    "/usr/local", "/usr/share", "/var", "/var/app", "/var/lib",
)  # fmt: skip
"""The same, but what is below them may be the application's own."""


def mount_of_path(path: str, target: str, read_only: bool, place: Place, material: Material) -> Mount | None:
    """path: absolute. None when nothing can be mounted, which is noted."""
    if not usable_target(target, place, material):
        return None
    source = normal(path)
    if (inside := _below(source, CURRENT)) is not None:
        if not material.has(inside):
            text = f"{inside[:80]} is not in the bundle: {target[:80]} is an empty folder"
            material.notes.warn(place, text, "put it into the bundle, or leave the mount out")
        return Mount(MountKind.BUNDLE, inside, target, read_only)
    for folder in LOGS:
        if inside := _below(source, folder):
            return Mount(MountKind.LOGS, inside, target, read_only)
    if is_of_the_system(source) and not material.settings.on_aws:
        why = "it belongs to the machine's own system, which containers do not see"
        material.told(place, f"the mount of {source[:80]} on {target[:80]}", why)
        return None
    return Mount(MountKind.HOST, source, target, read_only)


def usable_target(target: str, place: Place, material: Material) -> bool:
    if target.startswith("/") and "\0" not in target and posixpath.normpath(target).strip("/"):
        return True
    material.notes.wrong(place, f"{target[:80]!r} cannot be mounted on in a container", "write an absolute path")
    return False


def normal(path: str) -> str:
    """An absolute path without . and .. and doubled slashes."""
    return "/" + posixpath.normpath(path).lstrip("/")


def is_of_the_system(path: str) -> bool:
    """path: normal. /var/run is /run."""
    path = path.replace("/var/run", "/run", 1) if path.startswith("/var/run") else path
    return path in _THEMSELVES or any(_below(path, folder) is not None for folder in _WHOLE)


def _below(path: str, folder: str) -> str | None:
    """The path as seen from the folder, "" for the folder itself; None when it is elsewhere."""
    if path == folder:
        return ""
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None
