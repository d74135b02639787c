"""Look at an account before anything is deployed to it: who we are, what is allowed, what is there. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beanstalk.errors import CloudError
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.permissions import principal_of

_AT_ONCE = 50
"""Actions in one question to IAM."""
LINKED_ROLES = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
}
"""Service-linked roles that a stack needs: {service: role}."""
FARGATE_VCPU = ("fargate", "L-3032A538")
LOAD_BALANCERS = ("elasticloadbalancing", "L-53DA6B97")
"""(service, code) of quotas: on-demand vCPU of Fargate, application load balancers in a region."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What IAM says. denied: actions it does not allow.  unknown: why it could not be asked, "" when it was."""

    denied: tuple[str, ...] = ()
    unknown: str = ""


def permissions(cloud: Cloud, actions: Sequence[str]) -> Permissions:
    """Which of these actions are not allowed, as far as IAM tells. Conditions and policies of other accounts are not
    known to it."""
    principal = principal_of(cloud.identity["Arn"])
    if not principal:
        return Permissions()
    denied: list[str] = []
    try:
        for first in range(0, len(actions), _AT_ONCE):
            pages = cloud.client("iam").pages(
                "simulate_principal_policy",
                PolicySourceArn=principal,
                ActionNames=list(actions[first : first + _AT_ONCE]),
            )
            denied += [
                row["EvalActionName"]
                for page in pages
                for row in page["EvaluationResults"]
                if row["EvalDecision"] != "allowed"
            ]
    except CloudError as error:
        return Permissions(unknown=error.problem)
    return Permissions(tuple(denied))


def has_role(cloud: Cloud, role: str) -> bool | None:
    """None when that cannot be asked."""
    try:
        cloud.client("iam").get_role(RoleName=role)
    except CloudError as error:
        return False if error.code == "NoSuchEntity" else None
    return True


def quota(cloud: Cloud, service: str, code: str) -> float | None:
    """None when that cannot be asked."""
    try:
        found = cloud.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
    except CloudError:
        return None
    return float(found["Quota"]["Value"])


def load_balancers(cloud: Cloud) -> int:
    """Application load balancers that there are in the region."""
    pages = cloud.client("elbv2").pages("describe_load_balancers")
    return sum(each["Type"] == "application" for page in pages for each in page["LoadBalancers"])


def zones_of(cloud: Cloud, subnets: Sequence[str]) -> tuple[str, ...]:
    """Availability zones of subnets, in order. Raises CloudError for one that there is not."""
    rows = cloud.client("ec2").describe_subnets(SubnetIds=list(subnets))["Subnets"]
    return tuple(sorted({row["AvailabilityZone"] for row in rows}))


def zone_name(cloud: Cloud, zone: str) -> str:
    """Domain of a zone of Route 53, without the dot at the end. Raises CloudError."""
    return str(cloud.client("route53").get_hosted_zone(Id=zone)["HostedZone"]["Name"]).rstrip(".")
