"""A load client that accounts for every request: the loss oracle of tests, benchmarks and the demo.

Requests leave at a constant rate over a fixed number of connections, whatever the server does. Each one ends as exactly
one of `ok` or a kind of loss, so `sent == ok + lost_total` in every report; requests in flight when it is told to stop
are finished first. A failure of the client itself (no more file descriptors, say) ends the run with a traceback: it
neither counts as a loss nor hides one.

    python benchmarks/load.py --port 8080 --host prod.localhost --rate 600 --seconds 20

| loss | means |
|---|---|
| refused, connect_timeout | there was no connection |
| reset | connection reset before an answer, on its first request |
| closed_fresh | closed without an answer, on its first request |
| closed_reused | closed or reset without an answer, on a later request of a kept-alive connection |
| partial | the answer began and did not end |
| malformed | the answer is not HTTP |
| timeout | no whole answer within `timeout_s` |
| 4xx, 5xx | answered with an error: a balancer that does not know the host says 404 |

A client that repeats idempotent requests, as browsers do, would not show `closed_reused`; this one never repeats. Only
what browsers and Go do *before* they send is done here too: a kept-alive connection that is already seen to be closed
is replaced, and counted as `replaced`, not as a loss.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import h11

READ_BYTES = 65536
LOSSES_KEPT = 5000
GAPS_KEPT = 20


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to send. The connection goes to `address`, because names below `.localhost` do not resolve everywhere.

    rate: requests per second over all connections together; what cannot be sent in time because every connection is
    still busy is not sent later but counted as `skipped`.
    It ends after `seconds`, or after `requests` when that is not 0.  one_shot: a connection for each request.
    gap_s: a time without any good answer is reported when it is at least this long.
    """

    port: int
    host: str
    address: str = "127.0.0.1"
    method: str = "GET"
    path: str = "/"
    body: str = ""
    connections: int = 32
    rate: float = 600.0
    seconds: float = 600.0
    requests: int = 0
    one_shot: bool = False
    connect_timeout_s: float = 5.0
    timeout_s: float = 30.0
    gap_s: float = 0.25


@dataclass(slots=True)
class Loss:
    """One lost request: seconds since the start when it was noticed, its kind, what was seen."""

    at_s: float
    kind: str
    seen: str


@dataclass(slots=True)
class Report:
    """All times in seconds since `started` (epoch seconds). A version is known by the `X-Version` of its answers.

    versions: {version: [time of its first answer, time of its last]}.  gaps: [[begin, length]], the longest first.
    """

    started: float
    seconds: float = 0.0
    sent: int = 0
    ok: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    by_version: dict[str, int] = field(default_factory=dict)
    by_instance: dict[str, int] = field(default_factory=dict)
    versions: dict[str, list[float]] = field(default_factory=dict)
    gaps: list[list[float]] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    replaced: int = 0
    skipped: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0

    @property
    def lost_total(self) -> int:
        return sum(self.lost.values())

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self) | {"lost_total": self.lost_total})

    @classmethod
    def from_json(cls, text: str) -> Report:
        values = json.loads(text)
        del values["lost_total"]
        return cls(**values | {"losses": [Loss(**loss) for loss in values["losses"]]})

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(self.lost.items()))
        lines = [
            f"{self.sent} sent, {self.ok} answered, {self.lost_total} lost in {self.seconds:.1f} s"
            + (f" ({self.skipped} not sent: every connection was busy)" if self.skipped else ""),
            f"latency    p50 {self.p50_ms:.1f}  p95 {self.p95_ms:.1f}  p99 {self.p99_ms:.1f}  max {self.max_ms:.1f} ms",
            *(
                f"version    {name}: {n} answers from {self.versions[name][0]:.2f} s to {self.versions[name][1]:.2f} s"
                for name, n in self.by_version.items()
            ),
            f"instances  {len(self.by_instance)}",
            *(f"no answer  for {length:.2f} s from {begin:.2f} s" for begin, length in self.gaps),
        ]
        if self.losses:
            first = self.losses[0]
            lines += [f"lost       {kinds}", f"first      {first.kind} at {first.at_s:.2f} s: {first.seen}"]
        return "\n".join(lines)


class Lost(Exception):
    """The request on its way is lost: kind and what was seen."""

    def __init__(self, kind: str, seen: object = "") -> None:
        super().__init__(kind, seen)
        self.kind, self.seen = kind, str(seen)


