"""Ask instances whether they are well, many at a time, without holding up the loop."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from beanstalk.rollout.health import Answer, level_of
from beanstalk.workload import HealthCheck

_THREADS = 64
"""At once. Instances that hang hold up one each until their time-out; the others must not wait for them."""
_LONGEST_HEAD = 65536
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: |$)")
Place = tuple[str, int]
"""Address and port."""


def ask(place: Place, check: HealthCheck) -> Answer:
    """One health check of what listens at `place`. Takes hardly longer than `check.timeout_s`, whatever it
    does: a time-out of a socket alone begins anew with every byte."""
    if check.path is None:
        return _connect(place, check.timeout_s)
    what = f"health check GET {check.path}"
    deadline = time.monotonic() + check.timeout_s
    connection = http.client.HTTPConnection(*place, timeout=check.timeout_s)
    try:
        headers = {"User-Agent": "beanstalk-health-check", "Connection": "close", "Accept": "*/*"}
        connection.request("GET", check.path, headers=headers)
        status, to = _read_answer(connection.sock, deadline)
    except TimeoutError:
        return Answer("Severe", 0, f"{what} was not answered within {check.timeout_s:g} s")
    except ConnectionRefusedError:
        return _refused(place)
    except _NoHttp:
        return Answer("Severe", 0, f"{what} was answered with something else than HTTP")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer("Severe", 0, f"{what} got no answer: {type(error).__name__}")
    finally:
        connection.close()
    text = f"{what} answered {status}" + (f" to {to[:200]}" if 300 <= status < 400 and to else "")
    return Answer(level_of(status, check.codes), status, text)


class _NoHttp(Exception):
    """What came is no answer to a request."""


def _read_answer(connection: socket.socket, deadline: float) -> tuple[int, str]:
    """(status, Location) of the first answer that is none of the interim ones. The body is left unread."""
    data = b""
    while True:
        head, end, rest = data.replace(b"\r\n", b"\n").partition(b"\n\n")
        if len(data) >= 5 and not data.startswith(b"HTTP/"):
            raise _NoHttp
        if end:
            first, *lines = head.split(b"\n")
            found = _STATUS.match(first)
            if not found:
                raise _NoHttp
            status = int(found[1])
            if status >= 200 or status == 101:
                return status, _location(lines)
            data = rest
            continue
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if len(data) > _LONGEST_HEAD:
            raise _NoHttp
        connection.settimeout(left)
        more = connection.recv(8192)
        if not more:
            raise _NoHttp if data else ConnectionResetError
        data += more


def _location(lines: list[bytes]) -> str:
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip().lower() == "location":
            return "".join(letter if letter.isprintable() else "?" for letter in value.strip())
    return ""


def _refused(place: Place) -> Answer:
    host, port = place
    text = f"nothing listens on port {port} (the application has to listen on $PORT)"
    if not host.startswith("127."):
        text = f"nothing listens on port {port} of the container (the application has to listen there on all addresses)"
    return Answer("Severe", 0, text)


def _connect(place: Place, timeout_s: float) -> Answer:
    port = place[1]
    try:
        with socket.create_connection(place, timeout_s) as connection:
            if connection.getsockname() == connection.getpeername():
                raise ConnectionRefusedError  # where nobody listens one may meet oneself
    except TimeoutError:
        return Answer("Severe", 0, f"port {port} accepted no connection within {timeout_s:g} s")
    except OSError:
        return _refused(place)
    return Answer("Ok", 0, f"port {port} accepts connections")


class Prober:
    """Keeps one check of every watched instance under way or due. One thread calls it; checks run in others."""

    def __init__(self, arrived: Callable[[], object]) -> None:
        """arrived: called from another thread whenever there is an answer to fetch."""
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="probe")
        self._arrived = arrived
        self._asked: set[str] = set()
        self._due: dict[str, float] = {}
        self._answers: deque[tuple[str, Answer]] = deque()

    def watch(self, instance_id: str, place: Place, check: HealthCheck, interval_s: float, now: float) -> None:
        """Ask when it is due: the first time at once, then `interval_s` after the last answer was fetched."""
        due = self._due.get(instance_id, 0.0)
        if instance_id in self._asked or now < due <= now + interval_s:  # later than that: the clock was set back
            return
        self._asked.add(instance_id)
        self._due[instance_id] = now + interval_s
        self._pool.submit(self._ask, instance_id, place, check)

    def answers(self, now: float) -> list[tuple[str, Answer]]:
        """What came in since the last call, oldest first."""
        fetched = []
        while self._answers:
            instance_id, answer = self._answers.popleft()
            self._asked.discard(instance_id)
            fetched.append((instance_id, answer))
        return fetched

    def keep(self, instance_ids: set[str]) -> None:
        """Forget about all other instances."""
        for gone in self._due.keys() - instance_ids:
            del self._due[gone]

    def next_due(self) -> float | None:
        """When the next check is due, None while nothing is waiting for its time."""
        return min((due for each, due in self._due.items() if each not in self._asked), default=None)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, instance_id: str, place: Place, check: HealthCheck) -> None:
        try:
            answer = ask(place, check)
        except Exception as error:  # without an answer it would never be asked again
            answer = Answer("Severe", 0, f"the health check failed: {type(error).__name__}: {error}")
        self._answers.append((instance_id, answer))
        self._arrived()
