"""The runner: once, whatever is killed, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from beanstalk.targets.local import runner
from beanstalk.targets.local.runner import Absent, Ended, Lost, Running, State

pytestmark = pytest.mark.real
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
PATIENCE_S = 60


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "job"
    pids = started_pid(tmp_path / "job")
    runner.cancel(tmp_path / "job", grace_s=0.1)
    assert [session(pid) for pid in pids] == [[] for _ in pids]


def start(job: Path, *commands: str, timeout_s: float = PATIENCE_S) -> None:
    runner.start(job, commands, job.parent, ENVIRONMENT, timeout_s)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def end_of(job: Path) -> State:
    wait_until(lambda: not isinstance(runner.state(job), Running))
    return runner.state(job)


def started_pid(job: Path) -> list[int]:
    record = job / "started.json"
    return [json.loads(record.read_text())["pid"]] if record.exists() else []


def session(leader: int) -> list[int]:
    """Living processes of a session, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return found


def test_nothing_is_there_before_the_start(job: Path) -> None:
    assert runner.state(job) == Absent()
    assert runner.tail(job, 5) == []
    runner.cancel(job)
    assert not job.exists()


@pytest.mark.parametrize(
    ("commands", "code", "ran"),
    [
        (["echo a >> ran", "echo b >> ran"], 0, "a\nb\n"),
        (["echo a >> ran", "exit 3", "echo b >> ran"], 3, "a\n"),
        (["echo a >> ran; false; echo b >> ran"], 1, "a\n"),
        (["echo a >> ran", "kill -9 $$"], 137, "a\n"),
        (["echo a >> ran", "no-such-program-here"], 127, "a\n"),
        (["echo a >> ran", "cat"], 0, "a\n"),
    ],
)
def test_commands_run_one_after_the_other_until_one_fails(job: Path, commands: list[str], code: int, ran: str) -> None:
    start(job, *commands)
    assert end_of(job) == Ended(code)
    assert (job.parent / "ran").read_text() == ran


def test_the_log_says_each_command_before_it_runs_and_never_what_the_environment_holds(job: Path) -> None:
    runner.start(job, ["test -n \"$TOKEN\"", "echo out; echo err >&2", "exit 4"], job.parent,
                 {**ENVIRONMENT, "TOKEN": "hunter2"}, PATIENCE_S)  # fmt: skip
    assert end_of(job) == Ended(4)
    assert runner.tail(job, 5) == ["$ echo out; echo err >&2", "out", "err", "$ exit 4", "failed with exit code 4"]
    assert not any("hunter2" in path.read_text() for path in job.iterdir())


def test_commands_see_their_environment_alone_and_a_path_that_is_the_same_everywhere(job: Path) -> None:
    runner.start(job, ["env > seen"], job.parent, {"PATH": f".:bin::{os.defpath.lstrip(':')}", "A": "é"}, PATIENCE_S)
    assert end_of(job) == Ended(0)
    seen = dict(line.split("=", 1) for line in (job.parent / "seen").read_text().splitlines())
    assert {name for name in seen if name not in ("PWD", "_", "SHLVL", "OLDPWD")} == {"PATH", "A"}
    assert seen["A"] == "é" and all(entry.startswith("/") for entry in seen["PATH"].split(":"))


def test_a_second_start_does_nothing_while_it_runs_and_after_it_ended(job: Path) -> None:
    for _ in range(3):
        start(job, "echo once >> ran", "while [ ! -e go ]; do sleep 0.02; done")
    (job.parent / "go").touch()
    assert end_of(job) == Ended(0)
    start(job, "echo again >> ran")
    assert end_of(job) == Ended(0)
    assert (job.parent / "ran").read_text() == "once\n"


