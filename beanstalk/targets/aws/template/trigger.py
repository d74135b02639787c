"""`aws:autoscaling:trigger` for tasks: which figure of CloudWatch is meant, and between which limits.

Figures of a machine have their counterpart in the service, in its load balancer, or in Container Insights; disks have
none. Source: EB Developer Guide, "Auto Scaling triggers".
"""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import InvalidInput, Problem
from beanstalk.options.configuration import Layer
from beanstalk.targets.aws.blueprint import Blueprint
from beanstalk.targets.aws.template.listeners import is_network
from beanstalk.targets.aws.template.metrics import (
    Computed,
    Figure,
    latency,
    of_both_groups,
    of_insights,
    of_service,
)
from beanstalk.targets.aws.template.said import is_set, place, wrong

GROUP = "aws:autoscaling:asg"
TRIGGER = "aws:autoscaling:trigger"
_MOST_S = 86_400
"""Of periods times length, for periods of less than an hour; of longer ones a week (CloudWatch API, PutMetricAlarm)."""
_OF_BALANCER = ("RequestCount", "Latency", "TargetResponseTime", "HealthyHostCount", "UnhealthyHostCount",
                "UnHealthyHostCount")  # fmt: skip
_OF_REQUESTS = ("RequestCount", "Latency", "TargetResponseTime")
_NETWORK = {"NetworkIn": "NetworkRxBytes", "NetworkOut": "NetworkTxBytes"}


@dataclass(frozen=True)
class Trigger:
    """figure: None when there is none for tasks.  up, down: tasks to add, negative to take away.  periods: in a row,
    each of period_s, above `upper` or below `lower`.
    """

    name: str
    figure: Figure | Computed | None
    statistic: str
    period_s: int
    periods: int
    upper: float
    lower: float
    up: int
    down: int
    needs_insights: bool = False
    warnings: tuple[Problem, ...] = ()


def has_trigger(blueprint: Blueprint) -> bool:
    """Whether somebody set anything of it."""
    return any(
        each.namespace == TRIGGER and each.layer is not Layer.DEFAULT for each in blueprint.configuration.stated()
    )


def read_trigger(blueprint: Blueprint) -> Trigger:
    """Raises InvalidInput for periods that CloudWatch does not take."""
    configuration = blueprint.configuration
    name = configuration.text(TRIGGER, "MeasureName") or ""
    statistic = configuration.text(TRIGGER, "Statistic") or "Average"
    if name == "RequestCount" and not is_set(blueprint, TRIGGER, "Statistic"):
        # The average of single requests is always 1.
        statistic = "Sum"
    period_s, periods = _periods(blueprint)
    scale = _scale(blueprint, name, period_s)
    figure, problem = _figure(blueprint, name, statistic)
    return Trigger(
        name=name,
        figure=figure,
        statistic=statistic,
        period_s=period_s,
        periods=periods,
        upper=configuration.number(TRIGGER, "UpperThreshold") * scale,
        lower=configuration.number(TRIGGER, "LowerThreshold") * scale,
        up=configuration.integer(TRIGGER, "UpperBreachScaleIncrement"),
        down=configuration.integer(TRIGGER, "LowerBreachScaleIncrement"),
        needs_insights=name in _NETWORK,
        warnings=(problem,) if problem else (),
    )


def _periods(blueprint: Blueprint) -> tuple[int, int]:
    """Seconds of a period, and how many of them in a row: BreachDuration rules over EvaluationPeriods."""
    number = blueprint.configuration.integer
    minutes, periods = number(TRIGGER, "Period"), number(TRIGGER, "EvaluationPeriods")
    if is_set(blueprint, TRIGGER, "BreachDuration"):
        periods = max(1, round(number(TRIGGER, "BreachDuration") / minutes))
    most = _MOST_S if minutes < 60 else 7 * _MOST_S
    if periods * minutes * 60 > most:
        text = (
            f"{periods} periods of {minutes} minutes are longer than the {most // 3600} hours that an alarm looks back"
        )
        raise InvalidInput([wrong(blueprint, TRIGGER, "Period", text, "choose shorter periods, or fewer of them")])
    return minutes * 60, periods


def _scale(blueprint: Blueprint, name: str, period_s: int) -> float:
    """What a limit is multiplied with: of the network there are bytes a second here, and bytes a period there."""
    if name not in _NETWORK:
        return 1
    unit = blueprint.configuration.text(TRIGGER, "Unit") or "Bytes"
    bits = 1 / 8 if unit.startswith("Bits") else 1
    return bits if unit.endswith("/Second") else bits / period_s


def _figure(blueprint: Blueprint, name: str, statistic: str) -> tuple[Figure | Computed | None, Problem | None]:
    """The figure, and what is to be told about it."""
    at = place(blueprint, TRIGGER, "MeasureName")
    if name in _OF_BALANCER and (not blueprint.is_balanced or (name in _OF_REQUESTS and is_network(blueprint))):
        text = f"{name} makes no tasks: there is no application load balancer that measures it"
        return None, Problem(text, at, "take CPUUtilization")
    match name:
        case "CPUUtilization":
            return of_service(blueprint, name, statistic), None
        case "NetworkIn" | "NetworkOut":
            text = f"{name} is what a task moves in a second on average; Container Insights measures it, which costs"
            hint = "CPUUtilization costs nothing; limits for a period are divided by its seconds"
            return of_insights(blueprint, _NETWORK[name], statistic), Problem(text, at, hint)
        case "RequestCount":
            return of_both_groups(blueprint, name, statistic, "requests"), None
        case "Latency" | "TargetResponseTime":
            return latency(blueprint, statistic), None
        case "HealthyHostCount":
            return of_both_groups(blueprint, name, statistic, "healthy tasks"), None
        case "UnhealthyHostCount" | "UnHealthyHostCount":
            return of_both_groups(blueprint, "UnHealthyHostCount", statistic, "unhealthy tasks"), None
        case _:
            text = f"{name} makes no tasks: nothing measures the disks of a service"
            return None, Problem(text, at, "take CPUUtilization, RequestCount or TargetResponseTime")
