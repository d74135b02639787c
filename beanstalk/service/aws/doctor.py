"""What an account of AWS has and lacks for environments. Looks only."""

from __future__ import annotations

from collections.abc import Iterator

from beanstalk.errors import BeanstalkError
from beanstalk.options.configuration import Configuration
from beanstalk.options.resolve import resolve
from beanstalk.service.aws.names import zone_of
from beanstalk.service.aws.network import network_values
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.check import Check
from beanstalk.service.configuration import layers_of, load_settings
from beanstalk.targets.aws import preflight
from beanstalk.targets.aws.blueprint import Parameter
from beanstalk.targets.aws.permissions import needed, needed_groups

EVERYTHING = "environments on AWS"
_SHOWN = 4


def examine_on_aws(service: CloudService, environment: CloudEnvironment | None) -> tuple[Check, ...]:
    """Everything, in the order in which it is read. environment: the project's, None when it has none yet."""
    try:
        who = service.cloud.identity["Arn"]
    except BeanstalkError as error:
        return (Check("credentials", EVERYTHING, error.problem, error.hint or "log in to AWS", ("everything",)),)
    return (
        Check("credentials", EVERYTHING, who),
        Check("region", EVERYTHING, f"{service.cloud.region}, account {service.cloud.account}"),
        _permissions(service),
        *_roles(service),
        _network(service, environment),
        *_quotas(service),
        *_zone(service, environment),
    )


def _permissions(service: CloudService) -> Check:
    found = preflight.permissions(service.cloud, needed_groups())
    if found.unknown:
        return Check("permissions", EVERYTHING, f"not known: {found.unknown}")
    if not found.denied:
        return Check("permissions", EVERYTHING, f"all {len(needed())} actions are allowed")
    some = ", ".join(found.denied[:_SHOWN])
    more = f" and {len(found.denied) - _SHOWN} more" if len(found.denied) > _SHOWN else ""
    remedy = "attach the policy of docs/aws.md (--json has it, and all that is denied)"
    return Check("permissions", EVERYTHING, f"denied: {some}{more}", remedy)


def denied(service: CloudService) -> tuple[str, ...]:
    """Every action that is needed and not allowed, as far as IAM tells."""
    return preflight.permissions(service.cloud, needed_groups()).denied


def _roles(service: CloudService) -> Iterator[Check]:
    """AWS makes them itself at the first need, when the permission is there; a first create may fail by it."""
    for owner, role in preflight.LINKED_ROLES.items():
        there = preflight.has_role(service.cloud, role)
        name = f"role {role.removeprefix('AWSServiceRoleFor')}"
        if there is None:
            yield Check(name, EVERYTHING, "not known: iam:GetRole is not allowed")
        elif there:
            yield Check(name, EVERYTHING, role)
        else:
            remedy = f"aws iam create-service-linked-role --aws-service-name {owner}"
            yield Check(name, EVERYTHING, "not there yet", remedy)


def _network(service: CloudService, environment: CloudEnvironment | None) -> Check:
    needed_by = (environment.name,) if environment else ()
    try:
        wanted = (Parameter.VPC, Parameter.SUBNETS, Parameter.BALANCER_SUBNETS)
        values = network_values(service.cloud, _configuration(environment), wanted)
        zones = preflight.zones_of(service.cloud, values[Parameter.BALANCER_SUBNETS].split(","))
    except BeanstalkError as error:
        remedy = error.hint or "name others: --option aws:ec2:vpc:Subnets=subnet-…,subnet-…"
        return Check("network", EVERYTHING, error.problem, remedy, needed_by)
    found = f"{values[Parameter.VPC]}, subnets in {', '.join(zones)}"
    if len(zones) < 2:
        remedy = "name subnets of two zones: --option aws:ec2:vpc:ELBSubnets=subnet-…,subnet-…"
        return Check("network", "load balancers", found, remedy)
    return Check("network", EVERYTHING, found)


def _configuration(environment: CloudEnvironment | None) -> Configuration:
    """What was set on it; what its bundle says of the network is not looked at."""
    return resolve(layers_of(load_settings(environment.settings_json) if environment else (), ()))


def _quotas(service: CloudService) -> Iterator[Check]:
    cpus = preflight.quota(service.cloud, *preflight.FARGATE_VCPU)
    known = "not known: servicequotas:GetServiceQuota is not allowed"
    yield Check("quota Fargate", "tasks on Fargate", f"{cpus:g} vCPU at once" if cpus is not None else known)
    most = preflight.quota(service.cloud, *preflight.LOAD_BALANCERS)
    if most is None:
        yield Check("quota load balancers", "load balancers", known)
        return
    try:
        there = preflight.load_balancers(service.cloud)
    except BeanstalkError as error:
        yield Check("quota load balancers", "load balancers", f"not known: {error.problem}")
        return
    service_code, code = preflight.LOAD_BALANCERS
    remedy = (
        f"aws service-quotas request-service-quota-increase --service-code {service_code} --quota-code {code} "
        f"--desired-value {most * 2:g}"
    )
    yield Check("quota load balancers", "load balancers", f"{there} of {most:g}", remedy if there >= most else "")


def _zone(service: CloudService, environment: CloudEnvironment | None) -> Iterator[Check]:
    zone = zone_of(environment) if environment else None
    if environment is None or zone is None:
        return
    try:
        name = preflight.zone_name(service.cloud, zone.id)
    except BeanstalkError as error:
        yield Check("zone", "public names", error.problem, error.hint or "set HostedZoneId", (environment.name,))
        return
    inside = f".{zone.domain}".endswith(f".{name}")
    remedy = "" if inside else f"set DomainName to one below {name}"
    yield Check("zone", "public names", f"{zone.domain} in {name} ({zone.id})", remedy, (environment.name,))
