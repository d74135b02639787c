"""Worker environments: who gets the messages of their queues, and what is begun by the clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from beanstalk.agent.world import World
from beanstalk.records import Environment, Instance, Severity, State, Status
from beanstalk.worker import Worker
from beanstalk.workload import Workload

_MINUTE_S = 60
_QUIET_S = 30.0
"""So long after a warning the next ones are counted, not told."""


class WorkerTier:
    """Keeps a daemon for each worker environment. What must survive the agent is in the store."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: dict[int, Worker | None] = {}
        self._told: dict[str, float] = {}
        self._untold: dict[str, list[str]] = {}

    def serve(self, now: float) -> None:
        """Bring the daemons to the state of the store. Nothing here waits for a queue."""
        wanted = [each for each in self._world.store.living() if each.is_worker]
        for environment in wanted:
            self._serve(environment, now)
        for gone in self._world.workers.kept() - {each.id for each in wanted}:
            self._world.workers.drop(gone)

    def _serve(self, environment: Environment, now: float) -> None:
        workers, store = self._world.workers, self._world.store
        worker = self._worker(environment.deployment_id)
        if worker is None or environment.status is Status.TERMINATING:
            workers.drop(environment.id)
            return
        queue = json.loads(environment.queue_json)
        places = [(each.host, each.port) for each in in_service(store.living_instances(environment.id))]
        workers.keep(environment.id, queue.get("Endpoint", ""), worker, places)
        url = workers.url(environment.id)
        if url and url != queue.get("Url"):
            self._remember(environment, queue, Url=url)
            store.add_event(Severity.INFO, f"Messages are taken from the queue {url}.", environment, now=now)
        self._tell(environment, now)
        minute = int(now // _MINUTE_S)
        if url and worker.tasks and minute > queue.get("Minute", 0):
            # Written first: an agent that dies here has begun each task at most once.
            queue = self._remember(environment, queue | {"Url": url}, Minute=minute)
            scheduled = datetime.fromtimestamp(minute * _MINUTE_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for task in worker.tasks:
                if task.is_due(minute * _MINUTE_S):
                    workers.send(environment.id, task, scheduled)

    def _remember(self, environment: Environment, queue: dict[str, Any], **more: object) -> dict[str, Any]:
        changed = queue | more
        self._world.store.environments.change(environment.id, queue_json=json.dumps(changed))
        return changed

    def _tell(self, environment: Environment, now: float) -> None:
        """Of many troubles the first at once, then how many there were and the last."""
        waiting = self._untold.setdefault(environment.id, [])
        waiting += self._world.workers.told(environment.id)
        if not waiting or now - self._told.get(environment.id, -_QUIET_S) < _QUIET_S:
            return
        others = f" ({len(waiting)} such messages; this is the last)" if len(waiting) > 1 else ""
        text = f"{waiting[-1][:1].upper()}{waiting[-1][1:]}.{others}"
        self._world.store.add_event(Severity.WARN, text, environment, now=now)
        self._told[environment.id] = now
        waiting.clear()

    def _worker(self, deployment_id: int) -> Worker | None:
        """None before the first deployment has succeeded."""
        if deployment_id not in self._read:
            found = self._world.store.deployments.get(deployment_id)
            if found is None:
                return None
            self._read[deployment_id] = Workload.from_json(json.loads(found.workload_json)).worker
        return self._read[deployment_id]


def in_service(instances: Sequence[Instance]) -> list[Instance]:
    """Those that get messages. Unhealthy ones get none: messages can wait, unlike requests."""
    return [each for each in instances if each.state is State.IN_SERVICE]
