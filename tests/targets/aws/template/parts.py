"""Resources of one environment, for tests of single concerns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from beanstalk.targets.aws.blueprint import Blueprint, Resources, Template, Tier
from tests.targets.aws.blueprints import make_blueprint, template_of

DOCKER = {"Dockerfile": "FROM registry.example.com/base:1\nEXPOSE 8000\n"}
EC2 = "beanstalk:aws:LaunchType=EC2"
BRIDGE = "beanstalk:aws:NetworkMode=bridge"


def blueprint(
    folder: Path, *options: str, files: Mapping[str, str] | None = None, tier: Tier = Tier.WEB_SERVER
) -> Blueprint:
    """files: beside the Dockerfile."""
    return make_blueprint(folder, {**DOCKER, **(files or {})}, options, tier=tier)


def template(
    folder: Path, *options: str, files: Mapping[str, str] | None = None, tier: Tier = Tier.WEB_SERVER
) -> Template:
    return template_of(blueprint(folder, *options, files=files, tier=tier))


def resources(
    folder: Path, *options: str, files: Mapping[str, str] | None = None, tier: Tier = Tier.WEB_SERVER
) -> Resources:
    found: Resources = template(folder, *options, files=files, tier=tier).body["Resources"]
    return found
