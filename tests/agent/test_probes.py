"""Health checks of real tiny servers, the nasty ones too: a check always comes to an end."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from beanstalk.agent import probes
from beanstalk.agent.probes import Prober, ask
from beanstalk.rollout.health import Answer
from beanstalk.workload import HealthCheck

pytestmark = pytest.mark.real
CHECK = HealthCheck("/health", ((200, 299),), None, 0.05, 30.0, 1, 5, "Ok")
SHORT = replace(CHECK, timeout_s=0.3)
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HANG_S = 60


@contextmanager
def serving(behave):
    """A server of one connection after the other; `behave(connection)` after the request was read. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        behave(connection)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def answering(data):
    return serving(lambda connection: connection.sendall(data))


@pytest.mark.parametrize(
    ("data", "level", "status", "text"),
    [
        (FINE, "Ok", 200, "answered 200"),
        (b"HTTP/1.0 204 No Content\n\n", "Ok", 204, "answered 204"),
        (b"HTTP/1.1 200\r\n\r\n", "Ok", 200, "answered 200"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\n" + FINE, "Ok", 200, "answered 200"),
        (b"HTTP/1.1 302 Found\r\nlocation: /login\r\n\r\n", "Warning", 302, "answered 302 to /login"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\x1b[2J\r\n\r\n", "Warning", 302, "answered 302 to /?[2J"),
        (b"HTTP/1.1 404 Not Found\r\nLocation: /x\r\n\r\n", "Warning", 404, "answered 404"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "Degraded", 500, "answered 500"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "Severe", 0, "was answered with something else than HTTP"),
        (b"HTTP/1.1 OK 200\r\n\r\n", "Severe", 0, "was answered with something else than HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, "Severe", 0, "was answered with something else than HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: cut", "Severe", 0, "was answered with something else than HTTP"),
        (b"", "Severe", 0, "got no answer: ConnectionResetError"),
    ],
)
def test_an_answer_is_what_its_first_line_says(data, level, status, text):
    with answering(data) as port:
        assert ask(("127.0.0.1", port), CHECK) == Answer(level, status, f"health check GET /health {text}")


def test_the_request_says_who_asks_and_for_what():
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: seen.append(server.accept()[0].recv(65536)))
        thread.start()
        ask(server.getsockname(), SHORT)
        thread.join(HANG_S)
    assert seen[0].startswith(b"GET /health HTTP/1.1\r\n")
    assert b"User-Agent: beanstalk-health-check\r\n" in seen[0]


def ask_in_time(port, check):
    """The answer of a check that would hang for ever if its time-out counted anew with every byte."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask(("127.0.0.1", port), check)), daemon=True)
    thread.start()
    thread.join(HANG_S)
    assert answers, "the check hangs"
    return answers[0]


def test_a_hanging_application_is_given_up():
    with serving(lambda connection: connection.recv(1)) as port:
        text = "health check GET /health was not answered within 0.3 s"
        assert ask_in_time(port, SHORT) == Answer("Severe", 0, text)


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/"])
def test_headers_that_come_byte_by_byte_for_ever_are_given_up(drip):
    def behave(connection):
        connection.sendall(drip)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    with serving(behave) as port:
        assert ask_in_time(port, SHORT).status == 0


def test_interim_answers_for_ever_are_given_up():
    def behave(connection):
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    with serving(behave) as port:
        assert ask_in_time(port, SHORT).level == "Severe"


def test_a_body_that_never_ends_is_not_waited_for():
    with serving(lambda connection: (connection.sendall(FINE[:-2] + b"\r\n"), connection.recv(1))) as port:
        assert ask_in_time(port, CHECK).status == 200


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("path", ["/health", None])
def test_where_nobody_listens_it_says_what_the_application_has_to_do(path):
    port = free_port()
    text = f"nothing listens on port {port} (the application has to listen on $PORT)"
    assert ask(("127.0.0.1", port), replace(CHECK, path=path)) == Answer("Severe", 0, text)


def test_a_tcp_check_is_content_with_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = Answer("Ok", 0, f"port {port} accepts connections")
        assert ask(("127.0.0.1", port), replace(CHECK, path=None)) == answer


def test_nobody_is_well_because_the_check_met_itself(monkeypatch):
    with socket.socket() as alone:
        alone.bind(("127.0.0.1", 0))
        alone.connect(alone.getsockname())
        monkeypatch.setattr(socket, "create_connection", lambda *_: alone)
        assert ask(("127.0.0.1", 1), replace(CHECK, path=None)).level == "Severe"


@pytest.mark.parametrize("path", ["/a b", "/x\r\nHost: evil", "/€", "/\x00"])
def test_a_path_that_cannot_be_asked_for_fails_and_asks_nothing(path):
    asked = []
    with serving(asked.append) as port:
        assert ask(("127.0.0.1", port), replace(CHECK, path=path)).level == "Severe"
    assert asked == []


class Bell:
    def __init__(self):
        self.rung = threading.Semaphore(0)

    def wait(self):
        assert self.rung.acquire(timeout=HANG_S)


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
def prober(bell):
    prober = Prober(bell.rung.release)
    yield prober
    prober.close()


@pytest.fixture
def asked(monkeypatch):
    asked = []

    def ask(place, check):
        asked.append(place)
        return Answer("Ok", 200, "")

    monkeypatch.setattr(probes, "ask", ask)
    return asked


def test_one_check_is_under_way_and_the_next_is_asked_when_it_is_due(prober, bell, asked):
    for _ in range(3):
        prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now=100.0)
    bell.wait()
    assert [name for name, _ in prober.answers(100.1)] == ["i-1"]
    prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now=100.9)
    assert prober.next_due() == 101.0
    prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now=101.0)
    bell.wait()
    assert asked == [("127.0.0.1", 1)] * 2


def test_a_clock_that_is_set_back_does_not_stop_the_checks(prober, bell, asked):
    prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now=5000.0)
    bell.wait()
    prober.answers(5000.0)
    prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now=1400.0)
    bell.wait()
    assert asked == [("127.0.0.1", 1)] * 2


def test_who_is_not_kept_is_forgotten(prober, bell, asked):
    prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now=100.0)
    bell.wait()
    prober.answers(100.0)
    prober.keep(set())
    assert prober.next_due() is None


def test_a_check_that_breaks_is_an_answer_and_the_next_one_is_asked(prober, bell, monkeypatch):
    def ask(place, check):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(probes, "ask", ask)
    for now in (100.0, 200.0):
        prober.watch("i-1", ("127.0.0.1", 1), CHECK, 1.0, now)
        bell.wait()
        [(_, answer)] = prober.answers(now)
        assert answer.level == "Severe"


def test_instances_that_hang_do_not_hold_up_the_others(prober, bell):
    with serving(lambda connection: None) as fine, socket.create_server(("127.0.0.1", 0), backlog=100) as hanging:
        for number in range(30):
            prober.watch(f"i-{number}", hanging.getsockname(), replace(CHECK, timeout_s=HANG_S), 1.0, 0.0)
        prober.watch("i-fine", ("127.0.0.1", fine), CHECK, 1.0, 0.0)
        bell.wait()
        assert [name for name, _ in prober.answers(0.0)] == ["i-fine"]
        hanging.close()
