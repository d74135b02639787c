"""UpdateEnvironment in all its forms: another version, other settings, another size, the same again, back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.model import OptionSetting, Outcome, Policy
from beanstalk.options.catalogue import SECRETS
from beanstalk.records import Deployment, Environment, Kind, Version
from beanstalk.rollout.record import rollout_of
from beanstalk.service.changes import Change, Inputs, warned, work_out
from beanstalk.service.configuration import ASG, PROPERTIES, Stored, change_settings, load_settings
from beanstalk.service.consequences import still_set
from beanstalk.service.environments import _blank, deployed
from beanstalk.service.manifest import later_settings
from beanstalk.service.place import Service, find_environment
from beanstalk.service.versions import bundle_of, find_version
from beanstalk.service.workers import check_web
from beanstalk.source.bundle import Bundle


def prepare_deploy(
    service: Service,
    name: str,
    version: Version,
    bundle: Bundle | None = None,
    settings: Sequence[OptionSetting] = (),
    once: Sequence[OptionSetting] = (),
    force: bool = False,
    group: str = "",
) -> Change:
    """Another version. settings: stored when it succeeds.  once: for this deployment only, as `--policy` is.
    force: deploy even what runs already, with images that are asked for once more.  group: for new links of env.yaml,
    see `later_settings`."""
    environment = find_environment(service, name)
    stored = change_settings(load_settings(environment.settings_json), settings)
    bundle = bundle or bundle_of(service, version)
    stored, warnings = later_settings(service, environment, bundle, stored, group)
    inputs = Inputs(version, bundle, stored, tuple(once), environment.platform, anew=force)
    change = work_out(service, Kind.DEPLOY, environment, inputs, force=force)
    return warned(change, warnings)


def prepare_configure(
    service: Service,
    name: str,
    settings: Sequence[OptionSetting] = (),
    remove: Sequence[tuple[str, str]] = (),
    kind: Kind = Kind.CONFIGURE,
) -> Change:
    """The same version with other settings. Instances are replaced only if they would run differently."""
    environment = find_environment(service, name)
    before = load_settings(environment.settings_json)
    stored = change_settings(before, settings, remove)
    change = work_out(service, kind, environment, running(service, environment, stored))
    return replace(change, warnings=(*change.warnings, *still_set(before, change.configuration, remove)))


def prepare_properties(
    service: Service, name: str, values: Sequence[tuple[str, str]], secrets: Sequence[tuple[str, str]] = ()
) -> Change:
    """`setenv`: properties, and references to secrets. Of several for one name the last one counts, secrets come last.

    A property takes the place of a secret of its name, and the other way round; an empty one removes both.
    """
    settings, gone = property_changes(load_settings(find_environment(service, name).settings_json), values, secrets)
    return prepare_configure(service, name, settings, gone)


def property_changes(
    stored: Sequence[Stored], values: Sequence[tuple[str, str]], secrets: Sequence[tuple[str, str]]
) -> tuple[list[OptionSetting], list[tuple[str, str]]]:
    """(what is set, what is removed), see `prepare_properties`. stored: the settings of the environment."""
    there = {each.key[:2] for each in stored}
    last = {key: (PROPERTIES, value) for key, value in values} | {key: (SECRETS, value) for key, value in secrets}
    settings = [OptionSetting(namespace, key, value) for key, (namespace, value) in last.items() if value]
    gone = list[tuple[str, str]]()
    for key, (namespace, value) in last.items():
        others = [each for each in (PROPERTIES, SECRETS) if (each, key) in there and not (value and each == namespace)]
        gone += [(each, key) for each in (others or ([] if value else [namespace]))]
    return settings, gone


def prepare_scale(service: Service, name: str, count: int) -> Change:
    """`scale N`: MinSize and MaxSize become N, as `eb scale` does."""
    settings = [OptionSetting(ASG, option, str(count)) for option in ("MinSize", "MaxSize")]
    return prepare_configure(service, name, settings, kind=Kind.SCALE)


def prepare_restart(service: Service, name: str) -> Change:
    """New instances of the same version, by the environment's policy and batches."""
    environment = find_environment(service, name)
    stored = load_settings(environment.settings_json)
    return work_out(service, Kind.RESTART, environment, running(service, environment, stored), force=True)


def prepare_rebuild(service: Service, name: str) -> Change:
    """Everything anew and at once, as if it were just created; there is an outage."""
    environment = find_environment(service, name)
    inputs = replace(running(service, environment, load_settings(environment.settings_json)), anew=True)
    return work_out(service, Kind.REBUILD, environment, inputs, Policy.ALL_AT_ONCE, force=True)


