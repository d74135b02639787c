"""What `env.yaml` and saved configurations have in common: version, platform, tier, tags, options."""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.model import OptionSetting
from beanstalk.source.document import Kind, Node
from beanstalk.source.option_settings import read_option_settings
from beanstalk.source.yaml_notes import YamlNotes

VERSION_KEY, VERSION = "AWSConfigurationTemplateVersion", "1.1.0.0"
MOST_TAGS, LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 47, 127, 255
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """WebServer with Standard, or Worker with SQS/HTTP."""

    name: str = "WebServer"
    type: str = "Standard"


WEB = Tier()

TIERS = {"WebServer": "Standard", "Worker": "SQS/HTTP"}
"""Type of each tier, by its name."""


def read_version(keys: dict[str, Node], root: Node, notes: YamlNotes) -> None:
    version = notes.text(keys.get(VERSION_KEY), VERSION_KEY)
    if version != VERSION:
        text = f"{VERSION_KEY} {version[:30]!r} is not supported" if version else f"{VERSION_KEY} is missing"
        notes.wrong(keys.get(VERSION_KEY) or root, text, f"write {VERSION_KEY}: {VERSION}")


def read_platform(keys: dict[str, Node], notes: YamlNotes) -> tuple[str, str]:
    """(ARN of the platform, name of the solution stack); at most one of them is given."""
    platform = notes.mapping(keys.get("Platform"), "Platform", ("PlatformArn",))
    arn = notes.text(platform.get("PlatformArn"), "PlatformArn")
    if "Platform" in keys and not arn and keys["Platform"].kind in (Kind.MAPPING, Kind.NULL):
        notes.wrong(keys["Platform"], "Platform has no PlatformArn", "add PlatformArn, or write SolutionStack instead")
    stack = notes.text(keys.get("SolutionStack"), "SolutionStack")
    if arn and stack:
        notes.wrong(keys["SolutionStack"], "both Platform and SolutionStack are given", "keep one of the two")
    if arn and not arn.startswith("arn:"):
        notes.wrong(platform["PlatformArn"], f"{arn[:60]!r} is no ARN", "it begins with arn:aws:elasticbeanstalk:")
    return arn, stack


def read_tier(node: Node | None, notes: YamlNotes) -> Tier:
    keys = notes.mapping(node, "EnvironmentTier", ("Name", "Type", "Version"))
    name = notes.text(keys.get("Name"), "Name") or "WebServer"
    kind = notes.text(keys.get("Type"), "Type") or TIERS.get(name, "")
    if name not in TIERS:
        notes.wrong(keys.get("Name"), f"there is no tier {name[:60]}", f"possible are {' and '.join(TIERS)}")
    elif kind != TIERS[name]:
        notes.wrong(keys.get("Type"), f"{kind[:60]} is no type of the tier {name}", f"write {TIERS[name]}")
    return Tier(name, kind)


def read_tags(node: Node | None, notes: YamlNotes) -> Pairs:
    found = [
        (name, value, notes.text(value, f"the tag {name[:40]}")) for name, value in notes.mapping(node, "Tags").items()
    ]
    if len(found) > MOST_TAGS:
        notes.wrong(node, f"{len(found)} tags, allowed are {MOST_TAGS}", "the service adds three of its own")
    for name, place, text in found:
        if not name or len(name) > LONGEST_TAG_KEY or len(text) > LONGEST_TAG_VALUE:
            limits = f"a key has 1 to {LONGEST_TAG_KEY} characters, a value at most {LONGEST_TAG_VALUE}"
            notes.wrong(place, f"the tag {name[:40]!r} is too long or has no name", limits)
        if name.lower().startswith("aws:"):
            notes.wrong(place, f"the tag {name[:40]!r} begins with aws:", "that is kept for AWS: choose another name")
    return tuple((name, text) for name, _, text in found)


def read_options(node: Node | None, notes: YamlNotes) -> tuple[OptionSetting, ...]:
    """The map form, as in `.ebextensions`. An option that is null is not set at all."""
    if node is None or node.kind is Kind.NULL:
        return ()
    if node.kind is not Kind.MAPPING:
        notes.wrong(
            node, "OptionSettings has to be a mapping of namespaces", "write the namespace, and options below it"
        )
        return ()
    found = read_option_settings(node)
    unset = {name.at for _, options in node.entries() for name, value in options.entries() if value.kind is Kind.NULL}
    empty = {value.at for _, options in node.entries() for _, value in options.entries() if value.kind is Kind.NULL}
    notes.problems += found.problems
    notes.warnings += [warning for warning in found.warnings if warning.at not in empty]
    return tuple(setting for setting in found.settings if setting.at not in unset)
