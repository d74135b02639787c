"""On what network a task is, which decides how its ports are reached: an address of its own, or those of its instance.

Source: Amazon ECS Developer Guide, "Task networking": Fargate knows `awsvpc` alone, links work in `bridge` alone.
"""

from __future__ import annotations

from typing import Literal, cast

from beanstalk.targets.aws.blueprint import Blueprint, Launch
from beanstalk.targets.aws.taskdef_places import dockerrun_v2

NetworkMode = Literal["awsvpc", "bridge", "host"]


def network_mode(blueprint: Blueprint) -> NetworkMode:
    """What `NetworkMode` says; else on EC2 `bridge` for containers with links or of a Dockerrun of version 2."""
    said = blueprint.configuration.text("beanstalk:aws", "NetworkMode")
    if said:
        return cast(NetworkMode, said)
    if blueprint.launch is Launch.FARGATE:
        return "awsvpc"
    return "bridge" if _has_links(blueprint) or dockerrun_v2(blueprint) is not None else "awsvpc"


def _has_links(blueprint: Blueprint) -> bool:
    return any(each.links for each in blueprint.group.containers)
