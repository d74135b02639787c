"""Ports of the containers of a task, by its network.

In `awsvpc` and `host` a container is reached at its own port. In `bridge` the load balancer is told which port of the
instance a task got, so what it sends requests to takes any free one: tasks of two versions fit on one instance.
"""

from __future__ import annotations

from typing import Any

from beanstalk.containers import Container
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_making import Making
from beanstalk.workload import PROCESS

_PROCESSES = PROCESS.removesuffix("default")


def port_mappings(container: Container, making: Making) -> list[Json]:
    """Of a container that is not described in ECS's own words."""
    found: dict[tuple[int, str], Json] = {}
    ports = [(each.container, each.host, each.protocol) for each in container.ports]
    if container.name == making.blueprint.group.web:
        ports.insert(0, (making.blueprint.group.port, None, "tcp"))
    for number, host, protocol in ports:
        mapping: Json = {"containerPort": number, "protocol": protocol}
        if making.mode == "bridge":
            mapping["hostPort"] = 0 if is_served(container, number, host, making) else host or 0
        if found.setdefault((number, protocol), mapping) is mapping:
            _tell_fixed(container.name, mapping, making)
    return list(found.values())


def completed_mappings(container: Container, written: list[Any], making: Making) -> list[Any]:
    """Those of a Dockerrun of version 2, as they are but for the ports of the instance."""
    return [_completed(container, each, making) if isinstance(each, dict) else each for each in written]


def is_served(container: Container, number: int, host: int | None, making: Making) -> bool:
    """Whether a target group sends requests there."""
    group = making.blueprint.group
    return (container.name, number) == (group.web, group.port) or host in _ports_of_processes(making)


def _completed(container: Container, written: Json, making: Making) -> Json:
    mapping = dict(written)
    if isinstance(mapping.get("protocol"), str):
        mapping["protocol"] = mapping["protocol"].lower()
    number, host = mapping.get("containerPort"), mapping.get("hostPort")
    if not isinstance(number, int):
        return mapping
    served = is_served(container, number, host, making)
    if making.mode == "bridge":
        mapping["hostPort"] = 0 if served else host or 0
        _tell_fixed(container.name, mapping, making)
    elif host not in (None, number):
        del mapping["hostPort"]
        if host and not served:
            text = f"{container.name} is reached at its own port {number}, not at {host}: in the network mode"
            making.warn(container.name, "portMappings", f"{text} {making.mode} there is no other")
    return mapping


def _tell_fixed(name: str, mapping: Json, making: Making) -> None:
    if mapping.get("hostPort"):
        port = mapping["hostPort"]
        text = f"port {port} of the instance is for {name} alone: two tasks of it never fit on one instance"
        making.warn(name, "portMappings", text, "leave the host port out, if no one needs to know it")


def _ports_of_processes(making: Making) -> set[int]:
    """Ports of the instance that processes of the environment are reached at."""
    stated = making.blueprint.configuration.stated()
    said = (each for each in stated if each.namespace.startswith(_PROCESSES) and each.name == "Port" and each.value)
    return {int(each.value) for each in said if each.value and each.value.isdigit()}
