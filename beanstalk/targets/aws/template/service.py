"""The Amazon ECS cluster and service of an environment: how many tasks, where, behind what, and replaced how."""

from __future__ import annotations

import json
from typing import Any

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch, Parameter, Resources
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.strategy import Strategy, deployment_configuration
from beanstalk.targets.aws.template import network
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.listeners import Layout
from beanstalk.targets.aws.template.pieces import NO_VALUE, iff, ref, resource
from beanstalk.targets.aws.template.processes import Process, camel
from beanstalk.targets.aws.template.said import OURS, is_on, is_set, listed, said, wrong

COUNT_IS_KEPT = "CountIsKept"
"""Condition: the live number of tasks stays as it is."""
_ZONES = {"Type": "spread", "Field": "attribute:ecs.availability-zone"}
_SPREAD = [_ZONES, {"Type": "spread", "Field": "instanceId"}]
_FIELDS = {"binpack": ("cpu", "memory"), "spread": ()}
_ZONE_FIELDS = ("availability-zone", "az", "attribute:availability-zone", "ecs.availability-zone", "availabilityzone")
"""What people write for the zone, and Amazon ECS does not know."""


def cluster(blueprint: Blueprint) -> Any:
    """Its name or ARN."""
    return said(blueprint, OURS, "Cluster") or ref("Cluster")


def build_cluster(blueprint: Blueprint, more: Contribution) -> Resources:
    """None when an existing one is named."""
    if is_set(blueprint, OURS, "Cluster"):
        return {}
    insights = "enabled" if more.container_insights else "disabled"
    settings = [{"Name": "containerInsights", "Value": insights}]
    return {"Cluster": resource("AWS::ECS::Cluster", {"ClusterSettings": settings})}


def build(
    blueprint: Blueprint,
    strategy: Strategy,
    layout: Layout | None,
    more: Contribution,
    production: Any,
    infrastructure: Any,
) -> Resources:
    """layout: of the load balancer, None without one.  more: of the other concerns.  production: the rule, or the
    listener of a Network Load Balancer, through which Amazon ECS moves requests.  infrastructure: ARN of the role by
    which it does. Raises InvalidInput for wrong placements.
    """
    placement = _placement(blueprint)
    properties: Json = {
        "Cluster": cluster(blueprint),
        "TaskDefinition": ref("TaskDefinition"),
        "DesiredCount": iff(COUNT_IS_KEPT, NO_VALUE, ref(Parameter.DESIRED_COUNT.value)),
        "SchedulingStrategy": "REPLICA",
        "LaunchType": blueprint.launch.value,
        "PlatformVersion": _platform(blueprint),
        "DeploymentController": {"Type": "ECS"},
        "DeploymentConfiguration": deployment_configuration(strategy, more.alarms),
        "AvailabilityZoneRebalancing": _rebalancing(strategy, placement),
        "NetworkConfiguration": _network(blueprint),
        "PlacementStrategies": placement or None,
        "PlacementConstraints": _constraints(blueprint) or None,
        "EnableECSManagedTags": True,
        "EnableExecuteCommand": is_on(blueprint, OURS, "EnableExecuteCommand"),
        "PropagateTags": "SERVICE",
    }
    if layout is not None:
        properties["HealthCheckGracePeriodSeconds"] = blueprint.configuration.integer(OURS, "HealthCheckGracePeriod")
        first = _behind(layout.main, production, infrastructure)
        properties["LoadBalancers"] = [first, *(_behind(each) for each in layout.others)]
    properties |= more.service
    if "CapacityProviderStrategy" in properties:
        del properties["LaunchType"]
    before = _before(layout, more)
    return {"Service": resource("AWS::ECS::Service", properties, DependsOn=before or None)}


