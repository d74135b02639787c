"""The life of instances: restarted in place, drained within limits, ended by force only after their grace."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

import pytest

from beanstalk.agent.lines import printable
from beanstalk.containers import Container, ContainerGroup, ImageSource, Restart
from beanstalk.errors import TargetError
from beanstalk.model import Outcome, Policy
from beanstalk.records import Instance, State
from beanstalk.targets.local.processes import Ended, identities
from tests.agent import memory_world
from tests.agent.memory_world import WORKLOAD, Running
from tests.agent.scene import Scene


def test_a_worker_that_ends_is_started_again_in_place_and_web_is_not_touched(scene):
    instance, before = scene.instances()[0], scene.starts()
    scene.kill(instance, "worker")
    scene.turn(1.0)
    after = scene.store.instances.get(instance.id)
    assert (after.state, scene.starts(), scene.starts("worker")) == (State.IN_SERVICE, before, 4)
    assert identities(after)["web"] == identities(instance)["web"]
    assert scene.machine.alive(identities(after)["worker"][0])
    assert len(scene.members()) == 3


def test_a_worker_that_keeps_ending_is_started_less_and_less_often_and_told_twice(scene):
    instance = scene.instances()[0]
    for _ in range(600):
        scene.kill(instance, "worker")
        scene.turn()
    assert 5 <= scene.starts("worker") - 3 <= 12
    assert len(scene.events("starting it again")) == 2
    assert scene.store.instances.get(instance.id).state is State.IN_SERVICE


def test_an_instance_is_checked_while_its_worker_is_down(scene):
    instance = scene.instances()[0]
    for _ in range(100):
        scene.kill(instance, "worker")
        scene.turn()
    scene.machine.sick.add(instance.id)
    scene.kill(instance, "worker")
    scene.turn_until(lambda: scene.store.instances.get(instance.id).state is State.UNHEALTHY)


@pytest.fixture
def contained(tmp_path, monkeypatch):
    """A scene whose instances are one container, which is started again in place when it ends."""
    web = Container("web", ImageSource("shop:1"), essential=False, restart=Restart.ALWAYS)
    group = ContainerGroup((web,), "web", 80)
    monkeypatch.setattr(memory_world, "WORKLOAD", replace(WORKLOAD, processes=(), group=group))
    return Scene(tmp_path / "home")


def test_web_that_is_started_again_in_place_gets_requests_at_its_new_address_and_no_others(contained, monkeypatch):
    instance = contained.instances()[0]
    moved = {instance.id: ("127.0.0.1", 31234)}
    monkeypatch.setattr(
        contained.agent._world.host, "address", lambda each, workload: moved.get(each.id, (each.host, each.port))
    )
    contained.kill(instance)
    contained.turn()
    assert contained.store.instances.get(instance.id).state is State.UNHEALTHY
    assert instance.port not in contained.members()
    contained.rest()
    contained.turn_until(lambda: len(contained.serving()) == 3)
    found = contained.store.instances.get(instance.id)
    assert (found.port, found.state) == (31234, State.IN_SERVICE)
    assert 31234 in contained.members()
    assert instance.port not in contained.members()


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """beside(restart): a scene whose instances have a second container."""

    def make(restart):
        web, side = (Container(name, ImageSource("shop:1"), essential=name == "web") for name in ("web", "side"))
        group = ContainerGroup((web, replace(side, restart=restart)), "web", 80)
        monkeypatch.setattr(memory_world, "WORKLOAD", replace(WORKLOAD, processes=(), group=group))
        return Scene(tmp_path / "home")

    return make


@pytest.mark.parametrize(("code", "times"), [(7, 1), (0, 0)])
def test_what_fails_beside_web_and_is_not_started_again_is_told_once(beside, monkeypatch, code, times):
    scene = beside(Restart.NO)
    instance, starts = scene.instances()[0], scene.starts("side")
    monkeypatch.setattr(
        scene.agent._world.host, "ended",
        lambda known: Ended("side", code) if known == {"side": identities(instance)["side"]} else None,
    )  # fmt: skip
    scene.turn(5.0)
    assert len(scene.events(f"side of instance {instance.id} exited with {code}; nothing says")) == times
    assert (scene.starts("side"), len(scene.serving())) == (starts, 3)


def test_who_comes_after_a_crash_asks_where_web_is_now(contained, monkeypatch):
    instance = contained.instances()[0]
    agent = contained.agent
    monkeypatch.setattr(agent._world.host, "address", lambda each, workload: ("127.0.0.1", each.port + 1000))
    agent._instances.look_again()
    contained.turn()
    assert contained.store.instances.get(instance.id).port == instance.port + 1000


def test_a_worker_that_cannot_be_started_again_ends_its_instance_only(scene, monkeypatch):
    def start(*_):
        monkeypatch.undo()
        raise TargetError("no more processes")

    instance = scene.instances()[0]
    monkeypatch.setattr(scene.agent._world.host, "start", start)
    scene.kill(instance, "worker")
    scene.rest()
    assert "no more processes" in scene.store.instances.get(instance.id).cause
    assert len(scene.serving()) == 3


def test_a_worker_that_ends_while_its_instance_starts_fails_the_deployment(scene):
    operation = scene.deploy("v2", Policy.IMMUTABLE)
    scene.turn_until(lambda: scene.instances(State.PENDING))
    scene.kill(scene.instances(State.PENDING)[0], "worker")
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK


def test_an_unhealthy_instance_leaves_service_and_comes_back(scene):
    instance = scene.instances()[0]
    scene.machine.sick.add(instance.id)
    scene.turn_until(lambda: instance.port not in scene.members())
    scene.turn(30)
    assert scene.states() == ["InService", "InService", "Unhealthy"]
    scene.machine.sick.clear()
    scene.turn_until(lambda: instance.port in scene.members())
    assert len(scene.events("is out of service")) == len(scene.events("is in service again")) == 1


def test_when_all_are_unhealthy_all_go_on_serving(scene):
    scene.machine.sick = {each.id for each in scene.instances()}
    scene.turn_until(lambda: scene.states() == ["Unhealthy"] * 3)
    scene.turn()
    assert len(scene.members()) == 3


def test_draining_waits_for_open_requests(scene):
    leaving = scene.instances()[0]
    scene.machine.busy.add(f"127.0.0.1:{leaving.port}")
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(WORKLOAD.drain_s - 2)
    assert scene.instances(State.DRAINING)[0].id == leaving.id
    assert leaving.port not in scene.members()
    scene.machine.busy.clear()
    scene.rest()
    assert scene.store.instances.get(leaving.id).state is State.TERMINATED


def test_draining_ends_at_its_limit(scene):
    leaving = scene.instances()[0]
    scene.machine.busy.add(f"127.0.0.1:{leaving.port}")
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(WORKLOAD.drain_s + 2)
    assert scene.store.instances.get(leaving.id).state is State.TERMINATED


def test_a_worker_that_ends_while_requests_are_finished_does_not_end_them(scene):
    leaving = scene.instances()[0]
    scene.machine.busy.add(f"127.0.0.1:{leaving.port}")
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(1.0)
    scene.kill(leaving, "worker")
    scene.turn(1.0)
    assert scene.store.instances.get(leaving.id).state is State.DRAINING


def test_draining_is_over_when_web_is_dead(scene):
    leaving = scene.instances()[0]
    scene.machine.busy.add(f"127.0.0.1:{leaving.port}")
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(1.0)
    scene.kill(leaving)
    scene.turn(1.0)
    assert scene.store.instances.get(leaving.id).state is State.TERMINATED


def test_draining_counts_anew_for_an_agent_that_comes_later(scene):
    leaving = scene.instances()[0]
    scene.machine.busy.add(f"127.0.0.1:{leaving.port}")
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(1.0)
    scene.machine.now += 10 * WORKLOAD.drain_s
    scene.another_agent()
    scene.turn(1.0)
    assert scene.store.instances.get(leaving.id).state is State.DRAINING


def test_a_balancer_that_does_not_say_what_is_open_counts_as_busy(scene, monkeypatch):
    def inflight(address):
        raise TargetError("no answer")

    leaving = scene.instances()[0]
    monkeypatch.setattr(scene.agent._world.balancer, "inflight", inflight)
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(WORKLOAD.drain_s - 2)
    assert scene.store.instances.get(leaving.id).state is State.DRAINING
    scene.rest()


def test_force_comes_only_after_the_grace_and_again_until_it_is_over(scene):
    scene.machine.stubborn = True
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn_until(lambda: scene.instances(State.STOPPING))
    scene.machine.effects.clear()
    scene.turn(WORKLOAD.grace_s - 1)
    assert "SIGKILL" not in scene.machine.effects
    scene.rest()
    assert "SIGKILL" in scene.machine.effects
    assert len(scene.running()) == 2


def test_what_survives_even_that_is_asked_once_a_second_and_no_more(scene, monkeypatch):
    sent = []
    monkeypatch.setattr(scene.agent._world.host, "signal", lambda instance, known, number: sent.append(number))
    scene.deploy("v1", Policy.RESIZE, size=2)
    scene.turn(WORKLOAD.grace_s + 10)
    assert 5 <= sent.count(signal.SIGKILL) <= 11
    monkeypatch.undo()
    scene.rest()


def test_the_cause_of_a_death_has_its_code_its_age_and_its_last_lines(scene):
    instance = scene.instances()[0]
    scene.turn(7.0)
    scene.kill(instance)
    scene.rest()
    cause = scene.store.instances.get(instance.id).cause
    assert cause.startswith(f"instance {instance.id} exited with 1 after ")
    assert cause.endswith("; its last lines: it said this")


def test_colours_and_orders_to_the_terminal_are_left_out_of_a_cause():
    assert printable("\x1b[31mError:\x1b[0m späť\x07\x1b]0;title\x07") == "Error: späť  ]0;title "


def test_what_a_killed_agent_started_and_never_wrote_down_is_adopted(scene):
    instance = scene.instances()[0]
    web = identities(instance)["web"]
    scene.store.instances.change(instance.id, processes_json=json.dumps({"web": web}))
    scene.another_agent()
    scene.turn()
    assert identities(scene.store.instances.get(instance.id)) == identities(instance)
    assert scene.starts("worker") == 3


def test_processes_of_an_instance_nobody_knows_are_ended(scene):
    scene.machine.processes[7] = Running("i-unknown", "web", "v0", 0.0)
    scene.another_agent()
    scene.turn(1.0)
    assert not scene.machine.alive(7)
    assert len(scene.serving()) == 3


@pytest.mark.parametrize("name", ["", "helper"])
def test_a_child_that_gave_itself_another_name_is_no_process_of_the_workload(scene, name):
    instance = scene.instances()[0]
    scene.machine.processes[7] = Running(instance.id, name, "v1", 0.0)
    scene.another_agent()
    scene.turn(1.0)
    scene.machine.processes[7].ends = scene.machine.now
    scene.turn(5.0)
    assert scene.store.instances.get(instance.id).state is State.IN_SERVICE


@pytest.mark.parametrize("error", [TargetError("no room"), OSError(28, "No space left on device")])
def test_an_instance_that_cannot_be_started_fails_its_deployment_and_nothing_else(scene, monkeypatch, error):
    def prepare(instance, digest):
        raise error

    operation = scene.deploy("v2", Policy.IMMUTABLE)
    monkeypatch.setattr(scene.agent._world.host, "prepare", prepare)
    scene.rest()
    assert scene.outcome(operation) is Outcome.ROLLED_BACK
    assert scene.versions() == ["v1"] * 3


def test_every_instance_has_a_port_of_its_own(scene):
    scene.deploy("v2", Policy.IMMUTABLE)
    scene.turn_until(lambda: len(scene.instances()) == 6)
    assert len({each.port for each in scene.instances()}) == 6


def test_an_instance_without_processes_is_gone_at_once(scene):
    now = scene.machine.now
    scene.store.instances.add(Instance("i-bare", "e-shop", 1, State.STOPPING, 29999, now, now))
    scene.turn()
    assert scene.store.instances.get("i-bare").state is State.TERMINATED
