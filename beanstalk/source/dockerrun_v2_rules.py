"""What has to hold between the parts of a `Dockerrun.aws.json` of version 2, which no schema can say.

Source: EB Developer Guide, "ECS managed Docker platform", and the rules with which Amazon ECS registers a task.
Each rule looks at what was written and speaks of its place; what the schema found wrong already is not told again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from beanstalk.errors import Where
from beanstalk.source.cycles import find_cycles, in_words
from beanstalk.source.dockerrun_v1 import check_image
from beanstalk.source.dockerrun_v2 import LOGS
from beanstalk.source.json_nodes import Json
from beanstalk.source.json_schema import Findings
from beanstalk.source.placeholders import find_placeholders

SMALLEST_MIB = 6
MOST_CONTAINERS = 100
"""With more there is one error only: the schema allows a tenth of it."""

RESERVED_PORTS = frozenset({22, 2375, 2376, *range(51678, 51681)})
"""Of the instance: SSH, Docker, and the agent of ECS."""

_ENDS = ("COMPLETE", "SUCCESS")


def check_v2(root: Json, findings: Findings) -> None:
    """Tell everything in the document that would make the task fail, or that is probably not meant."""
    _version_1_keys(root, findings)
    containers = [item for item in root.array("containerDefinitions") if item.kind == "object"]
    if not containers or len(containers) > MOST_CONTAINERS:
        return
    _names(containers, findings, "container")
    volumes = [item for item in root.array("volumes") if item.kind == "object"]
    _names(volumes, findings, "volume")
    _volume_paths(volumes, findings)
    for container in containers:
        image = container.get("image")
        if image is not None and container.text("image"):
            check_image(image, container.text("image"), findings)
        _memory(container, findings)
        _mounts(container, containers, volumes, findings)
        _conditions(container, containers, findings)
    _needs(containers, findings)
    _essential(containers, findings)
    _host_ports(containers, findings)
    _secrets(root, containers, findings)


def _version_1_keys(root: Json, findings: Findings) -> None:
    meant = {"Image": "image of a container", "Ports": "portMappings of a container", "Volumes": "volumes"}
    if root.get("containerDefinitions") is None and (root.get("Image") or root.get("Ports")):
        findings.problems = [each for each in findings.problems if "containerDefinitions" not in each.text]
        text = "containerDefinitions is missing: what is here has the form of version 1"
        findings.wrong(
            root.at, text, 'write "AWSEBDockerrunVersion": "1", or describe the container in containerDefinitions'
        )
    for member in root.members:
        if member.name in meant:
            findings.warnings = [each for each in findings.warnings if each.at != member.at]
            hint = f"version 2 has {meant[member.name]}; for one container write version 1"
            findings.warn(member.at, f"{member.name} belongs to version 1 and has no effect", hint)


def _names(items: Sequence[Json], findings: Findings, what: str) -> None:
    seen: dict[str, Where] = {}
    for item in items:
        name, node = item.text("name"), item.get("name")
        if name and node and name in seen:
            text = f"a second {what} called {name[:80]}"
            findings.wrong(node.at, text, f"the first one is at line {seen[name].line}; give each its own name")
        elif name and node:
            seen[name] = node.at


def _volume_paths(volumes: Sequence[Json], findings: Findings) -> None:
    for volume in volumes:
        host = volume.get("host")
        path, node = (host.text("sourcePath"), host.get("sourcePath")) if host else ("", None)
        if node and path and not path.startswith("/") and not find_placeholders(path):
            hint = f"the bundle is at /var/app/current: write /var/app/current/{path.removeprefix('./')[:80]}"
            findings.wrong(node.at, f"the sourcePath {path[:80]!r} of volume {_name(volume)} is relative", hint)


def _memory(container: Json, findings: Findings) -> None:
    hard, soft = _number(container, "memory"), _number(container, "memoryReservation")
    if _told(container, ("memory", "memoryReservation"), findings):
        return
    if not hard and not soft:
        text = f"the container {_name(container)} has neither memory nor memoryReservation"
        findings.wrong(container.at, text, 'say how many MiB it gets, as "memory": 128')
    elif hard and soft and hard <= soft:
        text = f"memory {hard} of the container {_name(container)} is not above its memoryReservation {soft}"
        findings.wrong(
            _place(container, "memory"), text, "memory is the limit, memoryReservation what it usually needs"
        )
    elif hard and hard < SMALLEST_MIB:
        text = f"memory {hard} of the container {_name(container)} is less than Docker starts a container with"
        findings.warn(_place(container, "memory"), text, f"the number is MiB: give it at least {SMALLEST_MIB}")


def _mounts(container: Json, containers: Sequence[Json], volumes: Sequence[Json], findings: Findings) -> None:
    known = dict.fromkeys(name for name in (volume.text("name") for volume in volumes) if name)
    logs = {LOGS + name for name in (each.text("name") for each in containers) if name}
    for mount in container.array("mountPoints"):
        name, node = mount.text("sourceVolume"), mount.get("sourceVolume")
        if not name or node is None or name in known or name in logs or find_placeholders(name):
            continue
        own = f"{LOGS}{container.text('name')}"
        hint = (
            f"logs of this container are {own}" if name.startswith(LOGS) else _one_of(name, known, "volumes", findings)
        )
        findings.wrong(node.at, f"there is no volume {name[:80]}, which {_name(container)} mounts", hint)


def _conditions(container: Json, containers: Sequence[Json], findings: Findings) -> None:
    by_name = {each.text("name"): each for each in containers}
    for dependency in container.array("dependsOn"):
        condition, other = dependency.text("condition"), by_name.get(dependency.text("containerName"))
        if other is None:
            continue
        at, name = _place(dependency, "condition"), _name(other)
        if condition in _ENDS and _is_essential(other):
            text = f"{condition} waits for {name} to end, but {name} is essential: its end stops everything"
            findings.wrong(at, text, f'write "essential": false for {name}, or the condition START or HEALTHY')
        check = other.get("healthCheck")
        if condition == "HEALTHY" and (check is None or [item.value for item in check.array("command")] == ["NONE"]):
            findings.wrong(at, f"HEALTHY waits for a health check that {name} has not", f"give {name} a healthCheck")


def _needs(containers: Sequence[Json], findings: Findings) -> None:
    """links, volumesFrom and dependsOn: to containers that are there, to others, and never in a circle."""
    names = [name for name in (each.text("name") for each in containers) if name]
    needs: dict[str, set[str]] = {name: set() for name in names}
    places: dict[tuple[str, str], Where] = {}
    for container in containers:
        own = container.text("name")
        for key, other, at in _others(container):
            if find_placeholders(other):
                continue
            if other not in names:
                hint = _one_of(other, [name for name in names if name != own], "containers", findings)
                findings.wrong(at, f"{key} of {_name(container)} names {other[:80]}, which is no container", hint)
            elif other == own:
                findings.wrong(at, f"{key} of {_name(container)} names the container itself", "take it out")
            elif own:
                needs[own].add(other)
                places.setdefault((own, other), at)
    for circle in find_cycles(needs):
        text = f"containers that need each other to start: {in_words(circle)}"
        findings.wrong(places[circle[0], circle[1]], text, "take one of the links, volumesFrom or dependsOn out")


def _others(container: Json) -> Iterator[tuple[str, str, Where]]:
    """(key, name of another container, place) for each that this one needs."""
    for item in container.array("links"):
        if isinstance(item.value, str):
            yield "links", item.value.partition(":")[0], item.at
    for key, member in (("volumesFrom", "sourceContainer"), ("dependsOn", "containerName")):
        for item in container.array(key):
            if item.text(member):
                yield key, item.text(member), _place(item, member)


def _essential(containers: Sequence[Json], findings: Findings) -> None:
    if not any(_is_essential(container) for container in containers):
        hint = 'leave "essential" out, or set it to true, for the container that answers requests'
        findings.wrong(_place(containers[0], "essential"), "no container is essential", hint)


def _host_ports(containers: Sequence[Json], findings: Findings) -> None:
    taken: dict[tuple[int, str], tuple[str, Where]] = {}
    for container in containers:
        for mapping in container.array("portMappings"):
            number = _number(mapping, "hostPort")
            protocol = "udp" if mapping.text("protocol").lower() == "udp" else "tcp"
            if (
                mapping.kind == "object"
                and mapping.get("containerPort") is None
                and not mapping.text("containerPortRange")
            ):
                findings.wrong(
                    mapping.at, f"a port of {_name(container)} without containerPort", "say where it listens"
                )
            if not number:
                continue
            at = _place(mapping, "hostPort")
            if number in RESERVED_PORTS:
                findings.wrong(at, f"host port {number} is taken by the instance itself", "choose another hostPort")
            elif first := taken.get((number, protocol)):
                users = f"{first[0]} (line {first[1].line}) and {_name(container)}"
                text = f"host port {number}/{protocol} is used twice, by {users}"
                findings.wrong(at, text, "give one of them another hostPort; containerPort may stay")
            else:
                taken[number, protocol] = (_name(container), at)
    if (80, "tcp") not in taken:
        text = "no container is reached on host port 80, where the load balancer sends requests"
        findings.warn(containers[0].at, text, 'add "portMappings": [{"hostPort": 80, "containerPort": ...}] to one')


def _secrets(root: Json, containers: Sequence[Json], findings: Findings) -> None:
    for container in containers:
        if container.array("secrets") and not root.get("executionRoleArn"):
            text = f"the container {_name(container)} has secrets, but there is no executionRoleArn to read them with"
            findings.warn(_place(container, "secrets"), text, "add executionRoleArn beside containerDefinitions")


def _number(node: Json, name: str) -> int:
    found = node.get(name)
    value = found.value if found else None
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _is_essential(container: Json) -> bool:
    found = container.get("essential")
    return found is None or found.value is not False


def _place(node: Json, name: str) -> Where:
    found = node.get(name)
    return found.at if found else node.at


def _told(node: Json, names: Sequence[str], findings: Findings) -> bool:
    places = {found.at for found in map(node.get, names) if found}
    return any(problem.at in places for problem in findings.problems)


def _name(node: Json) -> str:
    return node.text("name")[:80] or "without name"


def _one_of(name: str, known: Collection[str], what: str, findings: Findings) -> str:
    return findings.meant(name, known) if known else f"there are no other {what}"
