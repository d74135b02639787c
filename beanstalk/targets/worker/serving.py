"""The daemons of the worker environments of one home: each in a thread of the agent.

Nothing here waits: the agent says what is wanted, threads talk to the queues, and what they find out can be asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from beanstalk.targets.worker.daemon import Daemon
from beanstalk.targets.worker.places import Place, Places
from beanstalk.targets.worker.queue import QueueTrouble, SqsQueue
from beanstalk.targets.worker.queues import QueueService, queue_name
from beanstalk.worker import Task, Worker

_AGAIN_S = 5.0
_PATIENCE_S = 10.0
_REMEMBERED = 100


@dataclass
class _Running:
    """The daemon of one environment. url: "" until its queue is known.  told: what there was to tell, and nobody has
    asked for yet."""

    environment_id: str
    endpoint: str
    worker: Worker
    places: Places
    url: str = ""
    told: list[str] = field(default_factory=list)
    daemon: Daemon | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Find or make the queue, then work it off, until `stopping`."""
        while not self.stopping.is_set():
            try:
                url = self.worker.queue_url or QueueService(self.endpoint).make(
                    queue_name(self.environment_id), self.worker
                )
                queue = SqsQueue(url, endpoint=self.endpoint)
            except QueueTrouble as trouble:
                self.tell(str(trouble))
                self.stopping.wait(_AGAIN_S)
                continue
            self.url = url
            self.daemon = Daemon(queue, self.worker.settings, self.places, self.tell, stopping=self.stopping)
            self.daemon.run()

    def tell(self, text: str) -> None:
        if len(self.told) < _REMEMBERED:
            self.told.append(text)


class Workers:
    """All of one home. Used by the agent's loop alone."""

    def __init__(self) -> None:
        self._running: dict[str, _Running] = {}
        self._threads: list[threading.Thread] = []

    def keep(self, environment_id: str, endpoint: str, worker: Worker, places: Collection[Place]) -> None:
        """Have the messages of an environment go to `places` from now on, with these settings."""
        connections = worker.settings.http_connections
        running = self._running.get(environment_id)
        if running is not None and _has_another_queue(running, endpoint, worker):
            self.drop(environment_id)
            running = None
        if running is None:
            running = _Running(environment_id, endpoint, worker, Places(connections, places))
            self._running[environment_id] = running
            self._begin(running.run)
            return
        running.places.set(connections, places)
        running.worker = worker
        if running.daemon is not None:
            running.daemon.settings = worker.settings

    def kept(self) -> set[str]:
        """Ids of the environments that have a daemon."""
        return set(self._running)

    def url(self, environment_id: str) -> str:
        """The address of its queue, "" while that is not known."""
        running = self._running.get(environment_id)
        return running.url if running else ""

    def told(self, environment_id: str) -> list[str]:
        """What there was to tell since this was asked the last time."""
        running = self._running.get(environment_id)
        if running is None:
            return []
        told, running.told = running.told, []
        return told

    def in_flight(self, place: Place) -> int:
        """Requests on their way to an instance."""
        return sum(running.places.in_flight(place) for running in self._running.values())

    def send(self, environment_id: str, task: Task, scheduled: str) -> None:
        """A periodic task, as soon as the queue takes it; that it does not is told."""
        running = self._running[environment_id]

        def send() -> None:
            try:
                QueueService(running.endpoint).send(running.url, task, scheduled)
            except QueueTrouble as trouble:
                running.tell(f"the task {task.name} of {scheduled} was not begun: {trouble}")

        self._begin(send)

    def drop(self, environment_id: str) -> None:
        """It has no daemon any more. What is in flight is finished, or comes again later."""
        running = self._running.pop(environment_id, None)
        if running is not None:
            running.places.set(0, ())
            running.stopping.set()

    def remove_queue(self, environment_id: str, endpoint: str) -> None:
        """The queue that was its own, with what is in it."""

        def remove() -> None:
            try:
                QueueService(endpoint).remove(queue_name(environment_id))
            except QueueTrouble as trouble:
                print(f"{queue_name(environment_id)} is left: {trouble}", flush=True)

        self._begin(remove)

    def finish(self) -> None:
        """Before the agent ends: nothing new is taken, and what is under way has a moment to end."""
        for environment_id in list(self._running):
            self.drop(environment_id)
        until = time.monotonic() + _PATIENCE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="worker", daemon=True)
        thread.start()
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]


def _has_another_queue(running: _Running, endpoint: str, worker: Worker) -> bool:
    """Whether its queue is another one now, or its own is to be made differently. The rest changes while it runs."""
    made_of = [
        (each.queue_url, each.max_retries, each.settings.visibility_timeout, each.settings.retention_period)
        for each in (running.worker, worker)
    ]
    return running.endpoint != endpoint or made_of[0] != made_of[1]
