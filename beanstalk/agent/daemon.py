"""The agent as a process: one per home, started by whoever needs it, started again when it dies.

A guardian (a shell loop of a megabyte) starts it again when it is killed; every command that waits for the agent does
so too. Who holds the lock file is the agent; a second one ends at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local.processes import birth_of

if TYPE_CHECKING:
    from beanstalk.agent.loop import Claim

_GUARD = """
while :; do
    began=$(date +%s); "$@" && exit
    [ $(($(date +%s) - began)) -lt 3 ] && sleep 2 || sleep 0.2
done
"""
"""Exit code 0 is the agent's own decision to end. One that ends soon after its start is not hurried."""
_GUARDED = "BEANSTALK_AGENT_GUARDED"
_TAKING_S = 1.0
"""Longest between taking the lock and saying who did."""
_LOG_BYTES = 5 * 1024 * 1024


def agent_pid(home: Home) -> int | None:
    """The process id of the agent that is alive, None when there is none.

    Only a process that is what the lock says is believed: its number may be somebody else's, who would die of our
    signals. Looking takes a shared lock, so that those who look do not take each other for the agent.
    """
    deadline = time.monotonic() + _TAKING_S
    while True:
        try:
            with (home.run / "agent.lock").open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return None
                except BlockingIOError:
                    if (pid := _holder(file.read())) is not None:
                        return pid
        except FileNotFoundError:
            return None
        if time.monotonic() > deadline:
            return None
        time.sleep(0.002)  # it has the lock and has not said yet who it is


def _holder(text: str) -> int | None:
    """Who wrote this into the lock, None when that process is not there any more."""
    try:
        pid, birth = text.split()
        return int(pid) if birth_of(int(pid)) == float(birth) else None
    except ValueError:
        return None


def ensure_agent(home: Home) -> None:
    """Have an agent, and have it look at the store now. Returns at once."""
    pid = agent_pid(home)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)
        return
    home.create()
    try:
        _start_agent(home)
    except OSError as error:
        raise TargetError(f"the agent cannot be started: {error}") from None


def _start_agent(home: Home) -> None:
    (home.run / "stopped").unlink(missing_ok=True)
    log = home.run / "agent.log"
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        shutil.move(log, log.with_suffix(".log.1"))
    ours = ("BEANSTALK_INSTANCE_", "BEANSTALK_PROCESS")  # an instance that calls us does not take the agent with it
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "BEANSTALK_HOME": str(home.folder),
        "BEANSTALK_HTTP_PORT": str(home.port),
        "BEANSTALK_HTTP_ADDRESS": home.address,
        _GUARDED: "1",
    }
    if home.balancer:
        variables["BEANSTALK_BALANCER"] = home.balancer
    root = str(Path(__file__).resolve().parents[2])
    start = "import sys; sys.path.append(sys.argv[1]); from beanstalk.agent.daemon import main; main()"
    with log.open("ab") as output:
        guardian = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "beanstalk-agent", sys.executable, "-P", "-c", start, root],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", env=variables, start_new_session=True,
        )  # fmt: skip
    guardian.returncode = 0  # it outlives us; nobody here waits for it


def miss_agent(home: Home) -> None:
    """Start the agent again if it died; not when somebody stopped it (`beanstalk agent stop`)."""
    if agent_pid(home) is None and not (home.run / "stopped").exists():
        ensure_agent(home)


def stop_agent(home: Home, timeout_s: float = 10.0) -> bool:
    """End the agent; instances and load balancer go on. False when none was there. Raises TargetError if it stays."""
    if home.run.is_dir():
        (home.run / "stopped").touch()
    _end_guardian(home)
    pid = agent_pid(home)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while agent_pid(home) is not None:
        if time.monotonic() > deadline:
            raise TargetError(f"the agent (pid {pid}) does not end", hint=f"kill -9 {pid}")
        time.sleep(0.02)
    return True


def serve(home: Home) -> bool:
    """Be the agent of this home until it is stopped or not needed. False when there is one already."""
    from beanstalk.agent.local import local_world
    from beanstalk.agent.loop import Agent, Wake, run

    home.create()
    wake = Wake()  # before the lock tells others whom to wake: unhandled, their signal would end us
    for number in (signal.SIGUSR1, signal.SIGCHLD):
        signal.signal(number, lambda *_: wake.set())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wake.stop())
    guarded = bool(os.environ.pop(_GUARDED, ""))
    while True:
        with _lock(home) as held:
            if held is None:
                return False
            if guarded:
                _write_guardian(home, os.getppid())
            place = home.run / "endpoint"
            draft = place.with_suffix(".new")
            draft.write_text(f"{home.address}:{home.port}")
            draft.replace(place)
            agent = Agent(local_world(home, wake.set))
            unneeded = run(agent, wake, partial(_claim, held, home))
            if unneeded:
                place.unlink(missing_ok=True)
            (home.run / "guardian.json").unlink(missing_ok=True)
        if (
            not unneeded or not agent.is_needed()
        ):  # else somebody came, and took us for his agent, while we were leaving
            break
    return True


def check_balancer(home: Home) -> None:
    """Raises TargetError when no load balancer can be had: its port is taken by somebody else, its program missing."""
    if agent_pid(home) is not None:
        return  # then it is the agent's business
    from beanstalk.targets.local.balancer import find_balancer

    if find_balancer(home.run, home.address, home.port, home.balancer).pid() is not None:
        return
    family = socket.AF_INET6 if ":" in home.address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((home.address, home.port))
        except OSError as error:
            raise TargetError(
                f"the load balancer cannot listen on {home.address}:{home.port}: {error.strerror}",
                hint="choose another port: BEANSTALK_HTTP_PORT=8081 (and set it for all commands)",
            ) from None


def main() -> None:
    """The agent's own process."""
    from beanstalk.store.home import find_home

    serve(find_home())
    os._exit(0)  # without waiting for checks that still hang in threads


@contextlib.contextmanager
def _lock(home: Home) -> Iterator[int | None]:
    """The descriptor of the lock file while it is ours, None when somebody else has it."""
    deadline = time.monotonic() + 2 * _TAKING_S
    with (home.run / "agent.lock").open("a+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # somebody only looks, or there is an agent
                if agent_pid(home) is not None or time.monotonic() > deadline:
                    yield None
                    return
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()} {birth_of(os.getpid())!r}")
        file.flush()
        yield file.fileno()


def _claim(lock: int, home: Home) -> Claim:
    from beanstalk.agent.loop import Claim

    try:
        same = os.path.samestat(os.fstat(lock), (home.run / "agent.lock").stat())
    except FileNotFoundError:
        return Claim.GONE
    return Claim.OURS if same else Claim.TAKEN


def _write_guardian(home: Home, pid: int) -> None:
    import psutil

    with contextlib.suppress(psutil.Error):
        place = home.run / "guardian.json"
        place.write_text(json.dumps([pid, psutil.Process(pid).create_time()]))


def _end_guardian(home: Home) -> None:
    import psutil

    place = home.run / "guardian.json"
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        pid, created = json.loads(place.read_text())
        guardian = psutil.Process(pid)
        if abs(guardian.create_time() - created) < 0.5:
            guardian.kill()
    place.unlink(missing_ok=True)
