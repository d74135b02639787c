"""Task definitions for tests, from a dict of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.options.resolve import parse_option
from beanstalk.service.aws.drafting import Draft, draft_blueprint
from beanstalk.targets.aws.blueprint import Blueprint
from beanstalk.targets.aws.taskdef import TaskDefinition, task_definition
from tests.bundles import make_bundle

EC2 = "beanstalk:aws:LaunchType=EC2"
SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
DOCKERFILE = {"Dockerfile": "FROM scratch\nEXPOSE 8000\n"}


def blueprint(folder: Path, files: Mapping[str, str | bytes], *options: str, **more: Any) -> Blueprint:
    """options: as NAMESPACE:NAME=VALUE, set directly on the environment."""
    settings = [parse_option(option) for option in options]
    draft = Draft(make_bundle(folder, files), settings=settings, environment="shop-prod", **more)
    return draft_blueprint(draft)[0]


def define(folder: Path, files: Mapping[str, str | bytes], *options: str) -> TaskDefinition:
    """With an image for every one that is built."""
    plan = blueprint(folder, files, *options)
    images = {each.name: f"registry/{each.name}@sha256:0" for each in plan.group.containers if each.image.build}
    return task_definition(plan, images)


def one(folder: Path, files: Mapping[str, str | bytes], *options: str) -> dict[str, Any]:
    """The definition of the only container."""
    [found] = define(folder, files, *options).document["containerDefinitions"]
    return found


def refused(folder: Path, files: Mapping[str, str | bytes], *options: str) -> list[str]:
    """The problems, each as the text that a person reads."""
    with pytest.raises(InvalidInput) as error:
        define(folder, files, *options)
    return [str(problem) for problem in error.value.problems]


def told(found: TaskDefinition) -> str:
    return "\n".join(map(str, found.warnings))


def dockerrun(*containers: Mapping[str, Any], **more: Any) -> dict[str, str]:
    """A bundle with a Dockerrun of version 2. Containers get a name, an image, memory and the port 80 of a web server,
    unless they say something else."""
    plain = {"name": "web", "image": "nginx", "memory": 128, "portMappings": [{"hostPort": 80, "containerPort": 80}]}
    filled = [{**plain, **each} if not number else {"image": "redis", "memory": 64, **each}
              for number, each in enumerate(containers or [{}])]  # fmt: skip
    document = {"AWSEBDockerrunVersion": 2, "containerDefinitions": filled, **more}
    return {"Dockerrun.aws.json": json.dumps(document, indent=1)}


def compose(text: str) -> dict[str, str]:
    return {"docker-compose.yml": text}


def named(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Variables or secrets as one mapping."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in entries}
