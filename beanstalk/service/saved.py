"""CreateConfigurationTemplate, UpdateConfigurationTemplate and their like; and environments made by a saved one.

A saved configuration holds what was set or recommended on an environment, never what its `.ebextensions` say. It may
hold secrets: no event and no message names a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from beanstalk.errors import AlreadyExists, InvalidInput, NotFound, Problem
from beanstalk.model import OptionSetting, Policy
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.platforms import find_platform
from beanstalk.records import Environment, Kind, Version
from beanstalk.service.changes import Change, Inputs, work_out
from beanstalk.service.configuration import Stored, change_settings, load_settings
from beanstalk.service.environments import _blank
from beanstalk.service.place import Service
from beanstalk.service.versions import create_application
from beanstalk.source.bundle import Bundle
from beanstalk.source.document import Kind as NodeKind
from beanstalk.source.environment_parts import read_options
from beanstalk.source.saved import KEYS, SUFFIX, SavedConfiguration, read_saved, write_saved
from beanstalk.source.yaml_notes import read_mapping
from beanstalk.store.attachments import Saved

_NAME = re.compile(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,99}")
_DESCRIPTION = 200


def save_configuration(
    service: Service, environment: Environment, name: str, description: str = "", replaces: bool = False
) -> Saved:
    """Store what is set on an environment. Raises InvalidInput for a bad name, AlreadyExists unless `replaces`."""
    _check_name(name, description)
    before = service.store.saved.get(environment.application, name)
    if before is not None and not replaces:
        hint = "choose another name, or replace it with --force"
        raise AlreadyExists(f"the saved configuration {name} exists", hint=hint)
    now = service.now()
    tags = service.store.tags.where("environment_id = ? ORDER BY key", environment.id)
    found = SavedConfiguration(
        settings=_strongest(load_settings(environment.settings_json)),
        description=description,
        date_created=_milliseconds(before.created if before else now),
        date_modified=_milliseconds(now),
        solution_stack=_stack(service, environment.platform),
        tags=tuple((each.key, each.value) for each in tags),
    )
    return _keep(service, environment.application, name, write_saved(found))


def put_configuration(service: Service, application: str, name: str, path: str, content: bytes) -> SavedConfiguration:
    """Check a file and store it, in the place of one that has this name. Raises InvalidInput with every problem."""
    found = read_checked(path, content)
    _check_name(name, found.description)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = write_saved(found)
    create_application(service, application)
    _keep(service, application, name, text)
    return found


def read_checked(path: str, content: bytes) -> SavedConfiguration:
    """A saved configuration whose options are right, too, with all warnings. Raises InvalidInput."""
    found = read_saved(path, content)
    configuration = resolve({Layer.SAVED: found.settings})
    return replace(found, warnings=(*found.warnings, *configuration.warnings))


def find_saved(service: Service, application: str, name: str) -> Saved:
    """Raises NotFound, with the closest name there is."""
    found = service.store.saved.get(application, name)
    if found is None:
        names = [each.name for each in list_saved(service, application)]
        close = get_close_matches(name, names, 1)
        there = f"there are: {', '.join(names)}" if names else "there is none yet: beanstalk config save NAME"
        hint = f"did you mean {close[0]}?" if close else there
        raise NotFound(f"the application {application} has no saved configuration {name}", hint=hint)
    return found


def list_saved(service: Service, application: str) -> list[Saved]:
    return service.store.saved.where("application = ? ORDER BY name", application)


def delete_saved(service: Service, application: str, name: str) -> None:
    """Environments that were made by it stay as they are. Raises NotFound."""
    find_saved(service, application, name)
    service.store.saved.remove(application, name)


def prepare_create_saved(
    service: Service,
    name: str,
    version: Version,
    bundle: Bundle,
    saved: SavedConfiguration,
    settings: Sequence[OptionSetting] = (),
    cname: str | None = None,
    platform: str | None = None,
    mode: str | None = None,
) -> Change:
    """As `prepare_create`, with the settings of a saved configuration below `settings` and nothing recommended."""
    if saved.tier.name != "WebServer":
        text = f"the tier {saved.tier.name} of the saved configuration is not in this version"
        raise InvalidInput([Problem(text, hint="there is: WebServer")])
    environment = _blank(service, name, cname or name.lower(), version.application)
    stored = (*(Stored(each, Layer.SAVED) for each in saved.settings), *change_settings((), settings))
    inputs = Inputs(version, bundle, stored, platform=platform, mode=mode)
    return work_out(service, Kind.CREATE, environment, inputs, Policy.ALL_AT_ONCE)


def platform_names(saved: SavedConfiguration) -> tuple[str, ...]:
    """What it calls its platform: a solution stack, or the name within an ARN. () when it names none."""
    _, _, named = saved.platform_arn.partition(":platform/")
    return tuple(name for name in (saved.solution_stack, named.rpartition("/")[0]) if name)


def read_update(path: str, content: bytes) -> tuple[tuple[OptionSetting, ...], tuple[tuple[str, str], ...]]:
    """(settings, options to remove) of what `config --update` takes: `OptionSettings` as in a saved configuration,
    where null removes an option; or the list in JSON that the API takes. Raises InvalidInput with every problem."""
    if content.lstrip()[:1] == b"[":
        return read_saved(path, content).settings, ()
    document, root, notes = read_mapping(path, content, "the update")
    options = notes.mapping(root, "an update", KEYS).get("OptionSettings")
    if options is None:
        notes.wrong(root, "there are no OptionSettings", "write OptionSettings: {NAMESPACE: {OPTION: VALUE}}")
    settings = read_options(options, notes)
    removed = [
        (namespace.text, name.text)
        for namespace, inner in (options.entries() if options is not None and options.kind is NodeKind.MAPPING else ())
        for name, value in (inner.entries() if inner.kind is NodeKind.MAPPING else ())
        if value.kind is NodeKind.NULL
    ]
    notes.finish(document.duplicates)
    return settings, tuple(removed)


def _keep(service: Service, application: str, name: str, text: str) -> Saved:
    store, now = service.store, service.now()
    with store.transaction():
        before = store.saved.get(application, name)
        kept = Saved(application, name, text, before.created if before else now, now)
        store.saved.remove(application, name)
        store.saved.add(kept)
    return kept


def _strongest(stored: Sequence[Stored]) -> tuple[OptionSetting, ...]:
    """One setting for each option: that of the strongest layer."""
    order = list(Layer)
    found: dict[tuple[str, str, str], OptionSetting] = {}
    for each in sorted(stored, key=lambda each: (each.key, order.index(each.layer))):
        found.setdefault(each.key, each.setting)
    return tuple(found.values())


def _stack(service: Service, name: str) -> str:
    """The platform's name for people, when that finds it again."""
    try:
        branch = find_platform(name, service.platforms).branch
        return branch if find_platform(branch, service.platforms).name == name else name
    except NotFound:
        return name


def _check_name(name: str, description: str) -> None:
    problems = []
    if not _NAME.fullmatch(name) or name.endswith(SUFFIX):
        hint = f"use 1 to 100 characters without /, not beginning with a dot, and without {SUFFIX}"
        problems.append(Problem(f"{name!r} is no name of a saved configuration", hint=hint))
    if len(description) > _DESCRIPTION:
        text = f"the description has {len(description)} characters, and {_DESCRIPTION} are allowed"
        problems.append(Problem(text, hint="shorten it"))
    if problems:
        raise InvalidInput(problems)


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
