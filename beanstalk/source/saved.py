"""Saved configurations: `.elasticbeanstalk/saved_configs/NAME.cfg.yml`, and the list in JSON that the API takes.

Only options set on an environment are in one, never those of `.ebextensions`. What is read and written again is the
same configuration; comments and the order of keys are not kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from beanstalk.errors import Problem, Where
from beanstalk.model import OptionSetting
from beanstalk.source.environment_parts import (
    VERSION,
    VERSION_KEY,
    WEB,
    Pairs,
    Tier,
    read_options,
    read_platform,
    read_tags,
    read_tier,
    read_version,
)
from beanstalk.source.json_nodes import Json
from beanstalk.source.json_text import read_json
from beanstalk.source.notes import Notes
from beanstalk.source.yaml_notes import read_mapping
from beanstalk.source.yaml_writer import write_yaml

SUFFIX = ".cfg.yml"
METADATA = "EnvironmentConfigurationMetadata"
KEYS = (VERSION_KEY, METADATA, "Platform", "SolutionStack", "EnvironmentTier", "OptionSettings", "Tags")
_ITEM = ("Namespace", "OptionName", "Value", "ResourceName")


@dataclass(frozen=True, slots=True)
class SavedConfiguration:
    """Texts are "" when not given. date_created, date_modified: as they stand, milliseconds since the epoch."""

    settings: tuple[OptionSetting, ...]
    description: str = ""
    date_created: str = ""
    date_modified: str = ""
    platform_arn: str = ""
    solution_stack: str = ""
    tier: Tier = WEB
    tags: Pairs = ()
    warnings: tuple[Problem, ...] = ()


def read_saved(path: str, content: bytes) -> SavedConfiguration:
    """Either form: a list [ ] is that of the API, anything else YAML.  Raises InvalidInput with every problem."""
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
        return _read_list(path, content)
    document, root, notes = read_mapping(path, content, "the saved configuration")
    keys = notes.mapping(root, "a saved configuration", KEYS)
    read_version(keys, root, notes)
    about = notes.mapping(keys.get(METADATA), METADATA, ("Description", "DateCreated", "DateModified"))
    description, created, modified = (
        notes.text(about.get(name), name) for name in ("Description", "DateCreated", "DateModified")
    )
    arn, stack = read_platform(keys, notes)
    tier, tags = read_tier(keys.get("EnvironmentTier"), notes), read_tags(keys.get("Tags"), notes)
    settings = read_options(keys.get("OptionSettings"), notes)
    _twice(settings, notes)
    warnings = notes.finish(document.duplicates)
    return SavedConfiguration(settings, description, created, modified, arn, stack, tier, tags, warnings)


def write_saved(saved: SavedConfiguration) -> str:
    """As YAML; `read_saved` gives back an equal configuration, places and warnings apart."""
    metadata = {
        "Description": saved.description,
        "DateCreated": saved.date_created,
        "DateModified": saved.date_modified,
    }
    options: dict[str, dict[str, str]] = {}
    for setting in saved.settings:
        key = f"{setting.resource_name}.{setting.namespace}" if setting.resource_name else setting.namespace
        options.setdefault(key, {})[setting.name] = setting.value
    whole: dict[str, Any] = {
        VERSION_KEY: VERSION,
        METADATA: {name: text for name, text in metadata.items() if text},
        "Platform": {"PlatformArn": saved.platform_arn} if saved.platform_arn else {},
        "SolutionStack": saved.solution_stack,
        "EnvironmentTier": {"Name": saved.tier.name, "Type": saved.tier.type},
        "OptionSettings": options,
        "Tags": dict(saved.tags),
    }
    return write_yaml({name: value for name, value in whole.items() if value})


def write_list(settings: tuple[OptionSetting, ...]) -> str:
    """The JSON list that the API takes."""
    items = []
    for setting in settings:
        item = {"Namespace": setting.namespace, "OptionName": setting.name, "Value": setting.value}
        items.append({**item, "ResourceName": setting.resource_name} if setting.resource_name else item)
    return json.dumps(items, indent=2, ensure_ascii=False) + "\n"


def _read_list(path: str, content: bytes) -> SavedConfiguration:
    document = read_json(path, content)
    notes = Notes(path)
    settings = tuple(setting for item in document.root.items if (setting := _item(item, notes)))
    _twice(settings, notes)
    return SavedConfiguration(settings, warnings=notes.finish(document.warnings))


def _item(item: Json, notes: Notes) -> OptionSetting | None:
    if item.kind != "object":
        notes.wrong(item, "an entry is no object { }", f"write {', '.join(_ITEM)}")
        return None
    for member in item.members:
        if member.name not in _ITEM:
            hint = notes.meant(member.name, _ITEM)
            notes.warn(member, f"{member.name[:60]} is not known here and has no effect", hint)
    missing = [name for name in _ITEM[:2] if not item.text(name)]
    value = item.get("Value")
    if value is not None and not isinstance(value.value, str):
        hint = (
            f'write "{json.dumps(value.plain())[:60]}"' if value.kind not in ("array", "object") else "write it as text"
        )
        notes.wrong(value, "Value has to be a text", hint)
    if missing:
        notes.wrong(item, f"an entry has no {' and no '.join(missing)}", "both are needed")
    if missing or value is None:
        return None
    return OptionSetting(
        item.text("Namespace"), item.text("OptionName"), item.text("Value"), item.text("ResourceName"), item.at
    )


def _twice(settings: tuple[OptionSetting, ...], notes: Notes) -> None:
    seen: dict[tuple[str, str, str], Where | None] = {}
    for setting in settings:
        key = (setting.resource_name, setting.namespace, setting.name)
        if key in seen:
            first = seen[key]
            hint = f"the first one is at line {first.line}" if first else ""
            notes.wrong(setting.at, f"{setting.namespace}:{setting.name} is set twice", hint)
        seen.setdefault(key, setting.at)
