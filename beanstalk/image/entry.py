"""What a bundle runs beside its application, where nobody but the container itself can run it: in its first program.

On AWS there is no agent, so hooks and `container_commands` are written into the image, in a program that runs them in
their order and then becomes what the image would have run. What is to run once in a deployment (`leader_only`) is not
among them. Pure. Source of the order: EB Developer Guide, "Instance deployment workflow".
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from beanstalk.containers import Container, ImageBuild
from beanstalk.errors import Problem
from beanstalk.image.pieces import CURRENT
from beanstalk.scripts import Part, Script, chosen
from beanstalk.source.hooks import Occasion
from beanstalk.workload import Workload

ENTRY = "/opt/beanstalk/entry"
VARIABLE = "BEANSTALK_SCRIPTS"
"""With the value `none` a container only runs its program."""
_BEGINNING = Path(__file__).with_name("entry.sh")


def with_entry(workload: Workload) -> tuple[Workload, tuple[Problem, ...]]:
    """The workload whose container for requests runs the scripts of an instance itself; and which of them nobody runs.

    An image that is not built by us cannot be changed, so its scripts are told as not run.
    """
    group = workload.group
    assert group is not None
    told = [_only_for_settings(each) for each in workload.scripts if each.occasion is Occasion.CONFIGURATION]
    before, after = (chosen(workload.scripts, part, Occasion.VERSION, leader=False) for part in Part)
    web = group.container(group.web)
    if not before and not after:
        return workload, tuple(told)
    if web.image.build is None:
        return workload, (*told, *(_ready_made(each, web) for each in (*before, *after)))
    changed = _entered(web, web.image.build, entry_program(before, after, group.port))
    containers = tuple(changed if each is web else each for each in group.containers)
    return replace(workload, group=replace(group, containers=containers)), tuple(told)


def entry_program(before: Sequence[Script], after: Sequence[Script], port: int) -> str:
    """A program for /bin/sh. after: begin when something listens on `port`."""
    parts = [_BEGINNING.read_text(encoding="utf-8"), "before() {", *_calls(before), "}", '[ -n "$only" ] || before']
    if after:
        parts += ["after() {", f"    await_port {port}", *_calls(after), "}"]
        parts.append('[ -n "$only" ] || { (after) || kill -TERM $$; } &')
    return "\n".join([*parts, 'exec "$@"', ""])


def _calls(scripts: Sequence[Script]) -> list[str]:
    return [f"    attempt {shlex.join(_arguments(each))} {_command(each)}" for each in scripts] or ["    :"]


def _arguments(script: Script) -> list[str]:
    """What it is called in the log, whether its failure matters, its folder, its test."""
    folder = script.cwd if script.cwd.startswith("/") else f"{CURRENT}/{script.cwd}".rstrip("/")
    test = shlex.join([*_variables(script), "/bin/sh", "-c", script.test]) if script.test else ""
    return [str(script), "ignored" if script.ignore_errors else "", folder, test]


def _command(script: Script) -> str:
    """As words of a shell."""
    variables = _variables(script)
    if script.is_hook:
        return shlex.join([*variables, f"./{script.command}"])
    if isinstance(script.command, str):
        return f'{shlex.join(variables)} "$shell" -c {shlex.quote(script.command)}'.lstrip()
    return shlex.join([*variables, *script.command])


def _variables(script: Script) -> list[str]:
    return ["env", *(f"{name}={value}" for name, value in script.environment)] if script.environment else []


def _entered(web: Container, build: ImageBuild, program: str) -> Container:
    key = hashlib.sha256(f"{build.key}\n{program}".encode()).hexdigest()
    entrypoint = None if web.entrypoint is None else (ENTRY, *web.entrypoint)
    return replace(web, image=replace(web.image, build=replace(build, key=key, entry=program)), entrypoint=entrypoint)


def _ready_made(script: Script, web: Container) -> Problem:
    text = f"{script} is not run: the image of {web.name} is ready-made, and nobody else runs it on AWS"
    return Problem(text.removeprefix(f"{script.at}: "), script.at, "build the image from a Dockerfile in the bundle")


def _only_for_settings(script: Script) -> Problem:
    text = f"{script.phase} hook {script.name} of confighooks is not run on AWS: every task begins anew"
    return Problem(text, script.at, "put it among the hooks")
