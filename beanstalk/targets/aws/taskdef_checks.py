"""What Amazon ECS would refuse or never start, before it is asked; linters of templates see little of it.

Functions of a template may stand anywhere in a document; what they become is not known, so they pass.
Sources: ECS API reference, RegisterTaskDefinition; ECS Developer Guide, "Task definition parameters".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from beanstalk.errors import Problem
from beanstalk.source.cycles import find_cycles, in_words
from beanstalk.source.dockerrun_v2_rules import RESERVED_PORTS, SMALLEST_MIB
from beanstalk.source.notes import meant
from beanstalk.targets.aws.blueprint import Json, Launch
from beanstalk.targets.aws.sizes import PAIRS, is_size
from beanstalk.targets.aws.taskdef_cloudformation import is_function
from beanstalk.targets.aws.taskdef_fargate import check_fargate
from beanstalk.targets.aws.taskdef_limits import check_limits
from beanstalk.targets.aws.taskdef_parts import listed, name_of, number, objects
from beanstalk.targets.aws.taskdef_places import Places

MOST_CONTAINERS = 10
MOST_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ENDS = ("COMPLETE", "SUCCESS")
_ONE_AT_LEAST = "leave essential out of the container that answers requests"


def check(document: Json, launch: Launch, places: Places | None = None) -> list[Problem]:
    """Every mistake, with its place where the source is known. document: in the words of ECS's API."""
    places = places or Places()
    containers = objects(document, "containerDefinitions")
    found = [
        *_whole(document, containers, places),
        *_names(containers, document, places),
        *_references(containers, document, places),
        *_cycles(containers, places),
        *_memory(containers, document, launch, places),
        *_network(containers, document, launch, places),
        *_secrets(containers, document, places),
        *_logs(containers, places),
    ]
    if launch is Launch.FARGATE:
        found += [*_fargate_size(document), *check_fargate(containers, document, places)]
    return [*found, *check_limits(document, places)]


def is_essential(container: Json) -> bool:
    return container.get("essential") is not False


def _whole(document: Json, containers: Sequence[Json], places: Places) -> Iterator[Problem]:
    if len(containers) > MOST_CONTAINERS:
        text = f"a task has at most {MOST_CONTAINERS} containers, and these are {len(containers)}"
        yield places.problem(text, "run some of them in an environment of their own", "")
    if containers and not any(is_essential(each) for each in containers):
        yield places.problem("no container is essential", _ONE_AT_LEAST, name_of(containers[0]), "essential")
    size = len(repr(document))
    if size > MOST_BYTES:
        text = f"the task definition has about {size // 1024} KB, and at most {MOST_BYTES // 1024} are possible"
        yield places.problem(text, "put long values into Parameter Store and name them in secrets", "")


def _names(containers: Sequence[Json], document: Json, places: Places) -> Iterator[Problem]:
    family = document.get("family")
    if isinstance(family, str) and not _NAME.fullmatch(family):
        hint = "letters, digits, _ and - are possible, 255 of them"
        yield Problem(f"{family[:80]!r} cannot be the family of a task definition", hint=hint)
    seen: set[str] = set()
    for each in containers:
        name = each.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            text = f"{name_of(each)!r} cannot be the name of a container on ECS"
            yield places.problem(text, "letters, digits, _ and - are possible", name_of(each))
        elif name in seen:
            yield places.problem(f"two containers are called {name}", "give each its own name", name)
        seen.add(str(name))
        if not each.get("image"):
            yield places.problem(f"{name_of(each)} has no image", "name its image", name_of(each), "image")


def _references(containers: Sequence[Json], document: Json, places: Places) -> Iterator[Problem]:
    """Names of other containers and of volumes."""
    names = {name_of(each): each for each in containers}
    volumes = [str(each.get("name")) for each in objects(document, "volumes")]
    for each in containers:
        own = name_of(each)
        others = [name for name in names if name != own]
        for key, wanted in _named(each):
            if wanted == own:
                yield places.problem(f"{key} of {own} names {own} itself", "take it out", own, key)
            elif wanted not in names:
                text = f"{key} of {own} names {wanted[:80]}, which is no container"
                yield places.problem(text, meant(wanted, others) if others else "take it out", own, key)
        for mount in objects(each, "mountPoints"):
            wanted = str(mount.get("sourceVolume"))
            if wanted not in volumes:
                hint = meant(wanted, volumes) if volumes else "add it to the volumes"
                yield places.problem(f"{own} mounts {wanted[:80]}, which is no volume", hint, own, "mountPoints")
        yield from _conditions(each, names, places)


