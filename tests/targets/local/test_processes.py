"""Real processes of instances: what they see, how they end, and that nothing of them is missed or mixed up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from beanstalk.errors import TargetError
from beanstalk.records import Instance, State
from beanstalk.store.home import Home
from beanstalk.targets.local import processes
from beanstalk.targets.local.processes import MARK, Ended, ProcessHost, environment_of, memory_and_cpu
from beanstalk.workload import Process
from tests.agent.memory_world import WORKLOAD

pytestmark = pytest.mark.real
INSTANCE = Instance("i-1", "e-1", 1, State.PENDING, 20001, 0.0, 0.0)
PATIENCE_S = 60


class Bench:
    """One home with a host; `start` gives the identities of one process, whose output is `said`."""

    def __init__(self, folder):
        self.home = Home(folder)
        self.home.create()
        self.host = ProcessHost(self.home)

    def start(self, command, instance=INSTANCE, name="web", **variables):
        self.home.instance(instance.environment_id, instance.id).mkdir(parents=True, exist_ok=True)
        return {name: self.host.start(instance, Process(name, command), variables)}

    def said(self, instance=INSTANCE, name="web"):
        return (self.home.logs(instance.environment_id, instance.id) / f"{name}.log").read_text()

    def again(self):
        """What a new agent has: it knows no children."""
        return ProcessHost(self.home)


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path / "home")
    yield bench
    for instance_id, found in bench.again().strays().items():
        bench.host.signal(replace(INSTANCE, id=instance_id), found, signal.SIGKILL)


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def end_of(bench, identities):
    wait_until(lambda: bench.host.ended(identities) is not None)
    return bench.host.ended(identities)


def exists(pid):
    seen = processes._look(pid)
    return seen is not None and seen.alive


def test_only_the_safe_list_of_our_own_environment_is_passed_on(bench, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("LANG", "C.UTF-8")
    end_of(bench, bench.start("exec env", GIVEN="yes"))
    names = {line.partition("=")[0] for line in bench.said().splitlines()}
    ours = {MARK, "BEANSTALK_INSTANCE_HOME", "BEANSTALK_PROCESS", "GIVEN", "PWD"}
    assert names - ours <= set(processes._PASSED_ON)
    assert names >= {MARK, "GIVEN", "LANG", "PATH"}


@pytest.mark.parametrize("value", ["two\nlines", "späť €", "", "a=b", "$HOME `id` 'x'", " "])
def test_a_property_arrives_as_it_is_whatever_is_in_it(bench, value):
    end_of(bench, bench.start(f"exec {sys.executable} -c 'import os; print(ascii(os.environ[\"ODD\"]))'", ODD=value))
    assert bench.said().strip() == ascii(value)


def test_a_property_arrives_in_utf8_even_when_the_locale_is_another(tmp_path):
    script = r"""
