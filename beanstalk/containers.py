"""What one instance runs on a container engine, said once for every target.

A `ContainerGroup` is a value without an engine's or a cloud's own words: the local target makes containers of it, the
AWS target a task definition. Dockerfile, Dockerrun and Compose are brought into this form by `container_groups`.
Sizes are bytes, times seconds. Texts are "" and lists empty when nothing was said, numbers None.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

Pairs = tuple[tuple[str, str], ...]
"""A mapping that keeps its order and stays frozen."""


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """An image made from the source bundle.

    key: hex digest of everything below and of the content of the files of the context, so that the same content is
    the same image.  context: folder in the bundle, "" for its root.  dockerfile: path in the context; with `text` it
    is only a name.  text: the Dockerfile itself when it is generated, "" when it is in the bundle.
    left_out: patterns of what the engine does not get, in the place of a .dockerignore; (): what that file says.
    entry: a program for /bin/sh that becomes the first one of the image, with what it would have run as its arguments;
    only for AWS.
    """

    key: str
    context: str = ""
    dockerfile: str = "Dockerfile"
    text: str = ""
    target: str = ""
    args: Pairs = ()
    left_out: tuple[str, ...] = ()
    entry: str = ""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where an image comes from: `build`, or `reference`, the name it has in a registry.

    always: it is pulled even when the engine has it (`Image.Update`, `pull_policy: always`).
    or_present: when it cannot be pulled, what the engine has is taken.
    pin: digest of the version and the reference.
    again: of a deployment that was to ask anew for what the version has already, some text of its own.
    All instances with the same `key` run the very same image, those that replace a dead one and those of a rollback
    included.
    credentials: path in the bundle of a docker configuration file, or s3://BUCKET/KEY of one; "": what the user's
    own docker configuration says.
    """

    reference: str = ""
    build: ImageBuild | None = None
    always: bool = False
    pin: str = ""
    credentials: str = ""
    or_present: bool = False
    again: str = ""

    @property
    def key(self) -> str:
        """Hex digest that tells images apart."""
        made_of = self.build.key if self.build else self.pin or _digest(self.reference)
        return _digest(f"{made_of}\n{self.again}") if self.again else made_of


@dataclass(frozen=True, slots=True)
class Port:
    """host: what was asked for on the instance's machine, None: any.  protocol: "tcp" or "udp"."""

    container: int
    host: int | None = None
    protocol: str = "tcp"


class MountKind(StrEnum):
    """What is behind a mount.

    BUNDLE: `source` is a path in the instance's own copy of the bundle ("" for all of it).
    HOST: `source` is an absolute path of the machine that Elastic Beanstalk would give the instance. Here every
    instance has a private, at first empty folder for each of them: nothing of this machine is seen.
    VOLUME: `source` names a volume that the containers of the instance share.
    LOGS: `source` is a folder below the instance's logs, which outlive it.
    NAMELESS: a volume of this container alone.  TMPFS: in memory.
    """

    BUNDLE = "bundle"
    HOST = "host"
    VOLUME = "volume"
    LOGS = "logs"
    NAMELESS = "nameless"
    TMPFS = "tmpfs"


@dataclass(frozen=True, slots=True)
class Mount:
    """size: of a TMPFS, None: no limit of its own."""

    kind: MountKind
    source: str
    target: str
    read_only: bool = False
    size: int | None = None


class Condition(StrEnum):
    """What a container waits for in another one."""

    STARTED = "started"
    HEALTHY = "healthy"
    COMPLETED = "completed"
    """It ended, however."""
    SUCCEEDED = "succeeded"
    """It ended with exit code 0."""


@dataclass(frozen=True, slots=True)
class Dependency:
    container: str
    condition: Condition = Condition.STARTED


