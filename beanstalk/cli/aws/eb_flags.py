"""Flags of the EB CLI that only mean something on AWS, as option settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice
from beanstalk.model import OptionSetting

ALLOW_REPLACE, PRICES = "--allow-replace", "--prices"
_ENVIRONMENT = "aws:elasticbeanstalk:environment"
_LAUNCH, _INSTANCES = "aws:autoscaling:launchconfiguration", "aws:ec2:instances"
_VPC, _DATABASE = "aws:ec2:vpc", "aws:rds:dbinstance"
_OPTIONS: Mapping[str, tuple[str, str]] = {
    "--instance_type": (_INSTANCES, "InstanceTypes"),
    "--instance-types": (_INSTANCES, "InstanceTypes"),
    "--enable-spot": (_INSTANCES, "EnableSpot"),
    "--spot-max-price": (_INSTANCES, "SpotMaxPrice"),
    "--on-demand-base-capacity": (_INSTANCES, "SpotFleetOnDemandBase"),
    "--on-demand-above-base-capacity": (_INSTANCES, "SpotFleetOnDemandAboveBasePercentage"),
    "--keyname": (_LAUNCH, "EC2KeyName"),
    "--instance_profile": (_LAUNCH, "IamInstanceProfile"),
    "--vpc.securitygroups": (_LAUNCH, "SecurityGroups"),
    "--elb-type": (_ENVIRONMENT, "LoadBalancerType"),
    "--vpc.id": (_VPC, "VPCId"),
    "--vpc.ec2subnets": (_VPC, "Subnets"),
    "--vpc.elbsubnets": (_VPC, "ELBSubnets"),
    "--vpc.dbsubnets": (_VPC, "DBSubnets"),
    "--vpc.publicip": (_VPC, "AssociatePublicIpAddress"),
    "--vpc.elbpublic": (_VPC, "ELBScheme"),
    "--database": (_DATABASE, "HasCoupledDatabase"),
    "--database.engine": (_DATABASE, "DBEngine"),
    "--database.instance": (_DATABASE, "DBInstanceClass"),
    "--database.size": (_DATABASE, "DBAllocatedStorage"),
    "--database.username": (_DATABASE, "DBUser"),
    "--database.password": (_DATABASE, "DBPassword"),
    "--database.version": (_DATABASE, "DBEngineVersion"),
}
_OF_US = (ALLOW_REPLACE, PRICES)


def eb_settings(session: Session) -> list[OptionSetting]:
    """The options that were set by such flags; those that mean nothing here, either, are told of."""
    found = []
    for name, value in session.of_aws.items():
        if name in _OPTIONS:
            text = "true" if value is True else str(value)
            found.append(OptionSetting(*_OPTIONS[name], "public" if name == "--vpc.elbpublic" else text))
        elif name not in _OF_US:
            notice(f"{name} has no effect in this version", session.quiet)
    return found


def allows_replacements(session: Session) -> bool:
    return bool(session.of_aws.get(ALLOW_REPLACE))


def price_file(session: Session) -> Any:
    """Its path, None when none was given."""
    return session.of_aws.get(PRICES)
