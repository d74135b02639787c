"""What is about to happen to an environment, worked out completely before anything is written.

`prepare_*` (updates.py, environments.py) make a `Change`; `--dry-run` prints it; `begin` writes the operation, takes
the environment and wakes the agent. Everything that can be wrong with what the user wrote is told here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from statistics import median

from beanstalk.agent.daemon import check_balancer, ensure_agent
from beanstalk.container_groups import container_group
from beanstalk.containers import ContainerGroup
from beanstalk.errors import BeanstalkError, EnvironmentBusy, Problem
from beanstalk.model import OptionSetting, Policy, Rollout
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.configuration import Configuration
from beanstalk.options.resolve import resolve
from beanstalk.options.updates import Changed
from beanstalk.platform_image import mode_of, platform_group
from beanstalk.platforms import Platform, detect, find_platform
from beanstalk.records import Deployment, Environment, Kind, Operation, Severity, Status, Version
from beanstalk.rollout.record import rollout_json
from beanstalk.service.configuration import (
    Stored,
    are_same,
    change_settings,
    differences,
    dump_settings,
    layers_of,
    load_settings,
    rollout_for,
)
from beanstalk.service.consequences import check_update, consequences, running_configuration
from beanstalk.service.image_history import as_before, asked_anew
from beanstalk.service.lifecycle import apply_after
from beanstalk.service.notices import notices, with_scripts
from beanstalk.service.place import Service, new_request_id
from beanstalk.service.validation_homes import DOCKER, PROCESS
from beanstalk.service.workers import check_policy
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.ebextensions import Extensions, read_extensions
from beanstalk.store.attachments import Tag
from beanstalk.targets.local.balancer import MEMBERS, SLOTS
from beanstalk.targets.plan import Plan, make_plan
from beanstalk.workload import Workload, make_workload


@dataclass(frozen=True, slots=True)
class Change:
    """environment: as it is before, or as it will be created.  version: what it will run.  settings: what is stored
    when it succeeds.  replaces: False when the running instances stay (another number of them, other checks).
    unchanged: nothing at all would change.  new: the environment is made by this change, with `tags`.
    changed: options that get another value, wherever it is said.
    """

    kind: Kind
    environment: Environment
    version: Version
    platform: str
    settings: tuple[Stored, ...]
    configuration: Configuration
    workload: Workload
    plan: Plan
    warnings: tuple[Problem, ...]
    replaces: bool = True
    unchanged: bool = False
    new: bool = False
    arguments: tuple[tuple[str, object], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    changed: tuple[Changed, ...] = ()

    @property
    def consequences(self) -> list[str]:
        """What becomes of each option, and what that causes; of a new environment nothing changes."""
        return consequences(self.changed, self.differences)

    @property
    def differences(self) -> list[str]:
        """Which settings of the environment change, by name; those of a new one are all new."""
        return [] if self.new else differences(load_settings(self.environment.settings_json), self.settings)

    @property
    def rollout(self) -> Rollout:
        return self.plan.rollout


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an environment is to become. once: option settings that hold for this deployment only (`--policy`).
    mode: "process" when containers are not wanted, whatever the bundle says.  anew: images are asked for once more.
    then: the deployment whose images they are to be, None: the last one of this version."""

    version: Version
    bundle: Bundle
    settings: tuple[Stored, ...]
    once: tuple[OptionSetting, ...] = ()
    platform: str | None = None
    mode: str | None = None
    anew: bool = False
    then: Deployment | None = None


