"""Scripts beside the application: who runs which, who waits for whom, and what becomes of those that fail."""

from __future__ import annotations

import pytest

from beanstalk.model import Outcome, Policy
from beanstalk.records import Kind, State
from beanstalk.scripts import Part
from tests.agent.memory_world import SCRIPTS

REPLACING = [policy for policy in Policy if policy is not Policy.RESIZE]


@pytest.fixture
def shop(scene):
    """v2, with scripts, in service; `ran` is empty again."""
    scene.deploy("v2", Policy.IMMUTABLE, scripts=SCRIPTS)
    scene.rest()
    scene.machine.ran.clear()
    scene.machine.now += 100
    return scene


def counts(scene, label="v2"):
    names = [name for version, name in scene.machine.ran if version == label]
    return {name: names.count(name) for name in dict.fromkeys(names)}


def cause(scene, operation):
    return scene.store.operations.get(operation).cause


@pytest.mark.parametrize("policy", REPLACING)
def test_a_deployment_runs_the_leaders_once_and_the_others_on_each_instance(scene, policy):
    operation = scene.deploy("v2", policy, scripts=SCRIPTS)
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED
    assert counts(scene) == {"migrate": 1, "assets": 3, "warm": 3, "tell": 3}


def test_nobody_of_the_new_version_begins_before_the_leader_is_done(scene):
    scene.deploy("v2", Policy.ALL_AT_ONCE, scripts=SCRIPTS)
    scene.turn_until(lambda: scene.machine.ran)
    leader = scene.store.open_deployment("e-shop").leader
    assert [identity for identity, _ in scene.machine.jobs] == [leader]
    scene.turn_until(lambda: scene.store.open_deployment("e-shop").leader_done)
    first, *others = scene.machine.jobs.values()
    assert len(others) == 2
    assert min(job.started for job in others) >= first.ends


def test_the_time_of_those_that_wait_begins_when_the_leader_is_done(scene):
    operation = scene.deploy("v2", Policy.ALL_AT_ONCE, scripts=SCRIPTS, timeout_s=5.0)
    scene.turn_until(lambda: scene.machine.jobs)
    (leaders,) = scene.machine.jobs.values()
    leaders.ends = scene.machine.now + 3.0
    scene.turn_until(lambda: len(scene.machine.jobs) == 3)
    for job in list(scene.machine.jobs.values())[1:]:
        job.ends = scene.machine.now + 3.0
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED


def test_an_instance_serves_only_when_its_last_script_is_done(scene):
    scene.deploy("v2", Policy.IMMUTABLE, scripts=SCRIPTS)
    scene.turn_until(lambda: ("v2", "tell") in scene.machine.ran)
    (instance,) = scene.instances(State.PENDING)
    assert instance.port not in scene.members()
    scene.turn_until(lambda: instance.port in scene.members())
    assert scene.machine.jobs[instance.id, Part.AFTER].ends <= scene.machine.now


def test_a_change_of_settings_runs_its_own_hooks_too(scene):
    scene.deploy("v1", Policy.ROLLING, kind=Kind.CONFIGURE, scripts=SCRIPTS)
    scene.rest()
    assert counts(scene, "v1") == {"migrate": 1, "assets": 3, "warm": 3, "tell": 3, "configure": 3}


def test_a_restart_has_no_leader(scene):
    scene.deploy("v1", Policy.ROLLING, kind=Kind.RESTART, scripts=SCRIPTS)
    scene.rest()
    assert counts(scene, "v1") == {"assets": 3, "warm": 3, "tell": 3}


def test_who_replaces_an_instance_is_no_leader(shop):
    shop.kill(shop.instances()[0])
    shop.rest()
    assert len(shop.serving()) == 3
    assert counts(shop) == {"assets": 1, "warm": 1, "tell": 1}


def test_who_replaces_an_instance_after_a_change_of_settings_becomes_like_the_others(scene):
    scene.deploy("v1", Policy.ROLLING, kind=Kind.CONFIGURE, scripts=SCRIPTS)
    scene.rest()
    scene.machine.ran.clear()
    scene.kill(scene.instances()[0])
    scene.rest()
    assert counts(scene, "v1") == {"assets": 1, "warm": 1, "tell": 1, "configure": 1}


