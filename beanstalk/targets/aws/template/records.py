"""The environment's own name: its id in front of the domain, an alias of the load balancer that stays with the stack.

Public names lead to this one and are kept outside of stacks, so that a swap is no drift of either stack.
Source: Amazon Route 53 Developer Guide, "Routing traffic to an ELB load balancer".
"""

from __future__ import annotations

from typing import Any

from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.network import BALANCER, is_shared
from beanstalk.targets.aws.template.pieces import att, ref, resource
from beanstalk.targets.aws.template.said import OURS, said


def has_record(blueprint: Blueprint) -> bool:
    named = said(blueprint, OURS, "HostedZoneId") and said(blueprint, OURS, "DomainName")
    return bool(named) and blueprint.is_balanced and not is_shared(blueprint)


def record_name(blueprint: Blueprint) -> str:
    """Of the environment, without the dot at the end."""
    return f"{blueprint.environment_id}.{said(blueprint, OURS, 'DomainName').rstrip('.')}"


def build(blueprint: Blueprint) -> Resources:
    if not has_record(blueprint):
        return {}
    found = {"EnvironmentRecord": _alias(blueprint, "A")}
    if blueprint.configuration.text(BALANCER, "IpAddressType") == "dualstack":
        found["EnvironmentRecordIpv6"] = _alias(blueprint, "AAAA")
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    if not has_record(blueprint):
        return Contribution()
    name: Any = ref("EnvironmentRecord")
    values = {
        "EnvironmentRecordName": ("name of the environment", name),
        "PublicNameZone": ("zone of Route 53 with its public name", said(blueprint, OURS, "HostedZoneId")),
        "PublicNameTTL": ("seconds for which others remember it", said(blueprint, OURS, "RecordTTL") or "60"),
    }
    return Contribution(outputs={key: {"Description": about, "Value": value} for key, (about, value) in values.items()})


def _alias(blueprint: Blueprint, kind: str) -> Json:
    target = {
        "DNSName": att("LoadBalancer", "DNSName"),
        "HostedZoneId": att("LoadBalancer", "CanonicalHostedZoneID"),
        "EvaluateTargetHealth": True,
    }
    zone = said(blueprint, OURS, "HostedZoneId")
    return resource(
        "AWS::Route53::RecordSet",
        {"HostedZoneId": zone, "Name": record_name(blueprint), "Type": kind, "AliasTarget": target},
    )
