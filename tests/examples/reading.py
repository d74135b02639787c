"""The files of `ebextensions_examples/`, read as those of a project would be, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beanstalk.errors import Where
from beanstalk.model import Rollout
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.options.resolve import resolve
from beanstalk.rollout.policies import promises
from beanstalk.service.configuration import RECOMMENDED, rollout_for
from beanstalk.service.validation import Report, SourceFile, validate
from beanstalk.source.ebextensions import INSTANCE_KEYS, Extensions, read_extensions
from beanstalk.source.evaluate import Lookup
from beanstalk.source.evaluate import resolve as evaluate
from beanstalk.source.functions import Value, to_json
from beanstalk.source.values import value_of
from beanstalk.workload import drain_s, health_check

FOLDER = Path(__file__).parents[2] / "ebextensions_examples"
FILES = sorted(path.name for path in FOLDER.glob("*.config"))
PROPERTIES = "aws:elasticbeanstalk:application:environment"
RIGHT: Mapping[str, Any] = {"warnings": [], "ignored": []}
"""What `validate` says of an example that acts on this machine."""


@dataclass(frozen=True)
class Example:
    """Files that are together in one project.

    stack: what only a running stack knows, by name for Ref, by resource.attribute for Fn::GetAtt.
    """

    extensions: Extensions
    configuration: Configuration
    report: Report
    stack: Mapping[str, Value]

    @property
    def rollout(self) -> Rollout:
        return rollout_for(self.configuration, rollout_for(self.configuration, 0).size)

    def evaluated(self, value: Value) -> Any:
        """As JSON; a function stays when nothing is known of it."""
        return to_json(evaluate(value, Lookup(self.configuration.text, self.stack)))


def example(*names: str, stack: Mapping[str, Value] | None = None) -> Example:
    """These files in a new environment of a Python application."""
    files = [(f".ebextensions/{name}", (FOLDER / name).read_bytes()) for name in names]
    extensions = read_extensions(files)
    configuration = resolve({Layer.EBEXTENSIONS: extensions.settings, Layer.RECOMMENDED: RECOMMENDED})
    project = [SourceFile("application.py"), *(SourceFile(path, content=text) for path, text in files)]
    return Example(extensions, configuration, validate(project), stack or {})


def effect(found: Example, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What it comes to, in the shape of `wanted`: see `_READERS`."""
    return {name: _READERS[name](found, value) for name, value in wanted.items()}


def _attributes(item: object, wanted: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(item, name) for name in wanted}


def _each(items: Iterable[object], wanted: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All of the items in their order, each with the attributes that the first one wanted has."""
    return [_attributes(item, wanted[0]) for item in items]


def _settings(found: Example) -> dict[str, dict[str, str]]:
    """Everything that is set, as texts: {"aws:autoscaling:asg": {"MinSize": "2"}}."""
    settings: dict[str, dict[str, str]] = {}
    for each in found.extensions.settings:
        namespace = f"{each.resource_name}.{each.namespace}".lstrip(".")
        settings.setdefault(namespace, {})[each.name] = each.value
    return settings


def _properties(found: Example) -> dict[str, Any]:
    """The environment properties as an application of the stack would see them."""
    properties = found.configuration.properties()
    return {name: found.evaluated(value_of(text, Where(name))) for name, text in properties.items()}


def _values(found: Example, wanted: Iterable[str]) -> dict[str, Any]:
    """Single values of the resources: {"Queue.Properties.DelaySeconds": 5}."""
    return {path: _inside(found.evaluated(found.extensions.template.resources), path) for path in wanted}


def _inside(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _ignored(found: Example) -> list[str]:
    """What is without effect here; for the keys of instances see `test_software`."""
    return [each.what for each in found.report.ignored if each.what not in INSTANCE_KEYS]


_READERS: Mapping[str, Callable[[Example, Any], Any]] = {
    # what the local target does
    "rollout": lambda found, wanted: _attributes(found.rollout, wanted),
    "promises": lambda found, _: promises(found.rollout),
    "check": lambda found, wanted: _attributes(health_check(found.configuration), wanted),
    "drain_s": lambda found, _: drain_s(found.configuration),
    "grace_s": lambda found, _: found.configuration.number("beanstalk:deployment", "GraceSeconds"),
    "options": lambda found, wanted: {key: found.configuration.text(*key) for key in wanted},
    "properties": lambda found, _: _properties(found),
    # what is read for a stack
    "settings": lambda found, _: _settings(found),
    "resources": lambda found, _: {
        name: content.get("Type") for name, content in found.evaluated(found.extensions.template.resources).items()
    },
    "values": _values,
    "outputs": lambda found, _: found.evaluated(found.extensions.template.outputs),
    # what an instance is asked for
    "packages": lambda found, _: [(each.manager, each.name, each.versions) for each in found.extensions.packages],
    "groups": lambda found, _: [(each.name, each.gid) for each in found.extensions.groups],
    "users": lambda found, wanted: _each(found.extensions.users, wanted),
    "sources": lambda found, _: {each.target: each.url for each in found.extensions.sources},
    "files": lambda found, _: {each.path: (each.mode, each.owner, each.group) for each in found.extensions.files},
    "contents": lambda found, wanted: {
        each.path: each.content for each in found.extensions.files if each.path in wanted
    },
    "commands": lambda found, wanted: _each(found.extensions.commands, wanted),
    "services": lambda found, wanted: _each(found.extensions.services, wanted),
    "container_commands": lambda found, wanted: _each(found.extensions.container_commands, wanted),
    # what `validate` tells
    "warnings": lambda found, _: [each.problem.text for each in found.report.findings],
    "ignored": lambda found, _: _ignored(found),
}
