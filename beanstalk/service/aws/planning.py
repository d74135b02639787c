"""What is about to happen to an environment on AWS, worked out completely before anything is asked for.

The same inputs as on the local target become a blueprint, a strategy of Amazon ECS and a template.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from beanstalk.errors import BeanstalkError, Problem
from beanstalk.model import OptionSetting, Rollout
from beanstalk.options.asked import unanswered
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.configuration import Configuration
from beanstalk.options.resolve import resolve
from beanstalk.options.updates import Changed
from beanstalk.platforms import Platform, detect, find_platform
from beanstalk.records import Kind, Version
from beanstalk.rollout.policies import batch_of
from beanstalk.service.aws.drafting import schedule_of, workload_on_aws
from beanstalk.service.aws.state import Becomes, CloudEnvironment
from beanstalk.service.changes import extensions_of
from beanstalk.service.configuration import (
    ASG,
    COMMAND,
    ENVIRONMENT,
    Stored,
    change_settings,
    dump_settings,
    layers_of,
    rollout_for,
    size_of,
)
from beanstalk.service.consequences import check_update
from beanstalk.source.bundle import Bundle
from beanstalk.source.ebextensions import Extensions
from beanstalk.targets.aws.blueprint import Blueprint, Parameter, Template, Tier
from beanstalk.targets.aws.strategy import Strategy, strategy
from beanstalk.targets.aws.template import make_template
from beanstalk.targets.aws.template.listeners import forwarding_listeners, is_network
from beanstalk.workload import Workload


@dataclass(frozen=True, slots=True)
class CloudInputs:
    """What an environment is to become. once: option settings for this deployment only.  live: the desired count of
    its service now, None for a new one.  sizes: whether the count itself was asked for.
    """

    version: Version
    bundle: Bundle
    settings: tuple[Stored, ...]
    once: tuple[OptionSetting, ...] = ()
    platform: str | None = None
    live: int | None = None
    sizes: bool = False


@dataclass(frozen=True)
class CloudChange:
    """environment: as it is before, or as it will be.  size: tasks wanted at the end.  keeps_count: the live count
    stays.  force: tasks are replaced even when nothing changed.  changed: options that get another value.
    """

    kind: Kind
    environment: CloudEnvironment
    version: Version
    bundle: Bundle
    settings: tuple[Stored, ...]
    configuration: Configuration
    blueprint: Blueprint
    rollout: Rollout
    strategy: Strategy
    template: Template
    size: int
    keeps_count: bool
    warnings: tuple[Problem, ...]
    changed: tuple[Changed, ...] = ()
    new: bool = False
    force: bool = False

    @property
    def becomes(self) -> Becomes:
        """What is remembered when it succeeds."""
        return Becomes(
            self.version.label, self.blueprint.workload.platform, self.size, dump_settings(self.settings),
            self.kind is not Kind.SCALE,
        )  # fmt: skip

    @property
    def workload_digest(self) -> str:
        """Of what a task is; the same for two deployments that run the same."""
        text = json.dumps(self.blueprint.workload.to_json(), sort_keys=True)
        return hashlib.sha256(f"{self.version.digest} {text}".encode()).hexdigest()


def work_out_on_aws(
    kind: Kind,
    environment: CloudEnvironment,
    inputs: CloudInputs,
    platforms: Sequence[Path],
    before: Configuration | None = None,
    force: bool = False,
) -> CloudChange:
    """Everything that follows from `inputs`. before: what holds now, None for a new environment or when it is unknown.

    Raises InvalidInput with all problems of all files, and with what Elastic Beanstalk refuses to change.
    """
    extensions = extensions_of(inputs.bundle)
    platform = _platform(inputs, platforms)
    here = Circumstances(family(platform.name), environment.tier)
    lasting = configuration = resolve(layers_of(inputs.settings, extensions.settings), here)
    if inputs.once:
        configuration = resolve(layers_of(change_settings(inputs.settings, inputs.once), extensions.settings), here)
    _check_balancer(before, configuration, environment.name)
    changed, refused = check_update(before, lasting, configuration)
    workload, told = workload_on_aws(inputs.bundle, configuration, platform, extensions)
    size, keeps = _size(inputs, before, configuration)
    rollout = _rollout(configuration, inputs.live, size)
    blueprint = _blueprint(environment, inputs, configuration, extensions, workload, size, rollout)
    chosen = strategy(rollout, blueprint.is_balanced, forwarding_listeners(blueprint), is_network(blueprint))
    template = make_template(blueprint, chosen)
    warnings = (
        *inputs.bundle.warnings, *extensions.warnings, *unanswered(extensions.asked, extensions.settings),
        *configuration.warnings, *told, *refused, *template.warnings,
    )  # fmt: skip
    return CloudChange(
        kind, environment, inputs.version, inputs.bundle, inputs.settings, configuration, blueprint, rollout, chosen,
        template, size, keeps, tuple(dict.fromkeys(warnings)), changed, inputs.live is None, force,
    )  # fmt: skip


def running_on_aws(
    environment: CloudEnvironment, bundle: Bundle, settings: Sequence[Stored], platforms: Sequence[Path]
) -> Configuration | None:
    """What holds in an environment now; None when its files are wrong by rules that are newer than it."""
    try:
        platform = find_platform(environment.platform, platforms)
        here = Circumstances(family(platform.name), environment.tier)
        return resolve(layers_of(settings, extensions_of(bundle).settings), here)
    except BeanstalkError:
        return None


def parameter_values(change: CloudChange, network: dict[str, str], images: dict[str, str]) -> dict[str, str]:
    """Values of the template's parameters. network: those of VPC and subnets.  images: container → image by digest."""
    known = {
        **network,
        Parameter.DESIRED_COUNT: str(change.size),
        Parameter.KEEP_COUNT: str(change.keeps_count).lower(),
        Parameter.VERSION_LABEL: change.version.label,
        **{parameter: images[name] for name, parameter in change.template.image_parameters.items() if name in images},
    }
    return {name: known[name] for name in change.template.parameters if name in known}


