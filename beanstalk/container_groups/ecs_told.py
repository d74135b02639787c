"""What a `Dockerrun.aws.json` of version 2 may say that has no counterpart on this machine, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from beanstalk.container_groups.material import Material
from beanstalk.source import container as ecs
from beanstalk.source.dockerrun_v2 import DockerrunV2, Volume
from beanstalk.source.json_nodes import Json

_ONLY_AWS = "it is only on AWS"
CONTAINER: Mapping[str, str] = {
    "repositoryCredentials": "a secret is only on AWS; the logins of your own docker configuration are used",
    "environmentFiles": "files in S3 are only on AWS; set environment properties instead",
    "startTimeout": "how long a start may take is the option Timeout of aws:elasticbeanstalk:command",
    "disableNetworking": "every container has the private network of its instance",
    "resourceRequirements": "devices of this machine are given to no container",
    "firelensConfiguration": _ONLY_AWS,
    "credentialSpecs": "it is for containers of Windows",
}
"""Keys of a container of which nothing is applied."""
LINUX: Mapping[str, str] = {
    "devices": "devices of this machine are given to no container",
    "maxSwap": "swapping is a matter of this machine",
    "swappiness": "swapping is a matter of this machine",
}
_EMPTY = "each instance has an empty volume of its own instead"
_VOLUME: Mapping[str, str] = {
    "efsVolumeConfiguration": f"file systems of AWS are not here; {_EMPTY}",
    "s3filesVolumeConfiguration": f"file systems of AWS are not here; {_EMPTY}",
    "fsxWindowsFileServerVolumeConfiguration": f"file systems of AWS are not here; {_EMPTY}",
    "configuredAtLaunch": _EMPTY,
}
_DOCKER_VOLUME: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "scope": ("a volume goes with its instance", lambda value: value == "shared"),
    "driver": (_EMPTY, lambda value: value not in ("", "local")),
    "driverOpts": (f"they could show any folder of this machine; {_EMPTY}", bool),
    "labels": ("nobody looks at the labels of a volume", bool),
}
"""Keys with their reason, and for which values it is told."""


def tell_document(run: DockerrunV2, material: Material) -> None:
    if run.execution_role_arn:
        place = run.raw.get("executionRoleArn")
        material.told(place, "executionRoleArn", "roles are only on AWS")


def tell_volume(node: Json, volume: Volume, material: Material) -> None:
    who = f"of the volume {volume.name[:60]}"
    _tell(node, _VOLUME, who, material)
    if inner := node.get("dockerVolumeConfiguration"):
        for key, (why, counts) in _DOCKER_VOLUME.items():
            found = inner.get(key)
            if found and counts(found.plain()):
                material.told(found, f"{key} {who}", why)


def tell_container(each: ecs.Container, node: Json, material: Material) -> None:
    who = f"of {each.name[:60]}"
    _tell(node, CONTAINER, who, material)
    if linux := node.get("linuxParameters"):
        _tell(linux, LINUX, who, material)
        for place in _tmpfs_options(linux):
            material.told(place, f"mountOptions {who}", "only ro has an effect, and the size")
    _tell_secrets(each, node, material)
    _tell_restart(each, node, material)
    if each.version_consistency == "disabled":
        why = "all instances of a version run the very same image"
        material.told(node.get("versionConsistency"), f"versionConsistency {who}", why)
    if each.log_configuration and each.log_configuration.secret_options:
        why = "secrets of a log driver are only on AWS"
        material.told(node.get("logConfiguration"), f"secretOptions {who}", why)
    for mapping in _items(node, "portMappings"):
        for key in ("name", "appProtocol"):
            if found := mapping.get(key):
                material.told(found, f"{key} of a port {who}", "Service Connect is only on AWS")


def _tell(node: Json, reasons: Mapping[str, str], who: str, material: Material) -> None:
    for key, why in reasons.items():
        found = node.get(key)
        if found is not None and found.value is not False and found.value != ():
            material.told(found, f"{key} {who}", why)


def _tell_secrets(each: ecs.Container, node: Json, material: Material) -> None:
    """A property or a secret of the same name is what the container gets here."""
    given = {*material.properties, *material.secrets, *(variable.name for variable in each.environment)}
    missing = [secret.name for secret in each.secrets if secret.name not in given]
    if missing:
        names = ", ".join(missing)[:200]
        hint = f"set secrets of the same name, as with `beanstalk setenv --secret {missing[0][:60]}=REFERENCE`"
        material.told(node.get("secrets"), f"secrets of {each.name[:60]}: {names}", _ONLY_AWS, hint)


def _tell_restart(each: ecs.Container, node: Json, material: Material) -> None:
    policy, place = each.restart_policy, node.get("restartPolicy")
    if policy is None or not policy.enabled or place is None:
        return
    if each.essential:
        material.told(place, f"restartPolicy of {each.name[:60]}", "an essential container ends with its instance")
        return
    for key in ("ignoredExitCodes", "restartAttemptPeriod"):
        if found := place.get(key):
            material.told(found, f"{key} of {each.name[:60]}", "it is restarted whenever it ends")


def _tmpfs_options(linux: Json) -> Iterator[Json]:
    for item in _items(linux, "tmpfs"):
        options = item.get("mountOptions")
        if options and any(option.value not in ("ro", "rw") for option in options.items):
            yield options


def _items(node: Json, name: str) -> tuple[Json, ...]:
    found = node.get(name)
    return found.items if found else ()
