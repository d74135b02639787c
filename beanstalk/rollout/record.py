"""What a policy decides from, as a deployment remembers it: its fixed part as JSON, the rest in fields of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from beanstalk.model import OnFailure, Policy, Rollout
from beanstalk.records import Deployment


def rollout_of(deployment: Deployment) -> Rollout:
    """The value that policies decide from, put together again."""
    fixed: dict[str, Any] = json.loads(deployment.rollout_json)
    fixed |= {"policy": Policy(fixed["policy"]), "on_failure": OnFailure(fixed["on_failure"])}
    return replace(
        Rollout(**fixed),
        phase=deployment.phase,
        phase_since=deployment.phase_since,
        route=deployment.route,
        cause=deployment.cause,
    )


def rollout_json(rollout: Rollout) -> str:
    """The part of a rollout that is fixed when it starts."""
    fixed = asdict(rollout)
    for changing in ("phase", "phase_since", "route", "cause"):
        del fixed[changing]
    return json.dumps(fixed)
