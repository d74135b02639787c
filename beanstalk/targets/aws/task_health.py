"""How each task of a service is, of what ECS, the load balancer and CloudWatch tell. Pure, but for `metrics`.

Sources: ECS Developer Guide, "Task lifecycle"; API Reference of Elastic Load Balancing, TargetHealth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from beanstalk.errors import CloudError
from beanstalk.records import Health, State
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.watch import Target

_COMING = ("PROVISIONING", "PENDING", "ACTIVATING")
_PERIOD_S = 300
_METRICS = ("CPUUtilization", "MemoryUtilization")


@dataclass(frozen=True, slots=True)
class TaskHealth:
    """id: of the task.  cause: why it is not Ok, "" when nobody says.  started: seconds since the epoch.
    definition: ARN of its task definition.  address: host:port that the load balancer knows it by, "" without one.
    """

    id: str
    state: State
    health: Health
    cause: str
    started: float | None
    definition: str
    address: str


def task_health(task: Json, targets: Sequence[Target], hosts: Mapping[str, str], balanced: bool) -> TaskHealth:
    """Of a row of DescribeTasks. targets: of its service.  hosts: {ARN of a container instance: id in EC2}.
    balanced: whether a load balancer sends requests to the tasks."""
    mine = _target(task, targets, hosts)
    state, health, cause = _judged(task, mine, balanced)
    started = task.get("startedAt")
    return TaskHealth(
        task["taskArn"].rpartition("/")[2], state, health, cause, started.timestamp() if started else None,
        task["taskDefinitionArn"], mine.id if mine else "",
    )  # fmt: skip


def _judged(task: Json, target: Target | None, balanced: bool) -> tuple[State, Health, str]:
    status = task["lastStatus"]
    if status in _COMING:
        return State.PENDING, Health.PENDING, ""
    if status != "RUNNING" or task.get("desiredStatus") == "STOPPED":
        return State.DRAINING, Health.INFO, str(task.get("stoppedReason", ""))
    if task.get("healthStatus") == "UNHEALTHY":
        return State.UNHEALTHY, Health.SEVERE, "the health check of a container fails"
    if not balanced:
        return State.IN_SERVICE, Health.OK, ""
    if target is None:
        return State.PENDING, Health.PENDING, "the load balancer does not know it yet"
    said = target.description or target.reason
    match target.state:
        case "healthy":
            return State.IN_SERVICE, Health.OK, ""
        case "unhealthy" | "unhealthy.draining":
            return State.UNHEALTHY, Health.SEVERE, said
        case "draining":
            return State.DRAINING, Health.INFO, said
        case "unavailable":
            return State.IN_SERVICE, Health.UNKNOWN, said
    return State.PENDING, Health.PENDING, said


def _target(task: Json, targets: Sequence[Target], hosts: Mapping[str, str]) -> Target | None:
    """That which is this task: at its own address in awsvpc, else at a port of its instance. Of the two groups the one
    where it is healthy counts."""
    own = set(_addresses(task))
    host = hosts.get(task.get("containerInstanceArn", ""), "")
    ports = {f"{host}:{port}" for port in _host_ports(task)} if host and not own else set()
    found = [each for each in targets if each.id.rpartition(":")[0] in own or each.id in ports]
    return min(found, key=lambda each: each.state != "healthy", default=None)


def _addresses(task: Json) -> list[str]:
    return [
        detail["value"]
        for attachment in task.get("attachments", ())
        for detail in attachment.get("details", ())
        if detail["name"] == "privateIPv4Address"
    ]


def _host_ports(task: Json) -> list[int]:
    return [
        binding["hostPort"]
        for container in task.get("containers", ())
        for binding in container.get("networkBindings", ())
        if "hostPort" in binding
    ]


def metrics(cloud: Cloud, cluster: str, service: str, now: float) -> dict[str, float]:
    """{"CPUUtilization", "MemoryUtilization": per cent of what the tasks may use, on average over five minutes}, as far
    as CloudWatch has them."""
    dimensions = [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]
    queries: list[Any] = [
        {
            "Id": name.lower(),
            "MetricStat": {
                "Metric": {"Namespace": "AWS/ECS", "MetricName": name, "Dimensions": dimensions},
                "Period": _PERIOD_S,
                "Stat": "Average",
            },
        }
        for name in _METRICS
    ]
    times = {"StartTime": datetime.fromtimestamp(now - 2 * _PERIOD_S, UTC), "EndTime": datetime.fromtimestamp(now, UTC)}
    try:
        found = cloud.client("cloudwatch").get_metric_data(MetricDataQueries=queries, **times)["MetricDataResults"]
    except CloudError:  # it is the least of what is asked for, and needs a permission of its own
        return {}
    by_id = {name.lower(): name for name in _METRICS}
    return {by_id[row["Id"]]: float(row["Values"][0]) for row in found if row["Values"]}
