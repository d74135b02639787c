"""Run a program once in what an environment on AWS runs, or inside one of its tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.place import new_request_id
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.execute import execute
from beanstalk.targets.aws.logs import Tail
from beanstalk.targets.aws.once import log_stream, once_document, web_container
from beanstalk.targets.aws.tasks import run_task

_LONGEST_S = 24 * 3600.0
_WITHOUT_SCRIPTS = {"BEANSTALK_SCRIPTS": "none"}
"""Hooks and container_commands belong to instances, not to one program."""


def run_once_on_aws(
    service: CloudService, name: str, words: Sequence[str], container: str = "",
    show: Callable[[str], None] = print, tell: Callable[[str], None] = lambda _: None,
) -> int:  # fmt: skip
    """Run a program as a task of its own, where those of the environment run. Returns its exit code.

    show: gets each line that it writes.  Raises NotFound, BeanstalkError when it cannot run.
    """
    environment = find_cloud_environment(service, name)
    row, definition = _service(service, environment)
    ecs, cluster = service.cloud.client("ecs"), environment.places.cluster
    chosen = container or web_container(row, definition)
    document = once_document(definition, chosen, words)
    arn = ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    tails: dict[str, Tail] = {}

    def looked(task: str) -> None:
        group, stream = log_stream(document, chosen, task)
        if group:
            for line in tails.setdefault(task, Tail(service.cloud, group, stream)).read():
                show(line)

    try:
        found = run_task(
            service.cloud, cluster, arn, row, chosen, None, new_request_id(), tell, _WITHOUT_SCRIPTS, _LONGEST_S,
            service.sleep, looked,
        )  # fmt: skip
    except BaseException:
        for task in tails:
            ecs.stop_task(cluster=cluster, task=task, reason="beanstalk run has ended")
        raise
    finally:
        ecs.deregister_task_definition(taskDefinition=arn)
    looked(found.arn.rpartition("/")[2])  # its last lines come late
    if found.exit_code is None:
        raise BeanstalkError(f"{' '.join(words)} never ran: {found.reason or 'nobody says why'}")
    return found.exit_code


def run_inside_on_aws(
    service: CloudService, name: str, words: Sequence[str], instance: str = "", number: int = 0, container: str = ""
) -> int:
    """Run a program in a task: the one whose id begins so, the `number`th (from 1), else the oldest.

    Raises NotFound, BeanstalkError when the environment does not let anybody in, or this machine cannot.
    """
    environment = find_cloud_environment(service, name)
    row, definition = _service(service, environment)
    if not row.get("enableExecuteCommand"):
        hint = f"turn it on, which makes new tasks: beanstalk config {name} --update with {_ALLOW}"
        raise BeanstalkError(f"{name} lets nobody into its tasks", hint=hint)
    there = _tasks(service, environment)
    task = choose_task([each["taskArn"].rpartition("/")[2] for each in there], name, instance, number)
    chosen = container or web_container(row, definition)
    return execute(service.cloud, environment.places.cluster, task, chosen, words)


_ALLOW = "OptionSettings: {beanstalk:aws: {EnableExecuteCommand: true}}"


def choose_task(ids: Sequence[str], name: str, wanted: str, number: int) -> str:
    """ids: the oldest first. Raises NotFound, with those there are."""
    if not ids:
        raise BeanstalkError(f"{name} has no running instance", hint=f"beanstalk health {name}")
    listed = f"there are: {', '.join(ids)}"
    if number:
        if number > len(ids):
            raise NotFound(f"{name} has {len(ids)} running instances", hint=listed)
        return ids[number - 1]
    found = [each for each in ids if each.startswith(wanted)]
    if not found:
        raise NotFound(f"{name} has no running instance {wanted}", hint=listed)
    if wanted and len(found) > 1:
        raise NotFound(f"several instances begin with {wanted}", hint=listed)
    return found[0]


def _service(service: CloudService, environment: CloudEnvironment) -> tuple[Json, Json]:
    """(its service, what a task of it is). Raises BeanstalkError when there is none yet."""
    places, ecs = environment.places, service.cloud.client("ecs")
    rows: list[Any] = []
    if places.service:
        rows = ecs.describe_services(cluster=places.cluster, services=[places.service])["services"]
    if not rows:
        hint = f"wait until it is created: beanstalk events {environment.name} -f"
        raise BeanstalkError(f"nothing was deployed to {environment.name} yet", hint=hint)
    definition = ecs.describe_task_definition(taskDefinition=rows[0]["taskDefinition"])["taskDefinition"]
    return rows[0], definition


def _tasks(service: CloudService, environment: CloudEnvironment) -> list[Json]:
    """Running ones, the oldest first."""
    places, ecs = environment.places, service.cloud.client("ecs")
    arns = ecs.list_tasks(cluster=places.cluster, serviceName=places.service_name, desiredStatus="RUNNING")["taskArns"]
    rows = ecs.describe_tasks(cluster=places.cluster, tasks=arns[:100])["tasks"] if arns else []
    there = [row for row in rows if row["lastStatus"] == "RUNNING"]
    return sorted(there, key=lambda row: row["startedAt"].timestamp())
