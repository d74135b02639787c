"""Where the parts of a task definition were written: in a Dockerrun, a Compose file or a Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from beanstalk.container_groups.composition import keys_of
from beanstalk.errors import Problem, Where
from beanstalk.source import compose, dockerfile, dockerrun
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.dockerrun import DockerrunV2, read_dockerrun
from beanstalk.source.document import read_document
from beanstalk.source.json_nodes import Json
from beanstalk.source.json_text import read_json
from beanstalk.targets.aws.blueprint import Blueprint

_VOLUMES = "volumes"
_OF_COMPOSE = {
    "image": ("image", "build"),
    "portMappings": ("ports",),
    "mountPoints": ("volumes", "volume"),
    "links": ("links",),
    "dependsOn": ("depends_on",),
    "volumesFrom": ("volumes_from",),
    "privileged": ("privileged",),
    "extraHosts": ("extra_hosts",),
    "dnsServers": ("dns",),
    "dnsSearchDomains": ("dns_search",),
    "dockerSecurityOptions": ("security_opt",),
    "hostname": ("hostname",),
    "linuxParameters": ("cap_add", "shm_size", "tmpfs"),
    "memory": ("mem_limit", "deploy"),
    "memoryReservation": ("mem_reservation", "deploy"),
    "cpu": ("cpus", "cpu_shares", "deploy"),
    "logConfiguration": ("logging",),
    "healthCheck": ("healthcheck",),
    "stopTimeout": ("stop_grace_period",),
    "ulimits": ("ulimits",),
    "systemControls": ("sysctls",),
    "environment": ("environment",),
}
"""Key of a container of ECS → keys of Compose that may have led to it."""
_OF_V1 = {"image": "Image", "portMappings": "Ports", "mountPoints": "Volumes", "command": "Command"}


@dataclass(frozen=True, slots=True)
class Places:
    """found: (container, key) or (container,) → place; of a volume ("", "volumes", its name)."""

    found: Mapping[tuple[str, ...], Where] = field(default_factory=dict)

    def at(self, *path: str) -> Where | None:
        """The place of the nearest thing that has one."""
        while path and path not in self.found:
            path = path[:-1]
        return self.found.get(path)

    def problem(self, text: str, hint: str, *path: str) -> Problem:
        return Problem(text, self.at(*path), hint)


def find_places(blueprint: Blueprint) -> Places:
    """Of the containers of a blueprint; none for what is written nowhere, such as the container of a platform."""
    bundle, names = blueprint.bundle, [each.name for each in blueprint.group.containers]
    if _is_of_platform(blueprint):
        return Places()
    if (run := dockerrun_v2(blueprint)) is not None:
        return Places(_of_dockerrun(run))
    if (found := _of_compose(bundle)) and all((name,) in found for name in names):
        return Places(found)
    if names == ["web"] and _is_described(bundle):
        return Places(_of_single(bundle))
    return Places()


def dockerrun_v2(blueprint: Blueprint) -> DockerrunV2 | None:
    """The file that the containers come from, when it is one of version 2."""
    text = None if _is_of_platform(blueprint) else read_text(blueprint.bundle, dockerrun.FILE_NAME)
    run = _version_2(text) if text is not None and '"AWSEBDockerrunVersion"' in text else None
    names = {each.name for each in blueprint.group.containers}
    return run if run is not None and names == {each.name for each in run.containers} else None


@lru_cache(maxsize=4)  # several concerns of one template ask
def _version_2(text: str) -> DockerrunV2 | None:
    if read_json(dockerrun.FILE_NAME, text.encode()).root.get("containerDefinitions") is None:
        return None
    run = read_dockerrun(dockerrun.FILE_NAME, text.encode())
    return run if isinstance(run, DockerrunV2) else None


def _is_of_platform(blueprint: Blueprint) -> bool:
    """Then no file of the bundle describes the container, whatever lies in there."""
    build = blueprint.group.container(blueprint.group.web).image.build
    return build is not None and bool(build.left_out)


def _of_dockerrun(run: DockerrunV2) -> dict[tuple[str, ...], Where]:
    found: dict[tuple[str, ...], Where] = {("",): run.raw.at}
    for node in _objects(run.raw, "containerDefinitions"):
        found[(node.text("name"),)] = node.at
        found |= {(node.text("name"), member.name): member.at for member in node.members}
    for node in _objects(run.raw, "volumes"):
        found["", _VOLUMES, node.text("name")] = node.at
    return found


def _objects(node: Json, name: str) -> list[Json]:
    return [each for each in node.array(name) if each.kind == "object"]


def _of_compose(bundle: Bundle) -> dict[tuple[str, ...], Where]:
    text = read_text(bundle, compose.FILE_NAME)
    if text is None:
        return {}
    root = read_document(compose.FILE_NAME, text.encode()).root
    top = keys_of(root)
    services = keys_of(top.get("services")) if top.get("services") else top
    found: dict[tuple[str, ...], Where] = {("",): Where(compose.FILE_NAME, 1)}
    for name, (key, value) in services.all.items():
        found[(name,)] = key.at
        written = keys_of(value)
        for ours, theirs in _OF_COMPOSE.items():
            at = next((written.all[each][0].at for each in theirs if each in written.all), None)
            if at is not None:
                found[name, ours] = at
    return found


def _is_described(bundle: Bundle) -> bool:
    return any(read_text(bundle, name) is not None for name in (dockerfile.FILE_NAME, dockerrun.FILE_NAME))


def _of_single(bundle: Bundle) -> dict[tuple[str, ...], Where]:
    text = read_text(bundle, dockerrun.FILE_NAME)
    if text is None:
        return {("web",): Where(dockerfile.FILE_NAME)}
    root = read_json(dockerrun.FILE_NAME, text.encode()).root
    found: dict[tuple[str, ...], Where] = {("web",): root.at}
    for ours, theirs in _OF_V1.items():
        if (node := root.get(theirs)) is not None:
            found["web", ours] = node.at
    return found
