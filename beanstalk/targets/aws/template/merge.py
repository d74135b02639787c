"""The template sections of a bundle (`Resources`, `Outputs`, …) laid over ours.

What stands under one of Elastic Beanstalk's names, or of ours, is merged into our resource, mapping by mapping; lists
and everything else take the place of what was there. All else is added as it is.
Source: EB Developer Guide, "Modifying the resources that Elastic Beanstalk creates for your environment".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.functions import Entry, Function, GetAtt, Object, Other, Ref, Sub, functions_in
from beanstalk.source.template_keys import OURS
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch
from beanstalk.targets.aws.template.aliases import ENVIRONMENT_NAME, our_name, to_intrinsic, unanswered, variables_of

_TRANSFORM = "Fn::Transform"
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")
_OF_INSTANCES = ("AutoScalingGroup", "LaunchTemplate", "AWSEBAutoScalingLaunchConfiguration")
_ALIKE = {"TargetGroup": ("AlternateTargetGroup",)}
"""What has to be like another one: Amazon ECS changes from one to the other at each deployment."""
_ONLY_METADATA = {"Metadata", "Type"}


def with_those_of_bundle(blueprint: Blueprint, body: Json) -> tuple[Json, list[Problem]]:
    """The body of a template with what the bundle says, and what of that has no effect.

    Raises InvalidInput with everything that cannot be merged.
    """
    told: list[Problem] = []
    problems: list[Problem] = []
    found = dict(body)
    for name in _SECTIONS:
        section: Object = getattr(blueprint.extensions.template, name.lower())
        together = dict(found.get(name, {}))
        for entry in section.entries:
            _take(blueprint, name, entry, together, problems, told)
        if together:
            found[name] = together
    problems += [*_dangling(blueprint, found), *_macros(blueprint)]
    if problems:
        raise InvalidInput(problems)
    return found, [*told, *_rights(blueprint, found)]


def _macros(blueprint: Blueprint) -> Iterator[Problem]:
    """What CloudFormation would replace by something that nobody has looked at, by a program in the account."""
    for function in _functions(blueprint):
        if isinstance(function, Other) and function.name == _TRANSFORM:
            yield _no_macro(function.at)
    template = blueprint.extensions.template
    for section in (template.resources, template.outputs, template.mappings, template.conditions, template.parameters):
        for entry in section.entries:
            yield from map(_no_macro, _beside(entry))


def _no_macro(at: Where) -> Problem:
    text = f"{_TRANSFORM} (AWS::Include and other macros): Elastic Beanstalk has it not, and nobody sees what it makes"
    return Problem(text, at, "write what it would make into the file")


def _beside(entry: Entry) -> Iterator[Where]:
    """Where the key stands beside others, and so was read as an ordinary one."""
    if entry.key == _TRANSFORM:
        yield entry.at
    found = [entry.value]
    while found:
        value = found.pop()
        if isinstance(value, Object):
            yield from (each.at for each in value.entries if each.key == _TRANSFORM)
            found += [each.value for each in value.entries]
        elif isinstance(value, tuple):
            found += value


def _rights(blueprint: Blueprint, body: Json) -> Iterator[Problem]:
    """What of the bundle gives rights, which whoever deploys should know."""
    for entry in blueprint.extensions.template.resources.entries:
        kind = str(body["Resources"].get(our_name(entry.key), {}).get("Type", ""))
        if kind.startswith(("AWS::IAM::", "Custom::", "AWS::CloudFormation::CustomResource", "AWS::Lambda::")):
            text = f"the bundle makes or changes {entry.key[:60]} ({kind[:60]}) with the rights of whoever deploys"
            yield Problem(text, entry.at, "see that you want what it allows")


def _take(
    blueprint: Blueprint, section: str, entry: Entry, there: Json, problems: list[Problem], told: list[Problem]
) -> None:
    """Lay one entry of a section over what is there already."""
    problems += unanswered(blueprint, entry.value)
    said = to_intrinsic(blueprint, entry.value)
    if section != "Resources":
        if entry.key in there:
            text = f"{entry.key[:60]} in {section} is a name that the stack has already"
            problems.append(Problem(text, entry.at, "give it another name"))
        there[entry.key] = said
        return
    name = our_name(entry.key)
    if name not in there and (name != entry.key or entry.key.startswith(OURS)):
        _missing(blueprint, entry, name, said, problems, told)
    elif name not in there:
        there[name] = said
    elif said.get("Type", there[name]["Type"]) != there[name]["Type"]:
        text = f"{entry.key[:60]} in Resources is of type {said['Type']}, and {name} of the stack {there[name]['Type']}"
        hint = "write that type to change it" if name != entry.key else "give it another name"
        problems.append(Problem(text, entry.at, hint))
    else:
        for each in (name, *_ALIKE.get(name, ())):
            there[each] = laid_over(there[each], said)


def laid_over(under: Json, over: Mapping[str, Any]) -> Json:
    """Mapping by mapping; a function or a list takes the place of what was there."""
    found = dict(under)
    for key, value in over.items():
        before = found.get(key)
        both = (
            isinstance(before, dict)
            and isinstance(value, dict)
            and not _is_function(before)
            and not _is_function(value)
        )
        found[key] = laid_over(before, value) if both and isinstance(before, dict) else value
    return found


def _is_function(value: Json) -> bool:
    return len(value) == 1 and all(key in ("Ref", "Condition") or key.startswith("Fn::") for key in value)


def _missing(
    blueprint: Blueprint, entry: Entry, name: str, said: Json, problems: list[Problem], told: list[Problem]
) -> None:
    """Something of Elastic Beanstalk's that this stack does not have."""
    if name in _OF_INSTANCES and blueprint.launch is Launch.FARGATE and set(said) <= _ONLY_METADATA:
        text = f"{entry.key}: there are no instances on Fargate, so this has no effect"
        told.append(Problem(text, entry.at, "set beanstalk:aws:LaunchType to EC2 for instances"))
        return
    problems.append(
        Problem(f"{entry.key[:60]} in Resources: {_why_missing(blueprint, name)}", entry.at, _instead(name))
    )


def _why_missing(blueprint: Blueprint, name: str) -> str:
    if name in _OF_INSTANCES and blueprint.launch is Launch.FARGATE:
        return "there are no instances on Fargate"
    return "this stack has nothing in its place"


def _instead(name: str) -> str:
    if name in _OF_INSTANCES:
        return "set beanstalk:aws:LaunchType to EC2 for instances, or leave it out"
    return "leave it out, or look at what `beanstalk render cloudformation` prints"


def _dangling(blueprint: Blueprint, body: Json) -> Iterator[Problem]:
    """Names that the bundle uses and this stack does not have; of all others the readers have told."""
    resources = body.get("Resources", {})
    known = {*resources, *body.get("Parameters", {}), ENVIRONMENT_NAME}
    for function in _functions(blueprint):
        for name in _names(function):
            ours = our_name(name)
            if name.startswith(OURS) and ours not in known:
                text = f"{name[:60]}: {_why_missing(blueprint, ours)}"
                yield Problem(text, function.at, _instead(ours))


def _functions(blueprint: Blueprint) -> Iterator[Function]:
    template = blueprint.extensions.template
    for section in (template.resources, template.outputs, template.conditions):
        for entry in section.entries:
            yield from functions_in(entry.value)


def _names(function: Function) -> Iterator[str]:
    match function:
        case Ref(name):
            yield name
        case GetAtt(resource):
            yield resource
        case Sub(text, variables):
            own = {entry.key for entry in variables.entries}
            yield from (name for name in variables_of(text) if name not in own)
