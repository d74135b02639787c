"""Environments at rest: what died is replaced, what keeps dying is told once, and health says what is so."""

from __future__ import annotations

import pytest

from beanstalk.errors import TargetError
from beanstalk.model import OnFailure, Outcome, Policy
from beanstalk.records import Health, State, Status
from tests.agent.scene import Scene


def test_who_dies_is_replaced_at_once_and_that_is_told_once(scene):
    instance = scene.instances()[0]
    scene.kill(instance)
    scene.turn()
    assert scene.states().count("Pending") == 1
    scene.turn(10)
    assert len(scene.serving()) == 3
    assert len(scene.events("It is replaced.")) == 1
    assert scene.shop.health is Health.OK


def test_when_all_die_together_all_are_replaced_at_once(scene):
    for instance in scene.instances():
        scene.kill(instance)
    scene.turn()
    scene.turn()
    assert scene.states().count("Pending") == 3
    scene.turn(3)
    assert len(scene.serving()) == 3


def test_a_crash_loop_is_severe_is_told_once_and_slows_down(scene):
    scene.turn(100)
    scene.machine.bad = {"v1"}
    for instance in scene.instances():
        scene.kill(instance)
    scene.turn(40)
    starts = scene.starts()
    scene.turn(60)
    assert scene.starts() - starts <= 3 * 7
    assert scene.shop.health is Health.SEVERE
    assert len(scene.events("transitioned from Ok to Severe")) == 1
    assert len(scene.events("transitioned")) <= 4
    assert len(scene.events("It is replaced.")) <= 3 * 3


def test_a_crash_loop_slows_down_though_its_instances_take_long_to_end(scene, monkeypatch):
    scene.machine.bad = {"v1"}
    monkeypatch.setattr(scene.agent._world.host, "gone", lambda *_: False)
    for instance in scene.instances():
        scene.kill(instance)
    scene.turn(5)
    assert scene.starts() - 3 <= 3 * 5


def test_after_a_crash_loop_all_is_well_again_and_that_is_told(scene):
    scene.machine.bad = {"v1"}
    for instance in scene.instances():
        scene.kill(instance)
    scene.turn(30)
    scene.machine.bad = set()
    scene.turn(100)
    assert (len(scene.serving()), scene.shop.health) == (3, Health.OK)
    assert scene.events("transitioned")[-1].startswith("Environment health has transitioned from Severe to Ok.")


def test_a_crash_loop_in_one_environment_leaves_the_other_alone(tmp_path):
    scene = Scene(tmp_path / "home", 1)
    scene.create("blog", 1, slot=1)
    pools = scene.machine.pools[1]
    scene.machine.bad = {"v1"}
    scene.kill(scene.instances()[0])
    scene.turn(30)
    assert scene.machine.pools[1] == pools
    assert scene.store.environments.get("e-blog").health is Health.OK


def test_a_change_for_the_worse_is_told_only_when_it_lasts(scene):
    for _ in range(5):
        scene.kill(scene.serving()[0])
        scene.turn(30)
    assert scene.events("transitioned") == ["Environment health has transitioned from Pending to Ok."]


def test_missing_instances_make_it_warn_and_the_causes_say_how_many(scene, monkeypatch):
    def nothing(*_):
        raise TargetError("no port")

    scene.kill(scene.instances()[0])
    monkeypatch.setattr(scene.agent._instances, "start", nothing)
    scene.turn(10)
    assert scene.shop.health is Health.WARNING
    assert "2 of 3 instances are in service." in scene.shop.causes_json
    monkeypatch.undo()
    scene.turn(10)
    assert scene.shop.health is Health.OK


def test_during_a_deployment_nobody_tells_of_deaths_and_health_is_info(scene):
    scene.deploy("v2", Policy.TRAFFIC_SPLITTING, evaluate_s=20.0)
    scene.turn(5)
    scene.kill(scene.serving()[0])
    scene.turn(3)
    assert scene.shop.health is Health.INFO
    assert scene.events("It is replaced.") == []


@pytest.mark.parametrize("policy", [Policy.IMMUTABLE, Policy.ROLLING, Policy.ADDITIONAL_BATCH])
def test_an_instance_that_died_in_a_failed_deployment_is_not_said_to_be_replaced(scene, policy):
    scene.machine.bad = {"v2"}
    scene.deploy("v2", policy)
    scene.rest()
    scene.turn(5)
    assert scene.events("It is replaced.") == []


def test_mixed_versions_are_told_and_replaced_by_the_expected_one(scene):
    scene.machine.bad = {"v2"}
    operation = scene.deploy("v2", Policy.ROLLING, on_failure=OnFailure.STOP)
    scene.rest()
    assert scene.outcome(operation) is Outcome.FAILED
    scene.turn(10)
    assert scene.versions() == ["v1"] * 3


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_scale_of_mixed_versions_ends_with_the_expected_one(scene, size):
    """Left behind by --on-failure stop: one instance of v2 serves among those of v1."""
    scene.deploy("v2", Policy.ROLLING, on_failure=OnFailure.STOP)
    scene.turn_until(lambda: scene.versions().count("v2") == 2)
    scene.kill(scene.instances(State.PENDING)[0])
    scene.turn_until(lambda: scene.shop.status is Status.READY)
    least = min(len(scene.serving()), size)
    operation = scene.deploy("v1", Policy.RESIZE, size=size)
    while scene.store.open_operations():
        scene.turn()
        assert len(scene.members()) >= min(least, size)
    scene.rest()
    scene.turn(5)
    assert (scene.outcome(operation), scene.versions()) == (Outcome.SUCCEEDED, ["v1"] * size)


def test_nothing_is_replaced_in_an_environment_that_ends(scene):
    scene.machine.busy = {f"127.0.0.1:{each.port}" for each in scene.instances()}
    scene.terminate()
    scene.turn(1)
    scene.kill(scene.instances()[0])
    scene.turn(5)
    assert scene.instances(State.PENDING) == []
    scene.machine.busy.clear()
    scene.rest()
    assert (scene.instances(), scene.machine.living(), scene.machine.pools) == ([], [], {})


def test_surplus_leaves_the_newest_first(scene):
    first = [each.id for each in scene.instances()]
    scene.turn(1)
    scene.store.environments.change("e-shop", size=4)
    scene.turn(3)
    scene.store.environments.change("e-shop", size=3)
    scene.rest()
    assert sorted(each.id for each in scene.running()) == sorted(first)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, 86400.0 * 30])
def test_a_dead_instance_is_replaced_whatever_happened_to_the_clock(scene, jump):
    scene.kill(scene.instances()[0])
    scene.turn(1)
    scene.set_clock(jump)
    scene.turn()
    for instance in scene.serving():
        scene.kill(instance)
    scene.turn(5)
    assert len(scene.serving()) == 3


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_health_settles_whatever_happened_to_the_clock(scene, jump):
    scene.machine.sick = {scene.instances()[0].id}
    scene.turn(10)
    assert scene.shop.health is Health.WARNING
    scene.set_clock(jump)
    scene.machine.sick.clear()
    scene.turn(10)
    assert scene.shop.health is Health.OK
