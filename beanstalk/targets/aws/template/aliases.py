"""Names of Elastic Beanstalk's own resources that users write, and what stands for them in our stacks.

Source: EB Developer Guide, "Modifying the resources that Elastic Beanstalk creates for your environment".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from beanstalk.errors import Problem
from beanstalk.scripts import lookup_of
from beanstalk.source.evaluate import Lookup, resolve
from beanstalk.source.functions import GetOptionSetting, Value, functions_in, to_json
from beanstalk.targets.aws.blueprint import Blueprint

ENVIRONMENT_NAME = "AWSEBEnvironmentName"
_LISTENER = re.compile("AWSEBV2LoadBalancerListener([0-9]+)")
ALIASES = {
    "AWSEBAutoScalingGroup": "AutoScalingGroup",
    "AWSEBEC2LaunchTemplate": "LaunchTemplate",
    "AWSEBSecurityGroup": "InstanceSecurityGroup",
    "AWSEBLoadBalancer": "LoadBalancer",
    "AWSEBV2LoadBalancer": "LoadBalancer",
    "AWSEBV2LoadBalancerListener": "HttpListener",
    "AWSEBV2LoadBalancerTargetGroup": "TargetGroup",
    "AWSEBLoadBalancerSecurityGroup": "LoadBalancerSecurityGroup",
    "AWSEBAutoScalingScaleUpPolicy": "ScalingPolicyUp",
    "AWSEBAutoScalingScaleDownPolicy": "ScalingPolicyDown",
    "AWSEBCloudwatchAlarmHigh": "ScalingAlarmHigh",
    "AWSEBCloudwatchAlarmLow": "ScalingAlarmLow",
    "AWSEBWorkerQueue": "WorkerQueue",
    "AWSEBWorkerDeadLetterQueue": "WorkerDeadLetterQueue",
    "AWSEBRDSDatabase": "Database",
}
"""Elastic Beanstalk's name → ours."""
_VARIABLE = re.compile(r"\$\{(\s*[A-Za-z0-9]+\s*)((?:\.[A-Za-z0-9.]+\s*)?)\}")


def listener_id(port: int) -> str:
    """Logical id of the listener at a port."""
    return {80: "HttpListener", 443: "HttpsListener"}.get(port, f"Listener{port}")


def our_name(name: str) -> str:
    """What stands for a name that somebody wrote: ours for one of Elastic Beanstalk's, else the name itself."""
    if found := _LISTENER.fullmatch(name):
        return listener_id(int(found[1]))
    return ALIASES.get(name, name)


def variables_of(text: str) -> Iterator[str]:
    """The names that Fn::Sub replaces in a text."""
    yield from (found[1].strip() for found in _VARIABLE.finditer(text))


def used(json: Any) -> set[str]:
    """Every name that functions of a template refer to."""
    if isinstance(json, list):
        return {name for each in json for name in used(each)}
    if not isinstance(json, dict):
        return set()
    found = {name for each in json.values() for name in used(each)}
    match json:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            found.add(name)
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            found |= {*variables_of(text)}
    return found


def to_intrinsic(blueprint: Blueprint, value: Value) -> Any:
    """A value of the user as JSON of a template: options looked up, Elastic Beanstalk's names replaced by ours.

    Parameters, mappings and conditions stay functions: they are in the template, where the stack may be given others.
    """
    return _renamed(to_json(resolve(value, _lookup(blueprint))), blueprint.environment)


def unanswered(blueprint: Blueprint, value: Value) -> Iterator[Problem]:
    """Options that are asked for and have no value: CloudFormation does not know the function."""
    for each in functions_in(resolve(value, _lookup(blueprint))):
        if isinstance(each, GetOptionSetting):
            text = f"Fn::GetOptionSetting: {each.namespace}:{each.name} has no value"
            yield Problem(text, each.at, "set the option, or add DefaultValue")


def _lookup(blueprint: Blueprint) -> Lookup:
    options = lookup_of(blueprint.extensions, blueprint.configuration)
    return Lookup(option=options.option, known={ENVIRONMENT_NAME: blueprint.environment})


def _renamed(json: Any, environment: str) -> Any:
    """environment: its name, which Elastic Beanstalk gives as a parameter."""
    if isinstance(json, list):
        return [_renamed(each, environment) for each in json]
    if not isinstance(json, dict):
        return json
    if len(json) == 1:
        ((name, argument),) = json.items()
        match name, argument:
            case "Ref", str():
                return {name: our_name(argument)}
            case "Fn::GetAtt", [str(resource), *rest]:
                return {name: [our_name(resource), *(_renamed(each, environment) for each in rest)]}
            case "Fn::Sub", str():
                return {name: _renamed_text(argument, (), environment)}
            case "Fn::Sub", [str(text), dict(variables)]:
                return {name: [_renamed_text(text, variables, environment), _renamed(variables, environment)]}
    return {key: _renamed(each, environment) for key, each in json.items()}


def _renamed_text(text: str, own: Collection[str], environment: str) -> str:
    """own: names that the function itself gives a value."""

    def replaced(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name == ENVIRONMENT_NAME and name not in own and not found[2]:
            return environment
        return found[0] if name in own else f"${{{our_name(name)}{found[2]}}}"

    return _VARIABLE.sub(replaced, text)
