"""Disks of the instances. Their root disk is encrypted, and at least as large as the image that it is made from.

Source: EB Developer Guide, options RootVolume… and BlockDeviceMappings of aws:autoscaling:launchconfiguration.
"""

from __future__ import annotations

from typing import Any

from beanstalk.errors import InvalidInput
from beanstalk.options.values import as_list
from beanstalk.targets.aws.blueprint import Blueprint, Json
from beanstalk.targets.aws.template.said import INSTANCES, wrong

ROOT = "/dev/xvda"
LEAST = 30
"""GiB of the image of Amazon Linux 2023 for Amazon ECS."""


def disks(blueprint: Blueprint) -> list[Json]:
    """Raises InvalidInput for a mapping that cannot be read."""
    return [{"DeviceName": ROOT, "Ebs": _root(blueprint)}, *_further(blueprint)]


def _root(blueprint: Blueprint) -> Json:
    def asked(name: str) -> int | None:
        text = blueprint.configuration.text(INSTANCES, name)
        return int(text) if text else None

    kind = blueprint.configuration.text(INSTANCES, "RootVolumeType") or "gp3"
    found: Json = {
        "VolumeType": kind,
        "VolumeSize": max(LEAST, asked("RootVolumeSize") or LEAST),
        "Iops": asked("RootVolumeIOPS"),
        "Throughput": asked("RootVolumeThroughput"),
        "Encrypted": True,
        "DeleteOnTermination": True,
    }
    return {key: value for key, value in found.items() if value is not None}


def _further(blueprint: Blueprint) -> list[Json]:
    """device=snapshot:size:delete:type:iops:throughput or device=ephemeral0, joined by commas."""
    text = blueprint.configuration.text(INSTANCES, "BlockDeviceMappings") or ""
    return [_mapping(blueprint, each) for each in as_list(text)]


def _mapping(blueprint: Blueprint, text: str) -> Json:
    device, equals, what = text.partition("=")
    if equals and what.startswith("ephemeral"):
        return {"DeviceName": device, "VirtualName": what}
    parts = [*what.split(":"), "", "", "", "", "", ""]
    snapshot, size, delete, kind, iops, throughput = parts[:6]
    numbers = [each for each in (size, iops, throughput) if each]
    if not (equals and device and what) or len(parts) > 12 or not all(each.isdigit() for each in numbers):
        hint = "write device=snapshot:size:delete:type:iops:throughput or device=ephemeral0"
        raise InvalidInput([wrong(blueprint, INSTANCES, "BlockDeviceMappings", f"cannot read {text[:60]!r}", hint)])
    ebs: dict[str, Any] = {
        "SnapshotId": snapshot,
        "VolumeSize": size and int(size),
        "DeleteOnTermination": delete.lower() != "false",
        "VolumeType": kind,
        "Iops": iops and int(iops),
        "Throughput": throughput and int(throughput),
        "Encrypted": "" if snapshot else True,
    }
    return {"DeviceName": device, "Ebs": {key: value for key, value in ebs.items() if value != ""}}
