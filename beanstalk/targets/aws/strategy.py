"""What a deployment policy becomes on Amazon ECS: one of its own strategies, with figures for the live number of tasks.

ECS keeps at least ceil(n × minimum / 100) tasks in service and runs at most floor(n × maximum / 100), n being the
desired count of the service (ECS API, DeploymentConfiguration). For every n ≤ 100 a whole per cent can say n − batch
and n + batch exactly; above that the nearest figure is taken and told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, assert_never

from beanstalk.errors import InvalidInput, Problem
from beanstalk.model import OnFailure, Policy, Rollout
from beanstalk.targets.aws.blueprint import Json

MOST_BAKE_MINUTES = 1440
"""Of one bake time (ECS API, DeploymentConfiguration)."""
MOST_ALL_BAKE_MINUTES = 33 * 60
"""Of all bake times of one deployment: CloudFormation refuses more."""
EXACT_UP_TO = 100
"""Tasks for which whole per cents can say every number of tasks."""


class Kind(StrEnum):
    """`Strategy` of a service's deployment configuration. No policy is LINEAR."""

    ROLLING = "ROLLING"
    BLUE_GREEN = "BLUE_GREEN"
    CANARY = "CANARY"

    @property
    def shifts_traffic(self) -> bool:
        """Whether the new tasks wait behind a second target group until the listener rule is changed."""
        return self is not Kind.ROLLING


@dataclass(frozen=True, slots=True)
class Strategy:
    """minimum_percent, maximum_percent: of the desired count.  canary_percent: share of the new version while it bakes
    for canary_bake_minutes; None for what is no canary.  bake_minutes: both versions run that long after the new one
    got all the traffic.  breaker, alarms: whether failing tasks and alarms end the deployment; goes_back: to the old
    version then.  why: sentences for a person, what is different from Elastic Beanstalk among them.
    """

    kind: Kind
    minimum_percent: int
    maximum_percent: int
    bake_minutes: int = 0
    canary_percent: int | None = None
    canary_bake_minutes: int | None = None
    breaker: bool = True
    alarms: bool = True
    goes_back: bool = True
    why: tuple[str, ...] = ()

    @property
    def rebalances_zones(self) -> bool:
        """Whether ECS may even out availability zones, for which it starts tasks before it stops others."""
        return self.maximum_percent > 100


def strategy(rollout: Rollout, balanced: bool, forwarding_listeners: int, network: bool = False) -> Strategy:
    """rollout: its `size` is the live desired count.  balanced: whether a load balancer stands before the tasks.
    forwarding_listeners: how many of its listeners forward to the tasks; those that only redirect do not count.
    network: whether it is a Network Load Balancer, whose requests ECS would move by the listener itself, which the
    next change of the listener would move back.

    Raises InvalidInput for an evaluation time that ECS cannot wait.
    """
    n, batch = max(1, rollout.size), max(1, min(rollout.batch, max(1, rollout.size)))
    found = _rolling(100, 200)
    match rollout.policy:
        case Policy.ALL_AT_ONCE:
            found = _rolling(0, 100, "all tasks stop before the new ones start: an outage until those are healthy")
        case Policy.ROLLING:
            found = _by_batch(n, batch)
        case Policy.ADDITIONAL_BATCH:
            found = _with_additional_batch(n, batch)
        case Policy.IMMUTABLE | Policy.TRAFFIC_SPLITTING:
            found = _beside(rollout, balanced, forwarding_listeners, network)
        case Policy.RESIZE:
            pass  # a change of the count alone is no deployment for ECS; these figures are its own defaults
        case _:
            assert_never(rollout.policy)
    return _watched(found, rollout)


def deployment_configuration(strategy: Strategy, alarm_names: Sequence[Any] = ()) -> Json:
    """`DeploymentConfiguration` of AWS::ECS::Service.

    alarm_names: texts or references to alarms. What is off is said to be off: ECS keeps what an update leaves out.
    """
    watched = strategy.alarms and bool(alarm_names)
    found: Json = {
        "Strategy": strategy.kind.value,
        "MinimumHealthyPercent": strategy.minimum_percent,
        "MaximumPercent": strategy.maximum_percent,
        "DeploymentCircuitBreaker": {
            "Enable": strategy.breaker,
            "Rollback": strategy.breaker and strategy.goes_back,
        },
        "Alarms": {
            "Enable": watched,
            "Rollback": watched and strategy.goes_back,
            "AlarmNames": list(alarm_names) if watched else [],
        },
    }
    if strategy.kind.shifts_traffic:
        found["BakeTimeInMinutes"] = strategy.bake_minutes
    if strategy.kind is Kind.CANARY:
        found["CanaryConfiguration"] = {
            "CanaryPercent": strategy.canary_percent,
            "CanaryBakeTimeInMinutes": strategy.canary_bake_minutes,
        }
    return found


