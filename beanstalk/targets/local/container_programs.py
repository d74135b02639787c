"""Programs that a person runs in a container of an instance, or in a new one of the same image: by the docker command.

The command has what a terminal needs. It gets nothing that a bundle says: variables such as LD_PRELOAD or
DOCKER_CONFIG, relative to a folder that the bundle fills, would have it do on this machine whatever the bundle wants.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from beanstalk.containers import Container, MountKind
from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import Engine, EngineRefused


def exec_command(url: str, container_id: str, words: Sequence[str]) -> list[str]:
    """What runs `words` in a running container of the engine at `url`. One word is a line for the shell there.

    Raises TargetError when this machine has no docker command.
    """
    shell = ["/bin/sh", "-c", words[0]] if len(words) == 1 else list(words)
    return [*_docker(url), "exec", *_terminal(), container_id, *shell]


def attach_command(url: str, container_id: str) -> list[str]:
    """What starts a container that `made_once` made, and waits for its end. Raises TargetError as `exec_command`."""
    return [*_docker(url), "start", "--attach", "--interactive", container_id]


@contextmanager
def made_once(
    engine: Engine,
    image: str,
    container: Container,
    variables: Mapping[str, str],
    folder: Path,
    words: Sequence[str],
    labels: Mapping[str, str],
) -> Iterator[str]:
    """A new container for `words`, not started yet; its id. It is gone afterwards.

    Several words are what the image's entry point gets, one is a line for the shell. folder: a copy of the bundle.
    variables: they go to the engine, and are no environment of the docker command, which would go by them.
    """
    entrypoint = list(container.entrypoint) if container.entrypoint else None
    mounts = [each for each in container.mounts if each.kind is MountKind.BUNDLE]
    with engine.ask() as client:
        made = client.create_container(
            image, ["-c", words[0]] if len(words) == 1 else list(words), environment=dict(variables),
            entrypoint=["/bin/sh"] if len(words) == 1 else entrypoint, labels=dict(labels),
            user=container.user or None, working_dir=container.working_dir or None,
            stdin_open=True, tty=_has_terminal(),
            host_config=client.create_host_config(
                init=True, binds=[f"{folder / each.source}:{each.target}{':ro' * each.read_only}" for each in mounts]
            ),
        )["Id"]  # fmt: skip
    try:
        yield made
    finally:
        with suppress(EngineRefused), engine.ask() as client:
            client.remove_container(made, force=True, v=True)


def exit_code(engine: Engine, container_id: str, told: int) -> int:
    """Of the program; what docker has for one that could not be started. told: by the docker command."""
    with engine.ask() as client:
        state = client.inspect_container(container_id)["State"]
    return told if state["Status"] == "running" else int(state["ExitCode"])


def _docker(url: str) -> list[str]:
    program = shutil.which("docker")
    if program is None:
        hint = "install it (apt-get install docker.io, or docker-cli)"
        raise TargetError("the docker command is not on this machine", hint=hint)
    return [program, "--host", url]


def _terminal() -> list[str]:
    return ["--interactive", "--tty"] if _has_terminal() else ["--interactive"]


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
