"""Examples that act on this machine: what they change in a deployment, a health check or an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from beanstalk.model import OnFailure, Policy
from tests.examples.reading import RIGHT, effect, example

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


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_does_what_it_says(name: str) -> None:
    expected = {**RIGHT, **EXPECTED[name]}
    assert effect(example(name), expected) == expected


def test_without_any_example_there_are_the_recommended_values() -> None:
    nothing = {"rollout": RECOMMENDATION, "check": DEFAULT_CHECK, "promises": (1, 2), "drain_s": 20.0, "grace_s": 10.0}
    assert effect(example(), nothing) == nothing
