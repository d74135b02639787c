"""What a task definition is made from, and where what is wrong is noted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from beanstalk.source.notes import Notes
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.taskdef_places import Places, find_places
from beanstalk.targets.aws.template.pieces import att, ref

OURS = "beanstalk:aws"
BUNDLE = "/var/app/current"
"""Where an instance of Elastic Beanstalk has the bundle."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a task definition names and does not hold: texts, or functions of a template, as the defaults are.

    roles: ARNs, or names.  log_group: name of the one that the output goes to by default.  file_system: id of the one
    that all tasks share, "": the stack adds it to the task definition itself, with who may use it.
    """

    execution_role: Any = field(default_factory=lambda: att("ExecutionRole", "Arn"))
    task_role: Any = field(default_factory=lambda: att("TaskRole", "Arn"))
    log_group: Any = field(default_factory=lambda: ref("LogGroup"))
    region: Any = field(default_factory=lambda: ref("AWS::Region"))
    file_system: str = ""


@dataclass
class Making:
    """One task definition while it is made. images: container → image, where the bundle does not name it."""

    blueprint: Blueprint
    images: Mapping[str, Any]
    surroundings: Surroundings
    notes: Notes = field(default_factory=Notes)
    why: list[str] = field(default_factory=list)
    volumes: dict[str, Json] = field(default_factory=dict)

    @property
    def on_fargate(self) -> bool:
        return self.blueprint.launch is Launch.FARGATE

    @cached_property
    def mode(self) -> str:
        """awsvpc, bridge or host."""
        return network_mode(self.blueprint)

    @cached_property
    def places(self) -> Places:
        return find_places(self.blueprint)

    def option(self, name: str) -> str:
        """Of `beanstalk:aws`, "" when there is no value."""
        return self.blueprint.configuration.text(OURS, name) or ""

    def json_option(self, name: str) -> Any:
        """None when there is no value."""
        text = self.option(name)
        return json.loads(text) if text else None

    def warn(self, container: str, key: str, text: str, hint: str = "") -> None:
        self.notes.warnings.append(self.places.problem(text, hint, container, key))

    def wrong(self, container: str, key: str, text: str, hint: str = "") -> None:
        self.notes.problems.append(self.places.problem(text, hint, container, key))
