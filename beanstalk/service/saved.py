"""CreateConfigurationTemplate, UpdateConfigurationTemplate and their like; and environments made by a saved one.

A saved configuration holds what was set or recommended on an environment, never what its `.ebextensions` say. It may
hold secrets: no event and no message names a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from beanstalk.errors import AlreadyExists, InvalidInput, NotFound, Problem
from beanstalk.model import OptionSetting
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.platforms import find_platform
from beanstalk.records import Environment, Kind
from beanstalk.service.changes import Change, warned, work_out
from beanstalk.service.configuration import Stored, is_secret, load_settings
from beanstalk.service.manifest import Base, is_of_manifest, platform_names, tier_of
from beanstalk.service.place import Service, find_environment
from beanstalk.service.updates import prepare_configure, running
from beanstalk.service.validation import FileKind, Severity, validate_file
from beanstalk.service.versions import create_application
from beanstalk.source.document import Kind as NodeKind
from beanstalk.source.environment_parts import read_options
from beanstalk.source.manifest import KEYS as MANIFEST_KEYS
from beanstalk.source.saved import KEYS, SUFFIX, SavedConfiguration, read_saved, write_saved
from beanstalk.source.yaml_notes import read_mapping
from beanstalk.store.attachments import Saved

_NAME = re.compile(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,99}")
_DESCRIPTION = 200


def save_configuration(
    service: Service, environment: Environment, name: str, description: str = "", replaces: bool = False
) -> Saved:
    """Store what is set on an environment, without its passwords.

    Raises InvalidInput for a bad name, AlreadyExists unless `replaces`.
    """
    check_name(name, description)
    before = service.store.saved.get(environment.application, name)
    if before is not None and not replaces:
        hint = "choose another name, or replace it with --force"
        raise AlreadyExists(f"the saved configuration {name} exists", hint=hint)
    now = service.now()
    tags = service.store.tags.where("environment_id = ? ORDER BY key", environment.id)
    created = before.created if before else now
    pairs = tuple((each.key, each.value) for each in tags)
    text = saved_text(
        _holding(service, environment), environment.platform, service.platforms, pairs, description, (created, now)
    )
    return _keep(service, environment.application, name, text)


def saved_text(
    settings: Sequence[Stored], platform: str, platforms: Sequence[Path], tags: Sequence[tuple[str, str]],
    description: str, times: tuple[float, float],
) -> str:  # fmt: skip
    """The file of a saved configuration, without passwords. platforms: folders that go before ours.  times: when it was
    made and changed, in seconds since the epoch."""
    created, changed = times
    found = SavedConfiguration(
        settings=_without_secrets(_strongest(settings)),
        description=description,
        date_created=_milliseconds(created),
        date_modified=_milliseconds(changed),
        solution_stack=_stack(platforms, platform),
        tags=tuple(tags),
    )
    return write_saved(found)


def put_configuration(service: Service, application: str, name: str, path: str, content: bytes) -> SavedConfiguration:
    """Check a file and store it, in the place of one that has this name. Raises InvalidInput with every problem."""
    found = read_checked(path, content)
    check_name(name, found.description)
    create_application(service, application)
    _keep(service, application, name, text_to_keep(content, found))
    return found


def text_to_keep(content: bytes, found: SavedConfiguration) -> str:
    """A file as it was written; in another encoding only what it says is kept."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return write_saved(found)


def read_checked(path: str, content: bytes) -> SavedConfiguration:
    """A saved configuration whose options are right, too, with all warnings. Raises InvalidInput with every problem."""
    findings = validate_file(path, content, FileKind.SAVED).findings
    errors = [each.problem for each in findings if each.severity is Severity.ERROR]
    if errors:
        raise InvalidInput(errors)
    warnings = tuple(each.problem for each in findings if each.severity is Severity.WARNING)
    return replace(read_saved(path, content), warnings=warnings)


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


def prepare_apply(service: Service, name: str, saved: SavedConfiguration) -> Change:
    """UpdateEnvironment with a saved configuration: every setting of it holds from now on.

    Those of the saved configuration before it go; what was set directly stays, unless this one says otherwise, and so
    do the settings and links of env.yaml. Raises InvalidInput for a tier that is not in this version.
    """
    environment = find_environment(service, name)
    tier_of(Base(saved=saved))
    before = load_settings(environment.settings_json)
    links = {each.key: each for each in before if each.link}
    applied = [Stored(each, Layer.SAVED) for each in saved.settings]
    applied = [each for each in applied if not _is_value_of(links.get(each.key), each)]
    keys = {each.key for each in applied}
    kept = (each for each in before if each.key not in keys and (each.layer is not Layer.SAVED or is_of_manifest(each)))
    change = work_out(service, Kind.CONFIGURE, environment, running(service, environment, (*kept, *applied)))
    return warned(change, (*saved.warnings, *_not_taken(service, saved, environment)))


