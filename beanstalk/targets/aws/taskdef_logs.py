"""Where the output of a container goes: to CloudWatch Logs unless something else is said."""

from __future__ import annotations

from typing import Any

from beanstalk.containers import Container
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_making import Making

STREAM_PREFIX = "beanstalk"
"""A log stream is called PREFIX/CONTAINER/TASK."""
_CLOUD, _ROUTER = "awslogs", "awsfirelens"
_OF_MACHINE = ("json-file", "local")
"""What Compose writes for "as always": the output stays on the machine, where nobody finds it on AWS."""


def log_configuration(container: Container, making: Making) -> Json | None:
    """Of a container that is not described in ECS's own words. None: the driver of the instance's Docker."""
    driver, options = container.log_driver, dict(container.log_options)
    if driver == "none":
        return None
    if driver in _OF_MACHINE:
        text = f"the output of {container.name} goes where all output goes, and does not stay on a machine ({driver})"
        making.warn(container.name, "logConfiguration", text)
        driver = ""
    return _completed({"logDriver": driver, "options": options}, making) if driver else default_logs(False, making)


def completed_logs(written: Any, is_router: bool, making: Making) -> Any:
    """Of a Dockerrun of version 2: what is written, with what CloudWatch Logs needs to know."""
    if isinstance(written, dict):
        return _completed(written, making)
    return default_logs(is_router, making) if written is None else written


def default_logs(is_router: bool, making: Making) -> Json | None:
    """is_router: whether the container takes the output of the others (FireLens); its own goes to CloudWatch Logs."""
    driver = making.option("LogDriver") or _CLOUD
    if driver == "none":
        return None
    if driver == _ROUTER and is_router:
        return _completed({"logDriver": _CLOUD}, making)
    options = making.json_option("LogOptions")
    return _completed({"logDriver": driver, "options": options if isinstance(options, dict) else {}}, making)


def _completed(written: Json, making: Making) -> Json:
    found = dict(written)
    if found.get("logDriver") == _CLOUD:
        ours = {
            "awslogs-group": making.surroundings.log_group,
            "awslogs-region": making.surroundings.region,
            "awslogs-stream-prefix": STREAM_PREFIX,
        }
        own = found.get("options")
        found["options"] = {**ours, **own} if isinstance(own, dict) else ours
    if not found.get("options"):
        found.pop("options", None)
    return found
