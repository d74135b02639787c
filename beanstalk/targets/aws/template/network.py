"""Where everything is: VPC, subnets, security groups. A VPC is never made, only taken.

What an account has by default is a parameter of the template. What `aws:ec2:vpc` names is the default of that one, a
function there takes its place. Source: EB Developer Guide, "Using Elastic Beanstalk with Amazon VPC".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from beanstalk.errors import InvalidInput, Problem
from beanstalk.options.values import has_function
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch, Parameter, Resources, Tier
from beanstalk.targets.aws.template.pieces import att, ref, resource
from beanstalk.targets.aws.template.said import (
    ENVIRONMENT,
    INSTANCES,
    NETWORK,
    effective,
    is_on,
    is_set,
    listed,
    said,
    wrong,
)

BALANCER = "aws:elbv2:loadbalancer"
SHARED_GROUP = "SharedSecurityGroup"
"""Parameter: a security group of a shared load balancer."""
_NAMED = {
    Parameter.VPC: ("VPCId", "AWS::EC2::VPC::Id", "where everything is"),
    Parameter.SUBNETS: ("Subnets", "List<AWS::EC2::Subnet::Id>", "of the tasks, or of the instances that they are on"),
    Parameter.BALANCER_SUBNETS: ("ELBSubnets", "List<AWS::EC2::Subnet::Id>", "of the load balancer, in two zones"),
}  # fmt: skip
_DYNAMIC = (32768, 65535)
"""Where Docker takes free ports of an instance from (Amazon ECS Developer Guide, "hostPort")."""
_ANYWHERE = ("0.0.0.0/0", "::/0")
_SSH = re.compile(r"\s*(\w+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\S+)\s*")
_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")


def parameters(blueprint: Blueprint) -> Json:
    """Those of the network that the stack reads, with what options say as their defaults."""
    found: Json = {}
    for parameter, (option, kind, about) in _NAMED.items():
        text = _option(blueprint, parameter)
        if has_function(text) or (parameter is Parameter.BALANCER_SUBNETS and not blueprint.is_balanced):
            continue
        default = {"Default": ",".join(listed(blueprint, NETWORK, option)) or text} if text else {}
        found[parameter.value] = {"Type": kind, "Description": about, **default}
    return found


def vpc(blueprint: Blueprint) -> Any:
    return _of(blueprint, Parameter.VPC)


def subnets(blueprint: Blueprint) -> Any:
    return _of(blueprint, Parameter.SUBNETS)


def balancer_subnets(blueprint: Blueprint) -> Any:
    return _of(blueprint, Parameter.BALANCER_SUBNETS)


def _of(blueprint: Blueprint, parameter: Parameter) -> Any:
    name = _NAMED[parameter][0]
    if not has_function(_option(blueprint, parameter)):
        return ref(parameter.value)
    option = name if is_set(blueprint, NETWORK, name) else "Subnets"
    found = said(blueprint, NETWORK, option)
    return found if parameter is Parameter.VPC or isinstance(found, list) else listed(blueprint, NETWORK, option)


def _option(blueprint: Blueprint, parameter: Parameter) -> str:
    """What is said of it; a load balancer without subnets of its own is in those of the tasks."""
    found = blueprint.configuration.text(NETWORK, _NAMED[parameter][0]) or ""
    if not found and parameter is Parameter.BALANCER_SUBNETS:
        found = blueprint.configuration.text(NETWORK, "Subnets") or ""
    return ",".join(part.strip() for part in found.split(",")) if not has_function(found) else found


def is_shared(blueprint: Blueprint) -> bool:
    """Whether the load balancer is somebody else's."""
    return blueprint.is_balanced and is_on(blueprint, ENVIRONMENT, "LoadBalancerIsShared")


def balancer_groups(blueprint: Blueprint) -> list[Any]:
    """Security groups of the load balancer."""
    named = listed(blueprint, BALANCER, "SecurityGroups")
    managed = said(blueprint, BALANCER, "ManagedSecurityGroup")
    if managed and managed not in named:
        named = [managed, *named]
    return named or [att("LoadBalancerSecurityGroup", "GroupId")]


def balancer_source(blueprint: Blueprint) -> Any:
    """The security group from which the tasks let in requests."""
    if is_shared(blueprint):
        return said(blueprint, BALANCER, "ManagedSecurityGroup") or ref(SHARED_GROUP)
    return said(blueprint, BALANCER, "ManagedSecurityGroup") or balancer_groups(blueprint)[0]


def task_groups(blueprint: Blueprint) -> list[Any]:
    """Security groups of the tasks, or of the instances when the tasks have no address of their own.

    Raises InvalidInput for groups by name, which are from before there were VPCs.
    """
    named = listed(blueprint, INSTANCES, "SecurityGroups") if is_set(blueprint, INSTANCES, "SecurityGroups") else []
    if strange := [each for each in named if isinstance(each, str) and not _GROUP.fullmatch(each)]:
        text = f"{strange[0][:60]!r} is no id of a security group"
        raise InvalidInput(
            [wrong(blueprint, INSTANCES, "SecurityGroups", text, "write ids, as in sg-0123456789abcdef0")]
        )
    own = (
        []
        if is_on(blueprint, INSTANCES, "DisableDefaultEC2SecurityGroup")
        else [att("InstanceSecurityGroup", "GroupId")]
    )
    return [*own, *named]


@dataclass(frozen=True, slots=True)
class Doors:
    """What security groups let in. ports: of the tasks.  all_ports: the engine gives containers any port of their
    instance.  listeners: ports of the load balancer.  more: further rules for the group of the tasks.
    """

    ports: tuple[int, ...]
    listeners: tuple[int, ...] = ()
    all_ports: bool = False
    more: tuple[Json, ...] = ()


