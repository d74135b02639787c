"""Variables of a container: texts, what CloudFormation evaluates, and secrets that ECS reads when a task starts."""

from __future__ import annotations

from typing import Any

from beanstalk.containers import Container
from beanstalk.errors import InvalidInput
from beanstalk.options.catalogue import PROPERTIES
from beanstalk.options.values import has_function
from beanstalk.secrets import Reference, ReferenceKind, read_reference
from beanstalk.targets.aws.taskdef_making import Making
from beanstalk.targets.aws.template.said import in_template, place

_REMEDY = "keep it in Secrets Manager or in Parameter Store, and give its ARN"


def environment(container: Container, written: list[Any], making: Making) -> list[Any]:
    """written: the entries of a Dockerrun of version 2, which stay as they are; the properties follow."""
    own = {each.get("name") for each in written if isinstance(each, dict)}
    secrets = {each["name"] for each in secrets_of(container, [], making)}
    added = [(name, value) for name, value in container.environment if name not in own and name not in secrets]
    return [*written, *({"name": name, "value": _evaluated(name, value, making)} for name, value in added)]


def secrets_of(container: Container, written: list[Any], making: Making) -> list[Any]:
    """Those that are written, then those of the environment that the container gets on every target."""
    own = {each.get("name") for each in written if isinstance(each, dict)}
    references = {each.name: each.reference for each in making.blueprint.workload.secrets}
    found = [*written]
    for variable, name in container.secrets:
        if variable in own or name not in references:
            continue
        if value := _value_from(container.name, name, references[name], making):
            found.append({"name": variable, "valueFrom": value})
    return found


def value_from(reference: Reference) -> str:
    """A reference in ECS's words: `ARN:KEY::` is one member of a secret (ECS Developer Guide, "Secrets Manager")."""
    if reference.kind is ReferenceKind.SECRETS_MANAGER and reference.key:
        return f"{reference.arn}:{reference.key}::"
    return reference.arn


def _value_from(container: str, name: str, text: str, making: Making) -> str:
    """ "" for what no task can read, which is noted once."""
    try:
        reference = read_reference(text)
    except InvalidInput as error:
        problem = error.problems[0]
        _wrong(container, f"the secret {name}: {problem.text}", problem.hint, making)
        return ""
    if reference.is_local:
        what = "a file" if reference.kind is ReferenceKind.FILE else "a program"
        _wrong(
            container, f"the secret {name} comes from {what} of this machine, which no task on AWS has", _REMEDY, making
        )
        return ""
    return value_from(reference)


def _wrong(container: str, text: str, hint: str, making: Making) -> None:
    if all(problem.text != text for problem in making.notes.problems):
        making.wrong(container, "secrets", text, hint)


def _evaluated(name: str, value: str, making: Making) -> Any:
    """A property may hold functions; a text that a file says of one container is a text."""
    properties = making.blueprint.configuration.properties()
    if properties.get(name) != value or not has_function(value):
        return value
    return in_template(making.blueprint, value, place(making.blueprint, PROPERTIES, name))
