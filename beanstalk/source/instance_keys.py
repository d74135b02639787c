"""What `.ebextensions` ask of an instance, as values in the order in which they are applied.

Source: EB Developer Guide, "Customizing software on Linux servers". Texts may hold functions (`TextValue`); modes and
names are plain. `at` is where the entry was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from beanstalk.errors import Where
from beanstalk.source.functions import TextValue, Value

MANAGERS = ("rpm", "msi", "apt", "zypper", "yum", "rubygems", "python", "npm")
"""In the order in which they are used: what other packages may need comes first."""
SERVICE_MANAGERS = ("sysvinit", "systemd", "windows")
ENCODINGS = ("plain", "base64")

Environment: TypeAlias = "tuple[tuple[str, TextValue], ...]"
CommandLine: TypeAlias = "TextValue | tuple[TextValue, ...]"
"""A text goes to the shell; a tuple is one program and its arguments, never several commands."""


@dataclass(frozen=True, slots=True)
class Package:
    """`versions`: () for the newest one. Of rpm and msi they are URLs or paths, and `name` is free."""

    manager: str
    name: str
    versions: tuple[TextValue, ...]
    at: Where


@dataclass(frozen=True, slots=True)
class UnixGroup:
    name: str
    gid: int | None
    at: Where


@dataclass(frozen=True, slots=True)
class User:
    """A system user with the shell /sbin/nologin. `home` is "" when the system chooses."""

    name: str
    uid: int | None
    groups: tuple[str, ...]
    home: str
    at: Where


@dataclass(frozen=True, slots=True)
class Archive:
    """A tar, tar.gz, tar.bz2 or zip that is unpacked into `target`, over what was unpacked there before."""

    target: str
    url: TextValue
    at: Where


@dataclass(frozen=True, slots=True)
class File:
    """A file, or a symbolic link when `is_link`: then `content` is where it points to.

    Exactly one of `content` and `source` is set. A `content` that is an Object or a list is written as JSON.
    `mode` is "" or has six octal digits; `owner`, `group` and `authentication` are "" when not said. `context` fills
    in {{names}} of the content.
    """

    path: str
    content: Value
    source: TextValue | None
    encoding: str
    mode: str
    owner: str
    group: str
    authentication: str
    context: Value
    at: Where

    @property
    def is_link(self) -> bool:
        return self.mode.startswith("120")


@dataclass(frozen=True, slots=True)
class Command:
    """Runs in `cwd` (else `/`) before the application is set up, when `test` is None or exits with 0.

    `env` replaces the environment; None: as it is. `wait_s` is for Windows: None is its default, -1 for ever.
    """

    name: str
    command: CommandLine
    cwd: TextValue
    env: Environment | None
    test: TextValue | None
    ignore_errors: bool
    wait_s: int | None
    at: Where


@dataclass(frozen=True, slots=True)
class ContainerCommand(Command):
    """Runs in `cwd` (else the staging folder) when the application was unpacked, with the environment properties.

    `env` goes over them. `leader_only`: on one instance only, at deployments and at creation; it has no `test`.
    """

    leader_only: bool


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Whether a service runs and starts with the system; None leaves it as it is.

    It is restarted when one of `files`, `sources`, `packages` (manager, name) or `commands` was changed by this run.
    """

    manager: str
    name: str
    enabled: bool | None
    ensure_running: bool | None
    files: tuple[str, ...]
    sources: tuple[str, ...]
    packages: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    at: Where


@dataclass(frozen=True, slots=True)
class InstanceKeys:
    """What one file asks for. The fields stand in the order in which they are applied, each with its own order inside.

    Packages by manager, then as written; groups, users and services as written; the others by name.
    """

    path: str
    packages: tuple[Package, ...] = ()
    groups: tuple[UnixGroup, ...] = ()
    users: tuple[User, ...] = ()
    sources: tuple[Archive, ...] = ()
    files: tuple[File, ...] = ()
    commands: tuple[Command, ...] = ()
    services: tuple[ServiceState, ...] = ()
    container_commands: tuple[ContainerCommand, ...] = ()