def test_of_two_runners_for_one_job_only_one_runs_it(job: Path) -> None:
    job.mkdir()
    (job / "job.json").write_text(json.dumps({"commands": ["echo x >> ran"], "cwd": str(job.parent), "timeout_s": 60}))
    command = [sys.executable, "-c", "import sys; from beanstalk.targets.local.runner import main; main(sys.argv[1])"]
    racers = [subprocess.Popen([*command, str(job)], stdin=subprocess.PIPE, start_new_session=True) for _ in range(4)]
    for racer in racers:
        racer.communicate(json.dumps(ENVIRONMENT).encode())
    assert runner.state(job) == Ended(0)
    assert (job.parent / "ran").read_text() == "x\n"


def test_a_job_whose_starter_died_before_it_began_is_started_by_the_next(job: Path) -> None:
    job.mkdir()
    (job / "job.json").write_text(json.dumps({"commands": ["echo x"], "cwd": str(job.parent), "timeout_s": 60}))
    assert runner.state(job) == Absent()
    start(job, "echo other")
    assert end_of(job) == Ended(0)
    assert runner.tail(job, 1) == ["x"]


def test_it_outlives_whoever_started_it(job: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from beanstalk.targets.local import runner\n"
        "job = Path(sys.argv[1])\n"
        "runner.start(job, ['while [ ! -e go ]; do sleep 0.02; done'], job.parent, {'PATH': '/bin:/usr/bin'}, 60)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(job)], check=False).returncode == -9
    assert runner.state(job) == Running()
    (job.parent / "go").touch()
    assert end_of(job) == Ended(0)


def test_a_runner_that_was_killed_is_lost_and_never_runs_again(job: Path) -> None:
    start(job, "echo once >> ran; sleep 600")
    wait_until((job.parent / "ran").exists)
    [pid] = started_pid(job)
    os.kill(pid, 9)
    assert end_of(job) == Lost()
    start(job, "echo again >> ran")
    assert runner.state(job) == Lost()
    assert (job.parent / "ran").read_text() == "once\n"
    assert session(pid) != []
    runner.cancel(job)
    assert session(pid) == []


def test_a_pid_that_belongs_to_another_process_by_now_is_lost_and_left_alone(job: Path) -> None:
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    job.mkdir()
    (job / "job.json").write_text("{}")
    (job / "started.json").write_text(json.dumps({"pid": other.pid, "created": 1.0}))
    assert runner.state(job) == Lost()
    runner.cancel(job)
    assert other.poll() is None
    other.kill()
    other.wait()


def test_cancel_ends_everything_that_was_started(job: Path) -> None:
    start(job, "sleep 600 & (trap '' TERM; touch stubborn; while :; do sleep 600; done) & wait", "touch never")
    wait_until((job.parent / "stubborn").exists)
    [pid] = started_pid(job)
    runner.cancel(job, grace_s=0.2)
    assert session(pid) == []
    assert not isinstance(runner.state(job), Running)
    assert not (job.parent / "never").exists()


def test_a_cancelled_job_that_obeys_says_so(job: Path) -> None:
    start(job, "touch there; exec sleep 600", "touch never")
    wait_until((job.parent / "there").exists)
    runner.cancel(job)
    assert runner.state(job) == Ended(143)


def test_what_takes_too_long_is_ended_with_all_it_started(job: Path) -> None:
    start(job, "sleep 600 & sleep 600", "touch never", timeout_s=0.3)
    assert end_of(job) == Ended(runner.TIMED_OUT)
    wait_until(lambda: session(started_pid(job)[0]) == [])
    assert runner.tail(job, 1) == ["took too long and was ended"]
    assert not (job.parent / "never").exists()


def test_a_module_in_the_folder_of_the_commands_does_not_get_in_the_way(job: Path) -> None:
    for name in ("json.py", "psutil.py", "beanstalk.py"):
        (job.parent / name).write_text("raise SystemExit(9)")
    start(job, "true")
    assert end_of(job) == Ended(0)


def test_tail_is_the_end_of_a_long_log(job: Path) -> None:
    start(job, "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done")
    assert end_of(job) == Ended(0)
    assert runner.tail(job, 2) == ["line 2998", "line 2999"]
    assert len(runner.tail(job, 5000)) == 3001
