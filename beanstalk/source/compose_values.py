"""A Compose file as values. Texts are "" and lists empty when not given, numbers and switches None."""

from __future__ import annotations

from dataclasses import dataclass, field

from beanstalk.errors import Problem, Where

Pairs = tuple[tuple[str, str], ...]
Command = str | tuple[str, ...]
"""A line for a shell, or a program with its arguments. "" is nothing, as in `command: ""`."""


@dataclass(frozen=True, slots=True)
class Build:
    """context: folder, relative to the file."""

    context: str
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str | None], ...] = ()
    other: Pairs = ()
    at: Where = field(default=Where(""), compare=False)


@dataclass(frozen=True, slots=True)
class EnvFile:
    path: str
    required: bool = True
    at: Where = field(default=Where(""), compare=False)


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """Ports are 1..65535; `_last` is the end of a range, else the same.  host: None: any free one."""

    container: int
    container_last: int
    host: int | None = None
    host_last: int | None = None
    protocol: str = "tcp"
    host_ip: str = ""
    at: Where = field(default=Where(""), compare=False)

    @property
    def floating(self) -> bool:
        """One container port that gets any of several host ports."""
        return self.container == self.container_last and self.host != self.host_last


@dataclass(frozen=True, slots=True)
class Mount:
    """type: bind, volume, tmpfs and others of Docker.  source: a path, or the name of a volume; "": nameless."""

    type: str
    source: str
    target: str
    read_only: bool = False
    at: Where = field(default=Where(""), compare=False)


@dataclass(frozen=True, slots=True)
class DependsOn:
    """condition: service_started, service_healthy or service_completed_successfully."""

    service: str
    condition: str = "service_started"
    required: bool = True
    at: Where = field(default=Where(""), compare=False)


@dataclass(frozen=True, slots=True)
class NetworkUse:
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """test: a line for a shell, or CMD and arguments.  disabled: also the check of the image does not count."""

    test: Command
    interval_s: float | None = None
    timeout_s: float | None = None
    retries: int | None = None
    start_period_s: float | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits, and what is kept for the service. Sizes in bytes."""

    memory_bytes: int | None = None
    cpus: float | None = None
    reserved_memory_bytes: int | None = None
    reserved_cpus: float | None = None


@dataclass(frozen=True, slots=True)
class ServiceUlimit:
    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class ServiceLogging:
    driver: str = ""
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One service. environment: None is a variable whose value comes from `.env`.  links: as service or service:name.

    needs: services that others than depends_on and links name (`volumes_from`, `network_mode`).
    other: keys that are kept as they stand, each with its value as JSON.
    """

    name: str
    at: Where
    image: str = ""
    build: Build | None = None
    command: Command | None = None
    entrypoint: Command | None = None
    environment: tuple[tuple[str, str | None], ...] = ()
    env_file: tuple[EnvFile, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    expose: tuple[str, ...] = ()
    volumes: tuple[Mount, ...] = ()
    depends_on: tuple[DependsOn, ...] = ()
    links: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    networks: tuple[NetworkUse, ...] = ()
    healthcheck: ServiceHealth | None = None
    resources: Resources = field(default_factory=Resources)
    replicas: int | None = None
    ulimits: tuple[ServiceUlimit, ...] = ()
    logging: ServiceLogging | None = None
    restart: str = ""
    extra_hosts: Pairs = ()
    hostname: str = ""
    container_name: str = ""
    user: str = ""
    working_dir: str = ""
    labels: Pairs = ()
    profiles: tuple[str, ...] = ()
    stop_signal: str = ""
    stop_grace_period_s: float | None = None
    privileged: bool | None = None
    read_only: bool | None = None
    init: bool | None = None
    other: Pairs = ()


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """version: as written.  first_form: that of Compose v1, with the services at the top.

    volumes, networks, secrets, configs: (name, what was written of it as JSON).  other: further keys at the top.
    """

    services: tuple[Service, ...]
    version: str = ""
    first_form: bool = False
    volumes: Pairs = ()
    networks: Pairs = ()
    secrets: Pairs = ()
    configs: Pairs = ()
    other: Pairs = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def front(self) -> Service | None:
        """The service that publishes port 80, where requests arrive."""
        return next((each for each in self.services for port in each.ports if _is_front(port)), None)


def _is_front(port: PublishedPort) -> bool:
    return port.host is not None and port.host <= 80 <= (port.host_last or port.host) and port.protocol == "tcp"
