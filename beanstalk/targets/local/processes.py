"""Instances as groups of processes on this machine.

Each process is a session of its own, so that it survives the agent and can be ended as a whole. It is known by pid
*and* birth, and carries the instance's id in its environment, so that what was started but never written
down can be found. A zombie is dead.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.store.home import Home
from beanstalk.targets.local.logs import last_lines
from beanstalk.targets.local.trees import copy_tree, remove_tree
from beanstalk.workload import Process, Workload

MARK = "BEANSTALK_INSTANCE_ID"
_MARK = MARK.encode() + b"="
_HOME_MARK = "BEANSTALK_INSTANCE_HOME"
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SSL_CERT_FILE")
"""What an application sees of the environment of whoever started the agent; nothing else, it may hold secrets."""

Identity = tuple[int | str, float]
"""(pid, birth), or (container id, 0). birth: a number of its boot and of the clock tick it was started in, so that no
other process with this pid has it. It is no time of day: that of every process changes when somebody sets the clock."""

Identities = dict[str, Identity]
"""{name of a process or container: identity}."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process or container of an instance that is gone. code: its exit code, negative for a signal, None when nobody
    saw it.  reason: what is said in place of the code, "" for nothing."""

    process: str
    code: int | None
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return self.reason
        if self.code is None:
            return "ended while nobody watched"
        if self.code < 0:
            names = {int(each): each.name for each in signal.Signals}  # without most of the real-time signals
            return f"was ended by {names.get(-self.code, f'signal {-self.code}')}"
        return f"exited with {self.code}"


class ProcessHost:
    """Starts and ends processes. Nothing that matters is kept here: `identities` come from the store."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._mark = _mark_of(home)
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._pids: dict[tuple[str, str], int] = {}

    def prepare(self, instance: Instance, digest: str) -> Path:
        """Give the instance its own writable copy of the unpacked bundle. What was there before is replaced."""
        folder = self._home.instance(instance.environment_id, instance.id)
        remove_tree(folder)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            copy_tree(self._home.unpacked(digest), folder)
        except OSError as error:
            raise TargetError(f"the instance's folder cannot be made: {error}") from None
        return folder

    def start(self, instance: Instance, process: Process, environment: Mapping[str, str]) -> tuple[int, float]:
        """Start one process of an instance; returns its identity. Raises TargetError when the system refuses."""
        folder = self._home.instance(instance.environment_id, instance.id)
        logs = self._home.logs(instance.environment_id, instance.id)
        visible = variables_of(self._home, instance, process.name, environment)
        try:
            # UTF-8 whatever the locale of whoever started the agent says
            encoded = {_encode(name): _encode(value) for name, value in visible.items()}
            logs.mkdir(parents=True, exist_ok=True)
            with (logs / f"{process.name}.log").open("ab") as log:
                child = subprocess.Popen(
                    [b"/bin/sh", b"-c", _encode(process.command)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=encoded, start_new_session=True,
                )  # fmt: skip
        except (OSError, ValueError) as error:
            raise TargetError(f"{process.name} cannot be started: {error}") from None
        previous = self._pids.get((instance.id, process.name))
        if previous is not None:
            self._children.pop(previous, None)
        self._pids[instance.id, process.name] = child.pid
        self._children[child.pid] = child
        seen = _look(child.pid)  # a child that nobody waited for is still there, at least as a zombie
        return child.pid, seen.birth if seen else 0.0

    def ended(self, identities: Identities) -> Ended | None:
        """The first of these processes that is gone, None while all live."""
        for name, (pid, birth) in _processes(identities).items():
            child = self._children.get(pid)
            if child is not None:
                code = child.poll()
                if code is not None:
                    return Ended(name, code)
            elif not _lives(pid, birth):
                return Ended(name, None)
        return None

    def signal(self, instance: Instance, identities: Identities, number: signal.Signals) -> None:
        """Send a signal to every process group of the instance, and to what left its group but belongs to it."""
        groups = {pid for pid, birth in _processes(identities).values() if self._is_there(pid, birth)}
        for group in groups:
            _send(os.killpg, group, number)
        for pid in self._members(instance, identities):
            with suppress(ProcessLookupError):
                if os.getpgid(pid) not in groups:
                    _send(os.kill, pid, number)

    def gone(self, instance: Instance, identities: Identities) -> bool:
        """Whether nothing of the instance is left, its children and their children included."""
        if any(self._is_there(pid, birth) for pid, birth in _processes(identities).values()):
            return False
        if any(True for _ in self._members(instance, identities)):
            return False
        for key in [key for key in self._pids if key[0] == instance.id]:
            self._children.pop(self._pids.pop(key), None)
        return True

    def clear(self, instance: Instance) -> None:
        """Remove the instance's folder; its logs stay."""
        remove_tree(self._home.instance(instance.environment_id, instance.id))

    def last_lines(self, instance: Instance, lines: int) -> list[str]:
        """The end of what the instance wrote, for a person who wants to know why it ended."""
        return last_lines(self._home.logs(instance.environment_id, instance.id), lines)

    def strays(self) -> dict[str, Identities]:
        """All processes that carry an instance of this home: {instance id: {process name: identity}}.

        Of a process and its children the oldest one stands for it.
        """
        found: dict[str, Identities] = {}
        for pid, variables in _carrying():
            seen = _look(pid)
            if seen is None or variables.get(_HOME_MARK) != self._mark:
                continue
            names = found.setdefault(variables[MARK], {})
            name = variables.get("BEANSTALK_PROCESS", "")
            if name not in names or seen.session == pid:
                names[name] = (pid, seen.birth)
        return found

    def _is_there(self, pid: int, birth: float) -> bool:
        child = self._children.get(pid)
        return child.poll() is None if child is not None else _lives(pid, birth)

    def _members(self, instance: Instance, identities: Identities) -> Iterator[int]:
        """Everything alive that belongs to the instance: it carries its id and this home, or (some programs overwrite
        the environment they were started with) is in a session that a process of the instance opened. What runs in a
        container carries the id alone: it is the engine's to signal.

        When that process is gone its number may have been somebody else's since; then only who works in a folder of
        the instance, or writes there, is taken for a member.
        """
        sessions = {pid: birth for pid, birth in _processes(identities).values() if _same_boot(birth)}
        places = (
            self._home.instance(instance.environment_id, instance.id),
            self._home.logs(instance.environment_id, instance.id),
        )
        folders = [str(place.resolve()) for place in places]
        for pid in _pids():
            variables = _variables(pid)
            if variables.get(MARK) == instance.id and variables.get(_HOME_MARK) == self._mark:
                yield pid
                continue
            seen = _look(pid) if sessions else None
            if seen is None or not seen.alive or seen.session not in sessions:
                continue
            leader = _look(seen.session)
            opened_by_us = leader is not None and leader.birth == sessions[seen.session]
            if opened_by_us or (leader is None and _touches(pid, folders)):
                yield pid


def _processes(identities: Identities) -> dict[str, tuple[int, float]]:
    return {name: (pid, birth) for name, (pid, birth) in identities.items() if isinstance(pid, int)}


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def own_variables() -> dict[str, str]:
    """What an application sees of our own environment."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def variables_of(home: Home, instance: Instance, name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """All that a process of an instance sees. name: what it is called.  environment: see `environment_of`."""
    marks = {MARK: instance.id, _HOME_MARK: _mark_of(home), "BEANSTALK_PROCESS": name}
    return {**own_variables(), **environment, **marks}


def _mark_of(home: Home) -> str:
    return str(home.folder.resolve())


def environment_of(
    workload: Workload, instance: Instance, names: tuple[str, str], built: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, str]:
    """The variables of an instance's processes. names: (environment name, version label).  built: PATH of the build.
    secrets: variables with their values.

    Containers have properties and ports of their own; they get the names and secrets alone.
    """
    told = {"BEANSTALK_ENVIRONMENT_NAME": names[0], "BEANSTALK_VERSION_LABEL": names[1]}
    if workload.group is not None:
        return {**secrets, **told}
    return {
        **dict(workload.environment),
        **secrets,
        **built,  # holds a property PATH already, behind the folders of the build
        "PORT": str(instance.port),  # wins over a property PORT: each instance of this machine needs its own
        **told,
    }


def given_secrets(workload: Workload, instance: Instance) -> dict[str, str] | None:
    """{variable: value} of the secrets that a process of the instance was started with, which may be older than those
    that are read now. None when that is not known: it does not run, or has overwritten its environment."""
    names = {variable for variable, _ in workload.secrets_of(workload.unit(workload.web))}
    if not names:
        return {}
    for pid, birth in _processes(identities(instance)).values():
        try:
            found = psutil.Process(pid).environ() if _lives(pid, birth) else {}
        except psutil.Error:
            continue
        if names <= found.keys():
            return {name: found[name] for name in names}
    return None


def identities(instance: Instance) -> Identities:
    """What of it was started, as `Instance.processes_json` holds it."""
    found: dict[str, Any] = json.loads(instance.processes_json)
    return {name: (key, float(birth)) for name, (key, birth) in found.items()}


def memory_and_cpu(identities: Identities) -> tuple[int, float]:
    """(resident bytes, cpu seconds) of the processes that live."""
    memory, cpu = 0, 0.0
    for pid, birth in _processes(identities).values():
        if not _lives(pid, birth):
            continue
        try:
            process = psutil.Process(pid)
            memory += process.memory_info().rss
            times = process.cpu_times()
            cpu += times.user + times.system
        except psutil.Error:
            continue
    return memory, cpu


def birth_of(pid: int) -> float | None:
    """See `Identities`; None when there is no such process, or only a zombie."""
    seen = _look(pid)
    return seen.birth if seen is not None and seen.alive else None


def _lives(pid: int, birth: float) -> bool:
    """Whether this very process is there, and no zombie."""
    seen = _look(pid)
    return seen is not None and seen.alive and seen.birth == birth


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the system says about a process. session: the pid of whoever opened its session."""

    alive: bool
    birth: float
    session: int


def _look(pid: int) -> _Seen | None:
    try:
        # behind the name, which may hold anything: state, ppid, pgrp, session, ... starttime (the 22nd field of all)
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return _Seen(fields[0] not in (b"Z", b"X", b"x"), _boot() * 2.0**32 + int(fields[19]), int(fields[3]))
    except (OSError, IndexError, ValueError):
        return None


@cache
def _boot() -> int:
    """A number of 20 bits that the next boot of this machine hardly has."""
    try:
        return int(Path("/proc/sys/kernel/random/boot_id").read_text()[:5], 16)
    except (OSError, ValueError):
        return 0


def _same_boot(birth: float) -> bool:
    return int(birth // 2.0**32) == _boot()


def _carrying() -> Iterator[tuple[int, dict[str, str]]]:
    """(pid, our variables) of every process that carries an instance's id. Zombies have no environment any more."""
    for pid in _pids():
        variables = _variables(pid)
        if MARK in variables:
            yield pid, variables


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - it is asked for often


def _variables(pid: int) -> dict[str, str]:
    """Those of ours in the environment a process was started with; {} when it has overwritten it, as some do."""
    try:
        data = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    variables = {}
    if _MARK in data:
        for item in data.split(b"\0"):
            key, _, value = item.partition(b"=")
            if key.startswith(b"BEANSTALK_"):
                variables[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return variables


def _touches(pid: int, folders: Sequence[str]) -> bool:
    """Whether it works in one of these folders, or writes to a file there."""
    for name in ("cwd", "fd/1", "fd/2"):
        try:
            place = os.readlink(f"/proc/{pid}/{name}")  # noqa: PTH115
        except OSError:
            continue
        if any(place == folder or place.startswith(folder + "/") for folder in folders):
            return True
    return False


def _send(send: Callable[[int, signal.Signals], None], target: int, number: signal.Signals) -> None:
    """Gone already, or become another user's: then it is not ours to end."""
    with suppress(ProcessLookupError, PermissionError):
        send(target, number)
