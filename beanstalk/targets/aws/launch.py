"""On what network a task is, which decides how its ports are reached: an address of its own, or those of its instance.

Source: Amazon ECS Developer Guide, "Task networking": Fargate knows `awsvpc` alone, links work in `bridge` alone.
"""

from __future__ import annotations

from typing import Literal, cast

from beanstalk.source.recognise import Kind, recognise
from beanstalk.targets.aws.blueprint import Blueprint, Launch

NetworkMode = Literal["awsvpc", "bridge", "host"]


def network_mode(blueprint: Blueprint) -> NetworkMode:
    """What `NetworkMode` says; else on EC2 `bridge` for containers with links or of a Dockerrun of version 2."""
    said = blueprint.configuration.text("beanstalk:aws", "NetworkMode")
    if said:
        return cast(NetworkMode, said)
    if blueprint.launch is Launch.FARGATE:
        return "awsvpc"
    return "bridge" if _has_links(blueprint) or _is_dockerrun_v2(blueprint) else "awsvpc"


def _has_links(blueprint: Blueprint) -> bool:
    return any(each.links for each in blueprint.group.containers)


def _is_dockerrun_v2(blueprint: Blueprint) -> bool:
    """Its containers count on the host ports that they name."""
    paths = [entry.path for entry in blueprint.bundle.entries]
    return (
        "Dockerrun.aws.json" in paths and len(blueprint.group.containers) > 0 and recognise(paths, 2).winner is Kind.ECS
    )
