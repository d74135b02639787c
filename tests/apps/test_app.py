"""The test application does what its docstring says, or tests of deployments would prove nothing."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.apps import write_app


@contextmanager
def running(folder: Path, *arguments: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The application as a process that has printed its first line, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(write_app(folder) / "app.py"), *arguments]
    app = subprocess.Popen(command, env={"PORT": str(port), **env}, stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None and "starts" in app.stdout.readline()
    yield app, port
    app.kill()
    app.wait()
    app.stdout.close()


def get(port: int, path: str, method: str = "GET", body: str = "") -> http.client.HTTPResponse:
    for _ in range(100):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            client.request(method, path, body)
            return client.getresponse()
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("it never listens")


def test_each_endpoint_answers_and_says_its_version_and_instance(tmp_path: Path) -> None:
    with running(tmp_path, BEANSTALK_INSTANCE_ID="i-1", COLOUR="blue") as (_, port):
        root = get(port, "/")
        assert (root.status, root.headers["X-Version"], root.headers["X-Instance"]) == (200, "v1", "i-1")
        assert get(port, "/env/COLOUR").read() == b"blue"
        assert get(port, "/env/NONE").status == 404
        assert get(port, "/echo", "POST", "hello").read() == b"hello"
        assert get(port, "/slow/10", "POST", "hello").status == 200
        assert get(port, "/stream").read(10) == b"tick\ntick\n"


@pytest.mark.parametrize(
    ("health", "status", "leads_to"), [("", 200, None), ("500", 500, None), ("302", 302, "/login")]
)
def test_health_is_what_the_environment_says(tmp_path: Path, health: str, status: int, leads_to: str | None) -> None:
    with running(tmp_path, HEALTH=health) as (_, port):
        answer = get(port, "/health")
        assert (answer.status, answer.headers["Location"]) == (status, leads_to)
        assert get(port, "/login").status == 200


@pytest.mark.parametrize(("rude", "answered", "code"), [(False, True, 0), (True, False, -signal.SIGTERM)])
def test_only_the_gentle_application_finishes_its_work_on_sigterm(
    tmp_path: Path, rude: bool, answered: bool, code: int
) -> None:
    with running(tmp_path, *["--rude"] * rude) as (app, port):
        assert get(port, "/").status == 200
        idle, busy = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        busy.sendall(b"GET /slow/300 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.1)
        app.send_signal(signal.SIGTERM)
        assert idle.recv(100) == b""
        assert (b"200 OK" in busy.recv(1000)) is answered
        assert app.wait(5) == code


@pytest.mark.parametrize(
    ("env", "code"),
    [({"EXIT_CODE": "3"}, 3), ({"CRASH_AFTER": "0.1"}, 1), ({"CRASH_AFTER": "0.1", "EXIT_CODE": "4"}, 4)],
)
def test_it_exits_when_it_is_told_to(tmp_path: Path, env: dict[str, str], code: int) -> None:
    with running(tmp_path, **env) as (app, _):
        assert app.wait(10) == code


def test_crash_exits_with_seven(tmp_path: Path) -> None:
    with running(tmp_path) as (app, port):
        with pytest.raises(http.client.RemoteDisconnected):
            get(port, "/crash")
        assert app.wait(5) == 7


def test_it_may_listen_late_or_never(tmp_path: Path) -> None:
    with running(tmp_path / "late", START_SECONDS="0.5") as (_, port):
        began = time.monotonic()
        assert get(port, "/").status == 200
        assert time.monotonic() - began > 0.4
    with running(tmp_path / "never", NEVER_LISTEN="1") as (app, port), socket.socket() as client:
        time.sleep(0.3)
        assert app.poll() is None
        assert client.connect_ex(("127.0.0.1", port)) != 0


def test_a_bundle_carries_its_environment_as_option_settings(tmp_path: Path) -> None:
    write_app(tmp_path, "v2", rude=True, python="python3", HEALTH=500)
    assert (tmp_path / "Procfile").read_text() == "web: python3 app.py --rude\n"
    assert '    HEALTH: "500"\n' in (tmp_path / ".ebextensions" / "options.config").read_text()
    write_app(tmp_path, "v3")
    assert (tmp_path / "version.txt").read_text() == "v3\n"
    assert not (tmp_path / ".ebextensions" / "options.config").exists()
