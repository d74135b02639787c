"""`beanstalk health` on AWS."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.documents import time_text
from beanstalk.cli.health import health_lines, live
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import HEALTH_COLOUR, paint, write_json
from beanstalk.records import Health
from beanstalk.rollout.health import COLOUR
from beanstalk.service.aws.health import HealthReport, health_on_aws
from beanstalk.targets.aws.task_health import TaskHealth

_REFRESH_S = 5.0


def perform(session: Session, env: str | None, refresh: bool) -> None:
    name = cloud_environment_name(session, env)

    def look() -> dict[str, Any]:
        return _document(health_on_aws(session.cloud_service, name), session.cloud_service.now())

    if refresh:
        live(session, look, _REFRESH_S)
        return
    document = look()
    if session.json:
        write_json(document)
        return
    heading, *rest = health_lines(document)
    click.echo("\n".join([paint(heading, HEALTH_COLOUR[document["Color"]]), *rest]))


def _document(found: HealthReport, now: float) -> dict[str, Any]:
    """The same keys as on the local target. What single tasks use is only known with Container Insights, so the average
    stands with the causes."""
    environment, health = found.description.environment, found.description.health
    rows = [_row(each, found, now) for each in found.tasks]
    counts = Counter(row["HealthStatus"] for row in rows)
    return {
        "EnvironmentName": environment.name,
        "Status": str(environment.status),
        "Color": COLOUR[health],
        "HealthStatus": str(health),
        "Causes": found.causes,
        "InstancesHealth": {str(each): counts[str(each)] for each in Health},
        "RefreshedAt": time_text(now),
        "Instances": rows,
        "CPUPercent": _percent(found, "CPUUtilization"),
        "MemoryPercent": _percent(found, "MemoryUtilization"),
    }


def _row(task: TaskHealth, found: HealthReport, now: float) -> dict[str, Any]:
    label = found.labels.get(task.definition)
    current = label == found.description.environment.version_label
    return {
        "InstanceId": task.id,
        "HealthStatus": str(task.health),
        "Color": COLOUR[task.health],
        "State": str(task.state),
        "VersionLabel": label,
        "DeploymentId": found.description.environment.deployment if current else None,
        "Ports": [],
        "LaunchedAt": time_text(task.started) if task.started else None,
        "UptimeSeconds": round(now - task.started, 1) if task.started else 0.0,
        "CPUPercent": None,
        "MemoryBytes": None,
    }


def _percent(found: HealthReport, name: str) -> float | None:
    return round(found.used[name], 1) if name in found.used else None
