"""CreateEnvironment and UpdateEnvironment on AWS in all their forms: from what a person asks for to a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from beanstalk.errors import AlreadyExists, BeanstalkError, InvalidInput, NotFound, Problem
from beanstalk.model import OptionSetting, Outcome
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.records import Kind, Status, Version
from beanstalk.service.aws.names import check_name_free
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.planning import CloudChange, CloudInputs, running_on_aws, work_out_on_aws
from beanstalk.service.aws.state import CloudEnvironment, CloudOperation
from beanstalk.service.aws.versions import fetch_bundle, find_cloud_version
from beanstalk.service.configuration import (
    ASG,
    PROPERTIES,
    RECOMMENDED,
    Stored,
    change_settings,
    dump_settings,
    load_settings,
)
from beanstalk.service.consequences import still_set
from beanstalk.service.environments import check_names
from beanstalk.service.manifest import Base, base_warnings, first_tags
from beanstalk.service.place import new_environment_id
from beanstalk.service.tags import check_tags
from beanstalk.service.updates import property_changes
from beanstalk.source.bundle import Bundle
from beanstalk.source.environment_parts import WEB
from beanstalk.source.manifest import Link
from beanstalk.targets.aws.observing import unless_absent


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new environment is to be, beside its version. cname, platform, tier: None: as files and code say."""

    name: str
    settings: Sequence[OptionSetting] = ()
    cname: str | None = None
    platform: str | None = None
    base: Base = field(default_factory=Base)


def prepare_create_on_aws(service: CloudService, wish: Wish, version: Version, bundle: Bundle) -> CloudChange:
    """A new environment. Raises InvalidInput for bad names, AlreadyExists for one that is taken."""
    base = wish.base
    of_manifest = base.manifest.cname.lower() if base.manifest else ""
    cname = wish.cname or of_manifest or wish.name.lower()
    check_names(wish.name, cname)
    if service.memory.environment(wish.name) is not None:
        hint = "choose another name, or beanstalk deploy"
        raise AlreadyExists(f"Environment {wish.name} already exists.", hint=hint)
    tags, told = first_tags(base)
    check_tags(tags)
    stored = _first_settings(service, version.application, wish)
    environment = _blank(service, wish.name, cname, version.application, _tier(base), tuple(tags), stored)
    inputs = CloudInputs(version, bundle, stored, platform=wish.platform)
    change = work_out_on_aws(Kind.CREATE, environment, inputs, service.platforms)
    check_name_free(service, environment, change.configuration)
    return _warned(change, (*base_warnings(base), *told))


def prepare_deploy_on_aws(
    service: CloudService, name: str, version: Version, bundle: Bundle, settings: Sequence[OptionSetting] = (),
    once: Sequence[OptionSetting] = (), force: bool = False,
) -> CloudChange:  # fmt: skip
    """Another version. settings: stored when it succeeds.  once: for this deployment only."""
    environment = find_cloud_environment(service, name)
    stored = change_settings(load_settings(environment.settings_json), settings)
    inputs = CloudInputs(version, bundle, stored, tuple(once), environment.platform)
    return _update(service, Kind.DEPLOY, environment, inputs, force)


def prepare_configure_on_aws(
    service: CloudService, name: str, settings: Sequence[OptionSetting] = (),
    remove: Sequence[tuple[str, str]] = (), kind: Kind = Kind.CONFIGURE,
) -> CloudChange:  # fmt: skip
    """The same version with other settings."""
    environment = find_cloud_environment(service, name)
    before = load_settings(environment.settings_json)
    inputs = _running(service, environment, change_settings(before, settings, remove))
    change = _update(service, kind, environment, inputs)
    return _warned(change, still_set(before, change.configuration, remove))


