"""A real registry of images on the loopback interface, with a password: Debian's `docker-registry`."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import bcrypt
import pytest

from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.registries import Credentials
from beanstalk.targets.local.transfers import push
from tests.engine import build_image

PATIENCE_S = 30
USER, PASSWORD = "ada", "a-password-that-nobody-tells"


class Registry:
    """host: `127.0.0.1:PORT`, which an engine of this machine takes without TLS."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.folder = folder
        self.credentials = Credentials(USER, PASSWORD)
        self._process: subprocess.Popen[bytes] | None = None
        self.allow(USER, PASSWORD)

    def allow(self, user: str, password: str) -> None:
        """From the next start on."""
        known = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
        with (self.folder / "htpasswd").open("a") as users:
            users.write(f"{user}:{known}\n")

    def start(self) -> None:
        settings = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}},
            "http": {"addr": self.host},
            "auth": {"htpasswd": {"realm": "tests", "path": str(self.folder / "htpasswd")}},
        }
        (self.folder / "settings.yml").write_text(json.dumps(settings))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", str(self.folder / "settings.yml")], stdout=log, stderr=log
            )
        until = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def down(self):
        """Nobody answers inside."""
        self.stop()
        yield
        self.start()

    def docker_config(self, password: str = PASSWORD) -> str:
        """What `docker login` writes."""
        login = base64.b64encode(f"{USER}:{password}".encode()).decode()
        return json.dumps({"auths": {self.host: {"auth": login}}})

    def publish(self, engine: Engine, name: str, content: str) -> str:
        """Put an image with a file /content there as `name`, such as `shop:1`, and there alone. Gives its digest."""
        text = f"FROM scratch\nCOPY content /content\nLABEL name={name}\n"
        files = {"Dockerfile": text.encode(), "content": content.encode()}
        local = build_image(engine, "beanstalk-tests/content", files)
        digest = push(engine, local, f"{self.host}/{name}", self.credentials, Silence())
        with engine.ask() as client:
            client.remove_image(local)
        return digest

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


class Silence:
    """A report that remembers. lines, nows: what was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.nows: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def now(self, text: str) -> None:
        self.nows.append(text)


@pytest.fixture(scope="session")
def registry(tmp_path_factory, engine):
    """Answers until the end of the session. Take names of your own."""
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed (apt-get install docker-registry)")
    if engine.facts.elsewhere:
        pytest.skip("the engine runs on another machine, which does not see the registry of this one")
    registry = Registry(tmp_path_factory.mktemp("registry"))
    registry.start()
    yield registry
    registry.stop()
