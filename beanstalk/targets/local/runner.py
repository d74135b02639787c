"""Run a list of commands once, whatever happens to whoever asked for it.

The runner is a small process in a session of its own. What it is to do, that it began and how it ended are files,
each written in one step, so that an agent which comes back waits for it instead of starting it again:

    job.json      commands, folder, time limit; written before anything starts. Never the environment, which may hold
                  secrets: it goes through a pipe
    spawned.json  pid and creation time, by the one who started it; only a help while there is no started.json
    started.json  the same, by the runner itself. Whoever makes this file may run the commands: there is one
    ended.json    the exit code
    output.log    what the commands said

An ended or lost job is never run again; to try again take another folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

TIMED_OUT = 124
"""The exit code of a job that took too long, as timeout(1) has it."""

_LOOK_AGAIN_S = 0.01

_START = "import sys; sys.path.append(sys.argv[1]); from beanstalk.targets.local.runner import main; main(sys.argv[2])"
"""Like `-m`, but neither the current folder nor ours comes before the standard library."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was started in this folder; `start` will."""


@dataclass(frozen=True, slots=True)
class Running:
    """It works, or is about to."""


@dataclass(frozen=True, slots=True)
class Ended:
    """code: 0, or that of the first command that failed; 128 + n for signal n, TIMED_OUT after the time limit."""

    code: int


@dataclass(frozen=True, slots=True)
class Lost:
    """It began and its process is gone without a code. What it did is unknown."""


State = Absent | Running | Ended | Lost


def start(folder: Path, commands: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout_s: float) -> None:
    """Have `commands` run by `sh -e -c`, one after the other in `cwd`, until one fails. Returns at once.

    Nothing happens when the job of `folder` runs, ended or is lost. environment: all that the commands see; relative
    folders are taken out of its PATH. Raises OSError when the folder cannot be written or nothing can be started.
    """
    if not isinstance(state(folder), Absent):
        return
    folder.mkdir(parents=True, exist_ok=True)
    _write_once(
        folder / "job.json", {"commands": list(commands), "cwd": str(cwd.absolute()), "timeout_s": float(timeout_s)}
    )
    visible = {**environment, "PATH": absolute_path(environment.get("PATH", os.defpath))}
    root = str(Path(__file__).resolve().parents[3])
    with (folder / "output.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, root, str(folder.absolute())],
            stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/", start_new_session=True,
        )  # fmt: skip
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(visible).encode())
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    _write(folder / "spawned.json", _identity(process.pid))
    process.returncode = 0  # the object need not wait for it: _alive does, by its id, in this agent or the next


def state(folder: Path) -> State:
    """What became of the job, from what is on disk and which processes there are."""
    ended = _read(folder / "ended.json")
    if ended is None and (begun := _read(folder / "started.json")):
        if _alive(begun):
            return Running()
        ended = _read(folder / "ended.json")  # it may have ended between the two looks
        if ended is None:
            return Lost()
    if ended is not None:
        _alive(_read(folder / "spawned.json"))  # a child that ended wants to be waited for
        return Ended(int(ended["code"]))
    spawned = _read(folder / "spawned.json")
    if _alive(spawned):
        return Running()
    # Between the looks it may have begun, and even ended.
    return state(folder) if spawned and (folder / "started.json").exists() else Absent()


def cancel(folder: Path, grace_s: float = 5.0) -> None:
    """End the job and everything it started: SIGTERM, and SIGKILL for what is left after `grace_s`.

    Also ends what a lost job left behind. Nothing happens when nothing is there.
    """
    for identity in _ours(folder):
        leader = int(identity["pid"])
        for member in _session(leader):
            _send(member, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while _session(leader) and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_S)
        _kill_session(leader)
        _alive(identity)


def notify(folder: Path, number: signal.Signals) -> None:
    """Send a signal to the job and everything it started, and return at once. Nothing happens when nothing is there."""
    for identity in _ours(folder):
        for member in _session(int(identity["pid"])):
            _send(member, number)