def prepare_properties_on_aws(
    service: CloudService, name: str, values: Sequence[tuple[str, str]], secrets: Sequence[tuple[str, str]] = ()
) -> CloudChange:
    """`setenv`: properties, and references to secrets; see service/updates.py."""
    stored = load_settings(find_cloud_environment(service, name).settings_json)
    return prepare_configure_on_aws(service, name, *property_changes(stored, values, secrets))


def prepare_scale_on_aws(service: CloudService, name: str, count: int) -> CloudChange:
    """`scale N`: MinSize and MaxSize become N, and so does the number of tasks."""
    environment = find_cloud_environment(service, name)
    settings = [OptionSetting(ASG, option, str(count)) for option in ("MinSize", "MaxSize")]
    inputs = _running(service, environment, change_settings(load_settings(environment.settings_json), settings))
    return _update(service, Kind.SCALE, environment, replace(inputs, sizes=True))


def prepare_restart_on_aws(service: CloudService, name: str) -> CloudChange:
    """New tasks of the same version, by the environment's policy."""
    environment = find_cloud_environment(service, name)
    inputs = _running(service, environment, load_settings(environment.settings_json))
    return _update(service, Kind.RESTART, environment, inputs, force=True)


def prepare_rollback_on_aws(service: CloudService, name: str, label: str | None = None) -> CloudChange:
    """Back to the deployment before this one (or the last one of `label`): its version and its settings. The number of
    tasks stays as it is now. Raises NotFound when there is nothing to go back to."""
    environment = find_cloud_environment(service, name)
    target = _operation_before(service, environment, label)
    version = find_cloud_version(service, environment.application, target.becomes.version_label)
    size = [each for each in load_settings(environment.settings_json) if each.setting.namespace == ASG]
    then = [each for each in load_settings(target.becomes.settings_json) if each.setting.namespace != ASG]
    inputs = CloudInputs(version, fetch_bundle(service, version), (*then, *size), platform=target.becomes.platform)
    return _update(service, Kind.ROLLBACK, environment, inputs)


def configuration_on_aws(service: CloudService, name: str) -> Configuration:
    """What holds in an environment now. Raises NotFound, BundleRefused."""
    environment = find_cloud_environment(service, name)
    inputs = _running(service, environment, load_settings(environment.settings_json))
    found = running_on_aws(environment, inputs.bundle, inputs.settings, service.platforms)
    if found is None:
        hint = "deploy another version, or use the version of beanstalk that deployed this one"
        raise BeanstalkError(f"the files of version {inputs.version.label} cannot be read by this version", hint=hint)
    return found


def live_count(service: CloudService, environment: CloudEnvironment) -> int:
    """Tasks that its service wants now; those of the last operation when that cannot be seen."""
    places = environment.places
    if not places.service:
        return environment.size
    ecs = service.cloud.client("ecs")
    rows = unless_absent(lambda: ecs.describe_services(cluster=places.cluster, services=[places.service]), {})
    found = rows.get("services", [])
    return int(found[0]["desiredCount"]) if found else environment.size


def _update(
    service: CloudService, kind: Kind, environment: CloudEnvironment, inputs: CloudInputs, force: bool = False
) -> CloudChange:
    if not environment.deployment:
        hint = f"wait until it is created: beanstalk events {environment.name} -f"
        raise BeanstalkError(f"nothing was deployed to {environment.name} yet", hint=hint)
    before = None
    stored = load_settings(environment.settings_json)
    if inputs.version.label == environment.version_label:
        before = running_on_aws(environment, inputs.bundle, stored, service.platforms)
    else:
        known = service.store.version(environment.application, environment.version_label)
        if known is not None and service.store.has_bundle(known.digest):
            before = running_on_aws(environment, fetch_bundle(service, known), stored, service.platforms)
    live = replace(inputs, live=live_count(service, environment))
    return work_out_on_aws(kind, environment, live, service.platforms, before, force)


