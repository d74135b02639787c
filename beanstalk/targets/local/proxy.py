"""The process of a load balancer: started once, found again by anybody, stopped on request.

It is a session of its own and gets its listening socket as standard input. So the port is bound by us, exclusively
(left to themselves both proxies share a port with any other process of the same user), a taken port is known before
anything starts, and connections that come in while the proxy starts wait in the socket's queue.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from beanstalk.errors import TargetError

STOP = {"caddy": signal.SIGTERM, "haproxy": signal.SIGUSR1}
"""The kinds of proxies, and the signal that asks each for a graceful end."""
BACKLOG = 4096
START_S = 20.0
GRACE_S = 30
"""How long requests may go on after the proxy was told to stop."""
CALM_S = 5.0
"""Nothing forwarded for so long: only clients that never asked anything are left (Go's server has the same limit)."""
LOG_BYTES = 1_000_000


def balancer_folder(run_folder: Path) -> Path:
    """Both proxies keep their files here, so that either finds the state the other left."""
    return run_folder.absolute() / "balancer"


def running_kind(run_folder: Path) -> str | None:
    """Which kind runs on this run folder, by its pid file."""
    folder = balancer_folder(run_folder)
    return next((kind for kind in STOP if read_pid_file(folder / f"{kind}.pid")), None)


def find_program(name: str) -> Path | None:
    """Beside our own interpreter, where wheels put programs, else on PATH and where administrators' programs live."""
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
    return Path(found) if found else None


def read_pid_file(path: Path) -> psutil.Process | None:
    """The living process it names. A zombie is dead, and so is a pid that was given to another process since."""
    try:
        known = json.loads(path.read_text())
        process = psutil.Process(known["pid"])
        return process if process.create_time() == known["created"] and is_alive(process) else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


@contextmanager
def file_errors_explained() -> Iterator[None]:
    """The disk is full, or somebody changed the folder: a TargetError."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise TargetError(f"the load balancer's files cannot be written: {what}") from None


def replace_text(path: Path, text: str) -> None:
    """Whoever reads it sees the old text or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.replace(path)


class ProxyProcess:
    """The process of one kind of proxy on one run folder.

    arguments: what follows the program, containing the absolute path of a file in the folder: by it a process whose
    pid nobody had time to write down is found.
    """

    def __init__(self, kind: str, run_folder: Path, program: Path, arguments: Sequence[str]) -> None:
        self.kind, self.program, self.arguments = kind, program, list(arguments)
        self.folder = balancer_folder(run_folder)
        self.ready: int | None = None
        self.pid_file = self.folder / f"{kind}.pid"
        self.log = self.folder / f"{kind}.log"
        self.child: subprocess.Popen[bytes] | None = None

    def find(self) -> psutil.Process | None:
        """The running process. One that the pid file does not know is written down first: it was started by somebody
        who was killed before he could."""
        if self.child is not None and self.child.poll() is not None:
            self.child = None
        known = read_pid_file(self.pid_file)
        if known is None and self.folder.is_dir():
            known = self.stray()
            if known is not None:
                self.write_down(known)
        return known

    def stray(self) -> psutil.Process | None:
        """The running process by its command line alone."""
        return next((process for process in psutil.process_iter() if self.is_ours(process)), None)

    def adopt(self, address: str, port: int) -> psutil.Process | None:
        """The running process once it serves there; one that listens somewhere else is stopped."""
        running = self.find()
        if running is not None and self.ready != running.pid:
            if not listens(running, address, port):
                self.stop()
                return None
            self.await_answer(address, port)
            self.ready = running.pid
        return running

    def is_ours(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.cmdline()[1:] == self.arguments and is_alive(process)
        return False

    def write_down(self, process: psutil.Process) -> None:
        with suppress(psutil.Error):
            replace_text(self.pid_file, json.dumps({"pid": process.pid, "created": process.create_time()}))

    def start(self, address: str, port: int) -> None:
        """Start it and wait until it answers. TargetError: the port is taken, or it ended at once."""
        with listen(address, port) as listener, self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [str(self.program), *self.arguments],
                stdin=listener.fileno(),
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": os.defpath, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)},
                start_new_session=True,
            )
        with suppress(psutil.Error):
            self.write_down(psutil.Process(self.child.pid))
        self.await_answer(address, port)
        self.ready = self.child.pid

    def await_answer(self, address: str, port: int) -> None:
        """Return once it serves. The listening socket is open before the program has started, so ask for an answer."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if answers(address, port):
                return
            if self.find() is None:
                break
            time.sleep(0.01)
        said = self.log.read_text(errors="replace").strip().splitlines()[-3:] if self.log.exists() else []
        raise TargetError(f"the load balancer {self.kind} did not start: {' / '.join(said) or 'it said nothing'}")

    def clear_rivals(self) -> None:
        """Stop the other kind of proxy on this folder: it was wanted before, and has the port."""
        for kind in STOP:
            rival = read_pid_file(self.folder / f"{kind}.pid") if kind != self.kind else None
            if rival is not None:
                end(rival, STOP[kind])
                (self.folder / f"{kind}.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """Gracefully, and by force when that takes too long; also when somebody removed its folder."""
        process = self.find() or self.stray()
        if process is not None:
            end(process, STOP[self.kind])
            if self.child is not None:
                self.child.poll()
        self.pid_file.unlink(missing_ok=True)

    def trim_log(self) -> None:
        """The proxy appends for ever; start anew when it is too long (its descriptor is in append mode)."""
        with suppress(OSError):
            if self.log.stat().st_size > LOG_BYTES:
                os.truncate(self.log, 0)


def end(process: psutil.Process, stop_signal: int) -> None:
    """Ask it to end, wait until its requests are answered, and end it by force when it then still is there."""
    ports = {each.laddr[1:] for each in connections_of(process) if each.status == psutil.CONN_LISTEN}
    with suppress(psutil.Error):
        process.send_signal(stop_signal)
    began = busy = time.monotonic()
    while is_alive(process) and time.monotonic() < min(began + GRACE_S + 2, busy + CALM_S):
        # A connection that does not end at its own port is one that it opened to an instance.
        if any(each.raddr and each.laddr[1:] not in ports for each in connections_of(process)):
            busy = time.monotonic()
        time.sleep(0.02)
    with suppress(psutil.Error):
        process.kill()
    while is_alive(process):
        time.sleep(0.01)


def connections_of(process: psutil.Process) -> list[Any]:
    with suppress(psutil.Error):
        return list(process.net_connections("tcp"))
    return []


def listen(address: str, port: int) -> socket.socket:
    """A listening socket that nobody else can share."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise port_error(address, port, error) from None
    return listener


def port_error(address: str, port: int, error: OSError) -> TargetError:
    owner = owner_of(port)
    taken = f" is used by {owner.name()} (pid {owner.pid})" if owner else f": {error.strerror}"
    return TargetError(
        f"the load balancer cannot listen on {address} port {port}{taken}",
        hint="stop that program, or choose another port with BEANSTALK_HTTP_PORT",
    )


def owner_of(port: int) -> psutil.Process | None:
    """Who listens there, as far as this user may see it."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:] == (port,):
                return psutil.Process(connection.pid)
    return None


def listens(process: psutil.Process, address: str, port: int) -> bool:
    place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][4][:2]
    return any(each.status == psutil.CONN_LISTEN and each.laddr == place for each in connections_of(process))


def answers(address: str, port: int) -> bool:
    """Any HTTP answer will do: the socket is ours alone."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(address, address)
    try:
        with socket.create_connection((reachable, port), timeout=START_S) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: ready.invalid\r\nConnection: close\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False