def check_bake_times(strategy: Strategy) -> list[Problem]:
    """What ECS or CloudFormation would refuse to wait for."""
    found = []
    for what, minutes in (("bake time", strategy.bake_minutes), ("evaluation time", strategy.canary_bake_minutes or 0)):
        if not 0 <= minutes <= MOST_BAKE_MINUTES:
            found.append(Problem(f"the {what} of {minutes} minutes is not within 0 and {MOST_BAKE_MINUTES:,} minutes"))
    total = strategy.bake_minutes + (strategy.canary_bake_minutes or 0)
    if not found and total > MOST_ALL_BAKE_MINUTES:
        most = MOST_ALL_BAKE_MINUTES // 60
        found.append(Problem(f"bake times of {total:,} minutes together are more than the {most} hours there can be"))
    return found


def _rolling(minimum: int, maximum: int, *why: str) -> Strategy:
    return Strategy(Kind.ROLLING, minimum, maximum, why=why)


def _by_batch(n: int, batch: int) -> Strategy:
    """The minimum whose bound, rounded up by ECS, is n - batch."""
    exactly = 100 * (n - batch)
    minimum = exactly // n
    if n > EXACT_UP_TO and math.ceil(exactly / n) < 100:
        minimum = math.ceil(exactly / n)
    why = ["ECS starts a new task as soon as an old one has left, within the batch, and does not wait for all of it"]
    if batch == n:
        of = "the only task" if n == 1 else f"the batch of all {n} tasks"
        why.append(f"{of} stops before its successor starts: an outage, in Elastic Beanstalk's Rolling, too")
    leaving = n - math.ceil(n * minimum / 100)
    if leaving != batch:
        why.append(_inexact(n, batch, leaving))
    return _rolling(minimum, 100, *why)


def _with_additional_batch(n: int, batch: int) -> Strategy:
    """The maximum whose bound, rounded down by ECS, is n + batch."""
    maximum = math.ceil(100 * (n + batch) / n)
    more = n * maximum // 100 - n
    return _rolling(100, maximum, *([_inexact(n, batch, more)] if more != batch else []))


def _inexact(n: int, asked: int, got: int) -> str:
    return f"{got} of {n} tasks at a time in place of {asked}: ECS takes whole per cents only"


def _beside(rollout: Rollout, balanced: bool, forwarding_listeners: int, network: bool) -> Strategy:
    """Immutable and TrafficSplitting: all new tasks beside the old ones, then the listener rule moves the requests."""
    if not balanced or network or forwarding_listeners != 1:
        return _rolling(100, 200, _why_not_beside(rollout.policy, balanced, forwarding_listeners, network))
    both = Strategy(Kind.BLUE_GREEN, 100, 200)
    if rollout.policy is Policy.IMMUTABLE:
        difference = "the new tasks get no request before all of them are healthy; no single one is tried first"
        return replace(both, why=(difference,))
    minutes, why = _whole_minutes(rollout.evaluate_s)
    if rollout.new_percent >= 100:
        found = replace(both, bake_minutes=minutes, why=why)
    else:
        share = max(1, rollout.new_percent)
        found = replace(both, kind=Kind.CANARY, canary_percent=share, canary_bake_minutes=minutes, why=why)
    if problems := check_bake_times(found):
        raise InvalidInput([Problem(each.text, hint="set a shorter EvaluationTime") for each in problems])
    return found


def _why_not_beside(policy: Policy, balanced: bool, forwarding_listeners: int, network: bool) -> str:
    if not balanced:
        lacking = "without a load balancer"
    elif network:
        lacking = "with a Network Load Balancer (it has no rule by which ECS could move requests)"
    else:
        lacking = f"with {forwarding_listeners} listeners that forward requests (ECS moves those of exactly one)"
    return (
        f"{policy.value} {lacking} is a rolling update with up to twice the tasks: old tasks leave as new ones become"
        " healthy, and both versions answer meanwhile"
    )


def _whole_minutes(seconds: float) -> tuple[int, tuple[str, ...]]:
    minutes = math.ceil(seconds / 60)
    told = () if minutes * 60 == seconds else (f"{seconds:g} s of evaluation become {minutes} min: ECS counts minutes",)
    return minutes, told


def _watched(found: Strategy, rollout: Rollout) -> Strategy:
    """With what ends a deployment that goes wrong."""
    if rollout.ignore_health:
        why = (*found.why, "IgnoreHealthCheck: neither failing tasks nor alarms end the deployment")
        return replace(found, breaker=False, alarms=False, goes_back=False, why=why)
    return replace(found, goes_back=rollout.on_failure is OnFailure.ROLLBACK)
