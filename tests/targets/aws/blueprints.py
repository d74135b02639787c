"""Blueprints for tests: the files of a bundle and options, put together as a deployment does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from beanstalk.container_groups import container_group
from beanstalk.model import OptionSetting, Policy, Rollout
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.resolve import Layer, parse_option, resolve
from beanstalk.platform_image import platform_group
from beanstalk.platforms import detect
from beanstalk.service.configuration import RECOMMENDED, rollout_for
from beanstalk.source.cron import FILE_NAME as CRON
from beanstalk.source.cron import read_cron
from beanstalk.source.ebextensions import read_extensions
from beanstalk.targets.aws.blueprint import Blueprint, Template, Tier
from beanstalk.targets.aws.strategy import strategy
from beanstalk.targets.aws.template import make_template
from beanstalk.targets.aws.template.listeners import forwarding_listeners, is_network
from beanstalk.workload import make_workload
from tests.bundles import make_bundle

COMMAND = "aws:elasticbeanstalk:command"


def make_blueprint(
    folder: Path,
    files: Mapping[str, str],
    options: Sequence[str] = (),
    *,
    tier: Tier = Tier.WEB_SERVER,
    tags: tuple[tuple[str, str], ...] = (),
) -> Blueprint:
    """options: as NAMESPACE:NAME=VALUE, set directly on the environment."""
    bundle = make_bundle(folder, files)
    extensions = read_extensions([(path, text.encode()) for path, text in files.items() if path.endswith(".config")])
    platform = detect(bundle, []).platform
    layers: Mapping[Layer, Sequence[OptionSetting]] = {
        Layer.ENVIRONMENT: [parse_option(each) for each in options],
        Layer.EBEXTENSIONS: extensions.settings,
        Layer.RECOMMENDED: RECOMMENDED,
    }
    configuration = resolve(layers, Circumstances(family(platform.name), tier.value))
    if platform.containers:
        group, _ = container_group(bundle, configuration)
    else:
        group, _ = platform_group(bundle, configuration, platform, extensions)
    rollout = rollout_for(configuration, 0)
    return Blueprint(
        application="shop",
        environment="shop-prod",
        environment_id="e-abcdefghij",
        version_label="v1",
        bundle=bundle,
        configuration=configuration,
        extensions=extensions,
        workload=make_workload(bundle, configuration, platform, group),
        size=rollout.size,
        policy=rollout.policy,
        tier=tier,
        schedule=read_cron(files[CRON].encode()).tasks if CRON in files else (),
        tags=tags,
    )


def template_of(blueprint: Blueprint, policy: Policy | None = None) -> Template:
    """The template of its next deployment."""
    rollout: Rollout = rollout_for(blueprint.configuration, blueprint.size, policy)
    return make_template(
        blueprint, strategy(rollout, blueprint.is_balanced, forwarding_listeners(blueprint), is_network(blueprint))
    )