def read_update(path: str, content: bytes) -> tuple[tuple[OptionSetting, ...], tuple[tuple[str, str], ...]]:
    """(settings, options to remove) of what `config --update` takes: `OptionSettings` as in a saved configuration,
    where null removes an option; or the list in JSON that the API takes. Raises InvalidInput with every problem."""
    if content.lstrip()[:1] == b"[":
        return read_checked(path, content).settings, ()
    document, root, notes = read_mapping(path, content, "the update")
    options = notes.mapping(root, "an update", (*KEYS, *MANIFEST_KEYS)).get("OptionSettings")
    if options is None:
        notes.wrong(root, "there are no OptionSettings", "write OptionSettings: {NAMESPACE: {OPTION: VALUE}}")
    settings = read_options(options, notes)
    removed = [
        (namespace.text, name.text)
        for namespace, inner in (options.entries() if options is not None and options.kind is NodeKind.MAPPING else ())
        for name, value in (inner.entries() if inner.kind is NodeKind.MAPPING else ())
        if value.kind is NodeKind.NULL
    ]
    try:
        resolve({Layer.ENVIRONMENT: settings})
    except InvalidInput as error:
        notes.problems += error.problems
    notes.finish(document.duplicates)
    return settings, tuple(removed)


def secrets_of(settings_json: str) -> list[str]:
    """What is set on an environment and never comes into a saved configuration: passwords, as in Elastic Beanstalk."""
    every = _strongest(load_settings(settings_json))
    return sorted(f"{each.namespace}:{each.name}" for each in {*every} - {*_without_secrets(every)})


def _keep(service: Service, application: str, name: str, text: str) -> Saved:
    store, now = service.store, service.now()
    with store.transaction():
        before = store.saved.get(application, name)
        kept = Saved(application, name, text, before.created if before else now, now)
        store.saved.remove(application, name)
        store.saved.add(kept)
    return kept


def _holding(service: Service, environment: Environment) -> list[Stored]:
    """What is stored with it, without recommendations that its `.ebextensions` beat: saved, they would win."""
    holds = prepare_configure(service, environment.name).configuration
    return [
        each
        for each in load_settings(environment.settings_json)
        if each.layer is not Layer.RECOMMENDED or holds.resolved(*each.key).layer is not Layer.EBEXTENSIONS
    ]


def _strongest(stored: Sequence[Stored]) -> tuple[OptionSetting, ...]:
    """One setting for each option: that of the strongest layer."""
    order = list(Layer)
    found: dict[tuple[str, str, str], OptionSetting] = {}
    for each in sorted(stored, key=lambda each: (each.key, order.index(each.layer))):
        found.setdefault(each.key, each.setting)
    return tuple(found.values())


def _without_secrets(settings: Sequence[OptionSetting]) -> tuple[OptionSetting, ...]:
    return tuple(each for each in settings if not is_secret(each.namespace, each.name))


def _stack(platforms: Sequence[Path], name: str) -> str:
    """The platform's name for people, when that finds it again."""
    try:
        branch = find_platform(name, platforms).branch
        return branch if find_platform(branch, platforms).name == name else name
    except NotFound:
        return name


def _is_value_of(link: Stored | None, applied: Stored) -> bool:
    """Whether the saved configuration has what is a link here: it goes on being one."""
    return link is not None and link.setting.value == applied.setting.value


def _not_taken(service: Service, saved: SavedConfiguration, environment: Environment) -> tuple[Problem, ...]:
    """An environment keeps its platform."""
    for name in platform_names(saved):
        try:
            if find_platform(name, service.platforms).name == environment.platform:
                return ()
        except NotFound:
            continue
        text = f"the platform {name} of the saved configuration is not taken: {environment.name} keeps its own"
        return (Problem(text, hint="an environment of another platform is a new one: beanstalk create --cfg"),)
    return ()


def check_name(name: str, description: str) -> None:
    """Raises InvalidInput with all that is wrong with a name and a description."""
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
