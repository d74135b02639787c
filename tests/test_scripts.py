"""What a bundle runs beside its application: which scripts, in which order, for whom, and what cannot be run here."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, resolve
from beanstalk.scripts import (
    Part,
    Script,
    ScriptPhase,
    chosen,
    has_leader,
    notes_for_processes,
    script_from_json,
    scripts_of,
)
from beanstalk.source.ebextensions import read_extensions
from beanstalk.source.hooks import Occasion
from tests.bundles import make_bundle

HOOK = "#!/bin/sh\n"
EVERYTHING = {
    ".platform/hooks/postdeploy/tell.sh": HOOK,
    ".platform/hooks/predeploy/warm.sh": HOOK,
    ".platform/hooks/prebuild/2.sh": HOOK,
    ".platform/hooks/prebuild/10.sh": HOOK,
    ".platform/confighooks/prebuild/only.sh": HOOK,
    "Buildfile": "compile: make\nassets: make assets\n",
    ".ebextensions/b.config": """
container_commands:
  02_second: {command: two}
  01_migrate: {command: migrate, leader_only: true}
""",
    ".ebextensions/a.config": """
container_commands:
  zz_last_of_a: {command: z}
  99_leader: {command: lead, leader_only: true}
commands:
  01_machine: {command: never}
""",
}


def read(
    folder: Path, files: dict[str, str], *settings: OptionSetting
) -> tuple[tuple[Script, ...], tuple[Problem, ...]]:
    texts = [(path, text.encode()) for path, text in files.items() if path.startswith(".ebextensions/")]
    configuration = resolve({Layer.ENVIRONMENT: settings})
    return scripts_of(read_extensions(texts), make_bundle(folder, files), configuration)


def commands(folder: Path, text: str, *settings: OptionSetting) -> tuple[Script, ...]:
    return read(folder, {".ebextensions/a.config": f"container_commands:\n{text}"}, *settings)[0]


def one(folder: Path, fields: str, *settings: OptionSetting) -> Script:
    (script,) = commands(folder, f"  one: {{{fields}}}\n", *settings)
    return script


def names(scripts: tuple[Script, ...]) -> list[str]:
    return [script.name for script in scripts]


def test_everything_runs_in_the_documented_order(tmp_path):
    scripts, _ = read(tmp_path, EVERYTHING)
    before = chosen(scripts, Part.BEFORE, Occasion.VERSION, leader=True)
    assert names(before) == [
        "10.sh", "2.sh", "compile", "assets", "99_leader", "01_migrate", "zz_last_of_a", "02_second", "warm.sh",
    ]  # fmt: skip
    assert names(chosen(scripts, Part.AFTER, Occasion.VERSION, leader=True)) == ["tell.sh"]


def test_only_the_leader_runs_what_is_for_the_leader(tmp_path):
    scripts, _ = read(tmp_path, EVERYTHING)
    others = names(chosen(scripts, Part.BEFORE, Occasion.VERSION, leader=False))
    assert {"99_leader", "01_migrate"} & set(others) == set()
    assert len(others) == 7
    assert has_leader(scripts)
    assert not has_leader(chosen(scripts, Part.BEFORE, Occasion.VERSION, leader=False))


def test_a_deployment_of_the_configuration_runs_its_own_hooks_after_all_others(tmp_path):
    scripts, _ = read(tmp_path, EVERYTHING)
    for part, own in ((Part.BEFORE, ["only.sh"]), (Part.AFTER, [])):
        version = names(chosen(scripts, part, Occasion.VERSION, leader=False))
        assert version
        assert names(chosen(scripts, part, Occasion.CONFIGURATION, leader=False)) == [*version, *own]


PLACES = [
    (".platform/hooks/predeploy/warm.sh: predeploy hook warm.sh", "warm.sh"),
    ("Buildfile:2: command assets of the Buildfile", "assets"),
    (".ebextensions/b.config:4: container command 01_migrate", "01_migrate"),
]


@pytest.mark.parametrize(("text", "name"), PLACES)
def test_a_script_says_where_it_stands(tmp_path, text, name):
    scripts, _ = read(tmp_path, EVERYTHING)
    assert text in [str(script) for script in scripts if script.name == name]


FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("command: make it", {"command": "make it"}),
    ("command: [make, it, 'a b']", {"command": ("make", "it", "a b")}),
    ("command: x, env: {A: b, N: 1}", {"environment": (("A", "b"), ("N", "1"))}),
    ("command: x, ignoreErrors: true", {"ignore_errors": True}),
    ("command: x, test: '[ -f y ]'", {"test": "[ -f y ]"}),
    ("command: x, test: '[ -f y ]', leader_only: true", {"test": "", "leader_only": True}),
    ("command: x, cwd: web", {"cwd": "web"}),
    ("command: x, cwd: /tmp", {"cwd": "/tmp"}),
    ("command: x, cwd: /var/app/staging", {"cwd": ""}),
    ("command: x, cwd: /var/app/current/web/js", {"cwd": "web/js"}),
    ("command: x, cwd: /var/app/staging-2", {"cwd": "/var/app/staging-2"}),
]


@pytest.mark.parametrize(("fields", "expected"), FIELDS)
def test_the_fields_of_a_container_command(tmp_path, fields, expected):
    found = asdict(one(tmp_path, fields))
    assert {name: found[name] for name in expected} == expected


def test_functions_are_evaluated_as_far_as_that_can_be_done_here(tmp_path):
    option = "{'Fn::GetOptionSetting': {Namespace: 'aws:autoscaling:asg', OptionName: MinSize}}"
    script = one(tmp_path, f"command: x, env: {{SIZE: {option}}}", OptionSetting("aws:autoscaling:asg", "MinSize", "3"))
    assert script.environment == (("SIZE", "3"),)


def test_a_command_that_needs_a_stack_is_left_out_and_told(tmp_path):
    text = "container_commands:\n  one: {command: {Ref: AWSEBSecurityGroup}}\n  two: {command: x}\n"
    scripts, warnings = read(tmp_path, {".ebextensions/a.config": text})
    assert names(scripts) == ["two"]
    assert [(str(each.at), each.text) for each in warnings] == [
        (".ebextensions/a.config:2:3",
         "container command one is not run: only CloudFormation can evaluate what it refers to"),
    ]  # fmt: skip


def test_what_nothing_can_start_is_told_before_anything_happens(tmp_path):
    files = {".platform/hooks/prebuild/a": "echo no first line\n", ".platform/hooks/prebuild/b": ""}
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, files)
    assert [str(problem.at) for problem in caught.value.problems] == [
        ".platform/hooks/prebuild/a:1", ".platform/hooks/prebuild/b:1",
    ]  # fmt: skip


def test_a_binary_hook_is_a_hook(tmp_path):
    bundle = make_bundle(tmp_path, {".platform/hooks/prebuild/a": b"\x7fELF\xff\xfe" * 50_000, "x": "y"})
    scripts, _ = scripts_of(read_extensions([]), bundle, resolve({}))
    assert names(scripts) == ["a"]
    assert scripts[0].is_hook


PLACES_ELSEWHERE = [
    ("command: 'source /var/app/venv/*/bin/activate && true'", "/var/app/venv"),
    ("command: 'cp a /var/app/current/b'", "/var/app/current"),
    ("command: [cat, /opt/elasticbeanstalk/deployment/env]", "/opt/elasticbeanstalk"),
    ("command: x, test: 'ls /opt/python/run'", "/opt/python"),
    ("command: 'if [ -d /var/app/venv ]; then . /var/app/venv/*/bin/activate; fi'", None),
    ("command: 'cp a b'", None),
    ("command: x, cwd: /var/app/staging", None),
]


@pytest.mark.parametrize(("fields", "named"), PLACES_ELSEWHERE)
def test_folders_that_a_process_does_not_have_are_told(tmp_path, fields, named):
    found = notes_for_processes((one(tmp_path, fields),))
    assert [named in problem.text for problem in found] == ([True] if named else [])


def test_without_anything_nothing_runs(tmp_path):
    assert read(tmp_path, {"application.py": ""}) == ((), ())


texts = st.text(max_size=5)
scripts = st.builds(
    Script, phase=st.sampled_from(ScriptPhase), name=texts, at=st.builds(Where, texts, st.integers(0), st.integers(0)),
    command=texts | st.lists(texts, max_size=3).map(tuple), cwd=texts,
    environment=st.lists(st.tuples(texts, texts), max_size=2).map(tuple), leader_only=st.booleans(), test=texts,
    ignore_errors=st.booleans(), occasion=st.none() | st.sampled_from(Occasion),
)  # fmt: skip


@given(scripts)
def test_a_script_comes_back_from_json_as_it_was(script):
    assert script_from_json(json.loads(json.dumps(asdict(script)))) == script