def work_out(
    service: Service,
    kind: Kind,
    environment: Environment,
    inputs: Inputs,
    policy: Policy | None = None,
    force: bool = False,
) -> Change:
    """Everything that follows from `inputs`. Raises InvalidInput with all problems of all files, and with what Elastic
    Beanstalk refuses to change.

    force: replace the instances even when nothing changed.
    """
    extensions = extensions_of(inputs.bundle)
    named = find_platform(inputs.platform, service.platforms) if inputs.platform else None
    if named is None or (named.containers and inputs.mode == "process"):
        named = detect(inputs.bundle, service.platforms, inputs.mode).platform
    platform = named
    here = Circumstances(family(platform.name), environment.tier)
    lasting = configuration = resolve(layers_of(inputs.settings, extensions.settings), here)  # stored, so right
    if inputs.once:
        configuration = resolve(layers_of(change_settings(inputs.settings, inputs.once), extensions.settings), here)
    group, told = _containers(inputs, configuration, platform, extensions)
    if group is not None:
        known = as_before(service, environment, inputs.version, group, inputs.then)
        group = asked_anew(group) if inputs.anew else known
    plain = make_workload(inputs.bundle, configuration, platform, group)
    workload, notes = with_scripts(plain, inputs.bundle, extensions, configuration)
    first = environment.deployment_id == 0
    rollout = rollout_for(configuration, 0 if first else environment.size, policy)
    current = None if first else service.store.deployments.get(environment.deployment_id)
    replaces = force or current is None or _differs(current, inputs.version, workload)
    before = running_configuration(service, environment, current, here) if current else None
    changed, warnings = check_update(before, lasting, configuration)
    if not replaces:
        rollout = replace(rollout, policy=Policy.RESIZE)
    _check_room(environment, rollout)
    check_policy(environment, rollout)
    unchanged = (
        current is not None
        and not replaces
        and rollout.size == environment.size
        and are_same(inputs.settings, load_settings(environment.settings_json))
        and json.dumps(workload.to_json()) == current.workload_json
        and inputs.version.label == environment.version_label
    )
    plan = make_plan(rollout, _start_seconds(service, environment))
    return Change(
        kind, environment, inputs.version, platform.name, inputs.settings, configuration, workload, plan,
        (*notices(workload, inputs.bundle, extensions, configuration), *notes, *told, *warnings),
        replaces, unchanged, first, changed=changed,
    )  # fmt: skip


def _containers(
    inputs: Inputs, configuration: Configuration, platform: Platform, extensions: Extensions
) -> tuple[ContainerGroup | None, tuple[Problem, ...]]:
    """The containers of an instance and what is to be told of them; None: it consists of processes."""
    mode = mode_of(configuration)
    if platform.containers and mode == PROCESS:
        hint = "set beanstalk:deployment:Mode to docker, or name another platform"
        raise BeanstalkError(f"what is for the platform {platform.name} runs in containers only", hint=hint)
    if platform.containers:
        return container_group(inputs.bundle, configuration)
    if mode == DOCKER:
        return platform_group(inputs.bundle, configuration, platform, extensions)
    return None, ()


def warned(change: Change, warnings: Sequence[Problem]) -> Change:
    """With warnings that were found before it was worked out; each is told once."""
    return replace(change, warnings=tuple(dict.fromkeys((*warnings, *change.warnings))))


def begin(service: Service, change: Change) -> Operation:
    """Write it down and have the agent do it.

    Raises EnvironmentBusy when somebody else holds the environment, TargetError when the balancer's port is taken.
    """
    store, now = service.store, service.now()
    check_balancer(service.home)
    environment = change.environment
    arguments = dict(change.arguments)
    on = str(arguments.get("on", environment.id))
    operation = Operation(new_request_id(), change.kind, on, service.holder(), now, json.dumps(arguments))
    try:
        with store.transaction():
            if change.new:
                add_environment(service, environment)
                for key, value in change.tags:
                    store.tags.add(Tag(environment.id, key, value))
            else:
                _still_the_same(service, environment)
            _still_there(service, on)
            store.begin(operation, sorted({on, environment.id}))
            status = Status.LAUNCHING if change.new else Status.UPDATING
            for identity in {on, environment.id}:
                store.environments.change(identity, status=status if identity == environment.id else Status.UPDATING)
            store.deployments.add(_deployment(service, change, operation, now))
            told = [f"Settings: {'; '.join(change.consequences)}."] if change.consequences else []
            for text in [*_first_words(change), *told]:
                store.add_event(Severity.INFO, text, environment, operation.id, change.version.label, now)
            for warning in change.warnings:
                text = str(warning).replace("\n  hint: ", "; ")
                store.add_event(Severity.WARN, text, environment, operation.id, change.version.label, now)
    except sqlite3.IntegrityError:
        raise busy(service, [on, environment.id]) from None
    apply_after(service, change.version, environment, operation.id)
    ensure_agent(service.home)
    return operation


def add_environment(service: Service, environment: Environment) -> None:
    """Insert a new environment, or bring a terminated one back. Call inside the transaction of its operation.

    Its place in the balancer may have been taken since it was prepared; then it gets another one.
    """
    store = service.store
    taken = {each.slot for each in store.living()}
    if environment.slot in taken and (free := set(range(SLOTS)) - taken):
        environment = replace(environment, slot=min(free))
    if store.environments.get(environment.id) is not None:
        store.environments.remove(environment.id)
    store.environments.add(environment)


