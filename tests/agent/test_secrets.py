"""Values of secrets: when they are read, who gets which, what their lack does, and that nobody is told one."""

from __future__ import annotations

import pytest

from beanstalk.model import Outcome, Policy
from beanstalk.records import Kind
from tests.agent.memory_world import SCRIPTS, SECRETS

REPLACING = [policy for policy in Policy if policy is not Policy.RESIZE]
UNREADABLE = "the secret KEY cannot be read from file:/key: No such file (put it there)"


@pytest.fixture
def shop(scene):
    """v2, with secrets of the first generation, in service."""
    scene.deploy("v2", Policy.IMMUTABLE, secrets=SECRETS)
    scene.rest()
    scene.machine.now += 100
    scene.machine.reads = 0
    return scene


def keys(scene, name="web"):
    """What each living process of this name was given."""
    return sorted(each.environment["KEY"] for each in scene.machine.living() if each.name == name)


@pytest.mark.parametrize("policy", REPLACING)
def test_every_process_of_an_instance_gets_what_is_read_when_it_starts(scene, policy):
    operation = scene.deploy("v2", policy, scripts=SCRIPTS, secrets=SECRETS)
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED
    assert keys(scene) == keys(scene, "worker") == ["file:/key 1"] * 3
    assert scene.machine.reads == 1 + 3, "once for the deployment, once for each instance"


@pytest.mark.parametrize("policy", REPLACING)
def test_a_secret_that_cannot_be_read_fails_a_deployment_that_has_touched_nothing(scene, policy):
    before, starts = scene.instances(), scene.starts()
    scene.machine.unreadable = UNREADABLE
    operation = scene.deploy("v2", policy, secrets=SECRETS)
    scene.rest()
    assert (scene.outcome(operation), scene.store.operations.get(operation).cause) == (Outcome.ROLLED_BACK, UNREADABLE)
    assert (scene.instances(), scene.starts()) == (before, starts)
    assert scene.events("KEY") == ["T" + UNREADABLE[1:] + "."]


def test_nothing_goes_on_while_they_are_read(scene):
    scene.machine.slow = 20
    operation = scene.deploy("v2", Policy.ALL_AT_ONCE, secrets=SECRETS)
    scene.turn_until(lambda: scene.machine.slow < 3)
    assert scene.versions() == ["v1"] * 3
    scene.rest()
    assert scene.outcome(operation) is Outcome.SUCCEEDED


def test_new_instances_have_the_newest_value_and_old_ones_keep_theirs(shop):
    shop.machine.generation = 2
    shop.kill(shop.serving()[0])
    shop.turn_until(lambda: len(shop.serving()) == 3 and shop.starts() == 7)
    assert keys(shop) == ["file:/key 1", "file:/key 1", "file:/key 2"]


def test_another_agent_reads_again_and_only_for_what_it_starts(shop):
    shop.another_agent()
    shop.machine.generation = 2
    shop.turn(5.0)
    assert shop.machine.reads == 0
    shop.kill(shop.serving()[0])
    shop.turn_until(lambda: "file:/key 2" in keys(shop))
    assert shop.machine.reads == 1


def test_a_process_that_is_started_again_in_place_reads_anew(shop):
    shop.machine.generation = 2
    shop.kill(shop.serving()[0], "worker")
    shop.turn_until(lambda: keys(shop, "worker") == ["file:/key 1", "file:/key 1", "file:/key 2"])
    assert keys(shop) == ["file:/key 1"] * 3, "the web process of its instance goes on"


def test_it_keeps_its_values_when_they_cannot_be_read_now(shop):
    shop.machine.unreadable = UNREADABLE
    shop.kill(shop.serving()[0], "worker")
    shop.turn_until(lambda: shop.starts("worker") == 7 and len(keys(shop, "worker")) == 3)
    assert keys(shop, "worker") == ["file:/key 1"] * 3


def test_without_any_value_it_waits_and_its_instance_serves_on(shop):
    shop.another_agent()
    shop.machine.unreadable = UNREADABLE
    shop.kill(shop.serving()[0], "worker")
    shop.turn(10.0)
    assert (len(shop.serving()), len(keys(shop, "worker"))) == (3, 2)
    assert any(f"it cannot be started again yet: {UNREADABLE}" in each for each in shop.events("worker of instance"))
    shop.machine.unreadable = ""
    shop.turn_until(lambda: len(keys(shop, "worker")) == 3)


def test_an_instance_whose_secrets_became_unreadable_meanwhile_fails_and_the_deployment_goes_back(scene):
    operation = scene.deploy("v2", Policy.ROLLING, secrets=SECRETS)
    scene.turn_until(lambda: "file:/key 1" in keys_of_v2(scene))
    scene.machine.unreadable = UNREADABLE
    scene.rest()
    assert (scene.outcome(operation), scene.versions()) == (Outcome.ROLLED_BACK, ["v1"] * 3)
    assert UNREADABLE in scene.store.operations.get(operation).cause


def keys_of_v2(scene):
    return [each.environment["KEY"] for each in scene.machine.living() if "KEY" in each.environment]


def test_more_instances_need_them_and_fewer_do_not(shop):
    shop.machine.unreadable = UNREADABLE
    more = shop.deploy("v2", Policy.RESIZE, 5, kind=Kind.SCALE, secrets=SECRETS)
    shop.rest()
    assert (shop.outcome(more), len(shop.serving())) == (Outcome.ROLLED_BACK, 3)
    fewer = shop.deploy("v2", Policy.RESIZE, 1, kind=Kind.SCALE, secrets=SECRETS)
    shop.rest()
    assert (shop.outcome(fewer), len(shop.serving())) == (Outcome.SUCCEEDED, 1)


def test_what_an_instance_said_is_told_without_its_secrets(shop):
    shop.machine.said = ["cannot log in with file:/key 1"]
    shop.kill(shop.serving()[0])
    shop.rest()
    assert shop.events("its last lines: cannot log in with ***")
    assert not shop.events("file:/key 1")


def test_an_agent_that_does_not_know_all_of_them_quotes_nothing(shop):
    shop.another_agent()
    shop.machine.said = ["cannot log in with file:/key 1"]
    shop.kill(shop.serving()[0])
    shop.rest()
    assert shop.events("what it said may hold secrets, and is in its log alone")
    assert not shop.events("file:/key 1")


def test_what_had_no_secrets_is_quoted_by_everybody(scene):
    scene.another_agent()
    scene.kill(scene.serving()[0])
    scene.rest()
    assert scene.events("its last lines: it said this")
