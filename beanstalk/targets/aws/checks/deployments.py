"""Deployments of a service: figures with which none ends, and strategies that lack what they move requests with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.checks.reading import (
    INSTANCES,
    LISTENER,
    RULE,
    SCALABLE,
    SERVICE,
    TASKS,
    View,
    listed,
    number,
    problem,
)
from beanstalk.targets.aws.strategy import MOST_ALL_BAKE_MINUTES

_SHIFTS = ("BLUE_GREEN", "CANARY", "LINEAR")
_OWN = {"CanaryConfiguration": "CANARY", "LinearConfiguration": "LINEAR"}
_NO_PAUSE = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT")


def check_deployments(view: View) -> Iterator[Problem]:
    for name, service in view.of_type(SERVICE):
        deployment = service.get("DeploymentConfiguration")
        deployment = deployment if isinstance(deployment, dict) else {}
        strategy = deployment.get("Strategy", "ROLLING")
        yield from _bounds(name, deployment, service)
        yield from _own_configuration(name, deployment, strategy)
        yield from _hooks(name, deployment)
        if strategy in _SHIFTS:
            yield from _moving(view, name, service, strategy)
        yield from _room(view, name, service, deployment)


def _bounds(name: str, deployment: Json, service: Json) -> Iterator[Problem]:
    """Amazon ECS keeps `least` per cent in service and runs at most `most` per cent: it needs room between."""
    least, most = number(deployment.get("MinimumHealthyPercent", 100)), number(deployment.get("MaximumPercent", 200))
    if least is None or most is None:
        return
    hint = "let MaximumPercent be more than MinimumHealthyPercent, and one of them not 100"
    if most <= least:
        text = f"with {least:g} to {most:g} per cent no task can be replaced"
        yield problem(name, text, hint)
    elif most < 100 and least > 0:
        text = f"at most {most:g} per cent are less than what is wanted: a deployment would never be complete"
        yield problem(name, text, "set MaximumPercent to 100 or more")
    if most <= 100 and service.get("AvailabilityZoneRebalancing") == "ENABLED":
        text = "evening out zones takes more than 100 per cent for a while"
        yield problem(name, text, "set AvailabilityZoneRebalancing to DISABLED, or MaximumPercent above 100")


def _own_configuration(name: str, deployment: Json, strategy: Any) -> Iterator[Problem]:
    for key, wanted in _OWN.items():
        if key in deployment and strategy != wanted:
            yield problem(name, f"{key} goes with the strategy {wanted}, not {strategy}", f"take {key} out")
    canary = deployment.get("CanaryConfiguration")
    baking = canary.get("CanaryBakeTimeInMinutes") if isinstance(canary, dict) else 0
    together = sum(number(each) or 0 for each in (deployment.get("BakeTimeInMinutes"), baking))
    if strategy in _SHIFTS and together > MOST_ALL_BAKE_MINUTES:
        text = f"the versions would run side by side for {together / 60:g} hours"
        hours = MOST_ALL_BAKE_MINUTES // 60
        yield problem(name, text, f"CloudFormation waits for {hours} hours: choose shorter bake times")


def _hooks(name: str, deployment: Json) -> Iterator[Problem]:
    for hook in listed(deployment, "LifecycleHooks"):
        stages = hook.get("LifecycleStages", [])
        wrong = [each for each in stages if each in _NO_PAUSE] if isinstance(stages, list) else []
        if hook.get("TargetType") == "PAUSE" and wrong:
            text = f"a deployment cannot pause at {wrong[0]}, while requests move"
            yield problem(name, text, "choose a stage that begins with PRE_ or POST_")


def _moving(view: View, name: str, service: Json, strategy: str) -> Iterator[Problem]:
    entries = listed(service, "LoadBalancers")
    if not any("AdvancedConfiguration" in each for each in entries):
        text = f"{strategy} needs a second target group and a rule to move requests between the two"
        yield problem(name, text, "add AdvancedConfiguration to LoadBalancers")
    for entry in entries:
        advanced = entry.get("AdvancedConfiguration")
        if not isinstance(advanced, dict):
            continue
        moved = view.name_at(advanced.get("ProductionListenerRule"))
        groups = {view.name_at(entry.get("TargetGroupArn")), view.name_at(advanced.get("AlternateTargetGroupArn"))}
        others = [each for each in _forwarding(view, groups - {""}) if each != moved]
        if moved and others:
            text = f"{strategy} moves the requests of {moved} alone, and {others[0]} forwards to the same targets"
            yield problem(name, text, "let the other one redirect, or take another deployment policy")


def _forwarding(view: View, groups: set[str]) -> Iterator[str]:
    """Listeners and rules that send requests to one of the groups."""
    for kind, key in ((LISTENER, "DefaultActions"), (RULE, "Actions")):
        for name, properties in view.of_type(kind):
            actions = listed(properties, key)
            if any(view.name_at(each) in groups for action in actions for each in groups_of(action)):
                yield name


def groups_of(action: Json) -> Iterator[Any]:
    """References to the target groups of one action."""
    if action.get("Type") != "forward":
        return
    yield action.get("TargetGroupArn")
    config = action.get("ForwardConfig")
    for each in listed(config, "TargetGroups") if isinstance(config, dict) else ():
        yield each.get("TargetGroupArn")


def _room(view: View, name: str, service: Json, deployment: Json) -> Iterator[Problem]:
    """A task that takes a port of its instance needs an instance of its own; so does the one that replaces it."""
    tasks = view.at(service.get("TaskDefinition"), TASKS) or {}
    most = number(deployment.get("MaximumPercent", 200)) or 0
    fixed = tasks.get("NetworkMode") == "host" or any(
        number(mapping.get("HostPort"))
        for container in listed(tasks, "ContainerDefinitions")
        for mapping in listed(container, "PortMappings")
    )
    if tasks.get("NetworkMode") not in ("host", "bridge") or not fixed or most <= 100:
        return
    wanted = max([number(each.get("MaxCapacity")) or 0 for _, each in view.of_type(SCALABLE)], default=0)
    for group, properties in view.of_type(INSTANCES):
        there = number(properties.get("MaxSize"))
        if there is not None and there <= wanted:
            text = f"of {there:g} instances none is free when {wanted:g} tasks with ports of their own are replaced"
            yield problem(group, text, "raise MaxInstances above MaxSize, or leave the host ports out")
