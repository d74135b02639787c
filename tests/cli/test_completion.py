"""Completion as bash does it: the script is read by a real bash, which then asks for what may follow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ASK = """\
eval "$(beanstalk completion bash)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_beanstalk_completion "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """ask("status", "s"): what bash proposes after `beanstalk status s`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "beanstalk"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m beanstalk "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def complete(*words):
        command = ["bash", "-c", ASK, "bash", "beanstalk", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert done.stderr == ""
        return done.stdout.split()

    return complete


def test_bash_proposes_commands_flags_and_what_they_take(shop, ask):
    assert ask("re") == ["restart", "rebuild", "restore", "render"]
    assert ask("deploy", "--po") == ["--policy"]
    assert ask("deploy", "--policy", "Imm") == ["Immutable"]
    assert ask("appversion", "") == ["lifecycle"]
    assert ask("completion", "") == ["bash", "zsh", "fish"]


def test_bash_proposes_names_that_are_there(shop, ask):
    shop.ok("config", "save", "prod")
    assert ask("status", "") == ["shop-dev"]
    assert ask("deploy", "--version", "") == ["v1"]
    assert ask("create", "--platform", "pro") == ["procfile"]
    assert ask("config", "get", "p") == ["prod"]
    assert ask("config", "s") == ["save", "show", "shop-dev"]


def test_bash_is_proposed_nothing_where_nothing_can_be_read(beanstalk, ask):
    (beanstalk.folder / ".elasticbeanstalk").mkdir()
    (beanstalk.folder / ".elasticbeanstalk" / "config.yml").write_text("- broken")
    assert ask("status", "") == []
    assert ask("deploy", "--version", "") == []


def test_environments_that_are_gone_are_proposed_for_restore(shop, ask):
    shop.ok("terminate", "shop-dev", "--force")
    assert ask("restore", "") == ["shop-dev"]
    assert ask("status", "") == []