def _before(layout: Layout | None, more: Contribution) -> list[str]:
    """A target group has to have its load balancer before a service may use it; the production rule is referred to."""
    found = list(more.depends_on)
    if layout is not None and layout.others:
        found += [each.id for each in layout.listeners if not each.redirects]
        found += [f"ListenerRule{rule}" for rule in _rules(layout)]
    return sorted(set(found))


def _rules(layout: Layout) -> list[str]:
    return [f"{camel(name)}{each.port}" for each in layout.listeners if not each.redirects for name in each.rules]


def _platform(blueprint: Blueprint) -> str | None:
    """Version of Fargate, None for the newest."""
    version = blueprint.configuration.text(OURS, "PlatformVersion")
    return None if blueprint.launch is Launch.EC2 or version == "LATEST" else version


def _rebalancing(strategy: Strategy, placement: list[Json]) -> str:
    """Amazon ECS evens out zones only where the first thing that placement asks for is zones, or nothing."""
    return "ENABLED" if strategy.rebalances_zones and placement[:1] in ([], [_ZONES]) else "DISABLED"


def _network(blueprint: Blueprint) -> Json | None:
    if network_mode(blueprint) != "awsvpc":
        return None
    found: Json = {"Subnets": network.subnets(blueprint), "SecurityGroups": network.task_groups(blueprint)}
    if blueprint.launch is Launch.FARGATE:
        found["AssignPublicIp"] = "ENABLED" if network.public_address(blueprint) else "DISABLED"
    return {"AwsvpcConfiguration": found}


def _behind(process: Process, production: Any = None, infrastructure: Any = None) -> Json:
    found: Json = {
        "ContainerName": process.container,
        "ContainerPort": process.port,
        "TargetGroupArn": ref(process.group),
    }
    if process.alternate:
        found["AdvancedConfiguration"] = {
            "AlternateTargetGroupArn": ref(process.alternate),
            "ProductionListenerRule": production,
            "RoleArn": infrastructure,
        }
    return found


def _placement(blueprint: Blueprint) -> list[Json]:
    """Which instance gets a task; nothing on Fargate. Raises InvalidInput with every entry that is none."""
    if blueprint.launch is Launch.FARGATE:
        return []
    if not is_set(blueprint, OURS, "PlacementStrategy"):
        return _SPREAD
    entries = [str(each).partition(":") for each in listed(blueprint, OURS, "PlacementStrategy")]
    problems = [
        wrong(
            blueprint, OURS, "PlacementStrategy", f"{kind}{colon}{field} is none", "write spread:FIELD, binpack:cpu, …"
        )
        for kind, colon, field in entries
        if not _is_placement(kind, field)
    ]
    if problems:
        raise InvalidInput(problems)
    return [{"Type": kind, **({"Field": _field(field)} if field else {})} for kind, _, field in entries]


def _is_placement(kind: str, field: str) -> bool:
    match kind:
        case "random":
            return not field
        case "spread":
            return bool(field)
        case "binpack":
            return field.lower() in _FIELDS[kind]
        case _:
            return False


def _field(written: str) -> str:
    if written.lower() in _ZONE_FIELDS:
        return str(_ZONES["Field"])
    return written.lower() if written.lower() in _FIELDS["binpack"] else written


def _constraints(blueprint: Blueprint) -> list[Json]:
    """Raises InvalidInput for what is no list of them."""
    text = blueprint.configuration.text(OURS, "PlacementConstraints")
    if not text or blueprint.launch is Launch.FARGATE:
        return []
    found = json.loads(text)
    kinds = ("distinctInstance", "memberOf")
    right = isinstance(found, list) and all(isinstance(each, dict) and each.get("type") in kinds for each in found)
    if not right:
        hint = 'write as in [{"type": "memberOf", "expression": "attribute:ecs.instance-type =~ t3.*"}]'
        raise InvalidInput([wrong(blueprint, OURS, "PlacementConstraints", "it is no list of constraints", hint)])
    return [{key[:1].upper() + key[1:]: value for key, value in each.items()} for each in found]