def _platform(inputs: CloudInputs, platforms: Sequence[Path]) -> Platform:
    if inputs.platform:
        return find_platform(inputs.platform, platforms)
    return detect(inputs.bundle, platforms).platform


def _size(inputs: CloudInputs, before: Configuration | None, configuration: Configuration) -> tuple[int, bool]:
    """(tasks wanted, whether the live count stays). The live count stays unless it is out of the limits, or the limits
    themselves were changed by this operation."""
    wanted = size_of(configuration)
    if inputs.live is None:
        return wanted, False
    if configuration.text(ENVIRONMENT, "EnvironmentType") == "SingleInstance":
        return 1, inputs.live == 1
    most = max(wanted, configuration.integer(ASG, "MaxSize"))
    within = min(max(inputs.live, wanted), most)
    if inputs.sizes or (before is not None and size_of(before) != wanted and inputs.live == size_of(before)):
        within = wanted
    return within, within == inputs.live


def _rollout(configuration: Configuration, live: int | None, size: int) -> Rollout:
    """The walk that the configuration asks for, from the live count."""
    rollout = rollout_for(configuration, live or 0)
    percentage = configuration.text(COMMAND, "BatchSizeType") == "Percentage"
    batch = batch_of(max(size, 1), configuration.integer(COMMAND, "BatchSize"), percentage)
    return replace(rollout, size=size, batch=batch)


def _blueprint(
    environment: CloudEnvironment, inputs: CloudInputs, configuration: Configuration, extensions: Extensions,
    workload: Workload, size: int, rollout: Rollout,
) -> Blueprint:  # fmt: skip
    return Blueprint(
        application=environment.application,
        environment=environment.name,
        environment_id=environment.id,
        version_label=inputs.version.label,
        bundle=inputs.bundle,
        configuration=configuration,
        extensions=extensions,
        workload=workload,
        size=size,
        policy=rollout.policy,
        tier=Tier(environment.tier),
        schedule=schedule_of(inputs.bundle) if environment.tier == Tier.WORKER else (),
        tags=environment.tags,
    )


def _check_balancer(before: Configuration | None, now: Configuration, name: str) -> None:
    """Elastic Beanstalk's rule. Raises BeanstalkError with the way to another type."""
    if before is None:
        return
    kinds = [each.text(ENVIRONMENT, "LoadBalancerType") or "application" for each in (before, now)]
    if kinds[0] != kinds[1]:
        steps = (
            f"migrate in these steps: beanstalk clone {name} with --option {ENVIRONMENT}:LoadBalancerType={kinds[1]}; "
            f"try the clone; beanstalk swap {name} with it; wait for the TTL; beanstalk terminate {name}"
        )
        raise BeanstalkError(f"the load balancer type cannot change ({kinds[0]} to {kinds[1]})", hint=steps)
