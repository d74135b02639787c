"""The agent as a process: there is one, it comes back when it is killed, and it goes when it is asked to."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from beanstalk.agent.daemon import agent_pid, check_balancer, ensure_agent, stop_agent
from beanstalk.errors import TargetError
from beanstalk.records import Application, Environment, Health, Status
from beanstalk.store.home import Home, find_home
from beanstalk.store.sqlite import Store
from beanstalk.targets.local.balancer import find_balancer
from beanstalk.targets.local.processes import birth_of
from tests.targets.local.site import free_port

pytestmark = pytest.mark.real
PATIENCE_S = 120


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


@pytest.fixture
def empty(tmp_path):
    home = Home(tmp_path / "home", port=free_port(), balancer="caddy")
    home.create()
    return home


@pytest.fixture
def home(empty):
    """A home with an environment that nothing was deployed to yet: an agent stays for it."""
    home = empty
    store = Store(home.database)
    store.applications.add(Application("shop", "", 0.0))
    store.environments.add(
        Environment("e-1", "prod", "shop", "prod", "p", Status.READY, Health.OK, "[]", "", 0, 0, 0, "[]", 0.0, 0.0)
    )
    store.close()
    yield home
    stop_agent(home)
    find_balancer(home.run, home.address, home.port, home.balancer).stop()


def agents(home):
    """Processes of this home that are agents, their guardians left out."""
    found = []
    for line in subprocess.run(["ps", "-eo", "pid,args", "ww"], capture_output=True, text=True).stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if "beanstalk.agent.daemon" not in command or "/bin/sh" in command:
            continue
        try:
            if f"BEANSTALK_HOME={home.folder}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(int(pid))
        except OSError:
            continue
    return found


def test_there_is_none_before_the_start_and_after_the_stop(home):
    assert agent_pid(home) is None
    assert stop_agent(home) is False
    ensure_agent(home)
    pid = wait_until(lambda: agent_pid(home))
    assert stop_agent(home) is True
    assert agent_pid(home) is None
    wait_until(lambda: not agents(home))
    assert birth_of(pid) is None


def test_however_many_start_it_there_is_one(home):
    threads = [threading.Thread(target=ensure_agent, args=(home,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pid = wait_until(lambda: agent_pid(home))
    wait_until(lambda: agents(home) == [pid])
    assert agent_pid(home) == pid


def test_one_that_is_killed_comes_back_and_finds_its_balancer(home):
    ensure_agent(home)
    first = wait_until(lambda: agent_pid(home))
    balancer = find_balancer(home.run, home.address, home.port, home.balancer)
    proxy = wait_until(balancer.pid)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: agent_pid(home) not in (None, first))
    assert balancer.pid() == proxy


def test_without_its_guardian_the_next_command_brings_it_back(home):
    ensure_agent(home)
    pid = wait_until(lambda: agent_pid(home))
    guardian, _ = json.loads(wait_until(lambda: (home.run / "guardian.json").read_text()))
    os.kill(guardian, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: agent_pid(home) is None)
    ensure_agent(home)
    wait_until(lambda: agent_pid(home))


def test_it_wakes_up_for_a_command_and_survives_any_number_of_wakes(home):
    ensure_agent(home)
    pid = wait_until(lambda: agent_pid(home))
    for _ in range(500):
        ensure_agent(home)
    assert agent_pid(home) == pid
    stop_agent(home)


def test_it_leaves_when_nothing_is_left_to_keep(empty):
    Store(empty.database).close()
    ensure_agent(empty)
    wait_until(lambda: agent_pid(empty))
    wait_until(lambda: agent_pid(empty) is None and not agents(empty))
    assert find_balancer(empty.run, empty.address, empty.port, "caddy").pid() is None
    assert not (empty.run / "endpoint").exists()


def test_it_says_where_environments_answer(home):
    ensure_agent(home)
    wait_until(lambda: (home.run / "endpoint").exists())
    found = find_home({"BEANSTALK_HOME": str(home.folder)})
    assert (found.address, found.port) == (home.address, home.port)


def test_an_instance_that_calls_us_does_not_leave_its_mark_on_the_agent(home, monkeypatch):
    monkeypatch.setenv("BEANSTALK_INSTANCE_ID", "i-1")
    monkeypatch.setenv("BEANSTALK_INSTANCE_HOME", str(home.folder))
    ensure_agent(home)
    pid = wait_until(lambda: agent_pid(home))
    assert b"BEANSTALK_INSTANCE" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_those_who_only_look_do_not_take_each_other_for_the_agent(empty):
    (empty.run / "agent.lock").write_text(f"{os.getpid()} {birth_of(os.getpid())!r}")
    with (empty.run / "agent.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert agent_pid(empty) is None


@pytest.mark.parametrize("text", ["", "1", "1 5.0", "x y", "999999999 1.0"])
def test_a_number_in_the_lock_that_is_somebody_elses_by_now_is_not_believed(empty, text):
    (empty.run / "agent.lock").write_text(text)
    with (empty.run / "agent.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert agent_pid(empty) is None


def test_the_holder_of_the_lock_is_the_agent(empty):
    (empty.run / "agent.lock").write_text(f"{os.getpid()} {birth_of(os.getpid())!r}")
    with (empty.run / "agent.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert agent_pid(empty) == os.getpid()


def test_a_port_that_somebody_else_has_is_told_before_anything_begins(empty):
    with socket.create_server((empty.address, empty.port)), pytest.raises(TargetError, match="cannot listen"):
        check_balancer(empty)
    check_balancer(empty)


def test_a_home_that_cannot_be_written_is_a_target_error(empty):
    (empty.run / "agent.log").mkdir()
    with pytest.raises(TargetError, match="cannot be started"):
        ensure_agent(empty)


def test_two_homes_have_two_agents(home, tmp_path):
    other = Home(tmp_path / "other", port=free_port(), balancer="caddy")
    ensure_agent(home)
    pid = wait_until(lambda: agent_pid(home))
    assert agent_pid(other) is None
    assert stop_agent(other) is False
    assert agent_pid(home) == pid
