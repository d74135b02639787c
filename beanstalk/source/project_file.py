"""`.elasticbeanstalk/config.yml` of the EB CLI: which application a folder is, and which environment a git branch has.

`config.global.yml` beside it, which is committed, has the same form and lies beneath. Our own keys are below
`beanstalk:`. Source: EB CLI 3.27, "Configuration settings and precedence" and its templates of the two files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beanstalk.errors import InvalidInput, Problem
from beanstalk.source.document import Kind, Node, plain, read_document
from beanstalk.source.manifest import LONGEST_GROUP, LONGEST_NAME, SHORTEST_NAME
from beanstalk.source.yaml_notes import YamlNotes

FOLDER = ".elasticbeanstalk"
OWN, COMMITTED = "config.yml", "config.global.yml"

_GLOBAL = (
    "application_name", "default_region", "default_platform", "default_ec2_keyname", "profile", "sc", "workspace_type",
    "include_git_submodules", "no-verify-ssl", "editor", "branch", "repository", "platform_name", "platform_version",
    "instance_profile",
)  # fmt: skip
_SECTIONS = ("branch-defaults", "environment-defaults", "global", "deploy", "beanstalk")
_OF_BRANCH = ("environment", "group_suffix", *_GLOBAL)
_OF_ENVIRONMENT = ("branch", "repository", *_GLOBAL)
_TARGETS = ("local", "aws")
_CHOICES = {
    "sc": ("git",),
    "workspace_type": ("Application", "Platform"),
    "include_git_submodules": ("true", "false"),
    "no-verify-ssl": ("true", "false"),
}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9]{1,2}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_ARN = re.compile(r"arn:[^:]*:elasticbeanstalk:[^:]*:[^:]*:platform/(.+)/[^/]+")


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What one file says, or both of them. What is odd in it is passed over: `problems` and `warnings` tell of it.

    content: as it stands in the file, mappings, lists and values.
    """

    content: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def application(self) -> str:
        """The name of the application, "" when none is known; so are all texts here."""
        return self.text("global", "application_name")

    @property
    def platform(self) -> str:
        """As a person names it: of an ARN the name in it, without the version."""
        named = self.text("global", "default_platform")
        found = _ARN.fullmatch(named)
        return found[1] if found else named

    @property
    def target(self) -> str:
        return self.text("beanstalk", "target")

    @property
    def region(self) -> str:
        return self.text("global", "default_region")

    @property
    def artifact(self) -> str:
        """What is deployed instead of the files of the project, as a path in it."""
        return self.text("deploy", "artifact")

    def of_branch(self, branch: str, key: str) -> str:
        """`environment` or `group_suffix` of a branch, or a key of `global` that it may have another value for."""
        branches = self.content.get("branch-defaults")
        own = branches.get(branch) if isinstance(branches, dict) else None
        value = own.get(key) if isinstance(own, dict) else None
        if value is None or isinstance(value, dict | list):
            return self.text("global", key) if key in _GLOBAL else ""
        return str(value)

    def text(self, section: str, key: str) -> str:
        found = self.content.get(section)
        value = found.get(key) if isinstance(found, dict) else None
        return "" if value is None or isinstance(value, dict | list) else str(value)

    def over(self, below: ProjectFile) -> ProjectFile:
        """Both as one; what this one says wins, mapping by mapping."""
        return ProjectFile(
            merge(below.content, self.content),
            (*below.problems, *self.problems),
            (*below.warnings, *self.warnings),
        )


def read_project_file(path: str, content: bytes) -> ProjectFile:
    """Raises InvalidInput for what is no YAML, or no mapping."""
    document = read_document(path, content)
    root = document.root
    if root is None or root.kind is Kind.NULL:
        return ProjectFile({})
    if root.kind is not Kind.MAPPING:
        raise InvalidInput([Problem("is no mapping", root.at, "remove it: beanstalk init writes another one")])
    notes = YamlNotes(path)
    sections = notes.mapping(root, "the file", _SECTIONS)
    _global(notes.mapping(sections.get("global"), "global", _GLOBAL), notes)
    _branches(sections, notes)
    deploy = notes.mapping(sections.get("deploy"), "deploy", ("artifact",))
    notes.text(deploy.get("artifact"), "artifact")
    _target(notes.mapping(sections.get("beanstalk"), "beanstalk", ("target",)), notes)
    warnings = tuple(dict.fromkeys([*notes.warnings, *document.duplicates]))
    return ProjectFile(plain(root), tuple(dict.fromkeys(notes.problems)), warnings)


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` wins, mapping by mapping."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _global(keys: Mapping[str, Node], notes: YamlNotes) -> None:
    """Of the whole project, and where a branch has a value of its own."""
    for name in _GLOBAL:
        text = notes.text(keys.get(name), name)
        if name in _CHOICES and text and text.lower() not in [each.lower() for each in _CHOICES[name]]:
            notes.warn(keys[name], f"{name} {text[:60]!r} is not known", f"known are {' and '.join(_CHOICES[name])}")
    region = notes.text(keys.get("default_region"), "default_region")
    if region and not _REGION.fullmatch(region):
        notes.warn(keys["default_region"], f"{region[:60]!r} is no region", "write it as in us-east-2")


def _branches(sections: Mapping[str, Node], notes: YamlNotes) -> None:
    for branch, node in notes.mapping(sections.get("branch-defaults"), "branch-defaults").items():
        keys = notes.mapping(node, f"the branch {branch[:60]}", _OF_BRANCH)
        _global(keys, notes)
        environment = notes.text(keys.get("environment"), "environment")
        _named(environment, keys.get("environment"), notes)
        group = notes.text(keys.get("group_suffix"), "group_suffix")
        if len(group) > LONGEST_GROUP:
            text = f"the group {group[:60]} has {len(group)} characters"
            notes.warn(keys["group_suffix"], text, f"a group has at most {LONGEST_GROUP}")
    for environment, node in notes.mapping(sections.get("environment-defaults"), "environment-defaults").items():
        _named(environment, node, notes)
        _global(notes.mapping(node, f"the environment {environment[:60]}", _OF_ENVIRONMENT), notes)


def _named(environment: str, node: Node | None, notes: YamlNotes) -> None:
    if environment and not (SHORTEST_NAME <= len(environment) <= LONGEST_NAME and _NAME.fullmatch(environment)):
        hint = f"it has {SHORTEST_NAME} to {LONGEST_NAME} letters, digits and hyphens, no hyphen at an end"
        notes.warn(node, f"{environment[:60]!r} is no name of an environment", hint)


def _target(keys: Mapping[str, Node], notes: YamlNotes) -> None:
    target = notes.text(keys.get("target"), "target")
    if target and target not in _TARGETS:
        notes.wrong(keys["target"], f"there is no target {target[:60]!r}", f"write {' or '.join(_TARGETS)}")
