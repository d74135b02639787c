"""How many tasks there are: between MinSize and MaxSize, by load and by time.

`aws:autoscaling:trigger` becomes two alarms and two step policies, as Elastic Beanstalk has them; `ScalingTarget…` of
`beanstalk:aws` become target tracking. Where neither was set the processor use is kept at 70 per cent: Elastic
Beanstalk's default, the bytes that an instance sends, says little about a task.
Source: EB Developer Guide, "Auto Scaling group"; Application Auto Scaling User Guide.
"""

from __future__ import annotations

from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources, Tier
from beanstalk.targets.aws.template.capacity import cluster_name
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.listeners import is_network
from beanstalk.targets.aws.template.metrics import Computed, Figure, of_both_groups, of_insights
from beanstalk.targets.aws.template.pieces import ref, resource
from beanstalk.targets.aws.template.said import OURS, place
from beanstalk.targets.aws.template.timed_scaling import scheduled_actions
from beanstalk.targets.aws.template.timed_scaling import warnings as told_of_times
from beanstalk.targets.aws.template.trigger import GROUP, Trigger, has_trigger, read_trigger
from beanstalk.targets.aws.template.worker import queue_name

DEFAULT_CPU = 70
"""Per cent."""
_OUT_S = 60
"""Rest before tasks are added again; there is more of it before some are taken away (`Cooldown`)."""
_PREDEFINED = {"ScalingTargetCpu": "ECSServiceAverageCPUUtilization",
               "ScalingTargetMemory": "ECSServiceAverageMemoryUtilization"}  # fmt: skip


def scales(blueprint: Blueprint) -> bool:
    """A single instance stays one."""
    return blueprint.is_balanced or blueprint.tier is Tier.WORKER


def build(blueprint: Blueprint) -> Resources:
    """Raises InvalidInput for scheduled actions and triggers that cannot be said on AWS."""
    if not scales(blueprint):
        return {}
    least, most = (blueprint.configuration.integer(GROUP, name) for name in ("MinSize", "MaxSize"))
    timed = scheduled_actions(blueprint)
    found: Resources = {"ScalableTarget": _target(blueprint, least, most, timed)}
    if least < most or timed:
        trigger = read_trigger(blueprint) if has_trigger(blueprint) else None
        if trigger is not None and trigger.figure is not None:
            found |= _steps(blueprint, trigger)
        tracked = _tracked(blueprint)
        found |= tracked
        if len(found) == 1:
            found["ScalingPolicyCpu"] = _predefined(blueprint, "ScalingTargetCpu", DEFAULT_CPU)
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    if not scales(blueprint):
        return Contribution()
    trigger = read_trigger(blueprint) if has_trigger(blueprint) else None
    insights = bool(trigger and trigger.needs_insights) or "ScalingPolicyBacklog" in _tracked(blueprint)
    warnings = [*(trigger.warnings if trigger else ()), *told_of_times(blueprint), *_without_effect(blueprint)]
    return Contribution(container_insights=insights, warnings=warnings)


def _target(blueprint: Blueprint, least: int, most: int, timed: list[Json]) -> Json:
    name = {"Fn::Sub": ["service/${Cluster}/${Service.Name}", {"Cluster": cluster_name(blueprint)}]}
    plain = {"Fn::Sub": "service/${Cluster}/${Service.Name}"}
    return resource(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": plain if cluster_name(blueprint) == ref("Cluster") else name,
            "MinCapacity": least,
            "MaxCapacity": most,
            "ScheduledActions": timed or None,
        },
    )


def _policy(name: str, kind: str, **configuration: Json) -> Json:
    """name: of the policy, which has to have one."""
    return resource(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {"PolicyName": name, "PolicyType": kind, "ScalingTargetId": ref("ScalableTarget"), **configuration},
    )


def _steps(blueprint: Blueprint, trigger: Trigger) -> Resources:
    assert trigger.figure is not None
    return {
        "ScalingPolicyUp": _step(blueprint, "up", trigger, "MetricIntervalLowerBound", trigger.up),
        "ScalingPolicyDown": _step(blueprint, "down", trigger, "MetricIntervalUpperBound", trigger.down),
        "ScalingAlarmHigh": _alarm(blueprint, trigger, "ScalingPolicyUp", "GreaterThanThreshold", trigger.upper),
        "ScalingAlarmLow": _alarm(blueprint, trigger, "ScalingPolicyDown", "LessThanThreshold", trigger.lower),
    }


