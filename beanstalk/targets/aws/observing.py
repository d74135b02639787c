"""Look at the stack, service, tasks and targets of an environment: the effects behind `watch.py`.

What cannot be seen (a service that is not made yet, an API that an account or emulator does not have) is left out; the
stack alone decides how an operation ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.cloud import Cloud, error_code
from beanstalk.targets.aws.stack import Stack
from beanstalk.targets.aws.stack_state import StackEvent, StackResource
from beanstalk.targets.aws.watch import (
    Deployment,
    Look,
    NativeDeployment,
    ServiceEvent,
    ServiceView,
    StoppedContainer,
    StoppedTask,
    Target,
)

T = TypeVar("T")
TARGET_GROUPS = ("TargetGroup", "AlternateTargetGroup")
"""Logical ids of the groups whose targets are the tasks of the web process."""
_LOG_LINES = 5
_MOST_TASKS = 100
"""Of one DescribeTasks."""
_ABSENT = frozenset(
    {
        "ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException", "TargetGroupNotFound",
        "ResourceNotFoundException", "InvalidAction", "UnsupportedOperation", "InvalidParameterException",
        "InternalFailure", "NotImplemented", "UnknownOperationException", "AccessDeniedException",
    }
)  # fmt: skip
"""Codes of errors that only mean that there is nothing to see."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where the parts of an environment are. cluster, service: names or ARNs, "" for none (yet).
    target_groups: ARNs, the web process's first.
    """

    cluster: str = ""
    service: str = ""
    target_groups: tuple[str, ...] = ()
    balancer: str = ""
    rule: str = ""

    @property
    def service_name(self) -> str:
        return self.service.rpartition("/")[2]


def coordinates_of(resources: Mapping[str, StackResource]) -> Coordinates:
    """Of a stack's resources by logical id."""

    def physical(name: str) -> str:
        return resources[name].physical_id if name in resources else ""

    service = physical("Service")
    parts = service.partition(":service/")[2].split("/")
    cluster = physical("Cluster") or (parts[0] if len(parts) > 1 else "")
    groups = tuple(found for name in TARGET_GROUPS if (found := physical(name)))
    return Coordinates(cluster, service, groups, physical("LoadBalancer"), physical("ProductionRule"))


def unless_absent(ask: Callable[[], T], otherwise: Any) -> T:
    """What AWS answers, `otherwise` when the thing is not there or cannot be asked for."""
    try:
        return ask()
    except Exception as error:
        if error_code(error) in _ABSENT:
            return cast(T, otherwise)
        raise


def together(*asks: Callable[[], Any]) -> list[Any]:
    """What all of them give, asked at the same time. Raises what one of them raises."""
    with ThreadPoolExecutor(len(asks)) as pool:
        return [each.result() for each in [pool.submit(ask) for ask in asks]]


@dataclass
class Observer:
    """token: of the operation; "" for whatever the stack does.  since: when it began."""

    cloud: Cloud
    stack: Stack
    token: str
    since: float
    now: Callable[[], float]
    at: Coordinates = field(default_factory=Coordinates)
    _tasks: dict[str, StoppedTask] = field(default_factory=dict)
    _log_options: dict[str, dict[str, Json]] = field(default_factory=dict)

    def look(self, last_event: str = "") -> Look:
        """What is there now. last_event: id of the last stack event that was seen."""
        state, events = together(self.stack.look, lambda: self._events(last_event))
        if state is None or state.status == "DELETE_COMPLETE":
            return Look(self.now(), state, tuple(events))
        if not (self.at.service and self.at.cluster):
            self.at = self._find()
        if not self.at.cluster:
            return Look(self.now(), state, tuple(events))
        service, deployments, stopped, targets = together(
            lambda: unless_absent(self.service, None),
            lambda: unless_absent(self.deployments, ()),
            lambda: unless_absent(self.stopped, ()),
            lambda: unless_absent(self.targets, ()),
        )
        return Look(self.now(), state, tuple(events), service, deployments, stopped, targets)

    def _events(self, last_event: str) -> Sequence[StackEvent]:
        found = self.stack.events(last_event)
        return [each for each in found if each.at >= self.since or each.token == self.token]

    def _find(self) -> Coordinates:
        found = coordinates_of(self.stack.resources())
        if found.cluster and not found.service:  # it is being made: its id is known when that has ended
            arns = unless_absent(lambda: self._ecs.list_services(cluster=found.cluster)["serviceArns"], [])
            if len(arns) == 1:
                return Coordinates(found.cluster, arns[0], found.target_groups, found.balancer, found.rule)
        return found

    @property
    def _ecs(self) -> Any:
        return self.cloud.client("ecs")

    def service(self) -> ServiceView | None:
        if not self.at.service:
            return None
        found = self._ecs.describe_services(cluster=self.at.cluster, services=[self.at.service])["services"]
        return service_view(found[0]) if found else None

    def deployments(self) -> tuple[NativeDeployment, ...]:
        """Service deployments since the operation began; () where there is no such API."""
        if not self.at.service:
            return ()
        listed = self._ecs.list_service_deployments(cluster=self.at.cluster, service=self.at.service, maxResults=5).get(
            "serviceDeployments", []
        )
        arns = [each["serviceDeploymentArn"] for each in listed if _seconds(each["createdAt"]) >= self.since - 1]
        if not arns:
            return ()
        rows = self._ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
        return tuple(native_deployment(row) for row in rows)

    def stopped(self) -> tuple[StoppedTask, ...]:
        """Tasks that have ended since the operation began, with the last lines of what they wrote."""
        which = {"serviceName": self.at.service_name} if self.at.service else {}
        arns = unless_absent(
            lambda: self._ecs.list_tasks(cluster=self.at.cluster, desiredStatus="STOPPED", **which)["taskArns"], []
        )
        new = [arn for arn in arns if arn.rpartition("/")[2] not in self._tasks][:_MOST_TASKS]
        if new:
            for row in self._ecs.describe_tasks(cluster=self.at.cluster, tasks=new)["tasks"]:
                if row.get("lastStatus") == "STOPPED":
                    task = self._stopped(row)
                    self._tasks[task.id] = task
        return tuple(each for each in self._tasks.values() if each.at >= self.since)

    def targets(self) -> tuple[Target, ...]:
        elb = self.cloud.client("elbv2")

        def of_group(arn: str) -> Callable[[], list[Json]]:
            return lambda: unless_absent(
                lambda: list(elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]), []
            )

        rows = together(*map(of_group, self.at.target_groups)) if self.at.target_groups else []
        return tuple(target(row) for group in rows for row in group)

    def _stopped(self, row: Json) -> StoppedTask:
        task_id = row["taskArn"].rpartition("/")[2]
        failed = [each for each in row.get("containers", ()) if each.get("exitCode")]
        logs = {each["name"]: self._log(row["taskDefinitionArn"], each["name"], task_id) for each in failed}
        return stopped_task(row, logs)

    def _log(self, task_definition: str, container: str, task_id: str) -> tuple[str, ...]:
        options = self._options_of(task_definition).get(container)
        if not options:
            return ()
        stream = f"{options.get('awslogs-stream-prefix', container)}/{container}/{task_id}"

        def ask() -> Iterable[Json]:
            group = options["awslogs-group"]
            rows: Iterable[Json] = self.cloud.client("logs").get_log_events(
                logGroupName=group, logStreamName=stream, limit=_LOG_LINES, startFromHead=False
            )["events"]
            return rows

        return tuple(each["message"].rstrip() for each in unless_absent(ask, ()))

    def _options_of(self, task_definition: str) -> dict[str, Json]:
        """Log options of its containers by their names, of those that write to CloudWatch Logs."""
        if task_definition not in self._log_options:
            found = unless_absent(
                lambda: self._ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"], {}
            )
            self._log_options[task_definition] = {
                each["name"]: each["logConfiguration"].get("options", {})
                for each in found.get("containerDefinitions", ())
                if each.get("logConfiguration", {}).get("logDriver") == "awslogs"
            }
        return self._log_options[task_definition]


