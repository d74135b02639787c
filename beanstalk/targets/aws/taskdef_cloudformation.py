"""A task definition in the words of CloudFormation: the same, with names in capitals but for the user's own.

Source: AWS::ECS::TaskDefinition.
"""

from __future__ import annotations

from typing import Any

from beanstalk.targets.aws.blueprint import Json

_OWN_KEYS = frozenset({"options", "dockerLabels", "driverOpts", "labels"})
"""Members whose keys are the user's."""
_OTHERWISE = {
    "efsVolumeConfiguration": "EFSVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration": "FSxWindowsFileServerVolumeConfiguration",
    "s3filesVolumeConfiguration": "S3FilesVolumeConfiguration",
    "iam": "IAM",
    "properties": "ProxyConfigurationProperties",
}


def to_cloudformation(document: Json) -> Json:
    """`Properties` of AWS::ECS::TaskDefinition. document: in the words of ECS's API; functions stay as they are."""
    return {_name(key): value if key in _OWN_KEYS else _converted(value, key) for key, value in document.items()}


def _converted(value: Any, inside: str) -> Any:
    if isinstance(value, list):
        return [_converted(each, inside) for each in value]
    if not isinstance(value, dict) or is_function(value):
        return value
    found = to_cloudformation(value)
    if inside == "efsVolumeConfiguration" and "FileSystemId" in found:
        found["FilesystemId"] = found.pop("FileSystemId")
    return found


def is_function(value: Any) -> bool:
    """Whether it is something that CloudFormation evaluates."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = str(next(iter(value)))
    return name == "Ref" or name.startswith("Fn::")


def _name(key: str) -> str:
    return _OTHERWISE.get(key, key[:1].upper() + key[1:])