import sys
from pathlib import Path
from tests.targets.local.test_processes import Bench, end_of
bench = Bench(Path(sys.argv[1]))
end_of(bench, bench.start('printf %s "$ODD\u20ac"', ODD='\u20ac'))
"""
    variables = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=variables, check=True, timeout=PATIENCE_S)
    assert (tmp_path / "environments/e-1/logs/i-1/web.log").read_bytes() == "€€".encode()


@pytest.mark.parametrize("name, value", [("NUL", "a\0b"), ("HUGE", "x" * 3_000_000), ("A=B", "c")])
def test_what_no_process_can_be_given_is_a_target_error(bench, name, value):
    with pytest.raises(TargetError, match="web cannot be started"):
        bench.start("true", **{name: value})


def test_a_folder_that_cannot_be_written_is_a_target_error(bench):
    (bench.home.environment("e-1")).mkdir()
    (bench.home.environment("e-1") / "logs").write_text("in the way")
    with pytest.raises(TargetError):
        bench.start("true")
    with pytest.raises(TargetError):
        bench.host.prepare(INSTANCE, "no-such-digest")


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("exit 0", "exited with 0"),
        ("exit 7", "exited with 7"),
        ("no-such-program-here", "exited with 127"),
        ("kill -KILL $$", "was ended by SIGKILL"),
        ("kill -40 $$", "was ended by signal 40"),
    ],
)
def test_an_end_is_said_with_its_exit_code_or_signal(bench, command, text):
    assert str(end_of(bench, bench.start(command))) == text


def test_an_agent_that_came_later_sees_that_it_ended_but_not_how(bench):
    identities = bench.start("exec sleep 600")
    later = bench.again()
    assert later.ended(identities) is None
    os.killpg(identities["web"][0], signal.SIGKILL)
    wait_until(lambda: later.ended(identities) == Ended("web", None))  # though it is a zombie: nobody waited for it
    assert later.gone(INSTANCE, identities)


def test_a_signal_reaches_the_whole_group(bench):
    identities = bench.start("sleep 600 & sleep 600 & echo ready; wait")
    wait_until(lambda: "ready" in bench.said())
    bench.host.signal(INSTANCE, identities, signal.SIGTERM)
    wait_until(lambda: bench.host.gone(INSTANCE, identities))
    assert bench.again().strays() == {}


def test_a_child_that_left_its_session_is_found_by_its_mark(bench):
    identities = bench.start("setsid sh -c 'echo $$; exec sleep 600' & wait")
    wait_until(lambda: bench.said().strip())
    daemon = int(bench.said())
    os.kill(identities["web"][0], signal.SIGKILL)
    end_of(bench, identities)
    assert not bench.host.gone(INSTANCE, identities)
    bench.host.signal(INSTANCE, identities, signal.SIGTERM)
    wait_until(lambda: bench.host.gone(INSTANCE, identities))
    assert not exists(daemon)


NAMELESS = "env -i sh -c 'echo $$; exec sleep 600'"
"""As nginx and whatever sets its title: nothing of the environment that it was started with can be read any more."""


@pytest.mark.parametrize("new_agent", [False, True])
def test_a_process_without_its_environment_is_found_by_its_session(bench, new_agent):
    identities = bench.start(f"exec {NAMELESS}")
    wait_until(lambda: bench.said().strip())
    host = bench.again() if new_agent else bench.host
    host.signal(INSTANCE, identities, signal.SIGWINCH)
    assert not host.gone(INSTANCE, identities)
    host.signal(INSTANCE, identities, signal.SIGKILL)
    wait_until(lambda: bench.host.gone(INSTANCE, identities))
    assert host.gone(INSTANCE, identities)


@pytest.mark.parametrize("new_agent", [False, True])
def test_the_orphan_of_a_dead_leader_is_found_though_it_has_no_mark(bench, new_agent):
    identities = bench.start(f"{NAMELESS} & wait")
    wait_until(lambda: bench.said().strip())
    orphan = int(bench.said())
    os.kill(identities["web"][0], signal.SIGKILL)
    end_of(bench, identities)
    host = bench.again() if new_agent else bench.host
    assert not host.gone(INSTANCE, identities)
    host.signal(INSTANCE, identities, signal.SIGTERM)
    wait_until(lambda: host.gone(INSTANCE, identities))
    assert not exists(orphan)


def test_a_session_whose_number_was_ours_once_is_left_alone(bench):
    command = "sh -c 'echo $$; sleep 600' & wait"
    other = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, cwd="/", start_new_session=True)
    orphan = int(other.stdout.readline())
    other.kill()
    other.wait()
    mine = {"web": (other.pid, processes._look(orphan).birth)}
    bench.host.signal(INSTANCE, mine, signal.SIGKILL)
    assert bench.host.gone(INSTANCE, mine)
    assert exists(orphan)
    os.killpg(other.pid, signal.SIGKILL)


def test_a_pid_that_belongs_to_another_process_by_now_is_not_confused(bench):
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    seen = processes._look(other.pid)
    for birth in (seen.birth - 1, seen.birth + 2.0**32, 1000.0):
        mine = {"web": (other.pid, birth)}
        assert bench.host.ended(mine) == Ended("web", None)
        bench.host.signal(INSTANCE, mine, signal.SIGKILL)
        assert bench.host.gone(INSTANCE, mine)
        assert memory_and_cpu(mine) == (0, 0.0)
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_process_is_the_same_when_somebody_sets_the_clock(bench, monkeypatch):
    identities = bench.start("exec sleep 600")
    monkeypatch.setattr(time, "time", lambda: 1.0)
    monkeypatch.setattr("psutil.boot_time", lambda: 1.0)
    assert bench.again().ended(identities) is None


def test_what_ignores_sigterm_ends_by_sigkill(bench):
    identities = bench.start("trap '' TERM; echo ready; while :; do sleep 600; done")
    wait_until(lambda: "ready" in bench.said())
    bench.host.signal(INSTANCE, identities, signal.SIGTERM)
    assert bench.host.ended(identities) is None
    bench.host.signal(INSTANCE, identities, signal.SIGKILL)
    wait_until(lambda: bench.host.gone(INSTANCE, identities))


def test_strays_are_found_by_a_new_agent_with_the_name_of_their_process(bench):
    web, worker = bench.start("sleep 600 & wait"), bench.start("sleep 600; true", name="worker")
    wait_until(lambda: bench.again().strays() == {"i-1": {**web, **worker}})  # each carries its name once it is itself


def test_what_carries_the_id_of_an_instance_and_not_this_home_is_somebody_elses(bench):
    other = subprocess.Popen(["sleep", "600"], env={MARK: INSTANCE.id})  # as in a container of the instance
    bench.host.signal(INSTANCE, {}, signal.SIGKILL)
    assert bench.host.gone(INSTANCE, {})
    assert other.poll() is None
    other.kill()
    other.wait()


def test_strays_of_another_home_are_never_touched(bench, tmp_path):
    other = Bench(tmp_path / "other")
    theirs = other.start("exec sleep 600", replace(INSTANCE, id="i-2"))
    assert bench.again().strays() == {}
    bench.host.signal(INSTANCE, {}, signal.SIGKILL)
    assert other.host.ended(theirs) is None
    other.host.signal(replace(INSTANCE, id="i-2"), theirs, signal.SIGKILL)
    wait_until(lambda: other.host.gone(replace(INSTANCE, id="i-2"), theirs))


def test_one_home_under_two_names_is_one_home(bench, tmp_path):
    (tmp_path / "link").symlink_to(bench.home.folder)
    identities = bench.start("exec sleep 600")
    assert ProcessHost(Home(tmp_path / "link")).strays() == {"i-1": identities}


def test_an_instance_that_closes_its_output_goes_on(bench):
    identities = bench.start("exec >&- 2>&-; exec sleep 600")
    assert bench.host.ended(identities) is None
    assert bench.host.last_lines(INSTANCE, 3) == []


def test_memory_and_cpu_are_those_of_the_living(bench):
    identities = bench.start("exec sleep 600")
    assert memory_and_cpu(identities)[0] > 0


def test_a_folder_is_made_anew_and_removed_while_its_logs_stay(bench):
    unpacked = bench.home.unpacked("d")
    unpacked.mkdir()
    (unpacked / "app.py").write_text("pass")
    folder = bench.host.prepare(INSTANCE, "d")
    (folder / "left").write_text("by somebody who was killed")
    assert sorted(path.name for path in bench.host.prepare(INSTANCE, "d").iterdir()) == ["app.py"]
    end_of(bench, bench.start("echo hello"))
    bench.host.clear(INSTANCE)
    assert not folder.exists()
    assert bench.host.last_lines(INSTANCE, 3) == ["hello"]


def test_the_environment_has_secrets_our_port_and_names_and_the_path_of_the_build():
    workload = replace(WORKLOAD, environment=(("PORT", "5"), ("PATH", "/users"), ("KEY", "value")))
    secrets = {"PASSWORD": "hunter2", "PORT": "6", "PATH": "/secret"}
    assert environment_of(workload, INSTANCE, ("prod", "v1"), {"PATH": "/build:/users"}, secrets) == {
        "PASSWORD": "hunter2",
        "PORT": "20001",
        "PATH": "/build:/users",
        "KEY": "value",
        "BEANSTALK_ENVIRONMENT_NAME": "prod",
        "BEANSTALK_VERSION_LABEL": "v1",
    }
