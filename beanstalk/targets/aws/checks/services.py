"""Services: what runs them, where their requests come in, and whether that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.checks.reading import GROUP, SERVICE, TASKS, View, listed, problem
from beanstalk.targets.aws.checks.tasks import is_for_fargate

_NO_PUBLIC = "leave AssignPublicIp out: tasks on instances reach others through a NAT gateway"


def check_services(view: View) -> Iterator[Problem]:
    for name, service in view.of_type(SERVICE):
        tasks = view.at(service.get("TaskDefinition"), TASKS)
        yield from _launch(name, service, tasks)
        if tasks is not None:
            yield from _targets(view, name, service, tasks)


def _launch(name: str, service: Json, tasks: Json | None) -> Iterator[Problem]:
    if service.get("LaunchType") and service.get("CapacityProviderStrategy"):
        text = "a launch type and a capacity provider strategy exclude each other"
        yield problem(name, text, "take LaunchType out")
    network = service.get("NetworkConfiguration")
    network = network.get("AwsvpcConfiguration", {}) if isinstance(network, dict) else {}
    fargate = _is_on_fargate(service, tasks)
    if isinstance(network, dict) and network.get("AssignPublicIp") == "ENABLED" and not fargate:
        yield problem(name, "tasks on instances have no public addresses of their own", _NO_PUBLIC)


def _is_on_fargate(service: Json, tasks: Json | None) -> bool:
    if service.get("LaunchType"):
        return bool(service["LaunchType"] == "FARGATE")
    providers = [each.get("CapacityProvider") for each in listed(service, "CapacityProviderStrategy")]
    if providers:
        return all(isinstance(each, str) and each.startswith("FARGATE") for each in providers)
    return tasks is not None and is_for_fargate(tasks)


def _targets(view: View, name: str, service: Json, tasks: Json) -> Iterator[Problem]:
    """The container and the port behind each target group, and how the group finds them."""
    containers = {str(each.get("Name")): each for each in listed(tasks, "ContainerDefinitions")}
    mode = tasks.get("NetworkMode", "bridge")
    for entry in listed(service, "LoadBalancers"):
        wanted, port = entry.get("ContainerName"), entry.get("ContainerPort")
        if isinstance(wanted, str) and wanted not in containers:
            known = ", ".join(containers)
            yield problem(name, f"its task definition has no container {wanted!r}", f"there are {known}")
        elif isinstance(wanted, str) and not _has_port(containers[wanted], port):
            text = f"the container {wanted} has no port {port}"
            yield problem(name, text, "add it to PortMappings, or correct ContainerPort")
        for group in (entry.get("TargetGroupArn"), _alternate(entry)):
            yield from _kind_of_target(view, group, mode)


def _has_port(container: Json, port: Any) -> bool:
    mappings = listed(container, "PortMappings")
    return not isinstance(port, int) or any(each.get("ContainerPort") in (port, str(port)) for each in mappings)


def _alternate(entry: Json) -> Any:
    found = entry.get("AdvancedConfiguration")
    return found.get("AlternateTargetGroupArn") if isinstance(found, dict) else None


def _kind_of_target(view: View, reference: Any, mode: Any) -> Iterator[Problem]:
    group = view.at(reference, GROUP)
    if group is None or not isinstance(mode, str):
        return
    kind, wanted = group.get("TargetType", "instance"), "ip" if mode == "awsvpc" else "instance"
    if isinstance(kind, str) and kind != wanted:
        text = f"its targets are of type {kind}, and tasks in the network mode {mode} are of type {wanted}"
        yield problem(view.name_at(reference), text, f"set TargetType to {wanted}")