def bump(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


class Tally:
    """Counts while the load runs; `report()` at any time."""

    def __init__(self, gap_s: float) -> None:
        self.gap_s = gap_s
        self.began = self.last_ok = time.monotonic()
        self.counts = Report(started=time.time())
        self.latencies_ms: list[float] = []

    def answered(self, response: h11.Response, sent_at: float) -> None:
        now = time.monotonic()
        status = response.status_code
        bump(self.counts.status, str(status))
        if status >= 400:
            raise Lost(f"{status // 100}xx", f"{status} {response.reason.decode('latin-1')}")
        headers = {name: value.decode("latin-1") for name, value in response.headers}
        version = headers.get(b"x-version", "?")
        self.counts.ok += 1
        bump(self.counts.by_version, version)
        bump(self.counts.by_instance, headers.get(b"x-instance", "?"))
        self.counts.versions.setdefault(version, [now - self.began, 0.0])[1] = now - self.began
        self.latencies_ms.append((now - sent_at) * 1000)
        self.note_gap(now)
        self.last_ok = now

    def lost(self, loss: Lost) -> None:
        bump(self.counts.lost, loss.kind)
        if len(self.counts.losses) < LOSSES_KEPT:
            self.counts.losses.append(Loss(time.monotonic() - self.began, loss.kind, loss.seen))

    def note_gap(self, now: float) -> None:
        if now - self.last_ok >= self.gap_s:
            self.counts.gaps.append([self.last_ok - self.began, now - self.last_ok])

    def report(self) -> Report:
        now = time.monotonic()
        self.note_gap(now)
        ordered = sorted(self.latencies_ms)
        p50, p95, p99, longest = (
            ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
            for share in (0.5, 0.95, 0.99, 1)
        )
        gaps = sorted(self.counts.gaps, key=lambda gap: -gap[1])[:GAPS_KEPT]
        return dataclasses.replace(
            self.counts, seconds=now - self.began, gaps=gaps, p50_ms=p50, p95_ms=p95, p99_ms=p99, max_ms=longest
        )


class Connection:
    """One client connection: h11's state machine over an asyncio stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.http = h11.Connection(h11.CLIENT)
        self.reused = False
        self.readable = select.poll()
        self.readable.register(writer.get_extra_info("socket").fileno(), select.POLLIN)

    @classmethod
    async def open(cls, plan: LoadPlan) -> Connection:
        try:
            async with asyncio.timeout(plan.connect_timeout_s):
                return cls(*await asyncio.open_connection(plan.address, plan.port))
        except ConnectionRefusedError as error:
            raise Lost("refused", error) from None
        except ConnectionError as error:
            raise Lost("reset", error) from None
        except TimeoutError:
            raise Lost("connect_timeout") from None

    def is_dead(self) -> bool:
        """The server has closed it (or said something unasked). Asks the kernel too: the event loop may lag behind."""
        gone = self.writer.is_closing() or self.reader.at_eof() or self.reader.exception() is not None
        return gone or bool(self.readable.poll(0))

    async def exchange(self, request: h11.Request, body: bytes) -> h11.Response:
        """Send one request and read the whole answer. Raises Lost."""
        begun = ended = False
        response: h11.Response | None = None
        try:
            message = [request, h11.Data(data=body), h11.EndOfMessage()] if body else [request, h11.EndOfMessage()]
            self.writer.write(b"".join(self.http.send(event) or b"" for event in message))
            await self.writer.drain()
            while True:
                event = self.http.next_event()
                if event is h11.NEED_DATA:
                    data = await self.reader.read(READ_BYTES)
                    begun, ended = begun or bool(data), not data
                    self.http.receive_data(data)
                elif isinstance(event, h11.Response):
                    response = event
                elif isinstance(event, h11.EndOfMessage):
                    assert response is not None
                    return response
        except OSError as error:
            # On a reused connection it is chance whether the kernel shows us the server's FIN or its RST first.
            raise Lost("partial" if begun else "closed_reused" if self.reused else "reset", error) from None
        except h11.RemoteProtocolError as error:
            if not ended:
                raise Lost("malformed", error) from None
            raise Lost("partial" if begun else "closed_reused" if self.reused else "closed_fresh", error) from None

    def keep(self) -> bool:
        """Make ready for the next request; False: both sides have agreed to close."""
        if self.http.our_state is not h11.DONE or self.http.their_state is not h11.DONE:
            return False
        self.http.start_next_cycle()
        self.reused = True
        return True

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        self.writer.transport.abort()


class Client:
    """Sends one request after the other over one connection at a time."""

    def __init__(self, plan: LoadPlan, tally: Tally) -> None:
        self.plan, self.tally = plan, tally
        self.connection: Connection | None = None
        self.body = plan.body.encode()
        headers = [("Host", plan.host), ("User-Agent", "beanstalk-load")]
        if self.body or plan.method not in ("GET", "HEAD"):
            headers.append(("Content-Length", str(len(self.body))))
        if plan.one_shot:
            headers.append(("Connection", "close"))
        self.request = h11.Request(method=plan.method, target=plan.path, headers=headers)

    async def send_at_pace(self, number: int, stopping: asyncio.Task[object]) -> None:
        """Send until `stopping` is done. Clients start evenly spread over the first period."""
        period = self.plan.connections / self.plan.rate
        due = self.tally.began + period * number / self.plan.connections
        while True:
            await asyncio.wait([stopping], timeout=max(0.0, due - time.monotonic()))
            if stopping.done() or 0 < self.plan.requests <= self.tally.counts.sent:
                break
            await self.send()
            behind = max(0, int((time.monotonic() - due) / period) - 1)
            self.tally.counts.skipped += behind
            due += (1 + behind) * period
        if self.connection is not None:
            self.connection.close()

    async def send(self) -> None:
        """One request, from the first byte to the place where it is counted."""
        self.tally.counts.sent += 1
        sent_at = time.monotonic()
        try:
            try:
                connection = await self.connect()
                async with asyncio.timeout(self.plan.timeout_s):
                    response = await connection.exchange(self.request, self.body)
            except TimeoutError:
                raise Lost("timeout", f"no whole answer within {self.plan.timeout_s:g} s") from None
            if not connection.keep():
                connection.close()
                self.connection = None
            self.tally.answered(response, sent_at)
        except Lost as loss:
            self.tally.lost(loss)
            if self.connection is not None and loss.kind not in ("4xx", "5xx"):
                self.connection.abort()
                self.connection = None

    async def connect(self) -> Connection:
        if self.connection is not None and self.connection.is_dead():
            self.tally.counts.replaced += 1
            self.connection.abort()
            self.connection = None
        if self.connection is None:
            self.connection = await Connection.open(self.plan)
        return self.connection


async def run(plan: LoadPlan, stop: asyncio.Event, tally: Tally | None = None) -> Report:
    """Send until the plan ends or `stop` is set; then finish what is in flight and report."""
    tally = tally or Tally(plan.gap_s)
    asyncio.get_running_loop().call_later(plan.seconds, stop.set)
    stopping: asyncio.Task[object] = asyncio.create_task(stop.wait())
    async with asyncio.TaskGroup() as clients:
        for number in range(plan.connections):
            clients.create_task(Client(plan, tally).send_at_pace(number, stopping))
    return tally.report()


class Load:
    """A load client in a process of its own, so that it shares no event loop with what it measures.

    with Load(8080, "prod.localhost", rate=300) as load:
        deploy()
        report = load.stop()
    assert report.lost_total == 0

    Keywords are the fields of LoadPlan. Entering waits until the first request has been answered or lost.
    """

    def __init__(self, port: int, host: str, **plan: object) -> None:
        self.plan = LoadPlan(port, host, **plan)  # type: ignore[arg-type]
        self.now = Report(started=time.time())
        """Counts as of about a fifth of a second ago."""
        self.final: Report | None = None
        self._first_line = threading.Event()

    def __enter__(self) -> Self:
        values = dataclasses.asdict(self.plan)
        flags = ["--one-shot"] if values.pop("one_shot") else []
        flags += [f"{_flag(name)}={value}" for name, value in values.items()]
        command = [sys.executable, str(Path(__file__).resolve()), *flags, "--json", "--progress=0.2"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self._first_line.wait(self.plan.timeout_s)
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.now = Report.from_json(line)
            if self.now.ok or self.now.lost:
                self._first_line.set()
        self._first_line.set()

    def stop(self) -> Report:
        """Finish what is in flight and return the report. Raises RuntimeError when the client itself broke."""
        if self.final is None:
            self.process.send_signal(signal.SIGTERM)
            self._reading.join(self.plan.timeout_s + self.plan.connect_timeout_s + 5)
            assert self.process.stderr is not None
            problem = self.process.stderr.read()
            if "Traceback" in problem or self.process.wait(5) not in (0, 1):
                raise RuntimeError(f"the load client broke:\n{problem}")
            self.final = self.now
        return self.final

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join()  # to the end of what it said
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


async def _print_progress(tally: Tally, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        print(tally.counts.to_json(), flush=True)


async def _main(plan: LoadPlan, as_json: bool, progress_s: float) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tally = Tally(plan.gap_s)
    printing = asyncio.create_task(_print_progress(tally, progress_s)) if progress_s else None
    report = await run(plan, stop, tally)
    if printing:
        printing.cancel()
    print(report.to_json() if as_json else report, flush=True)
    return 1 if report.lost else 0


def main() -> None:
    """Exit code 0: every request was answered; 1: some were lost."""
    parser = argparse.ArgumentParser(description="Constant-rate HTTP load that accounts for every request.")
    for item in dataclasses.fields(LoadPlan):
        if item.name == "one_shot":
            parser.add_argument(_flag(item.name), action="store_true", help="a connection for each request")
        elif item.default is dataclasses.MISSING:
            parser.add_argument(_flag(item.name), type=int if item.name == "port" else str, required=True)
        else:
            parser.add_argument(_flag(item.name), type=type(item.default), default=item.default, help="(%(default)s)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--progress", type=float, default=0.0, metavar="SECONDS", help="print counts so often, as JSON")
    values = vars(parser.parse_args())
    as_json, progress_s = values.pop("json"), values.pop("progress")
    sys.exit(asyncio.run(_main(LoadPlan(**values), as_json, progress_s)))


if __name__ == "__main__":
    main()
