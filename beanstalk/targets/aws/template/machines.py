"""Types of the instances: those that were asked for, else a small one that has room for a task.

Source: EB Developer Guide, "InstanceTypes"; Amazon EC2, "Instance types" for what the types of the T families have.
"""

from __future__ import annotations

import re

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.blueprint import Blueprint
from beanstalk.targets.aws.template.capacity import SPOT, is_spot
from beanstalk.targets.aws.template.said import INSTANCES, OURS, listed, said, wrong

_SIZES = {"micro": 1024, "small": 2048, "medium": 4096, "large": 8192, "xlarge": 16384, "2xlarge": 32768}
"""MiB of memory of types of the T families, from small to large."""
_KEPT = 0.15
"""Share of the memory that the system and the agent of Amazon ECS have."""
_UNSAID = 256
"""MiB for a container that does not say what it needs, as in its task definition."""
_ARM = re.compile(r"(a1|[a-z]+[0-9]+g[a-z]*)\..+")
_MIB = 1024 * 1024


def is_arm(blueprint: Blueprint) -> bool:
    return blueprint.configuration.text(OURS, "Architecture") == "ARM64"


def instance_types(blueprint: Blueprint) -> list[str]:
    """With spot capacity all of them, else one. Raises InvalidInput for types of the other architecture."""
    named = [str(each) for each in listed(blueprint, SPOT, "InstanceTypes")]
    option = (SPOT, "InstanceTypes") if named else (INSTANCES, "InstanceType")
    if not named and (single := said(blueprint, *option)):
        named = [str(single)]
    architecture = "ARM64" if is_arm(blueprint) else "X86_64"
    strange = [each for each in named if bool(_ARM.fullmatch(each)) != is_arm(blueprint)]
    if strange:
        text = f"{strange[0]} has not the architecture {architecture}, which the tasks have"
        hint = f"choose other types, or set beanstalk:aws:Architecture={'X86_64' if is_arm(blueprint) else 'ARM64'}"
        raise InvalidInput([wrong(blueprint, *option, text, hint)])
    named = named or _chosen(blueprint)
    return named if is_spot(blueprint) else named[:1]


def task_memory(blueprint: Blueprint) -> int:
    """MiB that a task has for itself."""
    said_size = blueprint.configuration.text(OURS, "Memory")
    if said_size:
        return int(said_size)
    each = [container.memory_reservation or container.memory for container in blueprint.group.containers]
    return sum(_UNSAID if size is None else -(-size // _MIB) for size in each)


def _chosen(blueprint: Blueprint) -> list[str]:
    """Two types, as spot capacity of one alone is easily gone."""
    wanted = task_memory(blueprint)
    size = next((name for name, memory in _SIZES.items() if memory * (1 - _KEPT) >= wanted), "")
    if not size:
        text = f"a task has {wanted} MiB, more than the types that are chosen without being asked for"
        raise InvalidInput([wrong(blueprint, SPOT, "InstanceTypes", text, "name types that have room for it")])
    if is_arm(blueprint):
        larger = [*_SIZES][[*_SIZES].index(size) + 1 :] or ["xlarge"]
        return [f"t4g.{size}", f"t4g.{larger[0]}"]
    return [f"t3.{size}", f"t3a.{size}"]
