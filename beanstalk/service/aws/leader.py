"""What is to run once in a deployment (`leader_only`): as one task of the new version, before any of its service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beanstalk.model import Outcome
from beanstalk.records import Severity
from beanstalk.scripts import Script
from beanstalk.service.aws.operations import Running, end
from beanstalk.service.aws.planning import CloudChange
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.observing import coordinates_of
from beanstalk.targets.aws.script_text import shell_text
from beanstalk.targets.aws.taskdef import task_definition
from beanstalk.workload import Workload

_OF_THE_TASK = ("executionRoleArn", "taskRoleArn", "networkMode", "runtimePlatform", "volumes")
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
    arn = ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    places = coordinates_of(resources)
    service = ecs.describe_services(cluster=places.cluster, services=[places.service])["services"][0]

    def wait(seconds: float) -> None:
        running.service.sleep(seconds)
        running.check_wanted()

    started: set[str] = set()
    try:
        found = run_task(
            running.service.cloud, places.cluster, arn, service, change.blueprint.group.web, None,
            running.operation.id, running.say, sleep=wait, looked=started.add,
        )  # fmt: skip
    except BaseException:
        for task in started:  # nobody waits for it any more
            ecs.stop_task(cluster=places.cluster, task=task, reason="the deployment was aborted")
        raise
    finally:
        ecs.deregister_task_definition(taskDefinition=arn)
    if found.exit_code == 0:
        running.say(f"Ran once: {names}.")
        return True
    lines = " | ".join(found.log_tail)
    how = f"exits with code {found.exit_code}" if found.exit_code is not None else found.reason
    cause = f"what runs once ({names}) {how}" + (f"; its last lines: {lines}" if lines else "")
    if change.new:
        running.say("The environment is removed again.", Severity.WARN)
    end(running, Outcome.ROLLED_BACK, cause)
    return False


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
    values = {name: value if isinstance(value, str) else known.get(name, "") for name, value in said.items()}
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
        "family": f"{live['family']}-once",
        "containerDefinitions": [{key: value for key, value in container.items() if value}],
        **found,
        **sizes,
        **({"requiresCompatibilities": compatible} if compatible else {}),
    }
