"""The loop of the daemon: receive messages, post them, and delete those that were answered with 200.

| answer | then |
|---|---|
| 200 | the message is deleted |
| anything else, or no connection | it comes again after `error_visibility_timeout` |
| none within `inactivity_timeout` | it comes again at once |

A message is lost by no end of the daemon: what it has not deleted comes again when it is visible again.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from beanstalk.targets.worker.message import Message, Request, request_of
from beanstalk.targets.worker.places import Place, Places
from beanstalk.targets.worker.queue import LONG_POLL_S, MOST_AT_ONCE, Queue, QueueTrouble
from beanstalk.worker import WorkerSettings

Tell = Callable[[str], None]
_LONGEST_PAUSE_S = 30.0
_FULL_PAUSE_S = 0.1


class NoAnswer(Exception):
    """The application took the request and did not answer in time."""


def post(place: Place, request: Request, connect_s: float, answer_s: float) -> int:
    """Status of the answer, whose body is left. Raises NoAnswer, OSError and HTTPException."""
    connection = http.client.HTTPConnection(*place, timeout=connect_s)
    connection.connect()
    try:
        connection.sock.settimeout(answer_s)
        connection.putrequest("POST", request.path, skip_accept_encoding=True)
        for name, value in (*request.headers, ("Content-Length", str(len(request.body))), ("Connection", "close")):
            connection.putheader(name, value)
        connection.endheaders(request.body)
        return connection.getresponse().status
    except TimeoutError:
        raise NoAnswer from None
    finally:
        connection.close()


@dataclass
class Daemon:
    """Works off one queue. settings: may be exchanged while it runs.  stopping: set it, and `run` ends when the
    requests in flight have ended, or after `grace_s`."""

    queue: Queue
    settings: WorkerSettings
    places: Places
    tell: Tell
    grace_s: float = 10.0
    poll_s: int = LONG_POLL_S
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._in_flight: set[Message] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Until `stopping`. Trouble with the queue is told once, and the queue asked again and again."""
        pause_s, told = 0.0, ""
        try:
            while not self.stopping.wait(pause_s):
                try:
                    received = self._receive()
                except QueueTrouble as trouble:
                    pause_s = min(max(1.0, pause_s * 2), _LONGEST_PAUSE_S)
                    if str(trouble) != told:
                        self.tell(str(trouble))
                    told = str(trouble)
                    continue
                if received is not None and told:
                    self.tell(f"the queue {self.queue.name} answers again")
                    told = ""
                pause_s = 0.0 if received is not None else _FULL_PAUSE_S
        finally:
            self._leave()

    def _receive(self) -> int | None:
        """Take as many messages as may be posted; how many came, None: the queue was not asked, for lack of room."""
        room = min(self.places.free(), MOST_AT_ONCE)
        if not room:
            return None
        messages = self.queue.receive(room, self.poll_s, self.settings.visibility_timeout)
        for message in messages:
            with self._lock:
                self._in_flight.add(message)
            # Not one of a pool: a pool keeps the program from ending while a request hangs.
            threading.Thread(target=self._work_off, args=(message,), name="sqsd", daemon=True).start()
        return len(messages)

    def _work_off(self, message: Message) -> None:
        try:
            if time.time() - message.sent > self.settings.retention_period:
                self.tell(f"message {message.id} is older than the retention period and was dropped")
                self.queue.delete(message)
                return
            again_s = self._deliver(message)
            if self._is_mine(message):
                self.queue.delete(message) if again_s is None else self.queue.show_again(message, again_s)
        except QueueTrouble as trouble:
            self.tell(f"message {message.id} will come again: {trouble}")
        finally:
            with self._lock:
                self._in_flight.discard(message)

    def _deliver(self, message: Message) -> int | None:
        """None when it was answered with 200, else after how many seconds it is to come again."""
        settings = self.settings
        request = request_of(message, self.queue.name, settings.http_path, settings.mime_type)
        place = self.places.take()
        if place is None:  # the instance that had room has left meanwhile
            return 0
        try:
            status = post(place, request, settings.connect_timeout, settings.inactivity_timeout)
        except NoAnswer:
            self.tell(f"message {message.id} was not answered within {settings.inactivity_timeout} s")
            return 0
        except (OSError, http.client.HTTPException) as error:
            self.tell(f"message {message.id} could not be delivered: {error or type(error).__name__}")
            return settings.error_visibility_timeout
        finally:
            self.places.give_back(place)
        if status == 200:
            return None
        self.tell(f"message {message.id} was answered with {status}, delivery {message.received}")
        return settings.error_visibility_timeout

    def _is_mine(self, message: Message) -> bool:
        with self._lock:
            return message in self._in_flight

    def _leave(self) -> None:
        """Wait for what is in flight; what does not end in time is shown to others at once."""
        until = time.monotonic() + self.grace_s
        while time.monotonic() < until:
            with self._lock:
                if not self._in_flight:
                    return
            time.sleep(0.02)
        with self._lock:
            left, self._in_flight = list(self._in_flight), set()
        for message in left:
            try:
                self.queue.show_again(message, 0)
            except QueueTrouble as trouble:
                self.tell(str(trouble))
