"""The task definition of an environment: its containers as Amazon ECS runs them, in the words of ECS's API.

A Dockerrun of version 2 is completed and keeps every field; everything else is translated. Pure; what cannot be is told
with the place where it was written. Sources: ECS API reference, RegisterTaskDefinition; AWS::ECS::TaskDefinition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beanstalk.containers import Condition
from beanstalk.errors import InvalidInput, Problem
from beanstalk.source.notes import in_order
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch
from beanstalk.targets.aws.sizes import choose
from beanstalk.targets.aws.taskdef_checks import check
from beanstalk.targets.aws.taskdef_cloudformation import to_cloudformation
from beanstalk.targets.aws.taskdef_container import definition_of
from beanstalk.targets.aws.taskdef_dockerrun import completed_containers
from beanstalk.targets.aws.taskdef_making import Making, Surroundings
from beanstalk.targets.aws.taskdef_places import dockerrun_v2

__all__ = ["Surroundings", "TaskDefinition", "task_definition", "to_cloudformation"]

UNSAID_MIB = 256
"""Memory that a container counts with when nothing says what it needs."""


@dataclass(frozen=True)
class TaskDefinition:
    """document: input of RegisterTaskDefinition; parts of it may be functions of a template (see `Surroundings`).
    why: sentences about what was chosen.  warnings: what has no effect, or another one, with places.
    """

    document: Json
    warnings: tuple[Problem, ...] = ()
    why: tuple[str, ...] = ()


def task_definition(
    blueprint: Blueprint,
    images: Mapping[str, Any],
    surroundings: Surroundings | None = None,
    sidecars: Sequence[Json] = (),
) -> TaskDefinition:
    """images: container → text or function, for each image that is built; others stand literally.  sidecars: container
    definitions that are there besides. Raises InvalidInput with everything that ECS would refuse.
    """
    making = Making(blueprint, images, surroundings or Surroundings())
    run = dockerrun_v2(blueprint)
    if run is not None:
        containers = completed_containers(run, making)
    else:
        containers = [definition_of(each, making) for each in blueprint.group.containers]
        _tell_names(making)
    containers = [*containers, *sidecars]
    _give_memory(containers, making)
    role = making.option("ExecutionRoleArn") or (run.execution_role_arn if run else "")
    document: Json = {
        "family": blueprint.environment,
        "networkMode": making.mode,
        "requiresCompatibilities": [blueprint.launch.value],
        "executionRoleArn": role or making.surroundings.execution_role,
        "taskRoleArn": making.option("TaskRoleArn") or making.surroundings.task_role,
        "runtimePlatform": {
            "cpuArchitecture": making.option("Architecture") or "X86_64",
            "operatingSystemFamily": "LINUX",
        },
        **_size(containers, making),
        **_disk(making),
        **_placement(making),
        "containerDefinitions": containers,
        "volumes": list(making.volumes.values()),
    }
    document = {key: value for key, value in document.items() if value}
    problems = [*making.notes.problems, *check(document, blueprint.launch, making.places)]
    warnings = tuple(in_order(making.notes.warnings))
    if problems:
        raise InvalidInput(in_order(problems), warnings)
    return TaskDefinition(document, warnings, tuple(making.why))


def _give_memory(containers: Sequence[Json], making: Making) -> None:
    """On EC2 every container says how much it takes, unless the task does."""
    if making.on_fargate or making.option("Memory"):
        return
    for each in containers:
        if "memory" not in each and "memoryReservation" not in each:
            each["memoryReservation"] = UNSAID_MIB
            making.why.append(f"{each['name']} is given room for {UNSAID_MIB} MiB, as nothing says what it needs")


def _size(containers: Sequence[Json], making: Making) -> Json:
    """Of the task: on Fargate one of its sizes, on EC2 what the options say."""
    asked = {name: int(making.option(name) or 0) for name in ("Cpu", "Memory")}
    if not making.on_fargate:
        return {name.lower(): str(value) for name, value in asked.items() if value}
    cpu = asked["Cpu"] or sum(_number(each, "cpu") for each in containers)
    memory = asked["Memory"] or _memory(containers)
    try:
        size, why = choose(cpu, memory)
    except InvalidInput as error:
        making.notes.problems += error.problems
        return {"cpu": str(cpu), "memory": str(memory)}
    making.why.append(why)
    return {"cpu": str(size.cpu), "memory": str(size.memory)}


def _memory(containers: Sequence[Json]) -> int:
    """MiB that all containers need together; 0 when the only one does not say."""
    said = [_number(each, "memory") or _number(each, "memoryReservation") for each in containers]
    return 0 if said == [0] else sum(each or UNSAID_MIB for each in said)


def _number(container: Json, key: str) -> int:
    found = container.get(key)
    return found if isinstance(found, int) else 0


def _disk(making: Making) -> Json:
    size = making.option("EphemeralStorage")
    return {"ephemeralStorage": {"sizeInGiB": int(size)}} if size and making.on_fargate else {}


def _placement(making: Making) -> Json:
    """Constraints that hold for tasks outside of the service, too; `distinctInstance` is one of the service alone."""
    written = making.json_option("PlacementConstraints")
    if making.blueprint.launch is not Launch.EC2 or not isinstance(written, list):
        return {}
    found = [each for each in written if isinstance(each, dict) and each.get("type") == "memberOf"]
    return {"placementConstraints": found} if found else {}


def _tell_names(making: Making) -> None:
    """Services of Compose know each other by name; in a task they share one address."""
    containers = making.blueprint.group.containers
    if len(containers) < 2 or making.mode == "bridge":
        return
    called = {each.container for container in containers for each in container.depends_on}
    called |= {name for container in containers for name, _ in container.links}
    waited = {each.container for one in containers for each in one.depends_on if each.condition is Condition.SUCCEEDED}
    names = sorted(called - waited or {each.name for each in containers if each.name != making.blueprint.group.web})
    text = f"containers of one task reach each other at localhost, not by their names ({', '.join(names)})"
    hint = "use localhost and the port, or set beanstalk:aws:LaunchType=EC2 and NetworkMode=bridge"
    making.notes.warnings.append(making.places.problem(text, hint, ""))
