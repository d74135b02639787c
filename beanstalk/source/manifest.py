"""`env.yaml`, the environment manifest: name, links and settings of the environment that a bundle is for.

Source: EB Developer Guide, "Environment manifest", and the EB CLI for names that end in +.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.model import OptionSetting
from beanstalk.source.document import Node
from beanstalk.source.environment_parts import (
    VERSION_KEY,
    Pairs,
    Tier,
    read_options,
    read_platform,
    read_tags,
    read_tier,
    read_version,
)
from beanstalk.source.yaml_notes import YamlNotes, read_mapping

FILE_NAME = "env.yaml"
KEYS = (
    VERSION_KEY, "Platform", "SolutionStack", "OptionSettings", "Tags", "EnvironmentTier", "EnvironmentName", "CName",
    "EnvironmentLinks",
)  # fmt: skip
SHORTEST_NAME, LONGEST_NAME, LONGEST_FOR_COMPOSE = 4, 40, 23
LONGEST_CNAME, LONGEST_GROUP = 63, 19
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Link:
    """The environment property `variable` becomes the address of `environment`, of the same application."""

    variable: str
    environment: str
    at: Where


@dataclass(frozen=True, slots=True)
class Manifest:
    """Texts are "" when not given. Names may end in +, which `expand` replaces by a group."""

    environment_name: str
    cname: str
    links: tuple[Link, ...]
    platform_arn: str
    solution_stack: str
    tier: Tier
    tags: Pairs
    settings: tuple[OptionSetting, ...]
    at: Where
    warnings: tuple[Problem, ...] = ()

    @property
    def needs_group(self) -> bool:
        names = [self.environment_name, self.cname, *(link.environment for link in self.links)]
        return any(name.endswith("+") for name in names)


def read_manifest(content: bytes, path: str = FILE_NAME) -> Manifest:
    """Raises InvalidInput with every problem."""
    document, root, notes = read_mapping(path, content, "the file")
    keys = notes.mapping(root, "env.yaml", KEYS)
    read_version(keys, root, notes)
    arn, stack = read_platform(keys, notes)
    name = notes.text(keys.get("EnvironmentName"), "EnvironmentName")
    cname = notes.text(keys.get("CName"), "CName")
    _check(keys.get("EnvironmentName"), name, "EnvironmentName", SHORTEST_NAME, LONGEST_NAME, notes)
    _check(keys.get("CName"), cname, "CName", SHORTEST_NAME, LONGEST_CNAME, notes)
    links = _links(keys.get("EnvironmentLinks"), notes)
    tier, tags = read_tier(keys.get("EnvironmentTier"), notes), read_tags(keys.get("Tags"), notes)
    settings = read_options(keys.get("OptionSettings"), notes)
    if cname and tier.name == "Worker":
        notes.warn(keys["CName"], "a worker environment has no CName", "take CName out")
    return Manifest(name, cname, links, arn, stack, tier, tags, settings, root.at, notes.finish(document.duplicates))


def expand(manifest: Manifest, group: str, name: str = "") -> Manifest:
    """The manifest for one group: a + at the end of a name becomes - and the group. group: "" for none.

    name: the environment's, when somebody gives it instead of the manifest. Raises InvalidInput as the EB CLI refuses
    it: a + without a group, a group without a + in the environment's name.
    """
    if name:
        manifest = replace(manifest, environment_name=name)
    if group and (not _NAME.fullmatch(group) or len(group) > LONGEST_GROUP):
        limits = f"use 1 to {LONGEST_GROUP} letters, digits and -, not - at the ends"
        raise _refused(manifest, f"{group[:60]!r} cannot be a group", limits)
    if manifest.needs_group and not group:
        raise _refused(manifest, "a name in the manifest ends in +, and no group is given", "name a group: --group dev")
    if group and not name and not manifest.environment_name.endswith("+"):
        text = f"a group is given, but the EnvironmentName {manifest.environment_name!r} does not end in +"
        raise _refused(manifest, text, "write + at its end, or give no group")
    name, cname = _grouped(manifest.environment_name, group), _grouped(manifest.cname, group)
    if len(name) > LONGEST_NAME or len(cname) > LONGEST_CNAME:
        longest = f"an environment has at most {LONGEST_NAME} characters, a CName {LONGEST_CNAME}"
        raise _refused(manifest, f"{name} or {cname} is too long with the group", longest)
    warnings = manifest.warnings
    if group and len(name) > LONGEST_FOR_COMPOSE:
        text = f"{name} has more than {LONGEST_FOR_COMPOSE} characters, the guide's limit for composed environments"
        warnings += (Problem(text, manifest.at, "a shorter name or group is safe everywhere"),)
    links = tuple(replace(link, environment=_grouped(link.environment, group)) for link in manifest.links)
    return replace(manifest, environment_name=name, cname=cname, links=links, warnings=warnings)


def group_of(manifest: Manifest, name: str) -> str:
    """The group of the environment `name`, "" when its name does not come from this manifest."""
    stem = manifest.environment_name.removesuffix("+") + "-"
    return name.removeprefix(stem) if manifest.environment_name.endswith("+") and name.startswith(stem) else ""


def _grouped(name: str, group: str) -> str:
    return f"{name[:-1]}-{group}" if name.endswith("+") else name


def _refused(manifest: Manifest, text: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem(text, manifest.at, hint)])


def _check(node: Node | None, name: str, what: str, shortest: int, longest: int, notes: YamlNotes) -> None:
    body = name.removesuffix("+")
    if name and (not _NAME.fullmatch(body) or len(body) > longest or (len(body) < shortest and body == name)):
        limits = (
            f"{shortest} to {longest} letters, digits and -, not - at the ends; a + at its end stands for the group"
        )
        notes.wrong(node, f"{name[:60]!r} cannot be {what}", limits)


def _links(node: Node | None, notes: YamlNotes) -> tuple[Link, ...]:
    found = []
    for variable, value in notes.mapping(node, "EnvironmentLinks").items():
        name = notes.text(value, f"the environment of {variable[:40]}")
        if not _VARIABLE.fullmatch(variable):
            notes.wrong(value, f"{variable[:60]!r} cannot be an environment property", "use letters, digits and _")
        if not name:
            notes.wrong(value, f"the link {variable[:40]} names no environment", "write VARIABLE: environment")
        _check(value, name, "the environment of a link", 1, LONGEST_NAME, notes)
        found.append(Link(variable, name, value.at))
    return tuple(found)
