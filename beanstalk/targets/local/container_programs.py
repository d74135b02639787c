"""Programs that a person runs in a container of an instance, or in a new one of the same image: by the docker command.

The command has what a terminal needs. Values of the environment go through its own environment, never through its
arguments, which everybody on the machine can read.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from beanstalk.containers import Container, MountKind
from beanstalk.errors import TargetError


def exec_command(url: str, container_id: str, words: Sequence[str]) -> list[str]:
    """What runs `words` in a running container of the engine at `url`. One word is a line for the shell there.

    Raises TargetError when this machine has no docker command.
    """
    shell = ["/bin/sh", "-c", words[0]] if len(words) == 1 else list(words)
    return [*_docker(url), "exec", *_terminal(), container_id, *shell]


def run_command(
    url: str, image: str, container: Container, variables: Mapping[str, str], folder: Path, words: Sequence[str]
) -> list[str]:
    """What runs `words` in a new container, which is gone afterwards: several words as the image's entry point gets
    them, one as a line for the shell. folder: a copy of the bundle.  variables: see `docker_variables`.

    Raises TargetError when this machine has no docker command.
    """
    flags = ["--rm", "--init", *_terminal()]
    for name in variables:
        flags += ["--env", name]
    for mount in container.mounts:
        if mount.kind is MountKind.BUNDLE:
            end = ":ro" if mount.read_only else ""
            flags += ["--volume", f"{folder / mount.source}:{mount.target}{end}"]
    for flag, value in (("--user", container.user), ("--workdir", container.working_dir)):
        flags += [flag, value] if value else []
    if len(words) == 1:
        return [*_docker(url), "run", *flags, "--entrypoint", "/bin/sh", image, "-c", words[0]]
    entry = container.entrypoint or ()
    entrypoint = ["--entrypoint", entry[0]] if entry else []
    return [*_docker(url), "run", *flags, *entrypoint, image, *entry[1:], *words]


def docker_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of the docker command, with that of the container in it."""
    return {**os.environ, **variables}


def _docker(url: str) -> list[str]:
    program = shutil.which("docker")
    if program is None:
        hint = "install it (apt-get install docker.io, or docker-cli)"
        raise TargetError("the docker command is not on this machine", hint=hint)
    return [program, "--host", url]


def _terminal() -> list[str]:
    return ["--interactive", "--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else ["--interactive"]
