"""How many tasks there are: triggers, targets, set times."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.blueprint import Tier
from beanstalk.targets.aws.template.scaling import build, contribute
from beanstalk.targets.aws.template.timed_scaling import scheduled_actions
from beanstalk.targets.aws.template.trigger import read_trigger
from tests.targets.aws.template.parts import blueprint

TRIGGER = "aws:autoscaling:trigger:"
SIZE = "aws:autoscaling:asg:"
OURS = "beanstalk:aws:"
WEB_ONLY = {"RequestCount", "Latency", "HealthyHostCount", "UnhealthyHostCount"}


def policies(folder: Path, *options: str, tier: Tier = Tier.WEB_SERVER) -> set[str]:
    return {name for name in build(blueprint(folder, *options, tier=tier)) if name.startswith("ScalingPolicy")}


@pytest.mark.parametrize(
    "options, wanted",
    [
        ((), {"ScalingPolicyCpu"}),
        ((f"{SIZE}MinSize=4",), set()),
        ((f"{TRIGGER}MeasureName=CPUUtilization",), {"ScalingPolicyUp", "ScalingPolicyDown"}),
        ((f"{TRIGGER}MeasureName=DiskReadOps",), {"ScalingPolicyCpu"}),
        ((f"{OURS}ScalingTargetMemory=50",), {"ScalingPolicyMemory"}),
        (
            (f"{TRIGGER}MeasureName=CPUUtilization", f"{OURS}ScalingTargetRequests=9"),
            {"ScalingPolicyUp", "ScalingPolicyDown", "ScalingPolicyRequests"},
        ),
        (("aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance",), set()),
    ],
)
def test_what_makes_an_environment_grow(tmp_path: Path, options: tuple[str, ...], wanted: set[str]) -> None:
    assert policies(tmp_path, *options) == wanted


def test_a_worker_follows_its_queue_and_nothing_is_divided_by_no_task(tmp_path: Path) -> None:
    asked = blueprint(tmp_path, f"{OURS}ScalingTargetBacklog=50", tier=Tier.WORKER)
    policy = build(asked)["ScalingPolicyBacklog"]["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    result = policy["CustomizedMetricSpecification"]["Metrics"][0]
    assert result["Expression"].startswith("IF(FILL(tasks, 0) > 0, ")
    assert contribute(asked).container_insights


@pytest.mark.parametrize("name", sorted(WEB_ONLY))
def test_what_only_a_load_balancer_measures_is_told_to_a_worker(tmp_path: Path, name: str) -> None:
    worker = blueprint(tmp_path, f"{TRIGGER}MeasureName={name}", tier=Tier.WORKER)
    assert read_trigger(worker).figure is None
    assert name in contribute(worker).warnings[0].text


@pytest.mark.parametrize("name", sorted(WEB_ONLY - {"Latency"}))
def test_figures_of_the_load_balancer_count_both_target_groups(tmp_path: Path, name: str) -> None:
    found = str(build(blueprint(tmp_path, f"{TRIGGER}MeasureName={name}"))["ScalingAlarmHigh"])
    assert "'TargetGroup', 'TargetGroupFullName'" in found and "'AlternateTargetGroup', 'TargetGroupFullName'" in found


@pytest.mark.parametrize(
    "unit, upper", [("Bytes", 20_000), ("Bytes/Second", 6_000_000), ("Bits", 2_500), ("Bits/Second", 750_000)]
)
def test_bytes_of_a_period_become_bytes_a_second(tmp_path: Path, unit: str, upper: float) -> None:
    trigger = read_trigger(blueprint(tmp_path, f"{TRIGGER}MeasureName=NetworkIn", f"{TRIGGER}Unit={unit}"))
    assert trigger.upper == pytest.approx(upper)
    assert trigger.needs_insights


@pytest.mark.parametrize(
    "options, periods",
    [((), (300, 1)), (("Period=1", "EvaluationPeriods=3"), (60, 3)), (("Period=2", "BreachDuration=7"), (120, 4))],
)
def test_periods(tmp_path: Path, options: tuple[str, ...], periods: tuple[int, int]) -> None:
    trigger = read_trigger(blueprint(tmp_path, *(TRIGGER + each for each in options)))
    assert (trigger.period_s, trigger.periods) == periods


def test_an_alarm_cannot_look_back_for_ever(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="than the 24 hours"):
        read_trigger(blueprint(tmp_path, f"{TRIGGER}Period=10", f"{TRIGGER}EvaluationPeriods=600"))


def test_requests_are_summed_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    assert read_trigger(blueprint(tmp_path, f"{TRIGGER}MeasureName=RequestCount")).statistic == "Sum"
    said = blueprint(tmp_path, f"{TRIGGER}MeasureName=RequestCount", f"{TRIGGER}Statistic=Maximum")
    assert read_trigger(said).statistic == "Maximum"


def timed(folder: Path, text: str) -> list[dict[str, object]]:
    files = {".ebextensions/a.config": f"option_settings:\n  Night.aws:autoscaling:scheduledaction: {{{text}}}\n"}
    return scheduled_actions(blueprint(folder, files=files))


def test_an_action_that_recurs_and_one_that_happens_once(tmp_path: Path) -> None:
    assert timed(tmp_path, "MinSize: 1, MaxSize: 2, Recurrence: 0 20 * * *, EndTime: '2027-01-01T00:00:00Z'") == [
        {"ScheduledActionName": "Night", "Timezone": "UTC",
         "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2}, "Schedule": "cron(0 20 * * ? *)",
         "EndTime": "2027-01-01T00:00:00Z"}
    ]  # fmt: skip
    once = timed(tmp_path, "DesiredCapacity: 3, StartTime: '2027-01-31T07:00:00Z'")[0]
    assert (once["Schedule"], once["ScalableTargetAction"]) == ("at(2027-01-31T07:00:00)", {"MinCapacity": 3})


def test_an_action_may_rest(tmp_path: Path) -> None:
    assert timed(tmp_path, "MinSize: 1, Recurrence: 0 20 * * *, Suspend: true") == []


@pytest.mark.parametrize(
    "text, told",
    [
        ("MinSize: 1", "has no time"),
        ("Recurrence: 0 20 * * *", "sets no size"),
        ("MinSize: 1, Recurrence: 0 20 1 * MON", "day of the month and weekday"),
        ("MinSize: 1, Recurrence: 0 25 * * *", "hour"),
    ],
)
def test_an_action_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        timed(tmp_path, text)
    assert str(caught.value.at).startswith(".ebextensions/a.config:2")
