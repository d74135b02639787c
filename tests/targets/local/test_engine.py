"""The engine: found where the docker command finds it, looked at, and its complaints as errors that say what to do."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from beanstalk.targets.local import engine as module
from beanstalk.targets.local.engine import Engine, EngineRefused
from beanstalk.targets.local.engine_away import USUAL, EngineAway


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Nobody chose an engine."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return monkeypatch


def write_context(folder: Path, name: str, url: str) -> None:
    """As `docker context create NAME --docker host=URL` does."""
    place = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    place.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (place / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": url}}}))


@pytest.fixture
def answering(tmp_path):
    """answering(status, body) is the address of something that gives every request this answer."""
    servers = []

    def serve(status: int, body: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *words):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"tcp://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_docker_host_wins_over_the_context(nowhere, tmp_path):
    assert Engine().url == USUAL
    write_context(tmp_path / "docker", "mine", "unix:///run/mine.sock")
    nowhere.setenv("DOCKER_CONTEXT", "mine")
    assert Engine().url == "unix:///run/mine.sock"
    with pytest.raises(EngineAway) as caught:
        Engine().look()
    assert caught.value.command == "unset DOCKER_CONTEXT"
    nowhere.setenv("DOCKER_HOST", "unix:///run/other.sock")
    assert Engine().url == "unix:///run/other.sock"
    assert Engine("unix:///run/third.sock").url == "unix:///run/third.sock"


def test_a_context_that_does_not_exist_is_named(nowhere, tmp_path):
    write_context(tmp_path / "docker", "mine", "unix:///run/mine.sock")
    nowhere.setenv("DOCKER_CONTEXT", "lost")
    with pytest.raises(EngineAway, match="no docker context lost") as caught:
        Engine().look()
    assert ("docker context" in caught.value.hint, caught.value.command) == (True, "unset DOCKER_CONTEXT")


def test_a_context_that_the_sdk_cannot_find_is_told_with_what_helps(nowhere, tmp_path):
    write_context(tmp_path / "docker", "mine", "unix:///run/mine.sock")
    (tmp_path / "docker/config.json").unlink()
    nowhere.setenv("HOME", str(tmp_path))
    nowhere.setenv("DOCKER_CONTEXT", "mine")
    with pytest.raises(EngineAway, match="the docker context mine is not found") as caught:
        Engine().look()
    assert caught.value.command == "docker context use mine"


def test_a_context_that_is_damaged_is_told(nowhere, tmp_path):
    write_context(tmp_path / "docker", "mine", "unix:///run/mine.sock")
    next(tmp_path.glob("docker/contexts/meta/*/meta.json")).write_text("{")
    nowhere.setenv("DOCKER_CONTEXT", "mine")
    with pytest.raises(EngineAway, match="the docker context cannot be read"):
        Engine().look()


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "unix:///no/such.sock", "tcp://127.0.0.1:1", "nonsense"])
def test_whatever_is_wrong_with_the_address_is_one_line_with_a_remedy(url):
    with pytest.raises(EngineAway) as caught:
        Engine(url).look()
    assert url.removeprefix("tcp://") in caught.value.problem
    assert "\n" not in caught.value.problem
    assert caught.value.hint


def test_who_listens_and_says_nothing_does_not_answer_in_time(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PATIENCE_S", 1)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        with pytest.raises(EngineAway, match="does not answer in time"):
            Engine(f"unix://{tmp_path}/s").look()


def test_who_is_no_engine_is_away(answering):
    with pytest.raises(EngineAway):
        Engine(answering(200, "hello")).look()


def test_an_engine_of_another_time_says_who_has_to_be_upgraded(answering):
    body = json.dumps({"message": "client version 1.41 is too old. Minimum supported API version is 1.44."})
    with pytest.raises(EngineRefused, match="does not understand us") as caught:
        Engine(answering(400, body)).look()
    assert "upgrade beanstalk" in caught.value.hint
    old = json.dumps({"Version": "18.09.1", "ApiVersion": "1.39", "SecurityOptions": []})
    with pytest.raises(EngineRefused, match=r"engine 18\.09\.1 at tcp.* is too old \(API 1\.39\)") as caught:
        Engine(answering(200, old)).look()
    assert "19.03" in caught.value.hint


@pytest.mark.docker
def test_a_real_engine_is_looked_at(engine):
    facts = engine.look()
    assert facts.url == engine.url == os.environ["DOCKER_HOST"]
    assert facts.api >= module.OLDEST_API
    assert facts.version
    assert engine.facts == facts


@pytest.mark.docker
def test_a_refusal_has_its_status_and_one_line(engine):
    with pytest.raises(EngineRefused, match="No such container: nobody") as caught, engine.ask() as api:
        api.start("nobody")
    assert caught.value.status == 404


@pytest.mark.docker
def test_each_thread_has_a_connection_of_its_own(engine):
    barrier = threading.Barrier(4)

    def client(_: int) -> int:
        with engine.ask() as first, engine.ask() as again:
            barrier.wait(60)
            assert first is again
            assert first.ping()
            return id(first)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(client, range(4)))) == 4
