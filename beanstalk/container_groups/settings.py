"""The options of `beanstalk:docker` that hold for all containers.

Every bundle is taken for hostile: what would give its containers more rights on this machine counts only when the user
said so, never when the bundle's own `.ebextensions` or `env.yaml` did.
"""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import Problem
from beanstalk.options.catalogue import catalogue
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.source.manifest import FILE_NAME as MANIFEST

NAMESPACE = "beanstalk:docker"
_OF_THE_USER = ("AllowPrivileged", "NetworkRange")


@dataclass(frozen=True, slots=True)
class DockerSettings:
    """registry_mirror: "" when nobody set it.  network_range: as "10.213.0.0/16".

    warnings: what the bundle set, and must not.  on_aws: the containers are for Amazon ECS, which knows more of what is
    written, on machines of its own.
    """

    allow_privileged: bool
    registry_mirror: str
    network_range: str
    warnings: tuple[Problem, ...] = ()
    on_aws: bool = False


FOR_AWS = DockerSettings(allow_privileged=True, registry_mirror="", network_range="", on_aws=True)
"""The options are about this machine; what a bundle may do on AWS is for roles to say."""


def docker_settings(configuration: Configuration) -> DockerSettings:
    refused = [name for name in _OF_THE_USER if is_of_bundle(configuration, NAMESPACE, name)]

    def value(name: str) -> str:
        option = catalogue().find(NAMESPACE, name)
        found = option.default if option and name in refused else configuration.text(NAMESPACE, name)
        return found or ""

    return DockerSettings(
        allow_privileged=value("AllowPrivileged").lower() == "true",
        registry_mirror=value("RegistryMirror"),
        network_range=value("NetworkRange"),
        warnings=tuple(_refusal(configuration, name) for name in refused),
    )


def is_of_bundle(configuration: Configuration, namespace: str, name: str) -> bool:
    """Whether the bundle itself set it. What env.yaml says is kept like a saved configuration, with its place."""
    found = configuration.resolved(namespace, name).winner
    return found.layer is Layer.EBEXTENSIONS or (found.at is not None and found.at.path == MANIFEST)


def _refusal(configuration: Configuration, name: str) -> Problem:
    text = f"{NAMESPACE}:{name} has no effect in a source bundle: it is about this machine"
    hint = f"set it with --option {NAMESPACE}:{name}=VALUE when you trust the bundle"
    return Problem(text, configuration.resolved(NAMESPACE, name).winner.at, hint)
