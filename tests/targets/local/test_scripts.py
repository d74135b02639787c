"""Scripts on real processes: in order, once, with what they may see, and a record of each."""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from beanstalk.errors import Where
from beanstalk.records import Instance, State
from beanstalk.scripts import Part, Script, ScriptPhase
from beanstalk.store.home import Home
from beanstalk.targets.local.machine import script_jobs
from beanstalk.targets.local.processes import ProcessHost
from beanstalk.targets.local.runner import Absent, Ended, Lost, Running
from beanstalk.workload import Secret
from tests.agent.memory_world import WORKLOAD

pytestmark = pytest.mark.real
INSTANCE = Instance("i-1", "e-1", 1, State.PENDING, 20001, 0.0, 0.0)
PATIENCE_S = 60.0
BASH = "#!/bin/bash\n"


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


class Place:
    """The folder of one instance and its scripts."""

    def __init__(self, home):
        self.home, self.jobs = home, script_jobs(home)
        self.folder = home.instance("e-1", "i-1")
        self.folder.mkdir(parents=True)

    def write(self, path, text, mode=0o644):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        file.chmod(mode)
        return file

    def start(self, *scripts, part=Part.BEFORE, timeout_s=PATIENCE_S, environment=(), secrets=()):
        variables = {"PATH": os.environ["PATH"], "PORT": "20001", **dict(environment), **dict(secrets)}
        workload = replace(WORKLOAD, secrets=tuple(Secret(name, "file:/a") for name in dict(secrets)))
        self.jobs.start(INSTANCE, workload, part, scripts, variables, timeout_s)

    def end(self, part=Part.BEFORE):
        wait_until(lambda: not isinstance(self.jobs.state(INSTANCE, part), Running))
        return self.jobs.state(INSTANCE, part)

    def run(self, *scripts, **more):
        self.start(*scripts, **more)
        return self.end(more.get("part", Part.BEFORE))

    def read(self, path):
        return (self.folder / path).read_text()

    def records(self):
        return self.jobs.records(INSTANCE)

    def log(self):
        return (self.home.logs("e-1", "i-1") / "eb-engine.log").read_text()


@pytest.fixture
def place(tmp_path):
    place = Place(Home(tmp_path / "home"))
    yield place
    place.jobs.signal(INSTANCE, signal.SIGKILL)
    wait_until(lambda: place.jobs.are_over(INSTANCE))
    ProcessHost(place.home).signal(INSTANCE, {}, signal.SIGKILL)
    wait_until(lambda: ProcessHost(place.home).gone(INSTANCE, {}))


def command(line, name="one", **more):
    return Script(ScriptPhase.COMMANDS, name, Where(".ebextensions/a.config", 7), line, **more)


def hook(path):
    return Script(ScriptPhase.PREBUILD, path.rpartition("/")[2], Where(path), path)


def test_scripts_run_in_their_order_in_the_folder_of_the_instance(place):
    state = place.run(
        command("echo a >> said; pwd > where"), command(["sh", "-c", "echo b >> said"]), command("echo c >> said")
    )
    assert state == Ended(0)
    assert place.read("said") == "a\nb\nc\n"
    assert place.read("where").strip() == str(place.folder)


def test_each_has_a_record_with_its_exit_code_and_last_lines(place):
    place.run(command("for n in 1 2 3 4 5 6 7; do echo $n; done"), command("echo bad >&2; exit 3", "two"))
    first, second = place.records()
    assert (first.what, first.code, first.failed) == (".ebextensions/a.config:7: container command one", 0, False)
    assert first.lines == ("3", "4", "5", "6", "7")
    assert (second.number, second.code, second.lines, second.failed) == (1, 3, ("bad",), True)


def test_the_first_one_that_fails_is_the_last_one(place):
    assert place.run(command("exit 3"), command("touch never")) == Ended(3)
    assert not (place.folder / "never").exists()
    assert [each.code for each in place.records()] == [3]