def busy(service: Service, environment_ids: Sequence[str]) -> BeanstalkError:
    """What to tell somebody who found an environment held."""
    for environment_id in environment_ids:
        holder = service.store.holder(environment_id)
        if holder is None:
            continue
        environment = service.store.environments.get(environment_id)
        name = environment.name if environment else environment_id
        seconds = max(0, round(service.now() - holder.created))
        return EnvironmentBusy(
            f"{name} is held by {holder.kind}, begun {seconds} s ago by {holder.holder}",
            hint=f"wait for it with --wait-lock SECONDS, or end it: beanstalk abort {name}",
        )
    return EnvironmentBusy("another operation was faster", hint="try again")


def extensions_of(bundle: Bundle) -> Extensions:
    """What its `.ebextensions` say. Raises InvalidInput with all their mistakes."""
    names = [entry.path for entry in bundle.entries if entry.path.startswith(".ebextensions/")]
    files = [(name, (read_text(bundle, name) or "").encode()) for name in names if name.count("/") == 1]
    return read_extensions(files)


def _differs(current: Deployment, version: Version, workload: Workload) -> bool:
    """Whether instances have to be replaced to become like this. Another draining time does not need that."""
    running = Workload.from_json(json.loads(current.workload_json))
    made_of = attrgetter("processes", "group", "environment", "secrets", "build", "platform", "scripts")
    same_instances = made_of(running) == made_of(workload)
    # Another check is tried on new instances first: a mistake in it must not take the old ones out of service.
    same_check = (running.health.path, running.health.codes) == (workload.health.path, workload.health.codes)
    same_version = version.digest == current.digest and version.label == current.version_label
    return not (same_instances and same_check and same_version)


def _check_room(environment: Environment, rollout: Rollout) -> None:
    from beanstalk.rollout.policies import promises

    most = promises(rollout)[1]
    if most > MEMBERS:
        raise BeanstalkError(
            f"{environment.name} would have up to {most} instances at once ({rollout.policy}), and {MEMBERS} fit",
            hint="use fewer instances (--scale, aws:autoscaling:asg MinSize) or a policy with smaller batches",
        )


def _start_seconds(service: Service, environment: Environment) -> float | None:
    """What an instance of this environment took until it was in service, lately. None when none ever was."""
    known = service.store.instances.where(
        "environment_id = ? AND in_service IS NOT NULL ORDER BY created DESC LIMIT 20", environment.id
    )
    took = [each.in_service - each.created for each in known if each.in_service is not None]
    return median(took) if took else None


def _still_there(service: Service, environment_id: str) -> None:
    found = service.store.environments.get(environment_id)
    if found is None or found.terminated is not None:
        raise EnvironmentBusy(f"{found.name if found else environment_id} was terminated meanwhile")


def _still_the_same(service: Service, environment: Environment) -> None:
    """Somebody may have changed or terminated it between the preparation and now."""
    now = service.store.environments.get(environment.id)
    if now is None or now.terminated is not None:
        raise EnvironmentBusy(f"{environment.name} was terminated meanwhile")
    if (now.deployment_id, now.settings_json) != (environment.deployment_id, environment.settings_json):
        raise EnvironmentBusy(f"{environment.name} was changed meanwhile", hint="try again")


def _deployment(service: Service, change: Change, operation: Operation, now: float) -> Deployment:
    identity, number = service.store.next_deployment(change.environment.id)
    return Deployment(
        id=identity,
        environment_id=change.environment.id,
        operation_id=operation.id,
        number=number,
        version_label=change.version.label,
        digest=change.version.digest,
        platform=change.platform,
        settings_json=dump_settings(change.settings),
        workload_json=json.dumps(change.workload.to_json()),
        rollout_json=rollout_json(change.rollout),
        previous_id=change.environment.deployment_id,
        created=now,
        phase_since=now,
    )


def _first_words(change: Change) -> list[str]:
    """The events that begin an operation, as Elastic Beanstalk's clients know them."""
    match change.kind:
        case Kind.CREATE | Kind.RESTORE:
            return ["createEnvironment is starting."]
        case Kind.CONFIGURE | Kind.SCALE:
            return [
                "Environment update is starting.",
                f"Updating environment {change.environment.name}'s configuration settings.",
            ]
        case _:
            return ["Environment update is starting."]
