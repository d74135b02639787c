"""What a stack tells: to a person, and to the deployer that finds everything by these names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beanstalk.targets.aws.blueprint import Blueprint, Json, Parameter
from beanstalk.targets.aws.template.listeners import Layout, is_network
from beanstalk.targets.aws.template.pieces import att, ref, sub
from beanstalk.targets.aws.template.service import cluster


def build(blueprint: Blueprint, layout: Layout | None, hosts: Sequence[str]) -> Json:
    """layout: of the load balancer, None without one.  hosts: names of the environment on one that is somebody else's,
    none otherwise."""
    found: dict[str, tuple[str, Any]] = {
        "VersionLabel": ("application version", ref(Parameter.VERSION_LABEL.value)),
        "ClusterName": ("cluster of Amazon ECS", cluster(blueprint)),
        "ServiceName": ("service of Amazon ECS", att("Service", "Name")),
        "ServiceArn": ("the same, by its ARN", ref("Service")),
        "TaskDefinitionArn": ("what a task is", ref("TaskDefinition")),
        "LogGroupName": ("output of the containers", ref("LogGroup")),
    }
    if layout is not None:
        found["TargetGroupArn"] = ("targets of the first version", ref("TargetGroup"))
        found["AlternateTargetGroupArn"] = ("targets of the version after it", ref("AlternateTargetGroup"))
        found["ProductionRuleArn"] = ("what Amazon ECS moves requests by", production(layout, blueprint))
    if layout is not None and hosts:
        found["EndpointURL"] = ("where the application answers", f"http://{hosts[0]}")
    elif layout is not None:
        listener = layout.production
        scheme = "https" if listener.is_secure else "http"
        port = "" if listener.port in (80, 443) else f":{listener.port}"
        found["EndpointURL"] = ("where the application answers", sub(f"{scheme}://${{LoadBalancer.DNSName}}{port}"))
        found["LoadBalancerDNSName"] = ("name of the load balancer", att("LoadBalancer", "DNSName"))
        found["LoadBalancerHostedZoneId"] = (
            "for alias records of Route 53",
            att("LoadBalancer", "CanonicalHostedZoneID"),
        )
        found["LoadBalancerArn"] = ("the load balancer", ref("LoadBalancer"))
    return {name: {"Description": about, "Value": value} for name, (about, value) in found.items()}


def production(layout: Layout, blueprint: Blueprint) -> Any:
    """The rule through which requests move, or the listener of a Network Load Balancer, which has no rules."""
    return ref(layout.production.id if is_network(blueprint) else "ProductionRule")
