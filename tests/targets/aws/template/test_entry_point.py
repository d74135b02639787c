"""What runs before the application starts: in the entry point of an image of a platform, and nowhere else."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest

from beanstalk.errors import Where
from beanstalk.scripts import Script, ScriptPhase
from beanstalk.targets.aws.script_text import shell_text
from tests.targets.aws.blueprints import make_blueprint, template_of

AT = Where(".ebextensions/a.config", 3)
PLATFORM = {"application.py": "application = 1\n"}


def command(name="one", text="touch one", phase=ScriptPhase.COMMANDS, **more):
    return Script(phase, name, AT, text, **more)


@pytest.fixture
def made(tmp_path):
    def make(files, *scripts):
        blueprint = make_blueprint(tmp_path, files)
        return template_of(replace(blueprint, workload=replace(blueprint.workload, scripts=scripts)))

    return make


def web(template):
    return template.body["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]


def test_a_platform_runs_it_and_then_the_application(made):
    found = web(made(PLATFORM, command(), command("two", leader_only=True)))
    (text,) = found["Command"]
    assert found["EntryPoint"] == ["/bin/sh", "-c"]
    assert text.splitlines()[0] == "cd /var/app/current" and text.endswith("\nexec /opt/beanstalk/start")
    assert text.count("touch one") == 1


def test_without_scripts_the_image_starts_as_it_is(made):
    assert {"EntryPoint", "Command"} & web(made(PLATFORM)).keys() == set()


def test_an_image_of_somebody_else_does_not_and_that_is_told(made):
    template = made({"Dockerfile": "FROM a\nEXPOSE 80\n"}, command())
    assert "EntryPoint" not in web(template)
    assert str(template.warnings[0]).startswith(f"{AT}: container_commands one is not run on AWS")


def test_what_runs_when_the_application_answers_is_told(made):
    template = made(PLATFORM, command("p.sh", ".platform/hooks/postdeploy/p.sh", ScriptPhase.POSTDEPLOY))
    assert "nobody tells a task when it serves" in str(template.warnings[0])


def run(folder, *scripts):
    done = subprocess.run(
        ["/bin/sh", "-c", shell_text(scripts)], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_a_shell_runs_them_in_their_order_and_ends_with_the_first_that_fails(tmp_path):
    assert run(tmp_path, command(text="echo one"), command(text=("echo", "two words"))) == (0, "one\ntwo words\n")
    assert run(tmp_path, command(text="exit 3"), command(text="echo two")) == (3, "")
    assert run(tmp_path, command(text="exit 3", ignore_errors=True), command(text="echo two")) == (0, "two\n")


def test_nothing_of_one_is_left_for_the_next(tmp_path):
    (tmp_path / "in").mkdir()
    first = command(text='cd / && export B=2 && echo "$A"', environment=(("A", "it's"),), cwd="in")
    assert run(tmp_path, first, command(text='pwd; echo "$A$B"')) == (0, f"it's\n{os.path.realpath(tmp_path)}\n\n")


def test_a_test_decides_whether_one_runs(tmp_path):
    scripts = (command(text="echo one", test="false"), command(text="echo two", test="true"))
    assert run(tmp_path, *scripts) == (0, "two\n")


def test_a_hook_is_a_program_of_the_bundle(tmp_path):
    path = tmp_path / ".platform/hooks/prebuild/01 it.sh"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\necho hook\n")
    path.chmod(0o755)
    hook = command("01 it.sh", ".platform/hooks/prebuild/01 it.sh", ScriptPhase.PREBUILD)
    assert run(tmp_path, hook) == (0, "hook\n")