def test_more_instances_have_no_leader(shop):
    shop.deploy("v2", Policy.RESIZE, size=5, scripts=SCRIPTS)
    shop.rest()
    assert len(shop.serving()) == 5
    assert counts(shop) == {"assets": 2, "warm": 2, "tell": 2}


@pytest.mark.parametrize("policy", REPLACING)
def test_going_back_runs_nothing_of_the_old_leader(shop, policy):
    shop.machine.bad = {"bad"}
    shop.deploy("bad", policy)
    shop.rest()
    assert shop.versions() == ["v2"] * 3
    assert "migrate" not in counts(shop)


def test_a_deployment_of_the_old_version_runs_its_leader_again(shop):
    shop.deploy("v3", Policy.IMMUTABLE)
    shop.rest()
    shop.deploy("v2", Policy.IMMUTABLE, kind=Kind.ROLLBACK, scripts=SCRIPTS)
    shop.rest()
    assert counts(shop)["migrate"] == 1


@pytest.mark.parametrize("policy", [Policy.ALL_AT_ONCE, Policy.ADDITIONAL_BATCH, Policy.IMMUTABLE])
def test_a_leader_that_dies_later_is_not_followed_by_another_one(scene, policy):
    operation = scene.deploy("v2", policy, scripts=SCRIPTS)
    scene.turn_until(lambda: scene.store.open_deployment("e-shop").leader_done)
    leader = scene.store.instances.get(scene.store.open_deployment("e-shop").leader)
    scene.turn_until(lambda: scene.starts("worker") > 3)
    scene.kill(leader)
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert counts(scene)["migrate"] == 1


def test_a_leader_that_dies_while_the_old_instances_leave_is_replaced_by_one_that_leads_nothing(scene):
    operation = scene.deploy("v2", Policy.IMMUTABLE, scripts=SCRIPTS)
    scene.machine.busy = {f"127.0.0.1:{instance.port}" for instance in scene.instances()}
    scene.turn_until(lambda: scene.instances(State.DRAINING))
    scene.kill(scene.store.instances.get(scene.store.open_deployment("e-shop").leader))
    scene.machine.busy.clear()
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED
    assert (len(scene.serving()), counts(scene)["migrate"], counts(scene)["warm"]) == (3, 1, 4)


def test_a_leader_whose_outcome_nobody_knows_fails_the_deployment(scene):
    operation = scene.deploy("v2", Policy.IMMUTABLE, scripts=SCRIPTS)
    scene.turn_until(lambda: scene.machine.jobs)
    next(iter(scene.machine.jobs.values())).lost = True
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert "container command migrate was running when its process ended without a trace" in cause(scene, operation)
    assert counts(scene)["migrate"] == 1


@pytest.mark.parametrize("policy", REPLACING)
@pytest.mark.parametrize("script", ["migrate", "assets", "warm", "tell"])
def test_a_script_that_fails_fails_the_deployment(scene, policy, script):
    scene.machine.failing = {script}
    operation = scene.deploy("v2", policy, scripts=SCRIPTS)
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert cause(scene, operation) == f"script {script} exited with 3 after 0.3 s; its last lines: said"
    assert (scene.versions(), len(scene.serving())) == (["v1"] * 3, 3)
    assert counts(scene)["migrate"] == 1
    assert scene.machine.jobs == {}


def test_a_failing_script_of_a_new_environment_removes_it(scene):
    from tests.agent.memory_world import add_environment

    scene.machine.failing = {"migrate"}
    add_environment(scene.store, "fresh", 1, scene.machine.now)
    operation = scene.deploy("v2", Policy.ALL_AT_ONCE, old=0, kind=Kind.CREATE, name="fresh", scripts=SCRIPTS)
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert scene.store.environments.get("e-fresh").terminated
    assert counts(scene) == {"migrate": 1}


