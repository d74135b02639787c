"""RetrieveEnvironmentInfo on AWS: what tasks wrote, those that are gone too, as long as their log group keeps it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.records import State
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.seeing import environment_or_gone
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.targets.aws import logs
from beanstalk.targets.aws.logs import Stream
from beanstalk.targets.aws.observing import unless_absent


@dataclass(frozen=True, slots=True)
class CloudLog:
    """The output of one container of one task. group: its log group."""

    group: str
    stream: Stream
    state: State

    @property
    def task(self) -> str:
        return self.stream.task

    @property
    def name(self) -> str:
        return f"{self.stream.container}.log"


@dataclass(frozen=True, slots=True)
class CloudChoice:
    """Which logs. task: its id, or the beginning of it.  since: written to since then.  gone: those of tasks that have
    ended, too; without it they are left out unless nothing else is there."""

    task: str = ""
    since: float | None = None
    gone: bool = False


def list_cloud_logs(service: CloudService, name: str, choice: CloudChoice = CloudChoice()) -> list[CloudLog]:
    """The logs that `choice` means, those that were written to last at the end. Raises NotFound."""
    environment = environment_or_gone(service, name)
    group = log_group(environment)
    living = _living(service, environment)
    every = [
        CloudLog(group, each, State.IN_SERVICE if each.task in living else State.TERMINATED)
        for each in logs.streams(service.cloud, group)
    ]
    found = chosen(every, choice)
    if choice.task and not found:
        raise NotFound(f"{name} has no log of a task {choice.task}", hint="beanstalk logs --all")
    return found


def chosen(every: Sequence[CloudLog], choice: CloudChoice) -> list[CloudLog]:
    """Those that `choice` means."""
    found = [
        each
        for each in every
        if each.task.startswith(choice.task) and (choice.since is None or each.stream.changed >= choice.since)
    ]
    if choice.gone or choice.task:
        return found
    return [each for each in found if each.state is not State.TERMINATED] or found


def log_group(environment: CloudEnvironment) -> str:
    """Raises BeanstalkError when its stack has not told one yet."""
    group = environment.outputs.get("LogGroupName", "")
    if not group:
        hint = f"see how far it is: beanstalk events {environment.name}"
        raise BeanstalkError(f"{environment.name} has no log group yet", hint=hint)
    return group


def last_cloud_lines(service: CloudService, log: CloudLog, lines: int) -> list[str]:
    return logs.last_lines(service.cloud, log.group, log.stream, lines)


def all_cloud_lines(service: CloudService, log: CloudLog) -> list[str]:
    return logs.all_lines(service.cloud, log.group, log.stream)


def follow_cloud_logs(
    service: CloudService, name: str, task: str = "", since: float | None = None
) -> Iterator[tuple[CloudLog, str]]:
    """Every line as it is written, those of new tasks too. Never ends. since: from then on, None: from now on."""
    group = log_group(environment_or_gone(service, name))
    begin = int((service.now() if since is None else since) * 1000)
    for stream, line in logs.follow(service.cloud, group, begin, service.sleep):
        if stream.task.startswith(task):
            yield CloudLog(group, stream, State.IN_SERVICE), line.text


def zip_cloud_logs(service: CloudService, found: Sequence[CloudLog], out: Path) -> None:
    """Write them into the zip `out`: TASK/CONTAINER.log."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for log in found:
            with archive.open(zipfile.ZipInfo(f"{log.task}/{log.name}"), "w", force_zip64=True) as member:
                for line in all_cloud_lines(service, log):
                    member.write(line.encode() + b"\n")


def _living(service: CloudService, environment: CloudEnvironment) -> set[str]:
    """Ids of the tasks of its service that are not told to stop."""
    places = environment.places
    if environment.terminated is not None or not places.service:
        return set()

    def ask() -> set[str]:
        pages = service.cloud.client("ecs").pages(
            "list_tasks", cluster=places.cluster, serviceName=places.service_name, desiredStatus="RUNNING"
        )
        return {arn.rpartition("/")[2] for page in pages for arn in page["taskArns"]}

    return unless_absent(ask, set())