def build(blueprint: Blueprint, doors: Doors) -> Resources:
    """The groups that are not given. Raises InvalidInput as `task_groups` does."""
    found: Resources = {}
    if (
        not is_shared(blueprint)
        and blueprint.is_balanced
        and att("LoadBalancerSecurityGroup", "GroupId") in balancer_groups(blueprint)
    ):
        both = _is_dual(blueprint)
        rules = [rule for port in dict.fromkeys(doors.listeners) for rule in _from_anywhere(port, port, both)]
        found["LoadBalancerSecurityGroup"] = _group(blueprint, f"load balancer of {blueprint.environment}", rules)
    if att("InstanceSecurityGroup", "GroupId") in task_groups(blueprint):
        ranges = [_DYNAMIC] if doors.all_ports else [(port, port) for port in dict.fromkeys(doors.ports)]
        rules = [rule for first, last in ranges for rule in _task_rules(blueprint, first, last)]
        rules += [*_ssh(blueprint), *doors.more]
        found["InstanceSecurityGroup"] = _group(blueprint, f"tasks of {blueprint.environment}", rules)
    return found


def _task_rules(blueprint: Blueprint, first: int, last: int) -> list[Json]:
    if blueprint.tier is Tier.WORKER:
        return []
    if not blueprint.is_balanced:
        return _from_anywhere(first, last, False)
    source = {"SourceSecurityGroupId": balancer_source(blueprint)}
    return [{"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **source, "Description": "from the load balancer"}]


def _from_anywhere(first: int, last: int, both: bool) -> list[Json]:
    """both: IPv6, too."""
    rule: Json = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last}
    found = [{**rule, "CidrIp": _ANYWHERE[0], "Description": "from everywhere"}]
    if both:
        found.append({**rule, "CidrIpv6": _ANYWHERE[1], "Description": "from everywhere"})
    return found


def _is_dual(blueprint: Blueprint) -> bool:
    return blueprint.configuration.text(BALANCER, "IpAddressType") == "dualstack"


def _ssh(blueprint: Blueprint) -> list[Json]:
    """Who may use SSH on the instances; on Fargate there are none."""
    text = blueprint.configuration.text(INSTANCES, "SSHSourceRestriction") or ""
    found = _SSH.fullmatch(text)
    if not found or blueprint.launch is Launch.FARGATE:
        return []
    source = {"SourceSecurityGroupId" if found[4].startswith("sg-") else "CidrIp": found[4]}
    return [
        {"IpProtocol": found[1], "FromPort": int(found[2]), "ToPort": int(found[3]), **source, "Description": "SSH"}
    ]


def _group(blueprint: Blueprint, about: str, ingress: list[Json]) -> Json:
    return resource(
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": about,
            "VpcId": vpc(blueprint),
            "SecurityGroupIngress": ingress or None,
            "SecurityGroupEgress": [
                {"IpProtocol": "-1", "CidrIp": _ANYWHERE[0], "Description": "everywhere"},
                *(
                    [{"IpProtocol": "-1", "CidrIpv6": _ANYWHERE[1], "Description": "everywhere"}]
                    if _is_dual(blueprint)
                    else []
                ),
            ],
        },
    )


def public_address(blueprint: Blueprint) -> bool:
    """Whether tasks on Fargate have public addresses: as asked, and without a network of one's own always, since the
    subnets of a default VPC have no other way out. A single task without a load balancer has one in any case.
    """
    if not blueprint.is_balanced and blueprint.tier is Tier.WEB_SERVER:
        return True
    if is_set(blueprint, NETWORK, "AssociatePublicIpAddress"):
        return is_on(blueprint, NETWORK, "AssociatePublicIpAddress")
    return not is_set(blueprint, NETWORK, "VPCId")


def check(blueprint: Blueprint) -> list[Problem]:
    """What of the network cannot be."""
    if is_set(blueprint, NETWORK, "VPCId") and not is_set(blueprint, NETWORK, "Subnets"):
        return [wrong(blueprint, NETWORK, "VPCId", "there are no Subnets", "set aws:ec2:vpc:Subnets, too")]
    disabled = is_on(blueprint, INSTANCES, "DisableDefaultEC2SecurityGroup")
    if disabled and not is_set(blueprint, INSTANCES, "SecurityGroups"):
        text = "without groups of your own there is none"
        return [wrong(blueprint, INSTANCES, "DisableDefaultEC2SecurityGroup", text, "set SecurityGroups, too")]
    return _too_few(blueprint)


def _too_few(blueprint: Blueprint) -> list[Problem]:
    """One subnet for what AWS only makes in two zones; of functions nobody knows how many there are."""
    wanted = []
    application = effective(blueprint, ENVIRONMENT, "LoadBalancerType") != "network"
    if blueprint.is_balanced and application and not is_shared(blueprint):
        wanted.append(("ELBSubnets", "an application load balancer"))
    if is_on(blueprint, "aws:rds:dbinstance", "HasCoupledDatabase"):
        wanted.append(("DBSubnets", "a database"))
    found = []
    for option, what in wanted:
        name = option if is_set(blueprint, NETWORK, option) else "Subnets"
        if has_function(blueprint.configuration.text(NETWORK, name) or "") or not is_set(blueprint, NETWORK, name):
            continue
        if len(set(listed(blueprint, NETWORK, name))) < 2:
            text = f"{what} needs subnets in two zones, and this is one"
            found.append(wrong(blueprint, NETWORK, name, text, f"name two in {option}, each in another zone"))
    return found
