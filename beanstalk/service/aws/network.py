"""Where an environment is: the VPC and subnets that its options name, else those that the account has by default."""

from __future__ import annotations

from typing import Any

from beanstalk.errors import BeanstalkError
from beanstalk.options.configuration import Configuration
from beanstalk.options.values import has_function
from beanstalk.service.aws.shared_balancer import shared_values
from beanstalk.targets.aws.blueprint import Parameter
from beanstalk.targets.aws.cloud import Cloud

NETWORK = "aws:ec2:vpc"


def network_values(cloud: Cloud, configuration: Configuration, wanted: tuple[str, ...]) -> dict[str, str]:
    """Values of those parameters of a template that are about the network. wanted: all its parameters.

    Raises BeanstalkError when the account has no VPC to take, or a shared load balancer cannot be shared.
    """
    shared = shared_values(cloud, configuration, wanted)
    said = {
        Parameter.VPC: _said(configuration, "VPCId"),
        Parameter.SUBNETS: _said(configuration, "Subnets"),
        Parameter.BALANCER_SUBNETS: _said(configuration, "ELBSubnets") or _said(configuration, "Subnets"),
    }
    needed = [name for name in said if name in wanted]
    missing = [name for name in needed if not said[name]]
    found = {str(name): said[name] for name in needed if said[name]}
    if missing:
        vpc = said[Parameter.VPC] or _default_vpc(cloud)
        subnets = ",".join(_subnets(cloud, vpc, not said[Parameter.VPC])) if {*missing} - {Parameter.VPC} else ""
        found |= {str(name): vpc if name is Parameter.VPC else subnets for name in missing}
    return found | shared


def _said(configuration: Configuration, option: str) -> str:
    text = configuration.text(NETWORK, option) or ""
    return "" if has_function(text) else ",".join(part.strip() for part in text.split(",") if part.strip())


def _default_vpc(cloud: Cloud) -> str:
    found = _ec2(cloud).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not found:
        hint = f"name one: --option {NETWORK}:VPCId=vpc-… with Subnets and ELBSubnets of it"
        raise BeanstalkError(f"the account has no default VPC in {cloud.region}", hint=hint)
    return str(found[0]["VpcId"])


def _subnets(cloud: Cloud, vpc: str, default: bool) -> list[str]:
    """One of each availability zone, of the default VPC the default ones."""
    rows = _ec2(cloud).describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    if default and (of_zones := [row for row in rows if row.get("DefaultForAz")]):
        rows = of_zones
    by_zone = {row["AvailabilityZone"]: row["SubnetId"] for row in sorted(rows, key=lambda row: str(row["SubnetId"]))}
    if not by_zone:
        hint = f"name some: --option {NETWORK}:Subnets=subnet-…,subnet-…"
        raise BeanstalkError(f"{vpc} has no subnets in {cloud.region}", hint=hint)
    return [by_zone[zone] for zone in sorted(by_zone)]


def _ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")