def test_a_failure_that_is_ignored_is_none(place):
    assert place.run(command("exit 3", ignore_errors=True), command("touch made")) == Ended(0)
    assert [(each.code, each.ignored, each.failed) for each in place.records()] == [(3, True, False), (0, False, False)]


def test_a_command_runs_only_when_its_test_is_content(place):
    place.run(command("touch never", test="[ -f nothing ]"), command("touch made", test="true"))
    assert [each.code for each in place.records()] == [None, 0]
    assert place.records()[0].problem == "its test exited with 1"
    assert [(place.folder / name).exists() for name in ("never", "made")] == [False, True]


def test_scripts_see_what_the_application_sees(place):
    line = "echo $PORT $PROPERTY $BEANSTALK_INSTANCE_ID ${HOME:+home} $ADDED"
    place.run(command(line, environment=(("ADDED", "1"), ("PROPERTY", "over"))), environment={"PROPERTY": "under"})
    assert place.records()[0].lines == ("20001 over i-1 home 1",)


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("echo log in with $KEY!", ("log in with ***!",)),
        ("for n in 1 2 3 4 5 6 7; do echo $n$KEY$n; done", tuple(f"{n}***{n}" for n in range(3, 8))),
        ("printf %5000s; printf %390s; echo $KEY", ()),
        ("printf '%10000s\\n'; printf %390s x; echo $KEY$KEY", (" " * 389 + "x******",)),
        ("yes $KEY | head -n 3000 | tr -d '\\n'", ()),
        ("yes $KEY | head -n 3000", ("***",) * 5),
    ],
)
def test_a_record_has_no_secret_and_no_part_of_one(place, line, lines):
    place.run(command(line + "; exit 3"), secrets={"KEY": "hunter2 of my heart"})
    assert place.records()[0].lines == lines
    written = [path for path in place.home.folder.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert [path.name for path in written] == ["eb-engine.log"], "its own words in its own log"


def test_what_the_environment_says_to_python_does_not_disturb_the_job(place):
    assert place.run(command("true"), environment={"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"}) == Ended(0)


def test_a_line_for_bash_runs_as_on_an_instance(place):
    if not Path("/bin/bash").exists():
        pytest.skip("there is no bash")
    place.write("variables", "GIVEN=1\n")
    place.run(command("source ./variables && echo $GIVEN"))
    assert place.records()[0].lines == ("1",)


def test_a_folder_can_be_named(place):
    (place.folder / "web").mkdir()
    place.run(command("pwd", cwd="web"), command("pwd", cwd="/"))
    assert [each.lines for each in place.records()] == [(f"{place.folder}/web",), ("/",)]


CANNOT_START = [
    (command("true", cwd="nothing"), 127, "it cannot be started: No such file or directory"),
    (command(["no-such-program"]), 127, "it cannot be started: No such file or directory (no-such-program)"),
    (hook("hooks/text"), 126, "it has no #! line, and is no program of Linux"),
    (hook("hooks/gone"), 126, "it cannot be read: No such file or directory"),
    (hook("hooks/alien"), 127, "it cannot be started: No such file or directory (./hooks/alien)"),
]


@pytest.mark.parametrize(("script", "code", "problem"), CANNOT_START)
def test_what_cannot_be_started_says_why(place, script, code, problem):
    place.write("hooks/text", "echo\n")
    place.write("hooks/alien", "#!/no/such/interpreter\n")
    assert place.run(script) == Ended(code)
    (record,) = place.records()
    assert (record.code, record.failed) == (code, True)
    assert record.problem.startswith(problem)
    assert record.lines == (record.problem,)


def test_hooks_are_made_executable_and_their_line_ends_are_mended(place):
    file = place.write("hooks/a.sh", "#!/bin/bash\r\nif true; then\r\n  echo $0\r\nfi\r\n")
    assert place.run(hook("hooks/a.sh")) == Ended(0)
    assert place.records()[0].lines == ("./hooks/a.sh",)
    assert b"\r" not in file.read_bytes()
    assert file.stat().st_mode & stat.S_IXUSR


def test_a_binary_is_a_hook_as_it_is(place):
    place.write("hooks/true", Path("/bin/true").read_bytes())
    assert place.run(hook("hooks/true")) == Ended(0)


def test_what_they_say_is_in_the_log_of_the_instance_without_the_command_itself(place):
    place.run(command("echo hello; : secret"), command("exit 4", "two"))
    assert "hello\n" in place.log()
    assert "container command two" in place.log()
    assert "exited with 4" in place.log()
    assert "secret" not in place.log()


def test_the_environment_is_in_no_file(place):
    place.run(command("true"), environment={"PASSWORD": "hunter2"})
    files = [each for each in place.home.folder.rglob("*") if each.is_file()]
    assert files
    assert [each for each in files if b"hunter2" in each.read_bytes()] == []


def test_both_parts_of_an_instance_are_told_one_after_the_other(place):
    place.run(command("true", "one"))
    place.run(command("true", "two"), part=Part.AFTER)
    assert [(each.part, each.number, each.what[-3:]) for each in place.records()] == [
        (Part.BEFORE, 0, "one"), (Part.AFTER, 0, "two"),
    ]  # fmt: skip


def test_nothing_runs_twice(place):
    place.run(command("echo x >> said"))
    script_jobs(place.home).start(INSTANCE, WORKLOAD, Part.BEFORE, [command("echo y >> said")], {}, PATIENCE_S)
    assert place.end() == Ended(0)
    assert place.read("said") == "x\n"


def test_what_was_not_started_is_absent(place):
    assert place.jobs.state(INSTANCE, Part.BEFORE) == Absent()
    assert not place.jobs.was_asked_for(INSTANCE, Part.BEFORE)
    assert place.jobs.are_over(INSTANCE)
    assert place.records() == []


def test_one_that_takes_too_long_is_ended_and_has_no_record(place):
    assert place.run(command("true"), command("sleep 1000", "two"), timeout_s=0.7) == Ended(124)
    assert [each.code for each in place.records()] == [0]
    assert "two" in place.log()


def test_a_signal_ends_the_job_and_what_it_started(place):
    place.start(command("touch began; sleep 1000"), command("touch never"))
    wait_until(lambda: (place.folder / "began").exists())
    assert not place.jobs.are_over(INSTANCE)
    place.jobs.signal(INSTANCE, signal.SIGTERM)
    wait_until(lambda: place.jobs.are_over(INSTANCE))
    assert not (place.folder / "never").exists()


def test_a_lost_job_is_lost_for_ever(place):
    place.start(command("touch began; sleep 1000"))
    wait_until(lambda: (place.folder / "began").exists())
    place.jobs.signal(INSTANCE, signal.SIGKILL)
    wait_until(lambda: place.jobs.state(INSTANCE, Part.BEFORE) == Lost())
    place.start(command("touch never"))
    assert place.jobs.state(INSTANCE, Part.BEFORE) == Lost()


def test_what_a_script_leaves_running_belongs_to_its_instance(place):
    host = ProcessHost(place.home)
    assert place.run(command("sleep 1000 & echo")) == Ended(0)
    assert not host.gone(INSTANCE, {})
    host.signal(INSTANCE, {}, signal.SIGTERM)
    wait_until(lambda: host.gone(INSTANCE, {}))


def test_a_line_that_is_only_half_written_is_no_record_yet(place):
    place.run(command("true"))
    with (place.home.scripts("e-1", "i-1") / "records.jsonl").open("a") as file:
        file.write(json.dumps({"part": "before"}))
    assert len(place.records()) == 1


def test_what_is_cleared_is_gone_and_its_log_stays(place):
    place.run(command("echo hello"))
    place.jobs.clear(INSTANCE)
    assert not place.home.scripts("e-1", "i-1").exists()
    assert "hello" in place.log()
