"""What a container on AWS runs before its own first program, and after that listens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from beanstalk.containers import Container, ContainerGroup, ImageBuild, ImageSource
from beanstalk.errors import Where
from beanstalk.image.entry import ENTRY, entry_program, with_entry
from beanstalk.image.pieces import CURRENT
from beanstalk.scripts import Script, ScriptPhase
from beanstalk.source.hooks import Occasion
from beanstalk.workload import HealthCheck, Workload

AT = Where(".ebextensions/a.config", 3)


def command(name, text, **words):
    return Script(ScriptPhase.COMMANDS, name, AT, text, **words)


def hook(name, phase=ScriptPhase.PREDEPLOY, occasion=Occasion.VERSION):
    path = f".platform/{occasion}/{phase}/{name}"
    return Script(phase, name, Where(path), path, occasion=occasion)


def workload(*scripts, build=True, **words):
    source = ImageSource(build=ImageBuild("a" * 64)) if build else ImageSource("shop:7")
    group = ContainerGroup((Container("web", source, **words), Container("cache", ImageSource("redis:7"))), "web", 8000)
    health = HealthCheck(*[None] * len(HealthCheck.__dataclass_fields__))
    return Workload("docker", (), (), health, 1.0, 1.0, None, group, scripts)


@pytest.fixture
def place(tmp_path):
    """The application's folder, and the run of a program in it: place.run(before, after) gives code and output."""

    class Place:
        folder = tmp_path / "app"

        def program(self, before, after=(), port=0):
            text = entry_program(before, after, port).replace(CURRENT, str(self.folder))
            (tmp_path / "entry").write_text(text)
            return ["/bin/sh", str(tmp_path / "entry")]

        def run(self, before, words=("echo", "the program"), **variables):
            done = subprocess.run(
                [*self.program(before), *words], cwd=tmp_path, env={**os.environ, **variables}, timeout=60,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.said = done.stderr
            return done.returncode, done.stdout.splitlines()

    Place.folder.mkdir()
    return Place()


def test_scripts_run_in_their_order_in_the_folder_of_the_application_before_the_program(place):
    (place.folder / "sub").mkdir()
    second = command("02", "pwd; echo it is $A", cwd="sub", environment=(("A", "x y"),))
    code, said = place.run([command("01", "pwd"), second], ("sh", "-c", "pwd; echo $0 $1", "a b", "c"))
    assert code == 0
    assert said == [str(place.folder), f"{place.folder}/sub", "it is x y", str(place.folder.parent), "a b c"]
    assert "beanstalk: .ebextensions/a.config:3: container command 01" in place.said


def test_one_that_fails_ends_it_before_the_program_starts_with_its_exit_code(place):
    assert place.run([command("01", "exit 7"), command("02", "echo never")]) == (7, [])
    assert "container command 01 exited with 7" in place.said


def test_a_failure_that_is_ignored_and_a_test_that_says_no(place):
    scripts = [
        command("01", "exit 7", ignore_errors=True),
        command("02", "echo never", test="false"),
        command("03", "echo tested", test='[ "$A" = 1 ]', environment=(("A", "1"),)),
        command("04", ("printf", "%s\n", "a  'b' $c")),
    ]
    assert place.run(scripts) == (0, ["tested", "a  'b' $c", "the program"])
    assert "container command 02 is not run: its test says no" in place.said


def test_hooks_are_programs_of_the_bundle(place):
    made = place.folder / ".platform" / "hooks" / "predeploy" / "01_a.sh"
    made.parent.mkdir(parents=True)
    made.write_text("#!/bin/sh\npwd\n")
    made.chmod(0o755)
    assert place.run([hook("01_a.sh")]) == (0, [str(place.folder), "the program"])


def test_a_one_off_program_runs_alone(place):
    assert place.run([command("01", "exit 1")], BEANSTALK_SCRIPTS="none") == (0, ["the program"])


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_command_lines_are_those_of_bash_where_it_is(place):
    assert place.run([command("01", "[[ a == a* ]] && echo bash")])[1][0] == "bash"


def serve(place, after):
    """A program that listens at a port, with scripts for afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = f"import socket, time\ns = socket.create_server(('127.0.0.1', {port}))\nwhile True: time.sleep(1)"
    words = [*place.program([], after, port), sys.executable, "-c", text]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=place.folder)


def test_scripts_for_afterwards_begin_when_the_application_listens(place):
    process = serve(place, [command("01", "touch done", cwd="")])
    until = time.monotonic() + 30
    while not (place.folder / "done").exists() and time.monotonic() < until:
        time.sleep(0.05)
    running = process.poll() is None
    process.kill()
    process.communicate()
    assert running and (place.folder / "done").exists()


def test_one_that_fails_afterwards_ends_the_container(place):
    process = serve(place, [command("01", "exit 3")])
    assert process.wait(60) == -signal.SIGTERM
    assert "exited with 3" in process.communicate()[1]


def test_the_container_for_requests_gets_the_program_and_its_image_another_name():
    plain = workload(command("01", "true"), entrypoint=("run", "it"))
    changed, told = with_entry(plain)
    web, cache = changed.group.containers
    assert told == () and cache == plain.group.containers[1]
    assert web.image.build.key != "a" * 64 and "container command 01" in web.image.build.entry
    assert web.entrypoint == (ENTRY, "run", "it")
    assert with_entry(changed)[0].group.containers[0].image.build.key != web.image.build.key
    assert with_entry(replace(plain, scripts=(command("02", "true"),)))[0] != changed
    assert ContainerGroup.from_json(changed.group.to_json()) == changed.group


def test_without_scripts_everything_stays():
    assert with_entry(workload()) == (workload(), ())


def test_what_runs_once_is_not_run_by_every_container():
    assert with_entry(workload(command("01", "true", leader_only=True))) == (
        workload(command("01", "true", leader_only=True)), (),
    )  # fmt: skip


def test_scripts_of_a_ready_made_image_are_told_as_not_run():
    plain = workload(command("01", "true"), build=False)
    changed, [told] = with_entry(plain)
    assert changed == plain
    assert str(told).startswith(".ebextensions/a.config:3: container command 01 is not run: the image of web is ready")


def test_hooks_for_other_settings_are_told_as_not_run():
    _, [told] = with_entry(workload(hook("01.sh", occasion=Occasion.CONFIGURATION)))
    assert "01.sh of confighooks is not run on AWS" in told.text
