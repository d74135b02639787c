"""The loop: nothing that goes wrong around it ends it, and trouble of one is not the trouble of the others."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from beanstalk.agent.loop import BUSY_S, IDLE_S, Wake, run
from beanstalk.errors import TargetError
from beanstalk.model import Outcome, Policy
from tests.agent.scene import Scene


@pytest.mark.parametrize("moment", range(0, 16, 2))
def test_a_disk_that_is_full_for_a_while_stops_nothing_that_serves(scene, moment, capsys):
    operation = scene.deploy("v2", Policy.ROLLING)
    scene.turn(moment * 0.15)
    members = len(scene.members())
    scene.machine.disk_full = True
    scene.turn(5)
    assert len(scene.members()) >= members - 1
    scene.machine.disk_full = False
    scene.rest()
    assert (scene.outcome(operation), scene.versions()) == (Outcome.SUCCEEDED, ["v2"] * 3)
    assert len({each.instance_id for each in scene.machine.living()}) == 3
    assert "disk is full" in capsys.readouterr().err


def test_what_was_started_and_could_not_be_written_down_is_not_started_twice(scene, monkeypatch):
    host = scene.agent._world.host
    start = host.start

    def start_then_full(*arguments):
        scene.machine.disk_full = True
        return start(*arguments)

    scene.kill(scene.instances()[0])
    monkeypatch.setattr(host, "start", start_then_full)
    scene.turn(1)
    monkeypatch.undo()
    scene.machine.disk_full = False
    scene.turn(5)
    assert len(scene.serving()) == 3
    webs = [each.instance_id for each in scene.machine.living() if each.name == "web"]
    assert sorted(webs) == sorted(each.id for each in scene.serving())


def test_the_same_trouble_is_written_into_the_log_once(scene, capsys):
    scene.machine.disk_full = True
    scene.kill(scene.instances()[0])
    scene.turn(10)
    assert 1 <= capsys.readouterr().err.count("Traceback") <= 3


def test_trouble_of_one_environment_is_not_that_of_the_others(tmp_path, monkeypatch):
    scene = Scene(tmp_path / "home", 1)
    scene.create("blog", 1, slot=1)
    start = scene.agent._instances.start

    def no_port(environment, *arguments):
        if environment.name == "blog":
            raise TargetError("no free port")
        start(environment, *arguments)

    monkeypatch.setattr(scene.agent._instances, "start", no_port)
    for environment in ("e-blog", "e-shop"):
        scene.kill(scene.store.living_instances(environment)[0])
    scene.turn(5)
    assert (len(scene.members(0)), len(scene.members(1))) == (1, 0)
    monkeypatch.undo()
    scene.turn(5)
    assert (len(scene.members(0)), len(scene.members(1))) == (1, 1)


def test_a_balancer_that_breaks_in_any_way_is_trouble_and_no_end(scene, monkeypatch):
    def apply(pools):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scene.agent._world.balancer, "apply", apply)
    scene.turn(5)
    assert len(scene.events("Load balancer: ")) == 1


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_balancer_is_asked_again_though_the_clock_was_set(scene, jump):
    scene.machine.trouble = "it does not answer"
    scene.turn(3)
    scene.set_clock(jump)
    scene.machine.trouble = ""
    operation = scene.deploy("v2", Policy.ROLLING)
    scene.turn(20)
    assert scene.outcome(operation) is Outcome.SUCCEEDED


def test_it_waits_longer_when_there_is_nothing_to_do(scene):
    assert (scene.agent.pause_s(True), scene.agent.pause_s(False)) == (BUSY_S, IDLE_S)


def test_it_waits_no_longer_than_until_the_next_check(scene, monkeypatch):
    monkeypatch.setattr(scene.agent._world.checker, "next_due", lambda: scene.machine.now + 0.1)
    assert scene.agent.pause_s(False) == pytest.approx(0.1)
    monkeypatch.setattr(scene.agent._world.checker, "next_due", lambda: scene.machine.now - 9)
    assert 0 < scene.agent.pause_s(False) < 0.01


def test_it_is_needed_as_long_as_there_is_an_environment_or_an_instance(scene):
    assert scene.agent.is_needed()
    scene.terminate()
    scene.rest()
    assert not scene.agent.is_needed()


class Counted:
    """An agent of which only the turns are seen; nobody needs it from the turn `unneeded` on."""

    def __init__(self, unneeded=10**9):
        self.turns, self.unneeded, self.finished = 0, unneeded, False

    def tick(self):
        self.turns += 1
        return True

    def pause_s(self, busy):
        return 0.001

    def is_needed(self):
        return self.turns < self.unneeded

    def finish(self):
        self.finished = True


def test_it_turns_until_it_is_stopped_and_then_leaves_everything_running():
    agent, wake = Counted(), Wake()
    threading.Timer(0.05, wake.stop).start()
    assert run(agent, wake) is False
    assert agent.turns > 1
    assert not agent.finished


def test_it_ends_and_leaves_nothing_when_nobody_needs_it():
    agent = Counted(unneeded=5)
    assert run(agent, Wake(), linger_s=0.01) is True
    assert agent.finished


def test_a_wake_from_anywhere_ends_the_pause():
    wake = Wake()
    for _ in range(100_000):
        wake.set()
    wake.wait(600)
    wake.clear()
    threading.Timer(0.01, wake.set).start()
    wake.wait(600)


def test_a_signal_at_any_moment_neither_blocks_nor_breaks_the_pause():
    wake = Wake()
    before = signal.signal(signal.SIGUSR1, lambda *_: wake.set())
    stop = threading.Event()

    def pester():
        while not stop.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=pester)
    thread.start()
    for _ in range(3000):
        wake.clear()
        wake.wait(0.0001)
    stop.set()
    thread.join()
    signal.signal(signal.SIGUSR1, before)
