"""Whether a container has a program, before the docker command is asked to start it.

Otherwise whoever typed its name would read the runtime's own complaint, which goes to standard output among what the
program would have said.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from beanstalk.errors import ProgramRefused, TargetError
from beanstalk.targets.local.engine import Engine

if TYPE_CHECKING:
    from docker import APIClient

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What the engine sets where an image says nothing."""
_IN_MEMORY = ("/dev", "/proc", "/sys")
_FOLDER, _LINK = 1 << 31, 1 << 27
"""Bits of the modes that the engine tells (`os.FileMode` of Go)."""
_EXECUTABLE = 0o111
_SHELL = "/bin/sh"


def check_program(engine: Engine, container_id: str, name: str, words: Sequence[str], own: bool = False) -> None:
    """See that a container has what is to run in it: of one word the shell, of several the first.

    name: what people call the container.  own: the container was made for these words, and knows itself what it starts
    with. Raises ProgramRefused with 127 when it is not there, with 126 when it cannot be executed. What the engine
    cannot look into, because it is in memory, is taken for there.
    """
    with engine.ask() as client:
        about = client.inspect_container(container_id)
        program = about["Path"] if own else _SHELL if len(words) == 1 else words[0]
        modes = [_mode(client, container_id, path) for path in _places(program, about)]
    if any(mode is None or (mode & _EXECUTABLE and not mode & _FOLDER) for mode in modes):
        return
    if program == _SHELL and len(words) == 1:
        hint = "write a program of the image and its arguments, as several words"
        raise ProgramRefused(f"the container {name} has no shell ({_SHELL}), which runs a line", 127, hint)
    if any(modes) and "/" in program:
        raise ProgramRefused(
            f"{program} of the container {name} cannot be executed", 126, "name what runs it, as sh FILE"
        )
    hint = "name one of its image, by its path if need be"
    raise ProgramRefused(f"the container {name} has no program {program}", 127, hint)


def check_running(engine: Engine, container_id: str, name: str) -> None:
    """Raises TargetError, with what it ended with, when nothing can be run inside because the container has ended."""
    with engine.ask() as client:
        state = client.inspect_container(container_id)["State"]
    if not state["Running"]:
        problem = f"the container {name} is not running: it ended with {state['ExitCode']}"
        raise TargetError(problem, hint="`beanstalk logs` tells what it said, `beanstalk run` starts another one")


def _places(program: str, about: dict[str, Any]) -> Iterator[str]:
    """Paths at which the runtime looks; none of what is in memory, which `_mode` could not see."""
    config, host = about["Config"], about["HostConfig"]
    folder = config["WorkingDir"] or "/"
    if "/" in program:
        found = [posixpath.join(folder, program)]
    else:
        variables = dict(each.partition("=")[::2] for each in config["Env"] or ())
        found = [posixpath.join(folder, each, program) for each in variables.get("PATH", _PATH).split(":")]
    mounted = [each["Destination"] for each in about["Mounts"] if each["Type"] == "tmpfs"]
    unseen = (*_IN_MEMORY, *(host.get("Tmpfs") or ()), *mounted)
    for path in map(posixpath.normpath, found):
        yield "" if any(path.startswith(f"{each.rstrip('/')}/") for each in unseen) else path


def _mode(client: APIClient, container_id: str, path: str) -> int | None:
    """Of the file, or of what the link leads to; 0: nothing is there, None: that cannot be told."""
    from docker.errors import APIError

    if not path:
        return None
    try:
        content, state = client.get_archive(container_id, path)
        content.close()
        if not state["mode"] & _LINK:
            return int(state["mode"])
        content, state = client.get_archive(container_id, state["linkTarget"])
        content.close()
        return int(state["mode"])
    except APIError as error:
        return 0 if error.status_code == 404 else None
