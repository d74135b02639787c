"""The daemon against a real queue of moto over HTTP and an application that answers as told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from beanstalk.targets.worker.daemon import Daemon
from beanstalk.targets.worker.places import Places
from beanstalk.targets.worker.queue import QueueTrouble, SqsQueue
from beanstalk.worker import WorkerSettings

QUICK = WorkerSettings(http_path="/work", error_visibility_timeout=0, connect_timeout=5, inactivity_timeout=20)


@pytest.fixture(scope="module")
def sqs_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def sqs(sqs_server, monkeypatch) -> Any:
    for name, value in (
        ("AWS_ENDPOINT_URL_SQS", sqs_server), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    return boto3.client("sqs")


@pytest.fixture
def queue_url(sqs, request) -> str:
    return sqs.create_queue(QueueName=f"jobs-{abs(hash(request.node.name))}")["QueueUrl"]


class Application:
    """Keeps (path, headers, body) of every request, and answers with the next of `answers`, then with 200."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: deque[int] = deque()
        self.hold = threading.Event()
        self.hold.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                outer.hold.wait(30)
                self.send_response(outer.answers.popleft() if outer.answers else 200)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.server.server_port


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.hold.set()
    made.server.shutdown()


@pytest.fixture
def start(queue_url, application) -> Iterator[Callable[..., tuple[Daemon, list[str]]]]:
    running: list[tuple[Daemon, threading.Thread]] = []

    def begin(settings: WorkerSettings = QUICK, **more: Any) -> tuple[Daemon, list[str]]:
        told: list[str] = []
        places = more.pop("places", None) or Places(settings.http_connections, [application.place])
        daemon = Daemon(SqsQueue(queue_url), settings, places, told.append, poll_s=1, grace_s=0.0, **more)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        running.append((daemon, thread))
        return daemon, told

    yield begin
    application.hold.set()
    for daemon, thread in running:
        daemon.stopping.set()
        thread.join(30)
        assert not thread.is_alive()


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def left(sqs, queue_url) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_each_message_is_posted_once_and_deleted(sqs, queue_url, application, start):
    for number in range(30):
        sqs.send_message(QueueUrl=queue_url, MessageBody=f"job {number}")
    start()
    until(lambda: len(application.got) == 30 and left(sqs, queue_url) == 0)
    assert {body for _, _, body in application.got} == {f"job {number}".encode() for number in range(30)}
    path, headers, _ = application.got[0]
    assert path == "/work" and headers["X-Aws-Sqsd-Queue"] == queue_url.rpartition("/")[2]


@pytest.mark.parametrize("status", [500, 404, 302, 201])
def test_what_is_not_answered_with_200_comes_again(sqs, queue_url, application, start, status):
    application.answers.append(status)
    sqs.send_message(QueueUrl=queue_url, MessageBody="job")
    _, told = start()
    until(lambda: len(application.got) == 2 and left(sqs, queue_url) == 0)
    assert [headers["X-Aws-Sqsd-Receive-Count"] for _, headers, _ in application.got] == ["1", "2"]
    assert f"was answered with {status}, delivery 1" in told[0]


def test_a_message_that_gets_no_answer_comes_again(sqs, queue_url, application, start):
    application.hold.clear()
    sqs.send_message(QueueUrl=queue_url, MessageBody="job")
    _, told = start(WorkerSettings(inactivity_timeout=1))
    until(lambda: len(application.got) == 2)
    application.hold.set()
    until(lambda: left(sqs, queue_url) == 0)
    assert "was not answered within 1 s" in told[0]


def test_a_message_that_cannot_be_delivered_waits_for_the_application(sqs, queue_url, application, start):
    places = Places(1, [("127.0.0.1", 1)])
    sqs.send_message(QueueUrl=queue_url, MessageBody="job")
    _, told = start(places=places)
    until(lambda: told)
    places.set(1, [application.place])
    until(lambda: len(application.got) == 1 and left(sqs, queue_url) == 0)
    assert "could not be delivered" in told[0]


def test_nothing_is_taken_from_the_queue_while_nothing_is_in_service(sqs, queue_url, application, start):
    sqs.send_message(QueueUrl=queue_url, MessageBody="job")
    places = Places(1)
    start(places=places)
    time.sleep(0.5)  # nothing tells of what is not done
    places.set(1, [application.place])
    until(lambda: left(sqs, queue_url) == 0)
    assert application.got[0][1]["X-Aws-Sqsd-Receive-Count"] == "1"


def test_no_more_requests_are_open_than_connections(sqs, queue_url, application, start):
    application.hold.clear()
    for number in range(12):
        sqs.send_message(QueueUrl=queue_url, MessageBody=str(number))
    places = Places(3, [application.place])
    start(places=places)
    until(lambda: len(application.got) == 3)
    assert places.free() == 0 and places.in_flight(application.place) == 3
    application.hold.set()
    until(lambda: left(sqs, queue_url) == 0)
    assert len(application.got) == 12


def test_a_message_older_than_the_retention_period_is_dropped(sqs, queue_url, application, start):
    sqs.send_message(QueueUrl=queue_url, MessageBody="old")
    _, told = start(WorkerSettings(retention_period=-1))
    until(lambda: left(sqs, queue_url) == 0)
    assert application.got == [] and "older than the retention period" in told[0]


def test_what_is_in_flight_when_the_daemon_ends_is_shown_to_others_at_once(sqs, queue_url, application, start):
    application.hold.clear()
    sqs.send_message(QueueUrl=queue_url, MessageBody="job")
    daemon, _ = start(WorkerSettings(visibility_timeout=3600))
    until(lambda: application.got)
    daemon.stopping.set()
    until(lambda: sqs.receive_message(QueueUrl=queue_url).get("Messages"))


def test_trouble_with_the_queue_is_told_once_and_ends(application):
    class Troubled:
        name = "jobs"
        calls = 0

        def receive(self, *_: int) -> list[Any]:
            self.calls += 1
            if self.calls < 3:
                raise QueueTrouble("the queue jobs cannot be asked")
            daemon.stopping.set()
            return []

    told: list[str] = []
    daemon = Daemon(Troubled(), QUICK, Places(1, [application.place]), told.append)  # type: ignore[arg-type]
    daemon.run()
    assert told == ["the queue jobs cannot be asked", "the queue jobs answers again"]


def test_a_queue_that_is_not_there_is_told_in_one_line(sqs, sqs_server):
    with pytest.raises(QueueTrouble) as caught:
        SqsQueue(f"{sqs_server}/123456789012/nothing").receive(1, 0, 1)
    assert "nothing: The specified queue does not exist" in str(caught.value)


def test_the_command_works_off_a_queue_and_ends_on_sigterm(sqs, queue_url, application):
    variables = {"BEANSTALK_SQSD_QUEUE_URL": queue_url, "BEANSTALK_SQSD_PORT": str(application.place[1])}
    variables |= {"BEANSTALK_SQSD_HTTP_PATH": "/work"}
    command = [sys.executable, "-m", "beanstalk", "sqsd"]
    daemon = subprocess.Popen(command, env=os.environ | variables, stderr=subprocess.PIPE, text=True)
    sqs.send_message(QueueUrl=queue_url, MessageBody="job")
    until(lambda: application.got and left(sqs, queue_url) == 0)
    daemon.send_signal(signal.SIGTERM)
    _, told = daemon.communicate(timeout=60)
    assert (daemon.returncode, told) == (
        0,
        f"messages of {queue_url} go to http://127.0.0.1:{variables['BEANSTALK_SQSD_PORT']}/work\n",
    )