def _named(container: Json) -> Iterator[tuple[str, str]]:
    """(key, name of a container) of everything that names one."""
    for link in listed(container, "links"):
        if isinstance(link, str):
            yield "links", link.partition(":")[0]
    for key, member in (("dependsOn", "containerName"), ("volumesFrom", "sourceContainer")):
        for each in objects(container, key):
            if isinstance(each.get(member), str):
                yield key, each[member]


def _conditions(container: Json, names: Mapping[str, Json], places: Places) -> Iterator[Problem]:
    own = name_of(container)
    for each in objects(container, "dependsOn"):
        other, condition = names.get(str(each.get("containerName"))), each.get("condition")
        if other is None:
            continue
        if condition == "HEALTHY" and not _has_check(other):
            text = f"{own} waits until {name_of(other)} is healthy, which has no health check on ECS"
            hint = (
                f"give {name_of(other)} a health check of its own (that of its image does not count), or wait for START"
            )
            yield places.problem(text, hint, own, "dependsOn")
        if condition in _ENDS and is_essential(other):
            text = f"{own} waits for {name_of(other)} to end, but {name_of(other)} is essential: its end stops the task"
            yield places.problem(text, f"say that {name_of(other)} is not essential", own, "dependsOn")


def _has_check(container: Json) -> bool:
    found = container.get("healthCheck")
    return isinstance(found, dict) and bool(found.get("command")) and found["command"] != ["NONE"]


def _cycles(containers: Sequence[Json], places: Places) -> Iterator[Problem]:
    needs = {name_of(each): {name for _, name in _named(each)} - {name_of(each)} for each in containers}
    known = {name: wanted & needs.keys() for name, wanted in needs.items()}
    for circle in find_cycles(known):
        text = f"containers that need each other to start: {in_words(circle)}"
        yield places.problem(text, "take one of the dependencies out", circle[0], "dependsOn")


def _memory(containers: Sequence[Json], document: Json, launch: Launch, places: Places) -> Iterator[Problem]:
    task_memory, task_cpu = number(document.get("memory")), number(document.get("cpu"))
    for each in containers:
        own, hard, soft = name_of(each), number(each.get("memory")), number(each.get("memoryReservation"))
        if not hard and not soft and not task_memory and launch is Launch.EC2:
            text = f"nothing says how much memory {own} gets, which is needed on EC2"
            yield places.problem(text, "write memory or memoryReservation", own)
        if hard and soft and hard <= soft:
            text = f"memory {hard} of {own} is not above its memoryReservation {soft}"
            yield places.problem(text, "memory is the limit, memoryReservation what it usually needs", own, "memory")
        for key, value in (("memory", hard), ("memoryReservation", soft)):
            if key in each and 0 < value < SMALLEST_MIB:
                text = f"{key} {value} of {own} is less than a container starts with"
                yield places.problem(text, f"the number is MiB: give it at least {SMALLEST_MIB}", own, key)
    memory = sum(number(each.get("memory")) or number(each.get("memoryReservation")) for each in containers)
    cpu = sum(number(each.get("cpu")) for each in containers)
    for what, unit, asked, there in (("memory", "MiB", memory, task_memory), ("cpu", "units", cpu, task_cpu)):
        if there and asked > there:
            text = f"the containers need {asked} {unit} of {what} together, and the task has {there}"
            yield places.problem(
                text, f"give the task more (beanstalk:aws:{what.capitalize()}), or the containers less", ""
            )


def _network(containers: Sequence[Json], document: Json, launch: Launch, places: Places) -> Iterator[Problem]:
    """Fargate tells of links and extra hosts itself."""
    mode, on_ec2 = document.get("networkMode", "bridge"), launch is Launch.EC2
    taken: dict[tuple[Any, ...], str] = {}
    for each in containers:
        own = name_of(each)
        if each.get("links") and mode != "bridge" and on_ec2:
            text = f"links of {own} work in the network mode bridge alone, and this is {mode}"
            yield places.problem(text, "containers of one task reach each other at localhost", own, "links")
        for key, what, is_told in (("extraHosts", "extra hosts", on_ec2), ("hostname", "a host name", True)):
            if each.get(key) and mode == "awsvpc" and is_told:
                text = f"{own} has {what}, which the network mode awsvpc does not know"
                yield places.problem(text, "take it out, or use the network mode bridge on EC2", own, key)
        for mapping in objects(each, "portMappings"):
            yield from _port(own, mapping, mode, taken, places)