def prepare_rollback(service: Service, name: str, label: str | None = None) -> Change:
    """Back to the deployment before this one (or the last one of `label`): its version and its settings.

    The number of instances stays as it is now. Raises NotFound when there is nothing to go back to.
    """
    environment = find_environment(service, name)
    target = _deployment_before(service, environment, label)
    version = find_version(service, environment.application, target.version_label)
    size = [each for each in load_settings(environment.settings_json) if each.setting.namespace == ASG]
    then = [each for each in load_settings(target.settings_json) if each.setting.namespace != ASG]
    inputs = Inputs(version, bundle_of(service, version), (*then, *size), platform=target.platform, then=target)
    return work_out(service, Kind.ROLLBACK, environment, inputs, force=True)


def running(service: Service, environment: Environment, stored: tuple[Stored, ...]) -> Inputs:
    """What an environment runs, with these settings."""
    current = deployed(service, environment)
    version = service.store.versions.get(environment.application, current.version_label)
    if version is None:
        version = Version(environment.application, current.version_label, current.digest, 0, "", 0.0)
    return Inputs(version, bundle_of(service, version), stored, platform=current.platform)


def prepare_blue_green(
    service: Service,
    name: str,
    version: Version,
    bundle: Bundle | None = None,
    settings: Sequence[OptionSetting] = (),
    terminate_old: bool = False,
    group: str = "",
) -> Change:
    """The version in a second environment, then both CNAMEs exchanged in one change.

    The second environment is a clone, or the one that was left over the last time. `name` keeps running.
    """
    blue = find_environment(service, name)
    check_web(blue)
    deployed(service, blue)
    stored = change_settings(load_settings(blue.settings_json), settings)
    bundle = bundle or bundle_of(service, version)
    stored, warnings = later_settings(service, blue, bundle, stored, group)
    inputs = Inputs(version, bundle, stored, platform=blue.platform)
    other = counterpart(name)
    green = service.store.environment(other)
    if green is None:
        green = _blank(service, other, _free_cname(service, blue.cname), blue.application)
    elif green.application != blue.application or not green.deployment_id:
        raise BeanstalkError(f"{other} exists and is no counterpart of {name}", hint=f"terminate or rename {other}")
    change = work_out(service, Kind.BLUE_GREEN, green, inputs, Policy.ALL_AT_ONCE, force=True)
    arguments = (("on", blue.id), ("terminate_old", terminate_old))
    return warned(replace(change, arguments=arguments), warnings)


def counterpart(name: str) -> str:
    """The other environment of a blue/green pair: shop ⇄ shop-green, shop-blue ⇄ shop-green."""
    if name.endswith("-green"):
        return name.removesuffix("-green")
    return name.removesuffix("-blue") + "-green"


def _deployment_before(service: Service, environment: Environment, label: str | None) -> Deployment:
    """The last successful one that differs from what runs; walks of the size alone do not count.

    After a deployment that failed and stopped half-way it is the last successful one itself.
    """
    now = deployed(service, environment)
    last = service.store.deployments.where("environment_id = ? ORDER BY id DESC LIMIT 1", environment.id)
    if label in (None, now.version_label) and last[0].outcome is Outcome.FAILED:
        return now
    earlier = service.store.deployments.where(
        "environment_id = ? AND outcome = ? AND id < ? ORDER BY id DESC", environment.id, str(Outcome.SUCCEEDED), now.id
    )
    for each in earlier:
        if rollout_of(each).policy is Policy.RESIZE:
            continue
        if label is None and _is_same(each, now):
            continue
        if label is None or each.version_label == label:
            return each
    if label is not None and now.version_label == label:
        raise BeanstalkError(f"{environment.name} runs {label} already", hint="beanstalk restart starts it anew")
    what = f"deployment of {label}" if label else "earlier deployment"
    raise NotFound(f"{environment.name} has no {what} to go back to", hint="beanstalk appversion lists the versions")


def _is_same(one: Deployment, other: Deployment) -> bool:
    same_version = one.version_label == other.version_label
    return same_version and json.loads(one.workload_json) == json.loads(other.workload_json)


def _free_cname(service: Service, cname: str) -> str:
    taken = {each.cname for each in service.store.living()}
    base = counterpart(cname)
    return (
        base
        if base not in taken
        else next(candidate for number in range(2, 100) if (candidate := f"{base}-{number}") not in taken)
    )
