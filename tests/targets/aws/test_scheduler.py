"""ECS's bounds keep what the local plan promises."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.model import Policy, Rollout
from beanstalk.rollout.policies import promises
from beanstalk.targets.aws.scheduler import course, rolling_course
from beanstalk.targets.aws.strategy import strategy
from beanstalk.targets.plan import make_plan

REPLACING = [policy for policy in Policy if policy is not Policy.RESIZE]


def rollout(policy, n, batch):
    return Rollout(policy, n, n, batch, timeout_s=600.0)


@pytest.mark.parametrize(
    ("n", "minimum", "maximum", "counts"),
    [
        (4, 50, 100, (4, 2, 4, 2, 4)),
        (4, 100, 150, (4, 6, 4, 6, 4)),
        (4, 0, 100, (4, 0, 4)),
        (4, 100, 200, (4, 8, 4)),
        (5, 60, 100, (5, 3, 5, 3, 5, 4, 5)),
        (1, 100, 200, (1, 2, 1)),
    ],
)
def test_known_courses(n, minimum, maximum, counts):
    assert rolling_course(n, minimum, maximum).counts == counts


@pytest.mark.parametrize(
    ("n", "minimum", "maximum"), [(4, 100, 100), (1, 50, 100), (4, 75, 75), (4, 60, 50), (1, 100, 150)]
)
def test_bounds_that_leave_no_move_are_found(n, minimum, maximum):
    assert not rolling_course(n, minimum, maximum).finished


@pytest.mark.parametrize("policy", REPLACING)
def test_the_least_in_service_and_the_most_running_are_those_of_the_local_plan(policy):
    """For every n <= 100 and every batch; above 100 tasks see the next test."""
    for n in range(1, 101):
        for batch in range(1, n + 1):
            asked = rollout(policy, n, batch)
            found = course(strategy(asked, True, 1), n)
            assert found.finished
            assert (found.least_in_service, found.most_running) == promises(asked), (n, batch)


@given(st.sampled_from(REPLACING), st.integers(101, 5000), st.data())
def test_above_100_tasks_the_bounds_miss_by_at_most_a_hundredth(policy, n, data):
    asked = rollout(policy, n, data.draw(st.integers(1, n)))
    found, (least, most) = course(strategy(asked, True, 1), n), promises(asked)
    assert found.finished
    assert abs(found.least_in_service - least) <= math.ceil(n / 100)
    assert 0 <= found.most_running - most <= math.ceil(n / 100)


@given(st.sampled_from(REPLACING), st.integers(1, 40), st.data())
def test_the_walk_of_the_local_target_and_that_of_ecs_meet_the_same_extremes(policy, n, data):
    """Of the plan as it is walked, not of its promises."""
    asked = rollout(policy, n, data.draw(st.integers(1, n)))
    plan, found = make_plan(asked), course(strategy(asked, True, 1), n)
    assert (plan.least_serving, plan.most_running) == (found.least_in_service, found.most_running)


@pytest.mark.parametrize("policy", [Policy.IMMUTABLE, Policy.TRAFFIC_SPLITTING])
def test_the_fallback_of_the_policies_that_move_traffic_keeps_their_capacity(policy):
    for n in range(1, 101):
        asked = rollout(policy, n, 1)
        found = course(strategy(asked, False, 0), n)
        assert (found.least_in_service, found.most_running) == promises(asked)