def _step(blueprint: Blueprint, name: str, trigger: Trigger, bound: str, tasks: int) -> Json:
    together = trigger.statistic if trigger.statistic in ("Minimum", "Maximum") else "Average"
    return _policy(
        name,
        "StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": blueprint.configuration.integer(GROUP, "Cooldown"),
            "MetricAggregationType": together,
            "StepAdjustments": [{bound: 0, "ScalingAdjustment": tasks}],
        },
    )


def _alarm(blueprint: Blueprint, trigger: Trigger, policy: str, comparison: str, threshold: float) -> Json:
    figure = trigger.figure
    measured: Json = {}
    if isinstance(figure, Figure):
        measured = {**figure.metric(), "Statistic": figure.statistic, "Period": trigger.period_s}
    elif isinstance(figure, Computed):
        measured = {"Metrics": figure.queries(trigger.period_s)}
    return resource(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmDescription": f"{trigger.name} of {blueprint.environment}, for its number of tasks",
            **measured,
            "ComparisonOperator": comparison,
            "Threshold": threshold,
            "EvaluationPeriods": trigger.periods,
            "TreatMissingData": "missing",
            "AlarmActions": [ref(policy)],
        },
    )


def _tracked(blueprint: Blueprint) -> Resources:
    """Policies that keep a figure at a value."""
    found: Resources = {}

    def asked(name: str) -> int | None:
        text = blueprint.configuration.text(OURS, name)
        return int(text) if text else None

    for name in _PREDEFINED:
        if (value := asked(name)) is not None:
            found[name.replace("ScalingTarget", "ScalingPolicy")] = _predefined(blueprint, name, value)
    if (value := asked("ScalingTargetRequests")) is not None and _has_requests(blueprint):
        label = "requests a minute of a task"
        requests = of_both_groups(blueprint, "RequestCountPerTarget", "Sum", label)
        found["ScalingPolicyRequests"] = _customized(blueprint, "requests", requests, value)
    if (value := asked("ScalingTargetBacklog")) is not None and (queue := queue_name(blueprint)) is not None:
        found["ScalingPolicyBacklog"] = _customized(blueprint, "backlog", _backlog(blueprint, queue), value)
    return found


def _has_requests(blueprint: Blueprint) -> bool:
    return blueprint.is_balanced and not is_network(blueprint)


def _backlog(blueprint: Blueprint, queue: Any) -> Computed:
    """Waiting messages for each running task; with no task all of them, so that one is started."""
    figures = {
        "waiting": Figure("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue}, "Average"),
        "tasks": of_insights(blueprint, "RunningTaskCount"),
    }
    return Computed("IF(FILL(tasks, 0) > 0, waiting / tasks, waiting)", figures, "waiting messages for each task")


def _predefined(blueprint: Blueprint, name: str, value: int) -> Json:
    tracked = {"PredefinedMetricSpecification": {"PredefinedMetricType": _PREDEFINED[name]}}
    return _tracking(blueprint, name.removeprefix("ScalingTarget").lower(), tracked, value)


def _customized(blueprint: Blueprint, name: str, figure: Computed, value: int) -> Json:
    return _tracking(blueprint, name, {"CustomizedMetricSpecification": {"Metrics": figure.queries(None)}}, value)


def _tracking(blueprint: Blueprint, name: str, tracked: Json, value: int) -> Json:
    rest = {"ScaleOutCooldown": _OUT_S, "ScaleInCooldown": blueprint.configuration.integer(GROUP, "Cooldown")}
    return _policy(
        name,
        "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={**tracked, "TargetValue": value, **rest},
    )


def _without_effect(blueprint: Blueprint) -> list[Problem]:
    found = []
    if blueprint.configuration.text(OURS, "ScalingTargetRequests") and not _has_requests(blueprint):
        text = "ScalingTargetRequests has no effect: only an application load balancer counts requests"
        found.append(Problem(text, place(blueprint, OURS, "ScalingTargetRequests"), "set ScalingTargetCpu"))
    if blueprint.configuration.text(OURS, "ScalingTargetBacklog") and queue_name(blueprint) is None:
        text = "ScalingTargetBacklog has no effect: the name of the queue is not known"
        found.append(Problem(text, place(blueprint, OURS, "ScalingTargetBacklog"), "give WorkerQueueURL as text"))
    return found