def test_each_script_is_one_event_with_its_exit_code_and_last_lines(scene):
    scene.machine.failing = {"tell"}
    operation = scene.deploy("v2", Policy.IMMUTABLE, scripts=SCRIPTS)
    scene.rest()
    told = [each for each in scene.store.events_after(0, operation_id=operation) if ": script " in each.message]
    identity = told[0].message.split()[1]
    assert [(str(each.severity), each.message) for each in told] == [
        ("INFO", f"Instance {identity} script migrate exited with 0 after 0.3 s; its last lines: said."),
        ("INFO", f"Instance {identity} script assets exited with 0 after 0.3 s; its last lines: said."),
        ("INFO", f"Instance {identity} script warm exited with 0 after 0.3 s; its last lines: said."),
        ("ERROR", f"Instance {identity} script tell exited with 3 after 0.3 s; its last lines: said."),
    ]


def test_events_of_a_replacement_belong_to_no_operation(shop):
    before = shop.store.latest_events(limit=1)[0].at_ms
    shop.kill(shop.instances()[0])
    shop.rest()
    told = [each for each in shop.store.events_after(before) if ": script " in each.message]
    assert [each.operation_id for each in told] == [""] * 3


def endless(scene, policy, **more):
    """A deployment whose leader's scripts do not end; gives its operation and the job."""
    operation = scene.deploy("v2", policy, scripts=SCRIPTS, **more)
    scene.turn_until(lambda: scene.machine.jobs)
    (job,) = scene.machine.jobs.values()
    job.ends = float("inf")
    return operation, job


def test_a_script_that_runs_on_and_on_is_told_once(scene):
    _, job = endless(scene, Policy.IMMUTABLE)
    scene.turn(30)
    assert len(scene.events("container command migrate still runs after 10 s (at most 60 s: Timeout)")) == 1
    job.ends = scene.machine.now
    scene.rest()
    assert scene.versions() == ["v2"] * 3


def test_a_script_that_takes_longer_than_the_timeout_fails_the_deployment(scene):
    operation, job = endless(scene, Policy.IMMUTABLE, timeout_s=20.0)
    job.ends, job.code = scene.machine.now + 19, 124
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert "container command migrate took longer than 20 s (Timeout) and was ended" in cause(scene, operation)


def test_a_job_that_does_not_end_when_its_time_is_up_is_ended(scene):
    operation, _ = endless(scene, Policy.IMMUTABLE, timeout_s=20.0)
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert "container command migrate still runs" in cause(scene, operation)
    assert scene.machine.jobs == {}


@pytest.mark.parametrize("policy", REPLACING)
def test_an_abort_ends_the_job_that_runs(scene, policy):
    operation, _ = endless(scene, policy)
    scene.store.operations.change(operation, abort=1)
    scene.rest()
    assert scene.outcome(operation) is Outcome.ABORTED
    assert (scene.versions(), scene.machine.jobs) == (["v1"] * 3, {})


def test_nothing_of_a_deployment_that_goes_back_begins(scene):
    operation = scene.deploy("v2", Policy.ALL_AT_ONCE, scripts=SCRIPTS)
    scene.turn_until(lambda: scene.instances(State.STOPPING))
    scene.store.operations.change(operation, abort=1)
    scene.rest()
    assert scene.machine.ran == []


def test_health_that_is_ignored_leaves_time_for_the_last_scripts(scene):
    scene.machine.sick = {f"i-{number:04}" for number in range(100)}
    operation = scene.deploy("v2", Policy.IMMUTABLE, scripts=SCRIPTS, timeout_s=5.0, ignore_health=True)
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED
    assert counts(scene)["tell"] == 3


def test_another_agent_goes_on_where_the_first_one_was_killed(scene):
    operation, job = endless(scene, Policy.ROLLING)
    scene.another_agent()
    scene.turn(1.0)
    job.ends = scene.machine.now
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED
    assert counts(scene)["migrate"] == 1


def test_a_clock_that_is_set_ends_no_script(scene):
    operation, job = endless(scene, Policy.ROLLING)
    scene.turn(1.0)
    scene.set_clock(3600)
    scene.turn(1.0)
    job.ends = scene.machine.now
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED
