"""What runs once, as one program of a shell."""

from __future__ import annotations

import subprocess

import pytest

from beanstalk.errors import Where
from beanstalk.scripts import Script, ScriptPhase
from beanstalk.service.aws.leader import shell_text


def script(command, **more):
    return Script(ScriptPhase.COMMANDS, "01", Where("a.config"), command, leader_only=True, **more)


def run(*scripts):
    done = subprocess.run(["/bin/sh", "-c", shell_text(scripts)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("scripts", "code", "out"),
    [
        ((script("echo one"), script("echo two")), 0, "one\ntwo\n"),
        ((script("exit 4"), script("echo two")), 4, ""),
        ((script("false", ignore_errors=True), script("echo two")), 0, "two\n"),
        ((script("echo one", test="false"), script("echo two")), 0, "two\n"),
        ((script("echo $NAME", environment=(("NAME", "a b"),)),), 0, "a b\n"),
        ((script("pwd", cwd="/tmp"),), 0, "/tmp\n"),
        ((script(("printf", "%s", "a b")),), 0, "a b"),
    ],
)
def test_scripts_run_one_after_the_other_until_one_fails(scripts, code, out):
    assert run(*scripts) == (code, out)
