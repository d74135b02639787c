"""Why no engine can be used, and what a person types to mend it: for one that is not there, and for one that is closed.

The words are for Debian and Ubuntu, whose package `docker.io` brings engine and command; others know theirs.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from beanstalk.errors import TargetError

USUAL = "unix:///var/run/docker.sock"
INSTALL = "sudo apt-get install docker.io"
THIS_HOME = "this home"
"""Who chose an engine that a home has used before: what runs there has to be found again."""
_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT")
_CHOOSE = "docker context use default"


class EngineAway(TargetError):
    """No engine answers, or this user may not talk to it. What runs there is not known.

    command: the one line that mends it, "" when there is none.
    """

    def __init__(self, problem: str, hint: str = "", command: str = "") -> None:
        super().__init__(problem, hint=hint)
        self.command = command


@dataclass(frozen=True, slots=True)
class Remedy:
    """hint: a sentence.  command: what of it can be typed, "" for nothing."""

    hint: str
    command: str = ""


_GET_ONE = Remedy(f"install one ({INSTALL}), or set DOCKER_HOST to where one answers", INSTALL)


def absence(error: BaseException, url: str, chosen_by: str) -> EngineAway:
    """url: of the engine.  chosen_by: who chose it, as in `EngineFacts`."""
    codes = {each.errno for each in causes(error) if isinstance(each, OSError) and each.errno}
    if codes & {errno.EACCES, errno.EPERM}:
        remedy, problem = _way_in(url), f"you may not use the container engine at {url}"
    elif any(isinstance(each, TimeoutError) for each in causes(error)):
        problem = f"the container engine at {url} does not answer in time"
        remedy = Remedy("see what it does: `docker info`, `journalctl -u docker`", "journalctl -u docker")
    elif codes & {errno.ENOENT, errno.ECONNREFUSED}:
        remedy, problem = _way_to_one(url, chosen_by), f"no container engine answers at {url}"
    else:
        said = " ".join(str(error).split())
        remedy, problem = _way_to_one(url, chosen_by), f"the container engine at {url} cannot be asked: {said}"
    return EngineAway(problem, remedy.hint, remedy.command)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it. The SDK's libraries pass some on as arguments only."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        further = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [other for other in further if isinstance(other, BaseException)]


def _way_to_one(url: str, chosen_by: str) -> Remedy:
    variable = chosen_by.partition(" ")[0]
    if variable in _VARIABLES:
        return Remedy(f"start it, or correct {variable}", f"unset {variable}")
    start = _start()
    if chosen_by == THIS_HOME:
        command = start if url == USUAL else ""
        return Remedy(f"start it again{command and ': '}{command}; instances of this home are there", command)
    if chosen_by:
        return Remedy(f"start it, or choose another: `{_CHOOSE}`", _CHOOSE)
    if url != USUAL:
        return Remedy("start it, or correct its address")
    return Remedy(f"start it: {start}", start) if start else _GET_ONE


def _start() -> str:
    """What starts the engine of this machine, "" when none is installed."""
    if shutil.which("dockerd", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin") is None:
        return ""
    with_systemd = Path("/run/systemd/system").exists()
    return "sudo systemctl start docker" if with_systemd else "sudo service docker start"


def _way_in(url: str) -> Remedy:
    """Who may write to the socket may use the engine; which group that is, is written on the socket."""
    user = _name_of_user(os.geteuid())
    try:
        found = Path(urlsplit(url).path).stat()
    except OSError:  # in a folder that is closed, too
        return Remedy("it lies in a folder that is closed to you: set DOCKER_HOST to an engine that you may use")
    if not found.st_mode & stat.S_IWGRP or found.st_gid == 0:
        owner = _name_of_user(found.st_uid)
        return Remedy(f"only {owner} may: become that user, or set DOCKER_HOST to an engine that you may use")
    try:
        group = grp.getgrgid(found.st_gid)
    except KeyError:
        return Remedy(f"only the group {found.st_gid} may, and it has no name: ask who runs the engine")
    if user in group.gr_mem:
        hint = (
            f"you are in the group {group.gr_name} since you logged in: log in again, or type `newgrp {group.gr_name}`"
        )
        return Remedy(hint, f"newgrp {group.gr_name}")
    command = f"sudo usermod -aG {group.gr_name} {user}"
    return Remedy(f"the group {group.gr_name} may: type `{command}`, then log in again", command)


def _name_of_user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