def tail(folder: Path, lines: int) -> list[str]:
    """The last `lines` of what the commands said, without line ends. Reads no more than the end of the file."""
    try:
        with (folder / "output.log").open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - 1000 * max(lines, 0)))
            text = log.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []


def absolute_path(path: str) -> str:
    """A PATH that means the same in every folder: the relative entries, and the empty ones, are left out."""
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if Path(entry).is_absolute())


def main(folder: str) -> None:
    """The runner's side: take the job, run it, write down how it ended."""
    place = Path(folder)
    stop = _Stop()
    environment = json.load(sys.stdin)
    if not _write_once(place / "started.json", _identity(os.getpid())):
        return
    job = _read(place / "job.json")
    assert job is not None
    deadline = time.monotonic() + job["timeout_s"]
    code = 0
    for command in job["commands"]:
        if code == 0 and not stop.asked:
            code = _run(command, job["cwd"], environment, deadline)
    if stop.asked:
        code = 128 + signal.SIGTERM
    _write(place / "ended.json", {"code": code})


class _Stop:
    """Remembers that SIGTERM came. The commands get theirs from whoever sends it to the whole session."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _run(command: str, cwd: str, environment: Mapping[str, str], deadline: float) -> int:
    """One command, its exit code. Says the command first, and why when it failed."""
    print(f"$ {command.rstrip()}", flush=True)
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-e", "-c", command], cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL
        )
    except OSError as error:
        print(f"cannot be started: {error}", flush=True)
        return 127
    try:
        code = process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _kill_session(os.getsid(0), spare=os.getpid())
        process.wait()
        print("took too long and was ended", flush=True)
        return TIMED_OUT
    code = 128 - code if code < 0 else code
    if code:
        print(f"failed with exit code {code}", flush=True)
    return code


def _kill_session(leader: int, spare: int | None = None) -> None:
    """SIGKILL until none is left but `spare`; what is killed may just have started another one."""
    while others := [each for each in _session(leader) if each.pid != spare]:
        for each in others:
            _send(each, signal.SIGKILL)
        time.sleep(_LOOK_AGAIN_S)


def _session(leader: int) -> list[psutil.Process]:
    """Who is in the session that `leader` opened, zombies left out. It outlives its leader."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _identity(pid: int) -> dict[str, Any]:
    """A pid alone is handed out again; with its creation time it is one process for ever."""
    try:
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "created": 0.0}


def _alive(identity: Mapping[str, Any] | None) -> bool:
    """Whether it still runs. A zombie does not; one of our own is waited for, so that it goes."""
    if identity is None:
        return False
    try:
        process = psutil.Process(identity["pid"])
        if abs(process.create_time() - identity["created"]) > 1.0:
            return False
        if process.status() != psutil.STATUS_ZOMBIE:
            return True
    except psutil.NoSuchProcess:
        return False
    with contextlib.suppress(ChildProcessError):
        os.waitpid(identity["pid"], os.WNOHANG)
    return False


def _ours(folder: Path) -> Iterator[dict[str, Any]]:
    """Who opened a session for the job of `folder`, unless the number is another process's by now."""
    for name in ("started.json", "spawned.json"):
        identity = _read(folder / name)
        if identity is not None and not _is_somebody_else(identity):
            yield identity


def _is_somebody_else(identity: Mapping[str, Any]) -> bool:
    """Whether the pid belongs to another process by now. The kernel gives no pid that is a living session's id."""
    try:
        return bool(abs(psutil.Process(identity["pid"]).create_time() - identity["created"]) > 1.0)
    except psutil.NoSuchProcess:
        return False


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _write(path: Path, value: Mapping[str, Any]) -> None:
    """In one step: who reads sees the whole file or none."""
    draft = _draft(path, value)
    draft.replace(path)


def _write_once(path: Path, value: Mapping[str, Any]) -> bool:
    """As _write, but only the first one writes. Says whether this was the one."""
    draft = _draft(path, value)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _draft(path: Path, value: Mapping[str, Any]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    return draft
