"""A template as the checks read it: resources by their type, and what a reference leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json

SERVICE, TASKS = "AWS::ECS::Service", "AWS::ECS::TaskDefinition"
GROUP, BALANCER = "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER, RULE = "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule"
SCALABLE = "AWS::ApplicationAutoScaling::ScalableTarget"
INSTANCES = "AWS::AutoScaling::AutoScalingGroup"


class View:
    """The resources of a template."""

    def __init__(self, body: Json) -> None:
        self._resources: Json = body.get("Resources", {})

    def of_type(self, kind: str) -> Iterator[tuple[str, Json]]:
        """(logical id, properties) of each."""
        for name, each in self._resources.items():
            if each.get("Type") == kind:
                yield name, each.get("Properties", {})

    def at(self, reference: Any, kind: str) -> Json | None:
        """Properties of the resource of a type that Ref or Fn::GetAtt leads to, None for anything else."""
        name = self.name_at(reference)
        each = self._resources.get(name, {})
        return each.get("Properties", {}) if each.get("Type") == kind else None

    @staticmethod
    def name_at(reference: Any) -> str:
        """Logical id of what is referred to, "" for anything else."""
        match reference:
            case {"Ref": str(name)}:
                return name
            case {"Fn::GetAtt": [str(name), *_]}:
                return name
            case {"Fn::GetAtt": str(text)}:
                return text.partition(".")[0]
            case _:
                return ""


def problem(name: str, text: str, hint: str) -> Problem:
    """name: logical id of the resource that it is in."""
    return Problem(f"{name}: {text}", None, hint)


def number(value: Any) -> float | None:
    """Of a number, or of its text; None for what only a stack knows."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return float(value)
    return None


def listed(properties: Json, name: str) -> list[Json]:
    """The objects of a list that stands in the template."""
    found = properties.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
