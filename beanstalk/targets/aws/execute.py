"""A program inside a running task, by ECS Exec: AWS's own client opens the session.

Source: ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec".
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from beanstalk.errors import TargetError
from beanstalk.targets.aws.cloud import Cloud

_NEEDED: Mapping[str, str] = {
    "aws": "install the AWS CLI, version 2",
    "session-manager-plugin": "install the Session Manager plugin of the AWS CLI",
}


def execute_command(cluster: str, task: str, container: str, words: Sequence[str]) -> list[str]:
    """What AWS's client is called with. words: one is a line for the shell."""
    line = shlex.join(["/bin/sh", "-c", words[0]]) if len(words) == 1 else shlex.join(words)
    return [
        "aws", "ecs", "execute-command", "--cluster", cluster, "--task", task, "--container", container,
        "--interactive", "--command", line,
    ]  # fmt: skip


def execute(cloud: Cloud, cluster: str, task: str, container: str, words: Sequence[str]) -> int:
    """Run a program and show what it writes; the exit code of the session, as ECS Exec passes no other one on.

    Raises TargetError when this machine lacks a program for it.
    """
    for program, remedy in _NEEDED.items():
        if shutil.which(program) is None:
            raise TargetError(f"the program {program} is not installed, by which tasks on AWS are entered", hint=remedy)
    command = [*execute_command(cluster, task, container, words), "--region", cloud.region]
    if cloud.profile:
        command += ["--profile", cloud.profile]
    return subprocess.run(command, check=False).returncode
