"""A change set in words: what is added, changed, replaced and removed, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beanstalk.targets.aws.change_set import Action, Because, ResourceChange

_NAMES = {
    "AWS::ECS::Service": "ECS service",
    "AWS::ECS::TaskDefinition": "task definition",
    "AWS::ECS::Cluster": "ECS cluster",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "target group",
    "AWS::ElasticLoadBalancingV2::Listener": "listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "listener rule",
    "AWS::RDS::DBInstance": "database",
    "AWS::EFS::FileSystem": "file system",
    "AWS::SQS::Queue": "queue",
    "AWS::Logs::LogGroup": "log group",
    "AWS::AutoScaling::AutoScalingGroup": "Auto Scaling group",
}
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GOES_OUT_OF_IT = {"AWS::ECS::TaskDefinition"}
"""Types of which each version is a resource of its own: replaced is the usual thing to be."""


@dataclass(frozen=True, slots=True)
class Line:
    """verb: "add", "change", "replace", "may replace", "remove" or "import".  why: "" when nothing is known."""

    verb: str
    logical_id: str
    what: str
    why: str

    @property
    def text(self) -> str:
        return f"{self.verb} {self.what} {self.logical_id}" + (f": {self.why}" if self.why else "")


def changes_in_words(changes: Sequence[ResourceChange]) -> list[Line]:
    """One line a resource, what is replaced or removed first, then what changes, then what is new."""
    order = {"remove": 0, "replace": 1, "may replace": 2, "change": 3, "add": 4, "import": 5}
    lines = [_line(each) for each in changes]
    return sorted(lines, key=lambda line: (order[line.verb], line.logical_id))


def type_in_words(kind: str) -> str:
    """AWS::ECS::TaskDefinition → task definition."""
    if kind in _NAMES:
        return _NAMES[kind]
    service, _, name = kind.removeprefix("AWS::").partition("::")
    return f"{service} {_WORDS.sub(' ', name).lower()}" if name else kind


def _line(change: ResourceChange) -> Line:
    match change.action:
        case Action.ADD:
            verb = "add"
        case Action.REMOVE:
            verb = "remove"
        case Action.IMPORT:
            verb = "import"
        case _ if change.replacement == "True":
            verb = "replace"
        case _ if change.replacement == "Conditional" and change.type not in _GOES_OUT_OF_IT:
            verb = "may replace"
        case _ if change.replacement == "Conditional":
            verb = "replace"
        case _:
            verb = "change"
    return Line(verb, change.logical_id, type_in_words(change.type), _why(change))


def _why(change: ResourceChange) -> str:
    reasons = [_reason(each) for each in change.because]
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def _reason(because: Because) -> str:
    name = because.name or ("tags" if because.attribute == "Tags" else "")
    if because.cause and name:
        return f"{name} follows {because.cause}"
    return f"{name} changes" if name else ""
