"""Deployments carried out: what is told, what is promised while they go on, and what nothing can spoil."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beanstalk.model import OnFailure, Outcome, Phase, Policy, Rollout
from beanstalk.records import Health, Kind, State, Status
from beanstalk.rollout.policies import promises
from beanstalk.rollout.record import rollout_json, rollout_of

REPLACING = [policy for policy in Policy if policy is not Policy.RESIZE]


def walk(scene, operation, each_turn=lambda: None):
    """Turn until the operation ended; the least and most (members of the balancer, running instances) meanwhile."""
    members, running = [], []
    while scene.store.operations.get(operation).ended is None:
        scene.turn()
        each_turn()
        members.append(len(scene.members()))
        running.append(len(scene.running()))
        assert len(members) < 2000, scene.events()[-5:]
    return min(members), max(running)


@pytest.mark.parametrize("policy", REPLACING)
@pytest.mark.parametrize("bad", [False, True])
def test_every_policy_keeps_its_promise_on_the_way_and_ends_where_it_should(scene, policy, bad):
    scene.machine.bad = {"v2"} if bad else set()
    operation = scene.deploy("v2", policy)
    least, most = promises(Rollout(policy, 3, 3, 1, 60.0))
    served, ran = walk(scene, operation)
    assert served >= least
    assert ran <= most
    assert scene.outcome(operation) is (Outcome.ROLLED_BACK if bad else Outcome.SUCCEEDED)
    assert scene.versions() == ["v1" if bad else "v2"] * 3


def test_the_messages_that_clients_know_are_the_last_ones(scene):
    walk(scene, scene.deploy("v2", Policy.ROLLING))
    assert without_health(scene)[-2:] == [
        "New application version was deployed to running instances.",
        "Environment update completed successfully.",
    ]
    scene.machine.bad = {"v3"}
    walk(scene, scene.deploy("v3", Policy.ROLLING))
    assert without_health(scene)[-2:] == ["The environment is as it was before.", "Failed to deploy application."]
    assert len(scene.events("its last lines: it said this. The deployment is going back")) == 1


def without_health(scene):
    return [event for event in scene.events() if "Environment health" not in event]


def deployment(scene):
    return scene.store.deployments.where("1 ORDER BY id DESC")[0]


def share_of_v2(scene):
    new = {each.port for each in scene.instances() if each.deployment_id == deployment(scene).id}
    members = scene.members()
    return 100 * sum(weight for port, weight in members.items() if port in new) / sum(members.values())


def test_traffic_is_split_for_the_evaluation_and_then_given_over(scene):
    shares = []
    operation = scene.deploy("v2", Policy.TRAFFIC_SPLITTING, new_percent=15)
    walk(scene, operation, lambda: shares.append(share_of_v2(scene)))
    told = list(dict.fromkeys(round(share) for share in shares))
    assert told == [0, 15, 100]
    assert round(shares.count(15.0) * 0.15) >= 3


def test_while_traffic_is_split_the_old_group_is_kept_whole(scene):
    scene.deploy("v2", Policy.TRAFFIC_SPLITTING, new_percent=10, evaluate_s=30.0)
    scene.turn_until(lambda: deployment(scene).phase is Phase.EVALUATE)
    scene.kill(next(each for each in scene.serving() if each.deployment_id == 1))
    scene.turn_until(lambda: scene.versions().count("v1") == 3 and len(scene.serving()) == 6)
    assert deployment(scene).phase is Phase.EVALUATE
    assert abs(share_of_v2(scene) - 10) <= 1


def test_when_the_evaluation_fails_all_traffic_goes_back_before_the_new_ones_leave(scene):
    operation = scene.deploy("v2", Policy.TRAFFIC_SPLITTING, evaluate_s=30.0)
    scene.turn_until(lambda: deployment(scene).phase is Phase.EVALUATE)
    scene.machine.sick = {next(each.id for each in scene.serving() if each.deployment_id != 1)}
    scene.turn_until(lambda: deployment(scene).phase is Phase.BACK)
    served, _ = walk(scene, operation, lambda: share_of_v2(scene) == 0 or pytest.fail("v2 still gets requests"))
    assert (served, scene.outcome(operation)) == (3, Outcome.ROLLED_BACK)
    assert scene.versions() == ["v1"] * 3


def test_while_the_balancer_is_in_trouble_nobody_leaves_and_then_it_goes_on(scene):
    operation = scene.deploy("v2", Policy.ROLLING)
    scene.turn_until(lambda: scene.versions().count("v2") == 1)
    scene.machine.trouble = "it does not answer"
    scene.turn()
    alive = {each.instance_id for each in scene.machine.living()}
    pools = scene.machine.pools
    scene.turn(60)
    assert {each.instance_id for each in scene.machine.living()} >= alive
    assert scene.machine.pools == pools
    assert len(scene.events("Load balancer: it does not answer")) == 1
    scene.machine.trouble = ""
    walk(scene, operation)
    assert (scene.outcome(operation), scene.versions()) == (Outcome.SUCCEEDED, ["v2"] * 3)


def test_who_was_told_to_leave_while_the_balancer_was_silent_still_finishes_its_requests(scene):
    scene.machine.busy = {f"127.0.0.1:{each.port}" for each in scene.instances()}
    scene.machine.trouble = "it does not answer"
    scene.turn()
    scene.terminate()
    scene.turn(120)
    assert scene.states() == ["Draining"] * 3
    scene.machine.trouble = ""
    scene.turn(5)
    assert scene.states() == ["Draining"] * 3
    scene.turn(30)
    assert scene.instances() == []


def test_a_success_is_told_only_after_the_balancer_has_it(scene):
    operation = scene.deploy("v2", Policy.IMMUTABLE)
    scene.turn_until(lambda: deployment(scene).phase is Phase.COMMIT)
    scene.machine.trouble = "it does not answer"
    scene.turn(60)
    assert scene.outcome(operation) is None
    scene.machine.trouble = ""
    walk(scene, operation)
    assert set(scene.members()) == {each.port for each in scene.serving()}


@pytest.mark.parametrize("policy", REPLACING)
@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_is_set_on_the_way_changes_nothing(scene, policy, jump):
    operation = scene.deploy("v2", policy)
    scene.turn_until(lambda: scene.instances(State.PENDING))
    scene.set_clock(jump)
    walk(scene, operation)
    assert (scene.outcome(operation), scene.versions()) == (Outcome.SUCCEEDED, ["v2"] * 3)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_failure_after_the_clock_was_set_is_seen(scene, jump):
    scene.machine.bad = {"v2"}
    operation = scene.deploy("v2", Policy.IMMUTABLE)
    scene.set_clock(jump)
    walk(scene, operation)
    assert (scene.outcome(operation), scene.versions()) == (Outcome.ROLLED_BACK, ["v1"] * 3)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_is_set_while_nobody_watches_does_not_lose_the_old_version(scene, jump):
    operation = scene.deploy("v2", Policy.IMMUTABLE)
    scene.turn_until(lambda: scene.instances(State.PENDING))
    scene.set_clock(jump)
    scene.another_agent()
    served, _ = walk(scene, operation)
    assert served == 3
    assert len(set(scene.versions())) == 1


def test_on_failure_stop_leaves_it_as_it_is(scene):
    scene.machine.bad = {"v2"}
    operation = scene.deploy("v2", Policy.ROLLING, on_failure=OnFailure.STOP)
    walk(scene, operation)
    assert scene.outcome(operation) is Outcome.FAILED
    assert scene.shop.status is Status.READY
    assert scene.shop.version_label == "v1"


def test_a_first_deployment_that_fails_and_stops_leaves_an_environment_to_look_at(scene):
    from tests.agent.memory_world import add_environment

    scene.machine.bad = {"v9"}
    add_environment(scene.store, "blog", 1, scene.machine.now)
    options = {"kind": Kind.CREATE, "name": "blog", "old": 0, "size": 1, "on_failure": OnFailure.STOP}
    operation = scene.deploy("v9", Policy.ALL_AT_ONCE, **options)
    scene.turn(30)
    blog = scene.store.environments.get("e-blog")
    assert scene.outcome(operation) is Outcome.FAILED
    assert (blog.status, blog.version_label, blog.health) == (Status.READY, "v9", Health.SEVERE)


@pytest.mark.parametrize("policy", REPLACING)
def test_abort_brings_the_old_version_back(scene, policy):
    operation = scene.deploy("v2", policy)
    scene.turn_until(lambda: "v2" in scene.versions())
    scene.store.operations.change(operation, abort=1)
    walk(scene, operation)
    assert (scene.outcome(operation), scene.versions()) == (Outcome.ABORTED, ["v1"] * 3)


def test_an_old_version_that_does_not_come_up_again_ends_the_way_back(scene):
    scene.machine.bad = {"v1", "v2"}
    operation = scene.deploy("v2", Policy.ALL_AT_ONCE)
    walk(scene, operation)
    assert scene.outcome(operation) is Outcome.FAILED
    assert "going back failed too" in scene.store.operations.get(operation).cause


def test_other_checks_hold_for_running_instances_once_the_change_succeeded(scene):
    scene.deploy("v1", Policy.RESIZE)
    scene.store.deployments.change(
        deployment(scene).id, workload_json=deployment(scene).workload_json.replace("20.0", "1.0")
    )
    scene.rest()
    assert scene.agent._instances.workload(1).drain_s == 1.0


@pytest.mark.parametrize("policy", list(Policy))
def test_a_rollout_survives_the_store(scene, policy):
    rollout = Rollout(policy, 3, 2, 1, 60.0, on_failure=OnFailure.STOP, ignore_health=True)
    stored = replace(deployment(scene), rollout_json=rollout_json(rollout), route=10, phase=Phase.BACK, cause="why")
    assert rollout_of(stored) == replace(
        rollout, route=10, phase=Phase.BACK, cause="why", phase_since=stored.phase_since
    )
