"""Alarms about the health of an environment. Those that end a deployment and bring the old version back are named to
the service; all of them tell the topic of the environment, when there is one.

What is measured is measured over both target groups, as either of them may have the requests.
"""

from __future__ import annotations

from typing import Any

from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources, Tier
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.listeners import is_network
from beanstalk.targets.aws.template.metrics import GROUPS, Computed, Figure, of_group
from beanstalk.targets.aws.template.notifications import topic
from beanstalk.targets.aws.template.pieces import ref, resource
from beanstalk.targets.aws.template.worker import DAEMON, queue_name

ERRORS_PERCENT = 10
"""Of the answers with 5xx that the tasks give; the level of Elastic Beanstalk's enhanced health is the same."""
_FEWEST_REQUESTS = 10
"""In a minute; of fewer nothing can be said."""
_LATE = 10
"""A message that waits so many visibility timeouts is late."""


def build(blueprint: Blueprint) -> Resources:
    found: Resources = {}
    if blueprint.is_balanced:
        found["UnhealthyTasksAlarm"] = _unhealthy(blueprint)
        if not is_network(blueprint):
            found["ServerErrorsAlarm"] = _errors(blueprint)
    elif blueprint.tier is Tier.WORKER and (queue := queue_name(blueprint)) is not None:
        found["LateMessagesAlarm"] = _late(blueprint, queue)
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    """A worker's queue says nothing about its version: messages are late after many came at once, too."""
    return Contribution(alarms=[ref(name) for name in build(blueprint) if name != "LateMessagesAlarm"])


def _errors(blueprint: Blueprint) -> Json:
    figures = {
        f"{letter}{what}": of_group(blueprint, group, name, "Sum")
        for letter, group in zip("ab", GROUPS, strict=True)
        for what, name in (("errors", "HTTPCode_Target_5XX_Count"), ("all", "RequestCount"))
    }
    errors, requests = "(FILL(aerrors, 0) + FILL(berrors, 0))", "(FILL(aall, 0) + FILL(ball, 0))"
    share = f"IF({requests} >= {_FEWEST_REQUESTS}, 100 * {errors} / {requests}, 0)"
    about = "share of answers with 5xx"
    return _alarm(blueprint, about, Computed(share, figures, "per cent"), ERRORS_PERCENT, 60, 2)


def _unhealthy(blueprint: Blueprint) -> Json:
    figures = {
        letter: of_group(blueprint, group, "UnHealthyHostCount", "Minimum")
        for letter, group in zip("ab", GROUPS, strict=True)
    }
    computed = Computed("FILL(a, 0) + FILL(b, 0)", figures, "unhealthy tasks")
    return _alarm(blueprint, "tasks that fail their health check", computed, 0, 60, 3)


def _late(blueprint: Blueprint, queue: Any) -> Json:
    oldest = Figure("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue}, "Maximum")
    seconds = _LATE * max(60, blueprint.configuration.integer(DAEMON, "VisibilityTimeout"))
    return _alarm(blueprint, "seconds that the oldest message waits", oldest, seconds, 300, 1)


def _alarm(
    blueprint: Blueprint, about: str, figure: Figure | Computed, threshold: float, period_s: int, periods: int
) -> Json:
    """On above the threshold. Without data nothing is wrong."""
    if isinstance(figure, Computed):
        measured: Json = {"Metrics": figure.queries(period_s)}
    else:
        measured = {**figure.metric(), "Statistic": figure.statistic, "Period": period_s}
    told = topic(blueprint)
    return resource(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmDescription": f"{blueprint.environment}: {about}",
            **measured,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": threshold,
            "EvaluationPeriods": periods,
            "TreatMissingData": "notBreaching",
            "AlarmActions": None if told is None else [told],
            "OKActions": None if told is None else [told],
        },
    )
