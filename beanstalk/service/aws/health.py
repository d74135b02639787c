"""DescribeInstancesHealth on AWS: each task of an environment with why it is as it is."""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.records import Health
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.seeing import CloudDescription, describe_on_aws
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.observing import Observer, together, unless_absent
from beanstalk.targets.aws.stack import Stack
from beanstalk.targets.aws.task_health import TaskHealth, metrics, task_health
from beanstalk.targets.aws.watch import Deployment, ServiceView

_MOST_TASKS = 100
"""Of one DescribeTasks."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """labels: {task definition: version label}, as far as known.  used: per cent of processor and memory that the tasks
    use on average, by the names of CloudWatch."""

    description: CloudDescription
    tasks: tuple[TaskHealth, ...]
    labels: dict[str, str]
    used: dict[str, float]

    @property
    def causes(self) -> list[str]:
        """Those of the environment, then of each task."""
        own = [f"{each.id}: {each.cause}." for each in self.tasks if each.cause and each.health is not Health.INFO]
        return [*self.description.causes, *(each.replace("..", ".") for each in own)]


def health_on_aws(service: CloudService, name: str) -> HealthReport:
    """Raises NotFound."""
    description = describe_on_aws(service, name)
    environment = description.environment
    places = environment.places
    if not places.service:
        return HealthReport(description, (), {}, {})
    looking = Observer(service.cloud, Stack(service.cloud, environment.stack), "", 0.0, service.now, places)
    rows, targets, used = together(
        lambda: unless_absent(lambda: _tasks(service, places.cluster, places.service_name), []),
        lambda: unless_absent(looking.targets, ()),
        lambda: metrics(service.cloud, places.cluster.rpartition("/")[2], places.service_name, service.now()),
    )
    hosts = _hosts(service, places.cluster, rows)
    balanced = bool(places.target_groups)
    found = [task_health(row, targets, hosts, balanced) for row in rows]
    operation = description.operation
    new = operation.version_label if operation else environment.version_label
    labels = labels_of(description.service, new, environment.version_label)
    return HealthReport(description, tuple(sorted(found, key=lambda each: each.started or 0.0)), labels, used)


def labels_of(view: ServiceView | None, new: str, before: str) -> dict[str, str]:
    """{task definition: version label}: that of the deployment that goes on, and what ran before it."""
    deployments: tuple[Deployment, ...] = view.deployments if view else ()
    alone = len(deployments) == 1
    return {
        each.task_definition: new if each.status == "PRIMARY" and not alone else before
        for each in sorted(deployments, key=lambda each: each.status == "PRIMARY")
    }


def _tasks(service: CloudService, cluster: str, name: str) -> list[Json]:
    ecs = service.cloud.client("ecs")
    pages = ecs.pages("list_tasks", cluster=cluster, serviceName=name, desiredStatus="RUNNING")
    arns = [arn for page in pages for arn in page["taskArns"]]
    rows: list[Json] = []
    for first in range(0, len(arns), _MOST_TASKS):
        rows += ecs.describe_tasks(cluster=cluster, tasks=arns[first : first + _MOST_TASKS])["tasks"]
    return rows


def _hosts(service: CloudService, cluster: str, rows: list[Json]) -> dict[str, str]:
    """{ARN of a container instance: id in EC2}, of tasks on instances."""
    arns = sorted({each["containerInstanceArn"] for each in rows if each.get("containerInstanceArn")})
    if not arns:
        return {}
    ecs = service.cloud.client("ecs")
    found = unless_absent(
        lambda: ecs.describe_container_instances(cluster=cluster, containerInstances=arns[:_MOST_TASKS]), {}
    )
    return {each["containerInstanceArn"]: each.get("ec2InstanceId", "") for each in found.get("containerInstances", ())}
