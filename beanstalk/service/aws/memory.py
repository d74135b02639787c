"""Where the records of `state.py` are: the documents of environments and operations in the account's bucket."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from beanstalk.errors import BeanstalkError, EnvironmentBusy
from beanstalk.records import Application
from beanstalk.service.aws.state import (
    CloudEnvironment,
    CloudOperation,
    environment_from,
    environment_json,
    operation_from,
    operation_json,
)
from beanstalk.store.leases import Holding, Lease, LeaseInfo
from beanstalk.store.s3 import CloudStore

_RENEWED = 4
"""A lease is renewed so often in its time."""
_END = ("stage", "outcome", "cause", "ended")
"""What an operation has when it has ended."""


class CloudMemory:
    """What is remembered in one account and region."""

    def __init__(self, store: CloudStore) -> None:
        self.store = store

    # environments

    def environment(self, name: str) -> CloudEnvironment | None:
        """The living environment of this name: one request."""
        found = self.find(name)
        return found[0] if found else None

    def find(self, name: str) -> tuple[CloudEnvironment, LeaseInfo | None] | None:
        """With who prepares something for it now: one request."""
        found = self.store.find(name)
        return (environment_from(found.document), found.lease) if found else None

    def living(self) -> list[CloudEnvironment]:
        """By their names."""
        return sorted(map(environment_from, self.store.living()), key=lambda each: each.name)

    def add_environment(self, environment: CloudEnvironment) -> None:
        """Raises AlreadyExists when one of this name lives."""
        self.store.create()
        self.store.add_application(Application(environment.application, "", environment.created))
        self.store.put_environment(environment_json(environment), new=True)

    def save_environment(self, environment: CloudEnvironment) -> None:
        self.store.put_environment(environment_json(environment))

    def remove_environment(self, environment: CloudEnvironment) -> None:
        """It lives no longer; what it was stays known for its events."""
        document = environment_json(environment)
        self.store.remove_environment(document)
        self.store.put_document(_last_of(environment.name), document)

    def last_gone(self, name: str) -> CloudEnvironment | None:
        """The environment of this name that was terminated last."""
        found = self.store.get_document(_last_of(name))
        return environment_from(found) if found else None

    def gone(self) -> list[CloudEnvironment]:
        """All that were terminated, in no order."""
        return [environment_from(each) for each in self.store.terminated()]

    def holder(self, environment: CloudEnvironment) -> str:
        """Who prepares something for it now, "" for nobody."""
        found = self.store.holder(environment.name)
        return found.holder if found else ""

    # operations

    def operation(self, environment_id: str, number: int) -> CloudOperation | None:
        found = self.store.operation(environment_id, number)
        return operation_from(found) if found else None

    def operations(self, environment: CloudEnvironment, most: int = 50) -> list[CloudOperation]:
        """The newest first."""
        return [operation_from(each) for each in self.store.operations(environment.id, limit=most)]

    def save_operation(self, operation: CloudOperation) -> None:
        """Whether it is to be aborted is for others to say, too, and stays as they said; so does how it ended."""
        key = operation.environment_id, operation.number
        there = self.store.operation(*key) or {}
        self.store.put_operation(*key, _with_what_others_said(operation_json(operation), there))

    def is_aborted(self, operation: CloudOperation) -> bool:
        found = self.operation(operation.environment_id, operation.number)
        return found is not None and found.abort

    @contextmanager
    def lease(self, environment: CloudEnvironment, operation: CloudOperation, seconds: float) -> Iterator[Lease]:
        """Held and renewed during the block. Raises EnvironmentBusy when somebody else has it."""
        holding = Holding(operation.id, operation.kind, operation.holder)
        lease = self.store.acquire(environment.name, holding, seconds)
        done = threading.Event()

        def renew() -> None:
            while not done.wait(seconds / _RENEWED):
                try:
                    lease.renew()
                except EnvironmentBusy:  # whoever needs it notices before AWS is told
                    return
                except BeanstalkError:  # the network may be there again in a moment
                    continue

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield lease
        finally:
            done.set()
            thread.join()
            with suppress(BeanstalkError):  # it ends by itself
                lease.release()


def _with_what_others_said(document: dict[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """Events that somebody else wrote into it meanwhile are among them, in order of time. What has ended stays so."""
    said = {each["at_ms"]: each for each in [*there.get("said", ()), *document["said"]]}
    in_order = [said[at] for at in sorted(said)]
    ended = {key: there[key] for key in _END} if there.get("outcome") else {}
    return document | ended | {"abort": bool(document["abort"] or there.get("abort")), "said": in_order}


def template_key(operation: CloudOperation) -> str:
    """Where the template of an operation is."""
    return f"templates/{operation.environment_id}/{operation.number:06d}.json"


def _last_of(name: str) -> str:
    return f"last-terminated/{name}.json"