def _running(service: CloudService, environment: CloudEnvironment, stored: tuple[Stored, ...]) -> CloudInputs:
    """What an environment runs, with these settings."""
    version = find_cloud_version(service, environment.application, environment.version_label)
    return CloudInputs(version, fetch_bundle(service, version), stored, platform=environment.platform)


def _operation_before(service: CloudService, environment: CloudEnvironment, label: str | None) -> CloudOperation:
    """The last successful one that differs from what runs; changes of the size alone do not count."""
    done = [
        each
        for each in service.memory.operations(environment, 200)
        if each.outcome is Outcome.SUCCEEDED and each.becomes.deploys and each.workload
    ]
    now = next((each for each in done if each.number == environment.deployment), None)
    for each in done:
        if now is None or each.number >= now.number:
            continue
        if each.becomes.version_label == label or (label is None and each.workload != now.workload):
            return each
    if label is not None and environment.version_label == label:
        raise BeanstalkError(f"{environment.name} runs {label} already", hint="beanstalk restart starts it anew")
    what = f"deployment of {label}" if label else "earlier deployment"
    raise NotFound(f"{environment.name} has no {what} to go back to", hint="beanstalk appversion lists the versions")


def _first_settings(service: CloudService, application: str, wish: Wish) -> tuple[Stored, ...]:
    """Everything that is stored with a new environment; who wins is told in service/manifest.py."""
    base, settings = wish.base, wish.settings
    saved = [Stored(each, Layer.SAVED) for each in (base.saved.settings if base.saved else ())]
    of_manifest: list[Stored] = []
    if base.manifest:
        keys = {each.key for each in saved}
        of_manifest = [Stored(each, Layer.SAVED) for each in base.manifest.settings]
        of_manifest = [each for each in of_manifest if each.key not in keys]
        said = [*saved, *of_manifest, *(Stored(each) for each in settings)]
        taken = {each.setting.name for each in said if each.setting.namespace == PROPERTIES}
        links = [link for link in base.manifest.links if link.variable not in taken]
        of_manifest += _links(service, application, wish.name, links)
    recommended = [] if base.saved else [Stored(each, Layer.RECOMMENDED) for each in RECOMMENDED]
    return (*saved, *of_manifest, *change_settings(recommended, settings))


def _links(service: CloudService, application: str, name: str, links: Sequence[Link]) -> list[Stored]:
    """The properties that links become: the host names of other environments. Raises InvalidInput with every link that
    leads to no environment of the application that answers requests."""
    if not links:
        return []
    hosts = {each.name: each.host for each in service.memory.living() if each.application == application}
    problems, found = [], []
    for link in links:
        if link.environment == name or not hosts.get(link.environment):
            text = f"{link.variable} links to {link.environment}, which answers nothing that {name} could ask"
            hint = f"create {link.environment} first, or give the property yourself: --envvars {link.variable}=ADDRESS"
            problems.append(Problem(text, link.at, hint))
        else:
            setting = OptionSetting(PROPERTIES, link.variable, hosts[link.environment], at=link.at)
            found.append(Stored(setting, Layer.SAVED, link.environment))
    if problems:
        raise InvalidInput(problems)
    return found


def _tier(base: Base) -> str:
    said = base.saved or base.manifest
    return (base.tier or (said.tier if said else None) or WEB).name


def _blank(
    service: CloudService, name: str, cname: str, application: str, tier: str, tags: tuple[tuple[str, str], ...],
    stored: tuple[Stored, ...],
) -> CloudEnvironment:  # fmt: skip
    now = service.now()
    return CloudEnvironment(
        new_environment_id(), name, application, cname, "", tier, Status.LAUNCHING, "", 0, 0, 0, 0,
        dump_settings(stored), now, now, tags,
    )  # fmt: skip


def _warned(change: CloudChange, warnings: Sequence[Problem]) -> CloudChange:
    """With warnings that were found before it was worked out; each is told once."""
    return replace(change, warnings=tuple(dict.fromkeys((*warnings, *change.warnings))))
