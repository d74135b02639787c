"""What is to run once in a deployment (`leader_only`): as one task of the new version, before any of its service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beanstalk.errors import BeanstalkError, EnvironmentBusy
from beanstalk.model import Outcome
from beanstalk.records import Kind, Severity
from beanstalk.scripts import Script
from beanstalk.service.aws.operations import LEASE_S, Running, end
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.state import Stage
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.observing import coordinates_of, unless_absent
from beanstalk.targets.aws.script_text import shell_text
from beanstalk.targets.aws.taskdef import task_definition
from beanstalk.workload import Workload

if TYPE_CHECKING:
    from beanstalk.targets.aws.tasks import TaskResult

_OF_THE_TASK = ("executionRoleArn", "taskRoleArn", "networkMode", "runtimePlatform", "volumes")
_SUFFIX = "-once"
_WITHOUT = ("portMappings", "healthCheck", "dependsOn", "links")


def leader_scripts(workload: Workload) -> tuple[Script, ...]:
    """In the order in which they run."""
    return tuple(each for each in workload.scripts if each.leader_only)


def run_leader(running: Running, change: CloudChange, images: Mapping[str, str]) -> bool:
    """Whether it went well. When not, the operation has ended and nothing that serves was touched."""
    from beanstalk.targets.aws.tasks import run_task

    scripts = leader_scripts(change.blueprint.workload)
    names = ", ".join(script.name for script in scripts)
    running.say(f"Running once, before the new version starts: {names}.")
    resources = running.stack.resources()
    ecs = running.service.cloud.client("ecs")
    live = ecs.describe_task_definition(taskDefinition=resources["TaskDefinition"].physical_id)["taskDefinition"]
    document = leader_document(change, images, live, scripts)
    if missing := not_given(change.template.body, document):
        text = f"What runs once does not have {', '.join(missing)}: the stack has that only when this is deployed."
        running.say(text, Severity.WARN)
    arn = ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    places = coordinates_of(resources)
    service = ecs.describe_services(cluster=places.cluster, services=[places.service])["services"][0]

    def note(text: str) -> None:  # at once, for whoever takes over
        running.say(text)
        running.save()

    def wait(seconds: float) -> None:
        running.service.sleep(seconds)
        running.check_wanted()

    running.save()  # whoever takes over has all that is needed to go on
    started: set[str] = set()
    try:
        found = run_task(
            running.service.cloud, places.cluster, arn, service, change.blueprint.group.web, None,
            running.operation.id, note, sleep=wait, looked=started.add, started_by=running.operation.id,
        )  # fmt: skip
        running.check_wanted()
    except BaseException:
        if running.lease is None or not running.lease.lost:  # otherwise whoever took over waits for it
            for task in started:
                ecs.stop_task(cluster=places.cluster, task=task, reason="the deployment was aborted")
        raise
    finally:
        ecs.deregister_task_definition(taskDefinition=arn)
    if found.exit_code == 0:
        running.say(f"Ran once: {names}.")
        return True
    cause = _cause(f"what runs once ({names})", found)
    if change.new:
        running.say("The environment is removed again.", Severity.WARN)
    end(running, Outcome.ROLLED_BACK, cause)
    return False


def _cause(what: str, found: TaskResult) -> str:
    lines = " | ".join(found.log_tail)
    how = f"exits with code {found.exit_code}" if found.exit_code is not None else found.reason
    return f"{what} {how}" + (f"; its last lines: {lines}" if lines else "")


def orphan_of(running: Running) -> Json | None:
    """The task that an operation has started to run something once, ended or not; None when it started none."""
    from beanstalk.targets.aws.tasks import tasks_of

    resources = running.stack.resources() if running.stack.look() is not None else {}
    places = coordinates_of(resources)
    if "TaskDefinition" not in resources or not places.cluster:
        return None
    family = resources["TaskDefinition"].physical_id.rpartition("/")[2].rpartition(":")[0]
    found = tasks_of(running.service.cloud, places.cluster, f"{family}{_SUFFIX}", running.operation.id)
    return found[0] if found else None


def go_on_after(running: Running, task: Json) -> bool:
    """What the client that started a task and is gone would have done. Whether the operation goes on or has ended by
    that; otherwise it is to be given up, and the task has ended.

    The task is never left running beside what comes next. Raises EnvironmentBusy while it runs, or while somebody
    else does this.
    """
    from beanstalk.targets.aws.tasks import result_of, stop_task

    operation, cloud = running.operation, running.service.cloud
    identity = task["taskArn"].rpartition("/")[2]
    if operation.abort or operation.kind is Kind.CREATE:  # of which only the first half is there
        if task["lastStatus"] != "STOPPED":
            reason = "the deployment was aborted" if operation.abort else "the environment is removed again"
            stop_task(cloud, task["clusterArn"], task["taskArn"], reason, running.service.sleep)
        return False
    if task["lastStatus"] != "STOPPED":
        text = f"what runs once in {operation.environment} still runs (task {identity}), and its client is gone"
        hint = f"wait for it with --wait-lock SECONDS, or end it: beanstalk abort {operation.environment}"
        raise EnvironmentBusy(text, hint=hint)
    mine = replace(operation, holder=running.service.holder())
    with running.service.memory.lease(running.environment, mine, LEASE_S):
        running.operation = running.service.memory.operation(operation.environment_id, operation.number) or operation
        if running.operation.stage is Stage.PREPARING:
            _conclude_for(running, identity, result_of(cloud, task, running.service.sleep))
    return True


def _conclude_for(running: Running, identity: str, found: TaskResult) -> None:
    running.say(f"The client that began this is gone; the task {identity}, which ran once, has ended.", Severity.WARN)
    if found.exit_code != 0:
        unless_absent(lambda: running.stack.discard(running.operation.token), None)
        end(running, Outcome.ROLLED_BACK, _cause("what runs once", found))
        return
    running.save()
    try:
        running.stack.execute(running.operation.token)
    except BeanstalkError as error:
        end(running, Outcome.ROLLED_BACK, f"what runs once went well, but AWS was not told: {error.problem}")
        return
    running.save(stage=Stage.EXECUTING, executed=running.service.now())


def leader_document(
    change: CloudChange, images: Mapping[str, str], live: Json, scripts: tuple[Script, ...]
) -> dict[str, Any]:
    """A task of the new version's web container alone that runs the scripts and ends.

    live: the task definition of the stack as it is, for what only CloudFormation can evaluate: roles, log group,
    addresses of other resources.
    """
    made = task_definition(change.blueprint, dict(images), None).document
    own = {each["name"]: each for each in made["containerDefinitions"]}
    web = change.blueprint.group.web
    there: Json = next((each for each in live["containerDefinitions"] if each["name"] == web), {})
    container = {key: value for key, value in own[web].items() if key not in _WITHOUT}
    known = {each["name"]: each["value"] for each in there.get("environment", ())}
    said = {each["name"]: each["value"] for each in container.get("environment", ())}
    values = {name: value for name, value in said.items() if isinstance(value, str)}
    container |= {
        "essential": True,
        "entryPoint": ["/bin/sh", "-c"],
        "command": [shell_text(scripts)],
        "environment": [{"name": name, "value": value} for name, value in {**known, **values}.items()],
        "secrets": there.get("secrets", []),
        "mountPoints": there.get("mountPoints", []),
        "logConfiguration": there.get("logConfiguration"),
    }
    found = {key: live[key] for key in _OF_THE_TASK if live.get(key)}
    sizes = {key: live[key] for key in ("cpu", "memory") if live.get(key)}
    compatible = live.get("requiresCompatibilities") or []
    return {
        "family": f"{live['family']}{_SUFFIX}",
        "containerDefinitions": [{key: value for key, value in container.items() if value}],
        **found,
        **sizes,
        **({"requiresCompatibilities": compatible} if compatible else {}),
    }


def not_given(body: Json, document: Json) -> list[str]:
    """Names of variables and secrets that the container has in a template, and in the task that runs once has not."""
    (container,) = document["containerDefinitions"]
    definitions = body["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    wanted: Json = next((each for each in definitions if each["Name"] == container["name"]), {})
    given = {each["name"] for key in ("environment", "secrets") for each in container.get(key, ())}
    names = [each["Name"] for key in ("Environment", "Secrets") for each in wanted.get(key, ()) if "Name" in each]
    return sorted({*names} - given)
