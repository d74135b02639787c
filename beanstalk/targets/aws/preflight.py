"""Look at an account before anything is deployed to it: who we are, what is allowed, what is there. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beanstalk.errors import CloudError
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.permissions import PASSED_TO, Group, example_of, principal_of

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


def permissions(cloud: Cloud, groups: Sequence[Group]) -> Permissions:
    """Which of the actions of these groups are not allowed, as far as IAM tells. Policies of other accounts are not
    known to it."""
    principal = principal_of(cloud.identity["Arn"])
    if not principal:
        return Permissions()
    try:
        denied = [name for group in groups for name in _denied(cloud, principal, group)]
    except CloudError as error:
        return Permissions(unknown=error.problem)
    return Permissions(tuple(denied))


def _denied(cloud: Cloud, principal: str, group: Group) -> Iterator[str]:
    """Of one group, asked about a thing that it is for: a policy that names things allows nothing for all of them."""
    context = [
        {"ContextKeyName": PASSED_TO, "ContextKeyType": "string", "ContextKeyValues": [service]}
        for service in group.passed_to[:1]
    ]
    for first in range(0, len(group.names), _AT_ONCE):
        pages = cloud.client("iam").pages(
            "simulate_principal_policy",
            PolicySourceArn=principal,
            ActionNames=list(group.names[first : first + _AT_ONCE]),
            ResourceArns=[example_of(group)],
            ContextEntries=context,
        )
        for page in pages:
            for row in page["EvaluationResults"]:
                if row["EvalDecision"] != "allowed":
                    yield row["EvalActionName"]


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
