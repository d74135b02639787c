"""What --json writes: records as documents with the keys of the Elastic Beanstalk API. Times are ISO 8601, UTC."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from beanstalk.agent.pools import host_of
from beanstalk.cli.exits import IN_PROGRESS
from beanstalk.errors import BeanstalkError
from beanstalk.model import Policy
from beanstalk.records import Environment, Event, Version
from beanstalk.rollout.health import COLOUR
from beanstalk.service.environments import Description, describe, instance_rows
from beanstalk.service.links import links_of
from beanstalk.service.operations import Result
from beanstalk.service.place import Service
from beanstalk.service.reached import ports_of
from beanstalk.service.workers import queue_of
from beanstalk.source.environment_parts import TIERS


def time_text(seconds: float) -> str:
    """As the Elastic Beanstalk API writes it: 2026-11-20T23:50:08.123Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def environment_document(service: Service, environment: Environment) -> dict[str, Any]:
    """One row of `list`, and the beginning of `status`."""
    holder = service.store.holder(environment.id)
    document = {
        "EnvironmentName": environment.name,
        "EnvironmentId": environment.id,
        "ApplicationName": environment.application,
        "VersionLabel": environment.version_label or None,
        "PlatformName": environment.platform or None,
        "SolutionStackName": platform_title(service, environment.platform),
        "Tier": {"Name": environment.tier, "Type": TIERS[environment.tier], "Version": "1.0"},
        "CNAME": None if environment.is_worker else host_of(environment.cname),
        "EndpointURL": None if environment.is_worker else "{}:{}".format(*service.home.endpoint),
        "Url": url_of(service, environment),
        "Status": str(environment.status),
        "Health": COLOUR[environment.health],
        "HealthStatus": str(environment.health),
        "Causes": json.loads(environment.causes_json),
        "DeploymentId": deployment_number(service, environment.deployment_id),
        "DateCreated": time_text(environment.created),
        "DateUpdated": time_text(environment.updated),
        "EnvironmentLinks": [
            {"LinkName": name, "EnvironmentName": linked} for name, linked in links_of(environment).items()
        ],
    }
    queue = {"QueueUrl": queue_of(environment) or None} if environment.is_worker else {}
    return document | queue | ({"Operation": str(holder.kind)} if holder else {})


def status_document(service: Service, environment: Environment) -> dict[str, Any]:
    rows = instances(service, describe(service, environment))
    return environment_document(service, environment) | {"Instances": rows}


def instances(service: Service, description: Description) -> list[dict[str, Any]]:
    """`Instances`: the numbers of deployments count in the environment, as `DeploymentId` of `status` does."""
    rows = instance_rows(description)
    for row, ports in zip(rows, ports_of(service, description.instances), strict=True):
        row["DeploymentId"] = deployment_number(service, row["DeploymentId"])
        row["Ports"] = ports
    return rows


def deployment_number(service: Service, deployment_id: int) -> int | None:
    """The number that counts in its environment, None when there is no deployment."""
    found = service.store.deployments.get(deployment_id)
    return found.number if found else None


def url_of(service: Service, environment: Environment) -> str | None:
    """Ready to open; None of a worker."""
    return None if environment.is_worker else f"http://{host_of(environment.cname)}:{service.home.endpoint[1]}/"


def platform_title(service: Service, name: str) -> str | None:
    """The name of a platform for people; its folder's name when it is not there any more."""
    if not name:
        return None
    from beanstalk.platforms import find_platform

    try:
        return find_platform(name, service.platforms).branch
    except BeanstalkError:
        return name


def event_document(event: Event) -> dict[str, Any]:
    return {
        "EventDate": time_text(event.at_ms / 1000),
        "Severity": str(event.severity),
        "Message": event.message,
        "ApplicationName": event.application or None,
        "EnvironmentName": event.environment or None,
        "VersionLabel": event.version_label or None,
        "RequestId": event.operation_id or None,
    }


def version_document(version: Version, environments: list[str]) -> dict[str, Any]:
    return {
        "ApplicationName": version.application,
        "VersionLabel": version.label,
        "Description": version.description,
        "DateCreated": time_text(version.created),
        "Digest": version.digest,
        "SizeBytes": version.size_bytes,
        "EnvironmentNames": environments,
    }


def operation_document(service: Service, result: Result) -> dict[str, Any]:
    """How an operation ended, or stands."""
    environment = result.environment
    return {
        "Operation": str(result.operation.kind),
        "Outcome": str(result.outcome) if result.outcome else IN_PROGRESS,
        "EnvironmentName": environment.name,
        "EnvironmentId": environment.id,
        "ApplicationName": environment.application,
        "VersionLabel": result.version_label or None,
        "PreviousVersionLabel": result.previous_label or None,
        "DeploymentId": _number(service, result),
        "CNAME": None if environment.is_worker else host_of(environment.cname),
        "Url": url_of(service, environment),
        "DurationSeconds": round(result.seconds, 3),
        "Cause": result.cause or None,
        "Events": [event_document(event) for event in result.events],
    }


def _number(service: Service, result: Result) -> int | None:
    """Of a walk that only changes the size it is the deployment whose instances run, as `status` says."""
    from beanstalk.rollout.record import rollout_of

    deployment = result.deployment
    if deployment is not None and rollout_of(deployment).policy is not Policy.RESIZE:
        return deployment.number
    return deployment_number(service, result.environment.deployment_id)
