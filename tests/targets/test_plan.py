"""The plan: what is printed before anything happens."""

import pytest

from beanstalk.model import Await, Group, Hold, OnFailure, Policy, Rollout, Route, Scale
from beanstalk.targets.plan import make_plan

OLD, NEW = Group.OLD, Group.NEW


def plan(policy, n=4, batch=1, **more):
    start_s = more.pop("start_s", None)
    return make_plan(Rollout(policy, n, n, batch, timeout_s=60.0, evaluate_s=5.0, **more), start_s=start_s, stop_s=0.5)


BACK = {
    Policy.ALL_AT_ONCE: [Scale(NEW, 0), Scale(OLD, 4), Await(OLD, 4)],
    Policy.ROLLING: [
        Scale(OLD, 1), Await(OLD, 1), Scale(NEW, 2), Await(NEW, 2), Scale(OLD, 2), Await(OLD, 2),
        Scale(NEW, 1), Await(NEW, 1), Scale(OLD, 3), Await(OLD, 3), Scale(NEW, 0), Await(NEW, 0),
        Scale(OLD, 4), Await(OLD, 4),
    ],
    Policy.IMMUTABLE: [Scale(NEW, 1), Scale(NEW, 0), Await(NEW, 0)],
    Policy.TRAFFIC_SPLITTING: [Route(0), Scale(NEW, 0), Await(NEW, 0)],
}  # fmt: skip


@pytest.mark.parametrize("policy", BACK)
def test_the_way_back_is_that_of_a_failure_at_the_last_moment(policy):
    assert list(plan(policy).way_back) == BACK[policy]


def test_a_deployment_that_would_stop_has_no_way_back():
    assert plan(Policy.ROLLING, on_failure=OnFailure.STOP).way_back == ()


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        (Policy.ALL_AT_ONCE, 0.5 + 2.0),
        (Policy.ROLLING, 4 * (0.5 + 2.0)),
        (Policy.ADDITIONAL_BATCH, 4 * 2.0 + 0.5),
        (Policy.IMMUTABLE, 2 * 2.0 + 0.5),
        (Policy.TRAFFIC_SPLITTING, 2.0 + 5.0 + 0.5),
    ],
)
def test_the_estimate_is_the_lower_bound_for_what_a_start_takes(policy, seconds):
    assert plan(policy, start_s=2.0).seconds == pytest.approx(seconds)


def test_nothing_is_estimated_when_nobody_knows_what_a_start_takes():
    assert plan(Policy.ROLLING).seconds is None


def test_traffic_is_held_for_the_evaluation_time():
    assert Hold(5.0) in plan(Policy.TRAFFIC_SPLITTING).steps


def test_a_resize_only_scales():
    assert list(make_plan(Rollout(Policy.RESIZE, 6, 2, 1, 60.0)).steps) == [Scale(NEW, 6), Await(NEW, 6)]
