"""What a new environment begins with beside what is set on it directly: a saved configuration, and `env.yaml`.

Both are read when the environment is created, and their settings are stored with it. Where they say the same, what was
set directly wins, then the saved configuration, then `env.yaml`, then `.ebextensions`. A later version brings only
links that are new. Sources: EB Developer Guide, "Environment manifest"; the EB CLI for who wins.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from beanstalk.errors import InvalidInput, Problem, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.configuration import Layer
from beanstalk.records import Environment
from beanstalk.service.configuration import PROPERTIES, RECOMMENDED, Stored, change_settings
from beanstalk.service.links import link_notices, link_settings
from beanstalk.service.place import Service
from beanstalk.service.tags import Pairs
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.environment_parts import WEB, Tier
from beanstalk.source.manifest import FILE_NAME, Manifest, expand, group_of, read_manifest
from beanstalk.source.saved import SavedConfiguration
from beanstalk.worker import WORKER

_KEPT_TAG = "Name"


@dataclass(frozen=True, slots=True)
class Base:
    """manifest: with its group, see `manifest_of`.  saved: then nothing is recommended.  tags: those that were given,
    in the place of all others; None: nobody gave any.  tier: the one that was given, whatever the two say.
    """

    manifest: Manifest | None = None
    saved: SavedConfiguration | None = None
    tags: Pairs | None = None
    tier: Tier | None = None


def platform_names(said: SavedConfiguration | Manifest | None) -> tuple[str, ...]:
    """What it calls its platform: a solution stack, or the name within an ARN. () when it names none."""
    if said is None:
        return ()
    _, _, named = said.platform_arn.partition(":platform/")
    return tuple(name for name in (said.solution_stack, named.rpartition("/")[0]) if name)


def read_manifest_of(bundle: Bundle, group: str = "") -> Manifest | None:
    """The env.yaml of a bundle as it stands. Raises as `manifest_of`."""
    text = read_text(bundle, FILE_NAME)
    if text is not None:
        return read_manifest(text.encode())
    if group:
        hint = f"write one with EnvironmentName: NAME+, or leave --group {group} out"
        raise UsageError(f"a group completes the names in {FILE_NAME}, and the bundle has none", hint=hint)
    return None


def manifest_of(
    bundle: Bundle, group: str = "", name: str = "", cname: str = "", given: Collection[str] = ()
) -> Manifest | None:
    """The env.yaml of a bundle for one group, None when it has none.

    name, cname, given: what was said otherwise: then the names of env.yaml, and its links of these properties, do not
    count. Raises InvalidInput with every mistake, and UsageError for a group without an env.yaml.
    """
    found = read_manifest_of(bundle, group)
    if found is None:
        return None
    links = tuple(link for link in found.links if link.variable not in given)
    return expand(replace(found, cname=cname or found.cname, links=links), group, name)


def first_settings(
    service: Service, environment: Environment, base: Base, settings: Sequence[OptionSetting]
) -> tuple[Stored, ...]:
    """Everything that is stored with a new environment. settings: set on it directly.

    Raises InvalidInput for a tier that is not in this version, and for links that lead nowhere.
    """
    saved = [Stored(each, Layer.SAVED) for each in (base.saved.settings if base.saved else ())]
    manifest: list[Stored] = []
    if base.manifest:
        keys = {each.key for each in saved}
        manifest = [Stored(each, Layer.SAVED) for each in base.manifest.settings]
        manifest = [each for each in manifest if each.key not in keys]
        taken = _properties([*saved, *manifest, *(Stored(each) for each in settings)])
        links = [link for link in base.manifest.links if link.variable not in taken]
        manifest += link_settings(service, environment.application, environment.name, links)
    recommended = [] if base.saved else [Stored(each, Layer.RECOMMENDED) for each in RECOMMENDED]
    return (*saved, *manifest, *change_settings(recommended, settings))


def first_tags(base: Base) -> tuple[Pairs, tuple[Problem, ...]]:
    """The tags of a new environment; and, of a file, the one that is left out because every environment has it."""
    if base.tags is not None:
        return base.tags, ()
    for said in (base.saved, base.manifest):
        if said is not None and said.tags:
            kept = tuple(pair for pair in said.tags if pair[0] != _KEPT_TAG)
            text = f"the tag {_KEPT_TAG} is left out: it is the name of the environment"
            return kept, () if kept == said.tags else (Problem(text, hint="take it out of the file"),)
    return (), ()


def tier_of(base: Base) -> str:
    """Name of the tier. Raises InvalidInput for one that is not in this version."""
    said = base.saved or base.manifest
    tier = base.tier or (said.tier if said else WEB)
    if tier.name not in (WEB.name, WORKER):
        at = base.manifest.at if base.manifest and not base.saved else None
        whose = "the saved configuration" if base.saved else FILE_NAME
        text = f"the tier {tier.name} of {whose} is not in this version"
        raise InvalidInput([Problem(text, at, "--tier webserver makes an environment that answers requests")])
    return tier.name


def is_of_manifest(stored: Stored) -> bool:
    """Whether env.yaml said it, and not a saved configuration or a person."""
    at = stored.setting.at
    return stored.layer is Layer.SAVED and (bool(stored.link) or (at is not None and at.path == FILE_NAME))


def base_warnings(base: Base) -> tuple[Problem, ...]:
    return tuple(problem for said in (base.saved, base.manifest) if said for problem in said.warnings)


def later_settings(
    service: Service, environment: Environment, bundle: Bundle, stored: Sequence[Stored], group: str = ""
) -> tuple[tuple[Stored, ...], tuple[Problem, ...]]:
    """What a later version makes of the settings: with the links that are new. And what it says in vain.

    group: of env.yaml; by default the one that the environment's name has. Raises as `manifest_of`, `link_settings`.
    """
    read = read_manifest_of(bundle, group)
    if read is None:
        return tuple(stored), ()
    links = tuple(link for link in read.links if link.variable not in _properties(stored))
    group = group or group_of(read, environment.name)
    found = expand(replace(read, cname="", links=links), group, environment.name)
    added = link_settings(service, environment.application, environment.name, found.links)
    return (*stored, *added), (*found.warnings, *link_notices(added), *_in_vain(found, environment, stored))


def _in_vain(manifest: Manifest, environment: Environment, stored: Sequence[Stored]) -> tuple[Problem, ...]:
    """Settings that came into env.yaml, or were changed there, after the environment was created."""
    known = {each.key: each for each in stored}
    names, first = [], None
    for setting in manifest.settings:
        there = known.get((setting.namespace, setting.name, setting.resource_name))
        if there is None or (is_of_manifest(there) and there.setting.value != setting.value):
            names.append(setting.name)
            first = first or setting.at
    if not names:
        return ()
    text = f"{', '.join(names)}: settings of {FILE_NAME} are for a new environment, and {environment.name} is there"
    return (Problem(text, first, f"beanstalk config {environment.name} --update file:{FILE_NAME}"),)


def _properties(stored: Sequence[Stored]) -> set[str]:
    return {each.setting.name for each in stored if each.setting.namespace == PROPERTIES}
