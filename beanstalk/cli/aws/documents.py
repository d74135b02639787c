"""What --json writes about environments on AWS: the same keys as on the local target."""

from __future__ import annotations

from typing import Any

from beanstalk.cli.documents import event_document, time_text
from beanstalk.cli.exits import IN_PROGRESS
from beanstalk.records import Deployment, Environment, Event, Health, Operation
from beanstalk.rollout.health import COLOUR
from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.seeing import CloudDescription, Row
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.configuration import load_settings
from beanstalk.service.operations import Result
from beanstalk.source.environment_parts import TIERS


def cloud_document(environment: CloudEnvironment, health: Health | None = None) -> dict[str, Any]:
    """One row of `list`, and the beginning of `status`. health: None when nobody has looked."""
    links = {each.setting.name: each.link for each in load_settings(environment.settings_json) if each.link}
    return {
        "EnvironmentName": environment.name,
        "EnvironmentId": environment.id,
        "ApplicationName": environment.application,
        "VersionLabel": environment.version_label or None,
        "PlatformName": environment.platform or None,
        "SolutionStackName": environment.platform or None,
        "CNAME": environment.host or None,
        "EndpointURL": environment.host or None,
        "Url": environment.url or None,
        "Status": str(environment.status),
        "Health": COLOUR[health] if health else None,
        "HealthStatus": str(health) if health else None,
        "Tier": {"Name": environment.tier, "Type": TIERS[environment.tier], "Version": "1.0"},
        "DeploymentId": environment.deployment or None,
        "DateCreated": time_text(environment.created),
        "DateUpdated": time_text(environment.updated),
        "EnvironmentLinks": [{"LinkName": name, "EnvironmentName": linked} for name, linked in links.items()],
    }


def described_document(found: CloudDescription) -> dict[str, Any]:
    """`status`."""
    document = cloud_document(found.environment, found.health) | {"Causes": list(found.causes)}
    if found.operation:
        document["Operation"] = str(found.operation.kind)
    if found.stack:
        document |= {"StackName": found.stack.name, "StackStatus": found.stack.status}
    return document | {"Instances": [_row(each, found.environment) for each in found.rows]}


def running_document(running: Running, events: list[Event]) -> dict[str, Any]:
    """How an operation ended, or stands."""
    operation, environment = running.operation, running.environment
    ended = operation.ended or running.service.now()
    return {
        "Operation": str(operation.kind),
        "Outcome": str(operation.outcome) if operation.outcome else IN_PROGRESS,
        "EnvironmentName": environment.name,
        "EnvironmentId": environment.id,
        "ApplicationName": environment.application,
        "VersionLabel": operation.version_label or None,
        "PreviousVersionLabel": operation.previous_label or None,
        "DeploymentId": (operation.number if operation.becomes.deploys else environment.deployment) or None,
        "CNAME": environment.host or None,
        "Url": environment.url or None,
        "DurationSeconds": round(ended - operation.created, 3),
        "Cause": operation.cause or None,
        "Events": [event_document(event) for event in events],
    }


def as_result(running: Running) -> Result:
    """The same as a result of the local target, for those who tell it in words."""
    operation, environment = running.operation, running.environment
    row = Environment(
        environment.id, environment.name, environment.application, environment.cname, environment.platform,
        environment.status, Health.UNKNOWN, "[]", environment.version_label, environment.deployment, environment.size,
        0, environment.settings_json, environment.created, environment.updated, environment.terminated,
    )  # fmt: skip
    asked = Operation(operation.id, operation.kind, environment.id, operation.holder, operation.created)
    deployment: Deployment | None = None
    seconds = (operation.ended or running.service.now()) - operation.created
    return Result(
        asked, row, deployment, operation.outcome, operation.cause, operation.version_label, operation.previous_label,
        seconds, (),
    )  # fmt: skip


def _row(row: Row, environment: CloudEnvironment) -> dict[str, Any]:
    return {
        "InstanceId": row.id,
        "VersionLabel": row.label or None,
        "DeploymentId": environment.deployment if row.label else None,
        "State": str(row.state),
        "Address": row.address or None,
        "Pid": None,
        "Ports": [],
    }
