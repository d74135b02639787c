"""Scripts as one program of a shell: what runs once in a deployment."""

from __future__ import annotations

import os
import subprocess

from beanstalk.errors import Where
from beanstalk.scripts import Script, ScriptPhase
from beanstalk.targets.aws.script_text import shell_text

AT = Where(".ebextensions/a.config", 3)


def command(name="one", text="touch one", phase=ScriptPhase.COMMANDS, **more):
    return Script(phase, name, AT, text, **more)


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
