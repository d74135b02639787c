"""Task definitions of a template, checked by what is checked in the words of the ECS API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json, Launch
from beanstalk.targets.aws.checks.reading import TASKS, View
from beanstalk.targets.aws.taskdef_checks import check
from beanstalk.targets.aws.taskdef_cloudformation import is_function

_OWN_KEYS = frozenset({"Options", "DockerLabels", "DriverOpts", "Labels"})
_OTHERWISE = {
    "EFSVolumeConfiguration": "efsVolumeConfiguration",
    "FSxWindowsFileServerVolumeConfiguration": "fsxWindowsFileServerVolumeConfiguration",
    "S3FilesVolumeConfiguration": "s3filesVolumeConfiguration",
    "FilesystemId": "fileSystemId",
    "IAM": "iam",
}


def check_tasks(view: View) -> Iterator[Problem]:
    for name, properties in view.of_type(TASKS):
        launch = Launch.FARGATE if is_for_fargate(properties) else Launch.EC2
        for each in check(from_cloudformation(properties), launch):
            yield replace(each, text=f"{name}: {each.text}")


def is_for_fargate(properties: Json) -> bool:
    found = properties.get("RequiresCompatibilities")
    return isinstance(found, list) and "FARGATE" in found


def from_cloudformation(properties: Json) -> Json:
    """A task definition in the words of the ECS API: `to_cloudformation` the other way, without its tags."""
    return {
        _name(key): value if key in _OWN_KEYS else _converted(value)
        for key, value in properties.items()
        if key != "Tags"
    }


def _converted(value: Any) -> Any:
    if isinstance(value, list):
        return [_converted(each) for each in value]
    return from_cloudformation(value) if isinstance(value, dict) and not is_function(value) else value


def _name(key: str) -> str:
    return _OTHERWISE.get(key, key[:1].lower() + key[1:])
