"""A container definition of Amazon ECS, as typed values.

Names are those of ECS, in our spelling: `portMappings` is `port_mappings`. Texts are "" and lists empty when they were
not given, numbers and switches None; what is not of its type counts as not given, the schema tells it. The fields and
the schema `dockerrun-v2.json` are held against each other by a test.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from beanstalk.source.json_nodes import Json

T = TypeVar("T")
Pairs = tuple[tuple[str, str], ...]
"""A mapping that keeps its order and stays frozen."""


@dataclass(frozen=True, slots=True)
class RepositoryCredentials:
    credentials_parameter: str = ""


@dataclass(frozen=True, slots=True)
class PortMapping:
    """host_port: 0 or None: any free one.  protocol: "" is tcp."""

    container_port: int | None = None
    host_port: int | None = None
    protocol: str = ""
    name: str = ""
    app_protocol: str = ""
    container_port_range: str = ""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    enabled: bool | None = None
    ignored_exit_codes: tuple[int, ...] = ()
    restart_attempt_period: int | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    value: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class MountPoint:
    source_volume: str = ""
    container_path: str = ""
    read_only: bool | None = None


@dataclass(frozen=True, slots=True)
class VolumeFrom:
    source_container: str = ""
    read_only: bool | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    host_path: str = ""
    container_path: str = ""
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """size: MiB."""

    container_path: str = ""
    size: int | None = None
    mount_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinuxParameters:
    """Sizes in MiB."""

    capabilities: Capabilities | None = None
    devices: tuple[Device, ...] = ()
    init_process_enabled: bool | None = None
    shared_memory_size: int | None = None
    tmpfs: tuple[Tmpfs, ...] = ()
    max_swap: int | None = None
    swappiness: int | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    name: str = ""
    value_from: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """condition: START, COMPLETE, SUCCESS or HEALTHY."""

    container_name: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class ExtraHost:
    hostname: str = ""
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class Ulimit:
    name: str = ""
    soft_limit: int | None = None
    hard_limit: int | None = None


@dataclass(frozen=True, slots=True)
class LogConfiguration:
    log_driver: str = ""
    options: Pairs = ()
    secret_options: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """command: CMD and arguments, CMD-SHELL and one line, or NONE. The others are seconds and a count."""

    command: tuple[str, ...] = ()
    interval: int | None = None
    timeout: int | None = None
    retries: int | None = None
    start_period: int | None = None


@dataclass(frozen=True, slots=True)
class SystemControl:
    namespace: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRequirement:
    value: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Firelens:
    type: str = ""
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class Container:
    """One container. memory, memory_reservation: MiB.  essential: when it stops, all stop; ECS's default is true."""

    name: str = ""
    image: str = ""
    repository_credentials: RepositoryCredentials | None = None
    cpu: int | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    links: tuple[str, ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()
    essential: bool = True
    restart_policy: RestartPolicy | None = None
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[Variable, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    volumes_from: tuple[VolumeFrom, ...] = ()
    linux_parameters: LinuxParameters | None = None
    secrets: tuple[Secret, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    start_timeout: int | None = None
    stop_timeout: int | None = None
    version_consistency: str = ""
    hostname: str = ""
    user: str = ""
    working_directory: str = ""
    disable_networking: bool | None = None
    privileged: bool | None = None
    readonly_root_filesystem: bool | None = None
    dns_servers: tuple[str, ...] = ()
    dns_search_domains: tuple[str, ...] = ()
    extra_hosts: tuple[ExtraHost, ...] = ()
    docker_security_options: tuple[str, ...] = ()
    interactive: bool | None = None
    pseudo_terminal: bool | None = None
    docker_labels: Pairs = ()
    ulimits: tuple[Ulimit, ...] = ()
    log_configuration: LogConfiguration | None = None
    health_check: HealthCheck | None = None
    system_controls: tuple[SystemControl, ...] = ()
    resource_requirements: tuple[ResourceRequirement, ...] = ()
    firelens_configuration: Firelens | None = None
    credential_specs: tuple[str, ...] = ()


def camel(name: str) -> str:
    """Our spelling of a field -> that of ECS."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)


def bind(kind: type[T], node: Json) -> T:
    """A value of a dataclass of this module (or of its like) out of an object."""
    values = {name: _convert(hint, node.get(camel(name))) for name, hint in _hints(cast(Hashable, kind)).items()}
    return kind(**{name: value for name, value in values.items() if value is not None})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _convert(hint: Any, node: Json | None) -> Any:
    """None when there is no node, or one of another type."""
    if node is None:
        return None
    if hint == Pairs:
        return tuple((each.name, each.value.value) for each in node.members if isinstance(each.value.value, str))
    if get_origin(hint) is tuple:
        found = [_convert(get_args(hint)[0], item) for item in node.items]
        return tuple(value for value in found if value is not None)
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
    if is_dataclass(kinds[0]) and isinstance(kinds[0], type):
        return bind(kinds[0], node) if node.kind == "object" else None
    value = node.value
    if kinds[0] is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is kinds[0] else None
