"""Every file of `ebextensions_examples/` is read as that of a project, and does what its comment says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from beanstalk.model import OnFailure, Policy
from beanstalk.options.resolve import Configuration, Layer, resolve
from beanstalk.rollout.policies import promises
from beanstalk.service.configuration import RECOMMENDED, rollout_for
from beanstalk.source.ebextensions import read_extensions
from beanstalk.workload import drain_s, health_check

FOLDER = Path(__file__).parent.parent / "ebextensions_examples"
FILES = sorted(path.name for path in FOLDER.glob("*.config"))

RECOMMENDATION = {"policy": Policy.ADDITIONAL_BATCH, "batch": 1, "size": 1, "timeout_s": 600.0}
DEFAULT_CHECK = {"path": "/", "codes": ((200, 200),), "threshold": "Ok", "healthy_passes": 1, "interval_s": None}

EXPECTED: dict[str, Mapping[str, Any]] = {
    "environment-properties.config": {
        "properties": {"FEATURE_FLAGS": '{"new_checkout": true}', "LOG_LEVEL": "info", "RELEASE": "007"},
    },
    "rolling-fixed.config": {
        "rollout": {"policy": Policy.ROLLING, "batch": 2, "size": 6},
        "promises": (4, 6),
    },
    "rolling-additional-batch.config": {
        "rollout": {"policy": Policy.ADDITIONAL_BATCH, "batch": 3, "size": 10},
        "promises": (10, 13),
    },
    "immutable.config": {"rollout": {"policy": Policy.IMMUTABLE, "size": 1}, "promises": (1, 2)},
    "traffic-splitting.config": {
        "rollout": {"policy": Policy.TRAFFIC_SPLITTING, "new_percent": 20, "evaluate_s": 30.0},
    },
    "health-check.config": {
        "check": {
            "path": "/health",
            "codes": ((200, 200), (204, 204)),
            "timeout_s": 2.0,
            "interval_s": 5.0,
            "healthy_passes": 3,
            "unhealthy_failures": 2,
        },
    },
    "tcp-check.config": {"check": {"path": None}},
    "lenient-health.config": {"check": {"threshold": "Warning", "path": "/"}},
    "ignore-health.config": {"rollout": {"ignore_health": True, "timeout_s": 30.0}},
    "scaling.config": {"rollout": {"size": 3, "batch": 1}, "promises": (3, 4)},
    "single-instance.config": {"rollout": {"policy": Policy.IMMUTABLE, "size": 1}, "promises": (1, 2)},
    "local-probes.config": {"check": {"probe_interval_s": 0.02, "healthy_passes": 5, "interval_s": None}},
    "slow-start.config": {"rollout": {"timeout_s": 900.0}, "check": {"wrong_answers_s": 60.0}},
    "draining.config": {"drain_s": 120.0, "grace_s": 30.0},
    "stop-on-failure.config": {"rollout": {"on_failure": OnFailure.STOP}},
    "python-wsgi.config": {
        "options": {
            ("aws:elasticbeanstalk:container:python", "WSGIPath"): "shop.wsgi:application",
            ("aws:elasticbeanstalk:container:python", "NumProcesses"): "2",
            ("aws:elasticbeanstalk:container:python", "NumThreads"): "8",
        },
    },
}
"""By hand: what is different with the file from an environment that `create` just made."""


def configuration_with(*names: str) -> Configuration:
    """The configuration of a new environment whose bundle has these files."""
    read = read_extensions([(f".ebextensions/{name}", (FOLDER / name).read_bytes()) for name in names])
    assert (read.unread, read.warnings) == ((), ())
    return resolve({Layer.EBEXTENSIONS: read.settings, Layer.RECOMMENDED: RECOMMENDED})


def effect(configuration: Configuration, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the configuration comes to, in the shape of `wanted`."""
    rollout, check = rollout_for(configuration, rollout_size(configuration)), health_check(configuration)
    found = {
        "rollout": {name: getattr(rollout, name) for name in wanted.get("rollout", {})},
        "check": {name: getattr(check, name) for name in wanted.get("check", {})},
        "options": {key: configuration.text(*key) for key in wanted.get("options", {})},
        "promises": promises(rollout),
        "properties": configuration.properties(),
        "drain_s": drain_s(configuration),
        "grace_s": configuration.number("beanstalk:deployment", "GraceSeconds"),
    }
    return {name: found[name] for name in wanted}


def rollout_size(configuration: Configuration) -> int:
    return rollout_for(configuration, 0).size


@pytest.mark.parametrize("name", FILES)
def test_an_example_does_what_it_says(name: str) -> None:
    configuration = configuration_with(name)
    assert configuration.warnings == ()
    assert effect(configuration, EXPECTED[name]) == EXPECTED[name]


def test_without_any_example_there_are_the_recommended_values() -> None:
    nothing = {"rollout": RECOMMENDATION, "check": DEFAULT_CHECK, "promises": (1, 2), "drain_s": 20.0, "grace_s": 10.0}
    assert effect(configuration_with(), nothing) == nothing


def test_every_example_has_its_expectation_and_its_line_in_the_index() -> None:
    index = re.findall(r"^\| \[([^]]+)\]\(\1\) \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert sorted(EXPECTED) == FILES == sorted(index)


@pytest.mark.parametrize("name", FILES)
def test_an_example_begins_with_an_explanation(name: str) -> None:
    assert (FOLDER / name).read_text().startswith("# ")
