"""Processes of an environment: the ports of the tasks that get requests, each behind target groups of its own.

The main process is the one that the forwarding listener sends to; it has two target groups, between which Amazon ECS
moves the requests. Every other one has a single group, whose tasks change by rolling updates.
Source: EB Developer Guide, "Configuring an Application Load Balancer", processes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from beanstalk.containers import Container
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.template.network import vpc
from beanstalk.targets.aws.template.pieces import resource
from beanstalk.targets.aws.template.said import ENVIRONMENT, effective, is_on, is_set
from beanstalk.workload import drain_s, health_check

NAMESPACE = f"{ENVIRONMENT}:process:"
DEFAULT = "default"
_UNUSED_PORT = 80
"""Of a target group, for targets that are registered without a port. Amazon ECS registers each with its own; another
one here would replace the group, and requests go through it."""


@dataclass(frozen=True, slots=True)
class Process:
    """container, port: what answers its requests.  group: logical id of its target group.  alternate: of the second
    one, "" for none.
    """

    name: str
    container: str
    port: int
    group: str
    alternate: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.group, self.alternate) if self.alternate else (self.group,)


def main_process(blueprint: Blueprint, name: str) -> Process:
    container, port = _answering(blueprint, name)
    return Process(name, container, port, "TargetGroup", "AlternateTargetGroup")


def further_process(blueprint: Blueprint, name: str) -> Process:
    container, port = _answering(blueprint, name)
    return Process(name, container, port, "TargetGroup" + camel(name))


def camel(name: str) -> str:
    """As a part of a logical id: "my-api" is MyApi."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def target_groups(blueprint: Blueprint, process: Process) -> Resources:
    """All target groups of a process; those of one process are alike."""
    properties = _target_group(blueprint, process)
    return {name: resource("AWS::ElasticLoadBalancingV2::TargetGroup", properties) for name in process.groups}


def _answering(blueprint: Blueprint, name: str) -> tuple[str, int]:
    """The container with the port of the process as its host port, or else inside; the web container if none has."""
    group = blueprint.group
    if name == DEFAULT:
        return group.web, group.port
    wanted = int(effective(blueprint, NAMESPACE + name, "Port"))
    for container in group.containers:
        for port in container.ports:
            if port.host == wanted:
                return container.name, port.container
    having = [each.name for each in group.containers if _listens(each, wanted)]
    return (having or [group.web])[0], wanted


def _listens(container: Container, port: int) -> bool:
    return any(each.container == port and each.protocol == "tcp" for each in container.ports)


def _target_group(blueprint: Blueprint, process: Process) -> Json:
    namespace = NAMESPACE + process.name
    is_network = effective(blueprint, ENVIRONMENT, "LoadBalancerType") == "network"
    protocol = effective(blueprint, namespace, "Protocol") or ("TCP" if is_network else "HTTP")
    found: Json = {
        "VpcId": vpc(blueprint),
        "Port": _UNUSED_PORT,
        "Protocol": protocol,
        "TargetType": "ip" if network_mode(blueprint) == "awsvpc" else "instance",
        "HealthCheckPort": "traffic-port",
        "HealthCheckIntervalSeconds": int(effective(blueprint, namespace, "HealthCheckInterval")),
        "HealthyThresholdCount": int(effective(blueprint, namespace, "HealthyThresholdCount")),
        "UnhealthyThresholdCount": int(effective(blueprint, namespace, "UnhealthyThresholdCount")),
        **_check(blueprint, process, is_network, protocol),
        "TargetGroupAttributes": _attributes(blueprint, process, is_network),
    }
    return found


def _check(blueprint: Blueprint, process: Process, is_network: bool, protocol: str) -> Json:
    """A Network Load Balancer opens a connection, unless a path was named."""
    namespace = NAMESPACE + process.name
    path = effective(blueprint, namespace, "HealthCheckPath") or "/"
    if process.name == DEFAULT:
        path = health_check(blueprint.configuration).path or "/"
    if is_network and not is_set(blueprint, namespace, "HealthCheckPath"):
        return {"HealthCheckProtocol": "TCP"}
    found: Json = {
        "HealthCheckProtocol": "HTTP" if is_network else protocol,
        "HealthCheckPath": path,
        "Matcher": {"HttpCode": effective(blueprint, namespace, "MatcherHTTPCode") or "200"},
    }
    if not is_network:
        found["HealthCheckTimeoutSeconds"] = int(effective(blueprint, namespace, "HealthCheckTimeout"))
    return found


def _attributes(blueprint: Blueprint, process: Process, is_network: bool) -> list[Json]:
    namespace = NAMESPACE + process.name
    delay = effective(blueprint, namespace, "DeregistrationDelay")
    if process.name == DEFAULT:
        delay = f"{drain_s(blueprint.configuration):.0f}"
    found = {"deregistration_delay.timeout_seconds": delay}
    if not is_network:
        sticky = is_on(blueprint, namespace, "StickinessEnabled")
        found["stickiness.enabled"] = str(sticky).lower()
        if sticky:
            found["stickiness.type"] = "lb_cookie"
            found["stickiness.lb_cookie.duration_seconds"] = effective(
                blueprint, namespace, "StickinessLBCookieDuration"
            )
    return [{"Key": key, "Value": value} for key, value in found.items()]
