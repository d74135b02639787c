"""The loss oracle is proven against servers that misbehave on purpose, one for each kind of loss."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from benchmarks import load as load_module
from benchmarks.load import Load, LoadPlan, Report, run
from tests.apps import APP

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Version: v1\r\nX-Instance: i-1\r\n\r\nok"


async def request_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def good(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await request_of(reader)
        writer.write(OK)


def answer(text: bytes, close: bool = True) -> Handler:
    """Always `text`; then close, or leave the client waiting."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(text)
        if not close:
            await asyncio.sleep(60)

    return handler


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def close_on_second_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(OK)
    await request_of(reader)


async def reset_on_second_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(OK)
    await reset(reader, writer)


async def close_when_idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(OK)


def load(handler: Handler, requests: int = 10, connections: int = 1, **plan: object) -> Report:
    """The report of `requests` requests, 20 ms apart on each connection, to a server of its own."""

    async def close_after(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def serve_and_load() -> Report:
        server = await asyncio.start_server(close_after, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        pace = {"connections": connections, "rate": connections / 0.02, "requests": requests}
        asked = LoadPlan(port, "a.localhost", **pace, **plan)  # type: ignore[arg-type]
        report = await run(asked, asyncio.Event())
        server.close()
        return report

    report = asyncio.run(serve_and_load())
    assert report.sent == report.ok + report.lost_total
    return report


def losses(report: Report) -> tuple[int, dict[str, int]]:
    return report.ok, dict(report.lost)


def test_a_good_server_loses_nothing() -> None:
    report = load(good, requests=40, connections=4)
    assert losses(report) == (40, {})
    assert (report.by_version, report.by_instance, report.status) == ({"v1": 40}, {"i-1": 40}, {"200": 40})
    assert report.replaced == 0


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (reset, "reset"),
        (answer(b""), "closed_fresh"),
        (answer(b"HTTP/1.1 200"), "partial"),
        (answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes."), "partial"),
        (answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive.\r\n"), "partial"),
        (answer(b"220 mail.example ESMTP\r\n\r\n"), "malformed"),
        (answer(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), "5xx"),
        (answer(b"HTTP/1.1 404 Who?\r\nContent-Length: 0\r\n\r\n"), "4xx"),
    ],
)
@pytest.mark.parametrize("one_shot", [False, True])
def test_each_misbehaviour_is_a_loss_of_its_own_kind(handler: Handler, kind: str, one_shot: bool) -> None:
    assert losses(load(handler, one_shot=one_shot)) == (0, {kind: 10})


@pytest.mark.parametrize("text", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes."])
def test_a_server_that_hangs_is_a_timeout_even_when_the_answer_has_begun(text: bytes) -> None:
    report = load(answer(text, close=False), requests=3, timeout_s=0.05)
    assert report.ok == 0
    assert set(report.lost) == {"timeout"}


@pytest.mark.parametrize("handler", [close_on_second_request, reset_on_second_request])
def test_a_kept_connection_that_closes_on_the_next_request_loses_that_request(handler: Handler) -> None:
    assert losses(load(handler)) == (5, {"closed_reused": 5})


def test_a_kept_connection_already_closed_is_replaced_and_loses_nothing() -> None:
    report = load(close_when_idle)
    assert losses(report) == (10, {})
    assert report.replaced == 9


def test_a_connection_for_each_request_never_meets_a_closed_one() -> None:
    assert losses(load(close_on_second_request, one_shot=True)) == (10, {})


def test_an_answer_that_ends_with_the_connection_is_whole() -> None:
    assert losses(load(answer(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"))) == (10, {})


def test_a_port_nobody_listens_on_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        plan = LoadPlan(unused.getsockname()[1], "a.localhost", connections=2, rate=100, requests=20)
        report = asyncio.run(run(plan, asyncio.Event()))
    assert losses(report) == (0, {"refused": report.sent})
    assert report.sent == 20


def test_a_server_that_does_not_accept_is_a_connect_timeout() -> None:
    with socket.socket() as server, socket.socket() as first:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        first.connect(server.getsockname())  # fills the accept queue: Linux drops further SYNs
        plan = LoadPlan(
            server.getsockname()[1], "a.localhost", connections=1, rate=50, requests=2, connect_timeout_s=0.1
        )
        report = asyncio.run(run(plan, asyncio.Event()))
    assert report.ok == 0
    assert set(report.lost) == {"connect_timeout"}


def test_every_third_request_lost_is_counted_to_the_last_one() -> None:
    seen = 0

    async def every_third(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while True:
            await request_of(reader)
            seen += 1
            if seen % 3 == 0:
                return
            writer.write(OK)

    report = load(every_third, requests=300, connections=30)
    assert (report.sent, report.ok, report.lost_total) == (300, 200, 100)
    assert set(report.lost) <= {"closed_reused", "closed_fresh"}


def test_a_post_sends_its_body() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await request_of(reader)
            body = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            good = head.startswith(b"POST /slow/3000 ") and b"Host: a.localhost" in head and body == b"some text"
            writer.write(OK if good else b"HTTP/1.1 400 Wrong\r\nContent-Length: 0\r\n\r\n")

    assert losses(load(echo, method="POST", path="/slow/3000", body="some text")) == (10, {})


def test_requests_in_flight_are_finished_when_it_is_stopped() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        await asyncio.sleep(0.3)
        writer.write(OK)

    report = load(slow, requests=2, connections=2)
    assert losses(report) == (2, {})
    assert report.seconds >= 0.3


def test_a_busy_connection_skips_what_it_cannot_send() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await request_of(reader)
            await asyncio.sleep(0.1)
            writer.write(OK)

    report = load(slow, requests=4)
    assert losses(report) == (4, {})
    assert report.skipped >= 3 * 3


def test_the_report_has_versions_with_their_times_and_the_silence_between() -> None:
    seen = 0

    async def two_versions(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while True:
            await request_of(reader)
            seen += 1
            if seen == 6:
                await asyncio.sleep(0.3)
            writer.write(OK if seen < 6 else OK.replace(b"v1", b"v2"))

    report = load(two_versions, requests=30)
    assert report.by_version["v1"] == 5
    assert report.versions["v1"][0] < report.versions["v1"][1] < report.versions["v2"][0] < report.versions["v2"][1]
    [[begin, length]] = report.gaps
    assert begin == report.versions["v1"][1]
    assert 0.28 < length < 0.6
    assert report.p50_ms < 100 < report.max_ms


def test_a_failure_of_the_client_itself_is_not_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_descriptors(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(load_module.asyncio, "open_connection", no_descriptors)
    plan = LoadPlan(1, "a.localhost", connections=1, rate=10, seconds=1)
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(run(plan, asyncio.Event()))
    assert caught.group_contains(OSError, match="Too many open files")


def test_a_report_survives_json() -> None:
    report = load(answer(b""), requests=3)
    again = Report.from_json(report.to_json())
    assert again == report
    assert str(again) == str(report)


@pytest.fixture
def app_port(tmp_path, monkeypatch):
    """A gentle application on a port of its own; ends with the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PORT": str(port), "BEANSTALK_VERSION_LABEL": "v7", "BEANSTALK_INSTANCE_ID": "i-7"}
    app = subprocess.Popen([sys.executable, APP], env=environment, stdout=subprocess.PIPE, text=True)
    while "listens" not in app.stdout.readline():
        pass
    yield port
    app.kill()
    app.wait()
    app.stdout.close()


def test_load_runs_beside_a_test_until_it_is_stopped(app_port: int) -> None:
    with Load(app_port, "a.localhost", connections=4, rate=100) as load:
        assert load.now.ok > 0
        report = load.stop()
    assert report.lost_total == 0
    assert report.by_instance == {"i-7": report.ok}
    assert report.sent == report.ok > 0


def test_the_command_stops_on_sigterm_and_prints_its_report(app_port: int) -> None:
    command = [sys.executable, load_module.__file__, f"--port={app_port}", "--host=a.localhost", "--method=POST"]
    command += ["--path=/slow/600", "--connections=4", "--rate=20", "--json", "--progress=0.1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    last = process.communicate(timeout=20)[0].splitlines()[-1]
    report = json.loads(last)
    assert process.returncode == 0
    assert report["sent"] == report["ok"] + report["lost_total"]


def test_the_command_says_with_its_exit_code_that_requests_were_lost() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        command = [sys.executable, load_module.__file__, f"--port={port}", "--host=a", "--seconds=0.1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "refused" in done.stdout
