"""Every policy in ECS's words, for every number of tasks that per cents can say."""

import math

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.model import OnFailure, Policy, Rollout
from beanstalk.rollout.policies import batch_of
from beanstalk.targets.aws.strategy import Kind, Strategy, check_bake_times, deployment_configuration, strategy


def rollout(policy, n=4, batch=1, **more):
    return Rollout(policy, n, n, batch, timeout_s=600.0, **more)


def percents(policy, n, batch):
    found = strategy(rollout(policy, n, batch), True, 1)
    return found.minimum_percent, found.maximum_percent


def test_for_up_to_100_tasks_a_rolling_batch_is_exact():
    for n in range(1, 101):
        for batch in range(1, n + 1):
            least, most = percents(Policy.ROLLING, n, batch)
            assert (math.ceil(n * least / 100), n * most // 100) == (n - batch, n)


def test_for_up_to_100_tasks_an_additional_batch_is_exact():
    for n in range(1, 101):
        for batch in range(1, n + 1):
            least, most = percents(Policy.ADDITIONAL_BATCH, n, batch)
            assert (math.ceil(n * least / 100), n * most // 100) == (n, n + batch)


@pytest.mark.parametrize("n", [101, 150, 333, 1000, 4999])
def test_for_more_than_100_tasks_it_is_off_by_at_most_a_hundredth_and_says_so(n):
    for batch in {1, 2, n // 3, n // 2, n - 1, n}:
        found = strategy(rollout(Policy.ROLLING, n, batch), True, 1)
        leaving = n - math.ceil(n * found.minimum_percent / 100)
        assert abs(leaving - batch) <= math.ceil(n / 100)
        assert (leaving == batch) or any("whole per cents" in each for each in found.why)


def test_for_more_than_100_tasks_rather_fewer_leave_than_asked_unless_none_would():
    assert percents(Policy.ROLLING, 150, 100) == (34, 100)
    assert percents(Policy.ROLLING, 101, 1) == (99, 100)


@pytest.mark.parametrize(
    ("n", "one", "thirty", "fifty", "one_more", "thirty_more"),
    [
        (1, (0, 100), (0, 100), (0, 100), (100, 200), (100, 200)),
        (2, (50, 100), (50, 100), (50, 100), (100, 150), (100, 150)),
        (3, (66, 100), (66, 100), (33, 100), (100, 134), (100, 134)),
        (4, (75, 100), (50, 100), (50, 100), (100, 125), (100, 150)),
        (7, (85, 100), (57, 100), (42, 100), (100, 115), (100, 143)),
        (10, (90, 100), (70, 100), (50, 100), (100, 110), (100, 130)),
    ],
)
def test_the_figures_of_small_fleets(n, one, thirty, fifty, one_more, thirty_more):
    batches = (1, batch_of(n, 30, True), batch_of(n, 50, True))
    assert tuple(percents(Policy.ROLLING, n, batch) for batch in batches) == (one, thirty, fifty)
    assert tuple(percents(Policy.ADDITIONAL_BATCH, n, batch) for batch in batches[:2]) == (one_more, thirty_more)


def test_rolling_with_one_task_is_told_to_be_an_outage():
    assert "outage" in " ".join(strategy(rollout(Policy.ROLLING, 1), True, 1).why)
    assert "outage" not in " ".join(strategy(rollout(Policy.ROLLING, 2), True, 1).why)
    assert "outage" in " ".join(strategy(rollout(Policy.ROLLING, 2, 2), True, 1).why)


def test_immutable_is_blue_green_without_a_bake_time():
    found = strategy(rollout(Policy.IMMUTABLE), True, 1)
    assert (found.kind, found.minimum_percent, found.maximum_percent) == (Kind.BLUE_GREEN, 100, 200)
    assert deployment_configuration(found)["BakeTimeInMinutes"] == 0


def test_traffic_splitting_is_a_canary_that_bakes_only_before_the_shift():
    found = strategy(rollout(Policy.TRAFFIC_SPLITTING, new_percent=15, evaluate_s=600), True, 1)
    configuration = deployment_configuration(found)
    assert configuration["Strategy"] == "CANARY"
    assert configuration["CanaryConfiguration"] == {"CanaryPercent": 15, "CanaryBakeTimeInMinutes": 10}
    assert configuration["BakeTimeInMinutes"] == 0


def test_a_share_of_all_requests_is_blue_green_that_bakes_for_the_evaluation_time():
    found = strategy(rollout(Policy.TRAFFIC_SPLITTING, new_percent=100, evaluate_s=300), True, 1)
    assert (found.kind, found.bake_minutes, found.canary_percent) == (Kind.BLUE_GREEN, 5, None)


@pytest.mark.parametrize("policy", [Policy.IMMUTABLE, Policy.TRAFFIC_SPLITTING])
@pytest.mark.parametrize(("balanced", "listeners"), [(False, 0), (True, 0), (True, 2)])
def test_without_exactly_one_forwarding_listener_it_is_a_rolling_update_with_a_note(policy, balanced, listeners):
    found = strategy(rollout(policy), balanced, listeners)
    assert (found.kind, found.minimum_percent, found.maximum_percent) == (Kind.ROLLING, 100, 200)
    assert policy.value in found.why[0] and "rolling update" in found.why[0]


@pytest.mark.parametrize("policy", [Policy.IMMUTABLE, Policy.TRAFFIC_SPLITTING])
def test_behind_a_network_load_balancer_it_is_a_rolling_update_with_a_note(policy):
    found = strategy(rollout(policy), True, 1, network=True)
    assert (found.kind, found.minimum_percent, found.maximum_percent) == (Kind.ROLLING, 100, 200)
    assert policy.value in found.why[0] and "Network Load Balancer" in found.why[0]


def test_seconds_are_rounded_up_to_minutes_with_a_note():
    found = strategy(rollout(Policy.TRAFFIC_SPLITTING, evaluate_s=61), True, 1)
    assert found.canary_bake_minutes == 2
    assert "61 s of evaluation become 2 min" in found.why[0]


def test_an_evaluation_longer_than_ecs_waits_is_refused():
    with pytest.raises(InvalidInput, match="1500 minutes"):
        strategy(rollout(Policy.TRAFFIC_SPLITTING, evaluate_s=1500 * 60), True, 1)


def test_all_bake_times_together_are_at_most_33_hours():
    longest = Strategy(Kind.CANARY, 100, 200, bake_minutes=1440, canary_percent=5, canary_bake_minutes=540)
    assert check_bake_times(longest) == []
    longer = Strategy(Kind.CANARY, 100, 200, bake_minutes=1440, canary_percent=5, canary_bake_minutes=541)
    assert "33 hours" in check_bake_times(longer)[0].text


def test_ignoring_health_turns_breaker_and_alarms_off_in_so_many_words():
    found = deployment_configuration(strategy(rollout(Policy.ROLLING, ignore_health=True), True, 1), ["Slow"])
    assert found["DeploymentCircuitBreaker"] == {"Enable": False, "Rollback": False}
    assert found["Alarms"] == {"Enable": False, "Rollback": False, "AlarmNames": []}


def test_breaker_and_alarms_go_back_unless_the_deployment_shall_stop():
    back = deployment_configuration(strategy(rollout(Policy.ROLLING), True, 1), ["Slow"])
    assert back["Alarms"] == {"Enable": True, "Rollback": True, "AlarmNames": ["Slow"]}
    stop = deployment_configuration(strategy(rollout(Policy.ROLLING, on_failure=OnFailure.STOP), True, 1), ["Slow"])
    assert stop["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": False}
    assert stop["Alarms"]["Rollback"] is False


def test_zones_are_rebalanced_only_where_more_tasks_than_wanted_may_run():
    assert not strategy(rollout(Policy.ROLLING), True, 1).rebalances_zones
    assert strategy(rollout(Policy.ADDITIONAL_BATCH), True, 1).rebalances_zones


def test_a_service_of_no_tasks_gets_figures_that_work_when_it_grows():
    assert percents(Policy.ADDITIONAL_BATCH, 0, 1) == (100, 200)