@dataclass(frozen=True, slots=True)
class Borrowed:
    """All mounts of another container (`volumesFrom`)."""

    container: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ContainerCheck:
    """test: CMD and arguments, CMD-SHELL and one line, or NONE, which also turns off that of the image; () keeps it."""

    test: tuple[str, ...]
    interval_s: float | None = None
    timeout_s: float | None = None
    retries: int | None = None
    start_period_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ulimit:
    name: str
    soft: int
    hard: int


class Restart(StrEnum):
    """What happens when a container ends that is not essential."""

    NO = "no"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Container:
    """One container of an instance.

    command, entrypoint: None: those of the image; () takes them away.  secrets: (variable, name of a secret of the
    workload); none of these variables is in `environment`, too.  links: (container, alias); a container is also known
    to the others by its own name and its aliases.  essential: the instance ends when it ends.  cpu_shares: its weight
    against others.  cpus: the most it may use.  stop_after_s: between its stop signal and SIGKILL, None: the
    workload's grace.  log_driver: "" for what the target has by default.
    """

    name: str
    image: ImageSource
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Pairs = ()
    secrets: Pairs = ()
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    volumes_from: tuple[Borrowed, ...] = ()
    links: Pairs = ()
    aliases: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    essential: bool = True
    restart: Restart = Restart.NO
    memory: int | None = None
    memory_reservation: int | None = None
    cpu_shares: int | None = None
    cpus: float | None = None
    hostname: str = ""
    user: str = ""
    working_dir: str = ""
    extra_hosts: Pairs = ()
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    sysctls: Pairs = ()
    shm_size: int | None = None
    log_driver: str = ""
    log_options: Pairs = ()
    check: ContainerCheck | None = None
    labels: Pairs = ()
    stop_signal: str = ""
    stop_after_s: float | None = None
    init: bool = False
    privileged: bool = False
    read_only: bool = False
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    terminal: bool = False
    stdin: bool = False


@dataclass(frozen=True, slots=True)
class ContainerGroup:
    """The containers of one instance, each behind what it depends on.

    web: name of the one that gets the requests, on its `port`.  network_range: where private networks are taken from,
    "" for what the target has by default; another one is for new instances and makes none.
    """

    containers: tuple[Container, ...]
    web: str
    port: int
    network_range: str = field(default="", compare=False)

    def container(self, name: str) -> Container:
        """Raises KeyError."""
        return next((each for each in self.containers if each.name == name), None) or _missing(name)

    def to_json(self) -> dict[str, Any]:
        """Lists, dicts, texts and numbers only. `from_json` gives back an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ContainerGroup:
        """Also takes what went through `json.dumps`. Raises KeyError or TypeError for anything else."""
        return cls(
            tuple(_container(each) for each in data["containers"]),
            data["web"],
            data["port"],
            data.get("network_range", ""),
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _missing(name: str) -> Container:
    raise KeyError(name)


_LISTS = {"ports": Port, "volumes_from": Borrowed, "ulimits": Ulimit}


def _container(data: dict[str, Any]) -> Container:
    data = {"secrets": (), **data}  # older ones have none
    values: dict[str, Any] = {each.name: _frozen(data[each.name]) for each in fields(Container)}
    for name, kind in _LISTS.items():
        values[name] = tuple(kind(**each) for each in data[name])
    build, check = data["image"]["build"], data["check"]
    built = None if build is None else ImageBuild(**{key: _frozen(value) for key, value in build.items()})
    return Container(**values | {
        "image": ImageSource(**{**data["image"], "build": built}),
        "mounts": tuple(Mount(**{**each, "kind": MountKind(each["kind"])}) for each in data["mounts"]),
        "depends_on": tuple(Dependency(each["container"], Condition(each["condition"])) for each in data["depends_on"]),
        "restart": Restart(data["restart"]),
        "check": None if check is None else ContainerCheck(**{**check, "test": tuple(check["test"])}),
    })  # fmt: skip


def _frozen(value: Any) -> Any:
    """Lists as tuples, as deep as they go."""
    return tuple(_frozen(each) for each in value) if isinstance(value, list | tuple) else value
