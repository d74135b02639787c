"""The load balancer of an environment, or the part that it has of a shared one.

Source: EB Developer Guide, "Load balancer for your Elastic Beanstalk environment".
"""

from __future__ import annotations

import zlib
from typing import Any

from beanstalk.errors import InvalidInput, Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template import listeners, network, processes
from beanstalk.targets.aws.template.listeners import Layout
from beanstalk.targets.aws.template.network import BALANCER, SHARED_GROUP
from beanstalk.targets.aws.template.pieces import ref, resource
from beanstalk.targets.aws.template.said import ENVIRONMENT, NETWORK, effective, is_on, is_set, said, wrong

SHARED_LISTENER, SHARED_PRIORITY = "SharedListener", "SharedRulePriority"


def check(blueprint: Blueprint) -> list[Problem]:
    """What of a load balancer Amazon ECS cannot use."""
    kind = blueprint.configuration.text(ENVIRONMENT, "LoadBalancerType")
    if not blueprint.is_balanced or kind != "classic":
        return []
    text = "Amazon ECS gives tasks ports and addresses of their own, which a Classic Load Balancer cannot reach"
    hint = "set it to application, and what aws:elb:listener says in aws:elbv2:listener"
    return [wrong(blueprint, ENVIRONMENT, "LoadBalancerType", text, hint)]


def build(blueprint: Blueprint, layout: Layout) -> Resources:
    """The load balancer with its listeners, rules and target groups. Raises InvalidInput with what cannot be."""
    groups: Resources = {}
    for process in (layout.main, *layout.others):
        groups |= processes.target_groups(blueprint, process)
    return {"LoadBalancer": _balancer(blueprint), **groups, **listeners.build(blueprint, layout)}


def _balancer(blueprint: Blueprint) -> Json:
    kind = effective(blueprint, ENVIRONMENT, "LoadBalancerType") or "application"
    internal = effective(blueprint, NETWORK, "ELBScheme") == "internal"
    return resource(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {
            "Type": kind,
            "Scheme": "internal" if internal else "internet-facing",
            "Subnets": network.balancer_subnets(blueprint),
            "SecurityGroups": network.balancer_groups(blueprint),
            "IpAddressType": blueprint.configuration.text(BALANCER, "IpAddressType") or "ipv4",
            "LoadBalancerAttributes": _attributes(blueprint) or None,
        },
    )


def _attributes(blueprint: Blueprint) -> list[Json]:
    found: dict[str, Any] = {}
    if is_on(blueprint, BALANCER, "AccessLogsS3Enabled"):
        if not is_set(blueprint, BALANCER, "AccessLogsS3Bucket"):
            text = "there is no bucket for the logs"
            hint = "set AccessLogsS3Bucket to one that lets Elastic Load Balancing write"
            raise InvalidInput([wrong(blueprint, BALANCER, "AccessLogsS3Enabled", text, hint)])
        found["access_logs.s3.enabled"] = "true"
        found["access_logs.s3.bucket"] = said(blueprint, BALANCER, "AccessLogsS3Bucket")
        if prefix := said(blueprint, BALANCER, "AccessLogsS3Prefix"):
            found["access_logs.s3.prefix"] = prefix
    if (
        is_set(blueprint, BALANCER, "IdleTimeout")
        and effective(blueprint, ENVIRONMENT, "LoadBalancerType") != "network"
    ):
        found["idle_timeout.timeout_seconds"] = said(blueprint, BALANCER, "IdleTimeout")
    return [{"Key": key, "Value": value} for key, value in found.items()]


def shared_parameters(blueprint: Blueprint) -> Json:
    """What only a look at the shared load balancer tells. The priority is made of the id of the environment, so that it
    stays the same; where another rule has it already, the stack is told another one.
    """
    priority = 1000 + zlib.crc32(blueprint.environment_id.encode()) % 48_000
    return {
        SHARED_LISTENER: {"Type": "String", "Description": "ARN of the listener of the shared load balancer"},
        SHARED_GROUP: {"Type": "AWS::EC2::SecurityGroup::Id", "Description": "a security group of that load balancer"},
        SHARED_PRIORITY: {"Type": "Number", "Default": priority, "Description": "of the rule there, unique on it"},
    }


def build_shared(blueprint: Blueprint, layout: Layout) -> Resources:
    """Target groups, and one rule with the host names of the environment on a listener of somebody else's."""
    hosts = shared_hosts(blueprint)
    found = processes.target_groups(blueprint, layout.main)
    found["ProductionRule"] = listeners.production_rule(ref(SHARED_LISTENER), layout.main, ref(SHARED_PRIORITY), hosts)
    return found


def shared_hosts(blueprint: Blueprint) -> list[Any]:
    """Raises InvalidInput without a name that tells its requests from those of other environments."""
    rules = [
        each
        for each in blueprint.configuration.stated()
        if each.namespace.startswith(listeners.RULE) and each.name == "HostHeaders" and each.value
    ]
    found = list(
        dict.fromkeys(host.strip() for each in rules for host in (each.value or "").split(",") if host.strip())
    )
    if found:
        return found
    text = "the rule on a shared load balancer needs the host names of the environment"
    hint = "set HostHeaders of aws:elbv2:listenerrule:default to them"
    raise InvalidInput([wrong(blueprint, ENVIRONMENT, "LoadBalancerIsShared", text, hint)])
