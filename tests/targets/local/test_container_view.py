"""What is known of an engine: never older than it may be, never waited for, and never taken for more than it says."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from beanstalk.targets.local import container_view as module
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.container_view import Seen, View
from beanstalk.targets.local.engine import Engine
from tests.targets.local.container_bench import INSTANCE, Bench, shell, wait_until


@pytest.fixture
def bench(engine, python_image, tmp_path):
    bench = Bench(tmp_path / "home", engine, python_image)
    yield bench
    bench.close()


@pytest.fixture
def silent(tmp_path):
    """An engine that takes questions and answers none; `silent.asked` counts them."""

    class Silent(Engine):
        asked = 0

    place = tmp_path / "s"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen()
    engine = Silent(f"unix://{place}")
    taken = []

    def take():
        while True:
            try:
                taken.append(listening.accept()[0])
            except OSError:
                return
            Silent.asked += 1

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield engine
    for each in taken:
        each.close()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.docker
def test_what_happened_before_is_in_a_list_that_was_asked_for_since(bench):
    view = View(bench.engine, bench.labels)
    assert view.look(wait_s=60).containers == {}
    identity = bench.start(shell("web", "exec sleep 600"))
    found = view.look(time.monotonic(), wait_s=60)
    assert found.of("i-1")["web"].id == identity[0]
    assert found.of("i-1")["web"].is_running
    assert found.of("i-2") == {}


@pytest.mark.docker
def test_a_list_is_asked_for_once_while_it_is_fresh(bench, monkeypatch):
    monkeypatch.setattr(module, "_FRESH_S", 3600.0)
    monkeypatch.setattr(module, "_OLD_S", 3600.0)
    view = View(bench.engine, bench.labels)
    first = view.look(wait_s=60)
    assert view.look(wait_s=60) is first
    assert view.look(first.asked) is first
    assert view.look(time.monotonic(), wait_s=60) is not first


@pytest.mark.docker
def test_a_list_that_is_too_old_is_none(bench, monkeypatch):
    view = View(bench.engine, bench.labels)
    assert view.look(wait_s=60) is not None
    monkeypatch.setattr(module, "_OLD_S", -1.0)
    assert view.look(wait_s=60) is None


@pytest.mark.docker
def test_the_state_of_a_container_is_kept_until_it_is_forgotten(bench):
    view = View(bench.engine, bench.labels)
    identity = bench.start(shell("web", "exec sleep 600"))
    assert wait_until(lambda: view.state(identity[0], fresh_s=3600.0))["Running"] is True
    bench.kill(INSTANCE)
    assert view.state(identity[0], fresh_s=3600.0)["Running"] is True
    view.forget(identity[0])
    wait_until(lambda: view.state(identity[0], fresh_s=3600.0) == {})


def test_an_engine_that_hangs_is_asked_once_and_not_waited_for_again(silent):
    view = View(silent, Labels("x"))
    for _ in range(20):
        assert view.look(wait_s=0.01) is None
        assert view.state("c") is None
    wait_until(lambda: silent.asked == 2)
    assert view.trouble is None


def test_an_engine_that_is_away_is_asked_again_after_a_while(tmp_path, monkeypatch):
    view = View(Engine(f"unix://{tmp_path}/s"), Labels("x"))
    assert view.look(wait_s=60) is None
    first = view.trouble
    assert "no container engine answers" in first.problem
    assert view.look(wait_s=60) is None
    assert view.trouble is first
    monkeypatch.setattr(module, "_AWAY_S", 0.0)
    wait_until(lambda: view.look(wait_s=60) is None and view.trouble is not first)


@pytest.mark.parametrize(
    ("state", "created", "running", "ended"),
    [
        ("created", True, False, False),
        ("running", False, True, False),
        ("paused", False, True, False),
        ("exited", False, False, True),
        ("dead", False, False, True),
        ("removing", False, False, True),
    ],
)
def test_a_state_of_the_engine_is_one_of_three_for_us(state, created, running, ended):
    seen = Seen("id", "web", "i-1", "e-1", state)
    assert (seen.is_created, seen.is_running, seen.has_ended) == (created, running, ended)
