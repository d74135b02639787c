"""Load balancers: names, health checks, and rules that stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.checks.reading import BALANCER, GROUP, RULE, SERVICE, View, listed, number, problem

LONGEST_NAME = 32
MOST_VALUES = 5
_INTERVAL_S, _TIMEOUT_S = 30, 5
"""What an Application Load Balancer takes when nothing is said."""


def check_balancers(view: View) -> Iterator[Problem]:
    for kind in (BALANCER, GROUP):
        for name, properties in view.of_type(kind):
            written = properties.get("Name")
            if isinstance(written, str) and len(written) > LONGEST_NAME:
                text = f"the name {written[:60]!r} has {len(written)} characters, of {LONGEST_NAME}"
                yield problem(name, text, "take Name out: CloudFormation finds one")
    for name, properties in view.of_type(GROUP):
        yield from _times(name, properties)
    for name, properties in view.of_type(RULE):
        yield from _values(name, properties)
    yield from _priorities(view)
    yield from _constant(view)


def _times(name: str, group: Json) -> Iterator[Problem]:
    """The next check would begin before the last one has ended."""
    default = _TIMEOUT_S if str(group.get("Protocol", "HTTP")).startswith("HTTP") else 0
    timeout = number(group.get("HealthCheckTimeoutSeconds", default))
    interval = number(group.get("HealthCheckIntervalSeconds", _INTERVAL_S))
    if timeout is None or interval is None:
        return
    if timeout >= interval:
        text = f"a health check may take {timeout:g} seconds, and there is one every {interval:g}"
        yield problem(name, text, "let HealthCheckInterval be longer than HealthCheckTimeout")


def _values(name: str, rule: Json) -> Iterator[Problem]:
    """Source: Application Load Balancer guide, "Quotas": values of all conditions of a rule together."""
    count = 0
    for condition in listed(rule, "Conditions"):
        configs = [each for key, each in condition.items() if key.endswith("Config") and isinstance(each, dict)]
        count += sum(len(each["Values"]) for each in (condition, *configs) if isinstance(each.get("Values"), list))
    if count > MOST_VALUES:
        text = f"its conditions have {count} values, of {MOST_VALUES}"
        yield problem(name, text, "make two rules of it, for the same process")


def _priorities(view: View) -> Iterator[Problem]:
    first: dict[tuple[str, float], str] = {}
    for name, rule in view.of_type(RULE):
        priority = number(rule.get("Priority"))
        if priority is None:
            continue
        key = (repr(rule.get("ListenerArn")), priority)
        if first.setdefault(key, name) != name:
            text = f"{first[key]} of the same listener has the priority {priority:g}, too"
            yield problem(name, text, "give each rule a priority of its own")


def _constant(view: View) -> Iterator[Problem]:
    """CloudFormation puts the weights of the template back whenever it changes a rule, so a rule by which Amazon ECS
    moves requests has nothing in it that could change."""
    for _, service in view.of_type(SERVICE):
        for entry in listed(service, "LoadBalancers"):
            advanced = entry.get("AdvancedConfiguration")
            reference = advanced.get("ProductionListenerRule") if isinstance(advanced, dict) else None
            rule = view.at(reference, RULE)
            for action in listed(rule, "Actions") if rule else ():
                if any(not isinstance(each, int) for each in _weights(action)):
                    text = "its weights depend on something: an update would move requests"
                    yield problem(view.name_at(reference), text, "write the weights as numbers")


def _weights(action: Json) -> Iterator[Any]:
    config = action.get("ForwardConfig")
    for each in listed(config, "TargetGroups") if isinstance(config, dict) else ():
        yield each.get("Weight", 1)