def service_view(row: Json) -> ServiceView:
    """Of DescribeServices."""
    return ServiceView(
        row["desiredCount"],
        row["runningCount"],
        row.get("pendingCount", 0),
        tuple(_deployment(each) for each in row.get("deployments", ())),
        tuple(
            ServiceEvent(each["id"], _seconds(each["createdAt"]), each["message"])
            for each in reversed(row.get("events", []))
        ),
    )


def native_deployment(row: Json) -> NativeDeployment:
    """Of DescribeServiceDeployments."""
    breaker = row.get("deploymentCircuitBreaker", {})
    reason = row.get("rollback", {}).get("reason") or row.get("statusReason", "")
    if not reason and breaker.get("status") == "TRIGGERED":
        reason = (
            f"{breaker.get('failureCount')} tasks of the new version failed, the deployment circuit breaker's limit"
        )
    weight = row.get("targetServiceRevision", {}).get("requestedProductionTrafficWeight")
    alarms = row.get("alarms", {}).get("triggeredAlarmNames", ())
    return NativeDeployment(
        row["serviceDeploymentArn"], row["status"], row.get("lifecycleStage", ""), reason, tuple(alarms), weight
    )


def stopped_task(row: Json, logs: Mapping[str, tuple[str, ...]]) -> StoppedTask:
    """Of DescribeTasks. logs: the last lines of its containers by their names."""
    containers = tuple(
        StoppedContainer(
            each["name"],
            each.get("exitCode"),
            each.get("reason", ""),
            each.get("image", ""),
            logs.get(each["name"], ()),
        )
        for each in row.get("containers", ())
    )
    at = _seconds(row.get("stoppedAt") or row.get("stoppingAt") or row.get("createdAt"))
    return StoppedTask(
        row["taskArn"].rpartition("/")[2], at, row.get("stopCode", ""), row.get("stoppedReason", ""), containers
    )


def target(row: Json) -> Target:
    """Of DescribeTargetHealth."""
    health, whose = row["TargetHealth"], row["Target"]
    name = f"{whose['Id']}:{whose['Port']}" if "Port" in whose else whose["Id"]
    return Target(name, health["State"], health.get("Reason", ""), health.get("Description", ""))


def stack_ended(look: Look) -> bool:
    """Whether CloudFormation has nothing left to do. A stack that is only proposed is about to be made: it is asked for
    when its change set was executed."""
    return look.stack is None or not (look.stack.is_moving or look.stack.is_only_proposed)


def _deployment(row: Json) -> Deployment:
    return Deployment(
        row["id"], row["status"], row["taskDefinition"], row.get("desiredCount", 0), row.get("runningCount", 0),
        row.get("pendingCount", 0), row.get("failedTasks", 0), row.get("rolloutState", ""),
        row.get("rolloutStateReason", ""), _seconds(row.get("createdAt")),
    )  # fmt: skip


def _seconds(moment: Any) -> float:
    """botocore gives datetimes, and None for what has not happened."""
    return moment.timestamp() if isinstance(moment, datetime) else 0.0
