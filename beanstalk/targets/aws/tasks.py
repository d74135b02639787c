"""One task that runs once and ends: what a deployment does before its instances start, and what people want run.

Source: ECS API Reference, RunTask: the same client token starts no second task, whoever asks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beanstalk.errors import CloudError, TargetError
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.once import log_stream

TAIL_LINES = 5
"""Of what a task said at last."""
_POLL_S = 1.0
_LATE_S = 3.0
"""So long after its end the last lines of a task may still be on their way to CloudWatch Logs."""
_OF_SERVICE = ("launchType", "capacityProviderStrategy", "platformVersion", "networkConfiguration")
_LONGEST_TOKEN = 64
_LONGEST_STARTER = 36
_MOST_DESCRIBED = 100


@dataclass(frozen=True, slots=True)
class TaskResult:
    """exit_code: of the container that was asked for, None when it never ran; then `reason` says why."""

    arn: str
    exit_code: int | None
    reason: str = ""
    log_tail: tuple[str, ...] = ()


def run_task(
    cloud: Cloud,
    cluster: str,
    task_definition: str,
    service: Json,
    container: str,
    command: Sequence[str] | None,
    client_token: str,
    tell: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 3600.0,
    sleep: Callable[[float], None] = time.sleep,
    looked: Callable[[str], None] = lambda _: None,
    started_by: str = "beanstalk",
) -> TaskResult:
    """Start a task where those of a service run, and wait until it has ended.

    service: as DescribeServices tells it.  command: None for that of the task definition.  client_token: the same one
    starts no second task: whoever died while he waited waits for the same one again.  environment: for the container,
    besides.  looked: called with the id of the task after each look at it.  started_by: for `tasks_of`.  Raises
    TargetError when it cannot be placed, and when it has not ended after `timeout_s`.
    """
    arn = _start(cloud, cluster, task_definition, service, container, command, client_token, environment, started_by)
    tell(f"Started the task {arn.rpartition('/')[2]}.")
    until = time.monotonic() + timeout_s
    while True:
        task = _look(cloud, cluster, arn)
        looked(arn.rpartition("/")[2])
        if task is None or task["lastStatus"] == "STOPPED":
            return _result(cloud, arn, task, container, sleep)
        if time.monotonic() > until:
            cloud.client("ecs").stop_task(cluster=cluster, task=arn, reason="it took too long")
            raise TargetError(f"the task {arn.rpartition('/')[2]} had not ended after {timeout_s:g} s and was stopped")
        sleep(_POLL_S)


def tasks_of(cloud: Cloud, cluster: str, family: str, started_by: str) -> list[Json]:
    """The tasks of a family that somebody started with `run_task`, those that ended within the last hour too.

    By the family, as ListTasks takes `startedBy` beside no other filter, and then tells of running tasks alone.
    """
    ecs = cloud.client("ecs")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for page in ecs.pages("list_tasks", cluster=cluster, family=family, desiredStatus=status)
        for arn in page["taskArns"]
    ]
    found = [
        task
        for first in range(0, len(arns), _MOST_DESCRIBED)
        for task in ecs.describe_tasks(cluster=cluster, tasks=arns[first : first + _MOST_DESCRIBED])["tasks"]
    ]
    return [dict(task) for task in found if task.get("startedBy") == started_by[:_LONGEST_STARTER]]


def result_of(cloud: Cloud, task: Json, sleep: Callable[[float], None]) -> TaskResult:
    """How a task of one container has ended."""
    return _result(cloud, task["taskArn"], task, task["containers"][0]["name"], sleep)


def stop_task(cloud: Cloud, cluster: str, arn: str, reason: str, sleep: Callable[[float], None]) -> None:
    """Returns when it has ended."""
    cloud.client("ecs").stop_task(cluster=cluster, task=arn, reason=reason)
    while (task := _look(cloud, cluster, arn)) is not None and task["lastStatus"] != "STOPPED":
        sleep(_POLL_S)


def _start(
    cloud: Cloud, cluster: str, task_definition: str, service: Json, container: str, command: Sequence[str] | None,
    client_token: str, environment: Mapping[str, str] | None, started_by: str,
) -> str:  # fmt: skip
    override: dict[str, Any] = {"name": container}
    if command is not None:
        override["command"] = list(command)
    if environment:
        override["environment"] = [{"name": name, "value": value} for name, value in environment.items()]
    where = {key: service[key] for key in _OF_SERVICE if service.get(key)}
    if "capacityProviderStrategy" in where:
        where.pop("launchType", None)
    answer = cloud.client("ecs").run_task(
        cluster=cluster, taskDefinition=task_definition, count=1, startedBy=started_by[:_LONGEST_STARTER],
        clientToken=client_token[:_LONGEST_TOKEN], overrides={"containerOverrides": [override]}, **where,
    )  # fmt: skip
    if not answer["tasks"]:
        why = "; ".join(str(each.get("reason", "no reason given")) for each in answer["failures"])
        raise TargetError(f"no task can be started in {cluster}: {why}", hint="see that the cluster has room for it")
    return str(answer["tasks"][0]["taskArn"])


def _look(cloud: Cloud, cluster: str, arn: str) -> Json | None:
    """None when AWS does not know it any more: ended tasks are forgotten after an hour."""
    found = cloud.client("ecs").describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    return dict(found[0]) if found else None


def _result(cloud: Cloud, arn: str, task: Json | None, container: str, sleep: Callable[[float], None]) -> TaskResult:
    if task is None:
        return TaskResult(arn, None, "nothing is known of it any more")
    mine: Json = next((each for each in task["containers"] if each["name"] == container), {})
    reason = str(mine.get("reason") or task.get("stoppedReason") or "")
    code = mine.get("exitCode")
    lines = _log_tail(cloud, task, container, sleep)
    return TaskResult(arn, None if code is None else int(code), reason, lines)


def _log_tail(cloud: Cloud, task: Json, container: str, sleep: Callable[[float], None]) -> tuple[str, ...]:
    """The last lines of a container, () when it does not write to CloudWatch Logs. They come a moment late."""
    found = cloud.client("ecs").describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    group, stream = log_stream(found, container, task["taskArn"].rpartition("/")[2])
    if not group:
        return ()
    waited = 0.0
    while True:
        lines = _lines(cloud, group, stream)
        if lines or waited >= _LATE_S:
            return lines
        sleep(_POLL_S)
        waited += _POLL_S


def _lines(cloud: Cloud, group: str, stream: str) -> tuple[str, ...]:
    try:
        found = cloud.client("logs").get_log_events(logGroupName=group, logStreamName=stream, limit=TAIL_LINES)
    except CloudError as error:
        if error.code == "ResourceNotFoundException":
            return ()
        raise
    return tuple(each["message"].rstrip() for each in found["events"])
