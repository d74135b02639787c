"""What an environment on AWS would be, of a bundle and options alone: for printing, before there is any environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beanstalk.container_groups import container_group
from beanstalk.errors import Problem
from beanstalk.image.entry import with_entry
from beanstalk.model import OptionSetting
from beanstalk.options.asked import unanswered
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.configuration import Configuration, Layer
from beanstalk.options.resolve import resolve
from beanstalk.platform_image import platform_group
from beanstalk.platforms import Platform, detect, find_platform
from beanstalk.service.changes import extensions_of
from beanstalk.service.configuration import RECOMMENDED, rollout_for
from beanstalk.service.notices import with_scripts
from beanstalk.source.bundle import Bundle, read_text
from beanstalk.source.cron import FILE_NAME as CRON
from beanstalk.source.cron import PeriodicTask, read_cron
from beanstalk.source.ebextensions import Extensions
from beanstalk.targets.aws.blueprint import Blueprint, Tier
from beanstalk.workload import Workload, make_workload

PLACEHOLDER_ID = "e-0000000000"
"""Of an environment that does not exist."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What to make a blueprint of. platform: its name, None for what the bundle looks like.  settings: as if set
    directly on the environment.  environment: its name.
    """

    bundle: Bundle
    platform: str | None = None
    settings: Sequence[OptionSetting] = ()
    application: str = "application"
    environment: str = "environment"
    version_label: str = "draft"
    tier: Tier = Tier.WEB_SERVER


def draft_blueprint(draft: Draft, platforms: Sequence[Path] = ()) -> tuple[Blueprint, tuple[Problem, ...]]:
    """The blueprint of a first deployment, and what is to be told. platforms: folders that go before ours.

    Raises InvalidInput with all problems of the bundle's files and the settings.
    """
    bundle = draft.bundle
    platform = find_platform(draft.platform, platforms) if draft.platform else detect(bundle, platforms).platform
    extensions = extensions_of(bundle)
    layers = {
        Layer.ENVIRONMENT: draft.settings,
        Layer.EBEXTENSIONS: extensions.settings,
        Layer.RECOMMENDED: RECOMMENDED,
    }
    configuration = resolve(layers, Circumstances(family(platform.name), draft.tier))
    workload, told = workload_on_aws(bundle, configuration, platform, extensions)
    rollout = rollout_for(configuration, 0)
    blueprint = Blueprint(
        application=draft.application,
        environment=draft.environment,
        environment_id=PLACEHOLDER_ID,
        version_label=draft.version_label,
        bundle=bundle,
        configuration=configuration,
        extensions=extensions,
        workload=workload,
        size=rollout.size,
        policy=rollout.policy,
        tier=draft.tier,
        schedule=schedule_of(bundle) if draft.tier is Tier.WORKER else (),
    )
    asked = unanswered(extensions.asked, extensions.settings)
    warnings = (*bundle.warnings, *extensions.warnings, *asked, *configuration.warnings, *told)
    return blueprint, tuple(dict.fromkeys(warnings))


def workload_on_aws(
    bundle: Bundle, configuration: Configuration, platform: Platform, extensions: Extensions
) -> tuple[Workload, tuple[Problem, ...]]:
    """Always containers: what describes none runs in an image of its platform."""
    if platform.containers:
        group, told = container_group(bundle, configuration, on_aws=True)
    else:
        group, told = platform_group(bundle, configuration, platform, extensions)
    plain = make_workload(bundle, configuration, platform, group)
    workload, notes = with_scripts(plain, bundle, extensions, configuration)
    workload, unrun = with_entry(workload)
    return workload, (*told, *notes, *unrun)


def schedule_of(bundle: Bundle) -> tuple[PeriodicTask, ...]:
    text = read_text(bundle, CRON)
    return read_cron(text.encode()).tasks if text is not None else ()
