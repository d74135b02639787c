"""Which files of a bundle describe its containers, and what they say together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from beanstalk.container_groups.images import in_s3
from beanstalk.container_groups.material import Material, ReadText
from beanstalk.container_groups.settings import FOR_AWS, docker_settings
from beanstalk.container_groups.single import single_container
from beanstalk.containers import ContainerGroup
from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.options.configuration import Configuration
from beanstalk.source import dockerfile
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.dockerrun import FILE_NAME, Dockerrun, DockerrunV1, DockerrunV2, DockerrunV3, read_dockerrun
from beanstalk.source.json_nodes import Json
from beanstalk.source.recognise import COMPOSE, Kind, recognise

PROCESS = "aws:elasticbeanstalk:environment:process:default"
_VERSION = re.compile(r'"AWSEBDockerrunVersion"\s*:\s*"?([123])\b')

_WITHOUT_EFFECT = {
    Kind.ECS: (COMPOSE, dockerfile.FILE_NAME),
    Kind.COMPOSE: (FILE_NAME,),
}
"""Files that count nowhere beside the one that decides."""


def container_group(
    bundle: Bundle, configuration: Configuration, on_aws: bool = False, read: ReadText = read_text
) -> tuple[ContainerGroup, tuple[Problem, ...]]:
    """The containers of one instance, and what is not done here as Elastic Beanstalk would do it, with its place.

    on_aws: keep what Amazon ECS can do and this machine cannot.  read: where the texts of the bundle are.

    Among the latter is also what the readers of the files only warn about. Raises InvalidInput with every mistake of
    the files that count, also when none is there; BundleRefused for one that is no text.
    """
    properties, settings = configuration.properties(), FOR_AWS if on_aws else docker_settings(configuration)
    port, secrets = configuration.integer(PROCESS, "Port"), tuple(configuration.secrets())
    material = Material(bundle, properties, port, settings, secrets, read)
    material.notes.warnings += settings.warnings
    written = material.text(FILE_NAME)
    version = _version(written) if written is not None else None
    recognised = recognise(material.files, version)
    run = _read(written, recognised.winner, version, material)
    for each in recognised.ignored:
        if recognised.winner and each.path in _WITHOUT_EFFECT.get(recognised.winner, ()):
            material.notes.warn(Where(each.path), f"{each.path} has no effect: {each.reason}")
    group = None if material.notes.problems else _group(recognised.winner, run, material)
    warnings = material.notes.finish()
    assert group is not None
    return replace(group, network_range=settings.network_range), warnings


def _group(kind: Kind | None, run: Dockerrun | None, material: Material) -> ContainerGroup | None:
    """Imports what only some bundles need, because every command that deploys waits for it."""
    match kind:
        case Kind.ECS if isinstance(run, DockerrunV2):
            from beanstalk.container_groups.ecs import ecs_group

            return ecs_group(run, material)
        case Kind.COMPOSE:
            from beanstalk.container_groups.compose import compose_group

            credentials = in_s3(run.authentication) if isinstance(run, DockerrunV3) else ""
            return compose_group(material.text(COMPOSE) or "", credentials, material)
        case Kind.DOCKERFILE | Kind.IMAGE:
            text = material.text(dockerfile.FILE_NAME)
            container, port = single_container(text, run if isinstance(run, DockerrunV1) else None, material)
            return ContainerGroup((container,), container.name, port)
    files = f"a {dockerfile.FILE_NAME}, a {COMPOSE} or a {FILE_NAME}"
    material.notes.wrong(None, "the bundle has no file that describes containers", f"put {files} at its root")
    return None


def _read(text: str | None, kind: Kind | None, version: int | None, material: Material) -> Dockerrun | None:
    """The Dockerrun file if it counts. One of version 1 beside a Compose file does not, whatever is in it."""
    if text is None or (kind is Kind.COMPOSE and version == 1):
        return None
    try:
        run = read_dockerrun(FILE_NAME, text.encode(), dockerfile.FILE_NAME in material.files)
    except InvalidInput as error:
        material.notes.problems += error.problems
        return None
    local = run.raw.get("localContainerDefinitions")
    never_deployed = {node.at for node in _all(local)} if local else set()
    material.notes.problems += [each for each in run.unfilled if each.at not in never_deployed]
    material.notes.warnings += [each for each in run.warnings if each not in run.unfilled]
    return run


def _all(node: Json) -> Iterator[Json]:
    yield node
    for inner in (*node.items, *(member.value for member in node.members)):
        yield from _all(inner)


def _version(text: str) -> int | None:
    """Of a Dockerrun that may be broken; the reader tells how."""
    found = _VERSION.search(text)
    return int(found[1]) if found else None
