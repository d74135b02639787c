"""The environment of a service: files that `env_file` names, and over them what `environment` says.

The environment properties do not enter containers by themselves: Elastic Beanstalk writes them into `.env` beside the
Compose file, unless the bundle has one. Source: EB Developer Guide, "Docker platform configuration".
"""

from __future__ import annotations

import posixpath
import re

from beanstalk.container_groups.compose_secrets import apart, properties_and_secrets
from beanstalk.container_groups.composition import ENV_FILE, Composition
from beanstalk.container_groups.mounts import CURRENT
from beanstalk.containers import Pairs
from beanstalk.errors import InvalidInput, Where
from beanstalk.source.compose import FILE_NAME
from beanstalk.source.compose_values import EnvFile, Service
from beanstalk.source.env_file import read_env_file

_ON_INSTANCE = "/opt/elasticbeanstalk/deployment/env"
"""Where Elastic Beanstalk keeps the properties on an instance; some Compose files name it."""


def service_environment(service: Service, composition: Composition) -> tuple[Pairs, Pairs]:
    """(variables with a value, variables that are secrets and the names of these)."""
    found: dict[str, str] = {}
    for each in service.env_file:
        found |= _of_file(each, service, composition)
    for name, value in service.environment:
        if value is not None:
            found[name] = value
        elif name in composition.variables:
            found[name] = composition.variables[name]
    return apart(found)


def tell_unused_properties(text: str, composition: Composition) -> None:
    """Properties that reach no container. text: of the Compose file."""
    properties = properties_and_secrets(composition.material)
    files = [each.path for service in composition.started for each in service.env_file]
    if any(_is_of_properties(path, composition) for path in files):
        return
    if composition.generated:
        text += "\n".join(composition.material.text(_in_bundle(path)) or "" for path in files)
        names = [name for name in properties if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
        hint = f"write env_file: {ENV_FILE} for the services that need them, or name them below environment:"
        at = Where(FILE_NAME, 1)
    else:
        names, at = list(properties), Where(ENV_FILE, 1)
        hint = f"take {ENV_FILE} out of the bundle: then the properties stand in its place"
    if names:
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        composition.material.notes.warn(at, f"environment properties that reach no container: {shown}", hint)


def _of_file(each: EnvFile, service: Service, composition: Composition) -> dict[str, str]:
    material, path = composition.material, _in_bundle(each.path)
    if _is_of_properties(each.path, composition):
        return properties_and_secrets(material)
    place = composition.service(service.name).place("env_file")
    if path.startswith(("/", "..")):
        material.told(place, f"the env_file {each.path[:80]} of {service.name}", "it is outside of the bundle")
        return {}
    text = material.text(path)
    if text is None:
        return {}  # a required one was noted by the reader
    try:
        lines = read_env_file(path, text.encode(), composition.variables)
    except InvalidInput as error:
        material.notes.problems += [problem for problem in error.problems if problem not in material.notes.problems]
        return {}
    values = ((line.name, composition.variables.get(line.name) if line.value is None else line.value) for line in lines)
    return {name: value for name, value in values if value is not None}


def _is_of_properties(path: str, composition: Composition) -> bool:
    return path == _ON_INSTANCE or (composition.generated and _in_bundle(path) == ENV_FILE)


def _in_bundle(path: str) -> str:
    """As seen from the root of the bundle; absolute, or with .. before it, when it is elsewhere."""
    found = posixpath.normpath(path)
    return found.removeprefix(f"{CURRENT}/")