def _port(own: str, mapping: Json, mode: Any, taken: dict[tuple[Any, ...], str], places: Places) -> Iterator[Problem]:
    """taken: (port, protocol) → container, of the address that all share, or of the instance."""
    inside, host = mapping.get("containerPort"), mapping.get("hostPort")
    protocol = str(mapping.get("protocol") or "tcp")
    for key, value, least in (("containerPort", inside, 1), ("hostPort", host, 0)):
        if isinstance(value, int) and not least <= value <= 65535:
            yield places.problem(f"{key} {value} of {own} is no port", "a port is at most 65535", own, "portMappings")
    if mode in ("awsvpc", "host") and host not in (None, 0, inside) and not is_function(host):
        text = f"hostPort {host} of {own} differs from its containerPort {inside}, and {mode} knows one port only"
        yield places.problem(text, "leave hostPort out", own, "portMappings")
    if mode == "bridge" and isinstance(host, int) and host in RESERVED_PORTS:
        yield places.problem(f"port {host} is taken by the instance itself", "choose another", own, "portMappings")
    shared = inside if mode in ("awsvpc", "host") else host
    if not isinstance(shared, int) or not shared:
        return
    first = taken.setdefault((shared, protocol), own)
    if first != own:
        where = (
            "on the instance" if mode == "bridge" else f"in the network mode {mode} all containers share one address"
        )
        text = f"port {shared}/{protocol} is used by {first} and by {own}: {where}"
        yield places.problem(text, "let one of them listen on another port", own, "portMappings")


def _secrets(containers: Sequence[Json], document: Json, places: Places) -> Iterator[Problem]:
    for each in containers:
        own, secrets = name_of(each), objects(each, "secrets")
        logs = each.get("logConfiguration")
        reads = secrets or each.get("repositoryCredentials") or (isinstance(logs, dict) and logs.get("secretOptions"))
        if reads and not document.get("executionRoleArn"):
            text = f"{own} needs secrets, and there is no execution role to read them with"
            yield places.problem(text, "set beanstalk:aws:ExecutionRoleArn", own, "secrets")
        plain = {str(entry.get("name")) for entry in objects(each, "environment")}
        names = [str(entry.get("name")) for entry in secrets]
        for name in sorted({name for name in names if name in plain or names.count(name) > 1}):
            text = f"{own} gets {name[:80]} twice: " + (
                "as a secret and as text" if name in plain else "as two secrets"
            )
            yield places.problem(text, "keep one of them", own, "secrets")
        for file in objects(each, "environmentFiles"):
            value = file.get("value")
            if isinstance(value, str) and not re.fullmatch(r"arn:[^:]+:s3:::[^/]+/.+\.env", value):
                text = f"the environment file {value[:80]} of {own} is no file in S3 whose name ends in .env"
                yield places.problem(text, "write arn:aws:s3:::BUCKET/NAME.env", own, "environmentFiles")


def _logs(containers: Sequence[Json], places: Places) -> Iterator[Problem]:
    routed = [each for each in containers if _driver(each) == "awsfirelens"]
    routers = [each for each in containers if each.get("firelensConfiguration")]
    if routed and not routers:
        text = f"{name_of(routed[0])} logs through FireLens, and no container has a firelensConfiguration"
        hint = "add a container with Fluent Bit and firelensConfiguration, or use awslogs"
        yield places.problem(text, hint, name_of(routed[0]), "logConfiguration")
    for each in containers:
        logs = each.get("logConfiguration")
        if not isinstance(logs, dict) or _driver(each) != "awslogs":
            continue
        for key in ("awslogs-group", "awslogs-region"):
            if not (isinstance(logs.get("options"), dict) and logs["options"].get(key)):
                text = f"awslogs of {name_of(each)} has no {key}"
                yield places.problem(text, f"add {key} to its options", name_of(each), "logConfiguration")


def _driver(container: Json) -> Any:
    found = container.get("logConfiguration")
    return found.get("logDriver") if isinstance(found, dict) else None


def _fargate_size(document: Json) -> Iterator[Problem]:
    cpu, memory = number(document.get("cpu")), number(document.get("memory"))
    if is_function(document.get("cpu")) or is_function(document.get("memory")):
        return
    if not is_size(cpu, memory):
        fitting = PAIRS.get(cpu)
        hint = f"with {cpu} units go {fitting[0]} to {fitting[-1]} MiB" if fitting else f"cpu is one of {[*PAIRS]}"
        yield Problem(f"{cpu} CPU units with {memory} MiB are no size of a task on Fargate", hint=hint)
