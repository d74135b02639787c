"""Follow what was begun: events as they come, how it ended; and AbortEnvironmentUpdate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from beanstalk.agent.daemon import ensure_agent
from beanstalk.errors import BeanstalkError
from beanstalk.model import Outcome
from beanstalk.records import Deployment, Environment, Event, Kind, Operation, Severity
from beanstalk.service.place import Service, find_environment

_POLL_S = 0.03
_AGENT_S = 0.5
"""How often a follower makes sure that an agent lives."""


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation stands. outcome: None while it goes on.  previous_label: what the environment ran before."""

    operation: Operation
    environment: Environment
    deployment: Deployment | None
    outcome: Outcome | None
    cause: str
    version_label: str
    previous_label: str
    seconds: float
    events: tuple[Event, ...]


def follow(service: Service, operation_id: str, timeout_s: float | None = None) -> Iterator[Event]:
    """The events of an operation as they come, until it ended or `timeout_s` passed."""
    began, looked = time.monotonic(), time.monotonic()
    last = 0
    while True:
        found = service.store.operations.get(operation_id)
        assert found is not None
        ended = found.ended is not None  # before the events are read, so that none is missed
        for event in service.store.events_after(last, operation_id=operation_id):
            last = event.at_ms
            yield event
        if ended:
            return
        now = time.monotonic()
        if timeout_s is not None and now - began >= timeout_s:
            return
        if now - looked >= _AGENT_S:
            looked = now
            ensure_agent(service.home)
        time.sleep(_POLL_S)


def result(service: Service, operation_id: str) -> Result:
    """Where an operation is now."""
    store = service.store
    operation = store.operations.get(operation_id)
    assert operation is not None
    deployment = store.deployment_of(operation_id)
    environment = store.environments.get(deployment.environment_id if deployment else operation.environment_id)
    assert environment is not None
    previous = store.deployments.get(deployment.previous_id) if deployment and deployment.previous_id else None
    return Result(
        operation=operation,
        environment=environment,
        deployment=deployment,
        outcome=operation.outcome,
        cause=operation.cause,
        version_label=deployment.version_label if deployment else environment.version_label,
        previous_label=previous.version_label if previous else "",
        seconds=(operation.ended or service.now()) - operation.created,
        events=tuple(store.events_after(0, operation_id=operation_id)),
    )


def abort(service: Service, name: str) -> Operation:
    """Ask the operation that holds an environment to stop; it goes back. Raises BeanstalkError when nothing can be."""
    environment = find_environment(service, name)
    store = service.store
    with store.transaction():
        operation = store.holder(environment.id)
        if operation is None:
            raise BeanstalkError(
                f"nothing goes on in {name} that could be aborted", hint="beanstalk rollback goes back"
            )
        if operation.kind in (Kind.TERMINATE, Kind.SWAP):
            raise BeanstalkError(f"{operation.kind} of {name} cannot be aborted")
        store.operations.change(operation.id, abort=1)
        text = "The operation is being aborted."
        store.add_event(Severity.WARN, text, environment, operation.id, now=service.now())
    ensure_agent(service.home)
    return operation


def when_free(service: Service, attempt: Callable[[], Operation], name: str, wait_s: float) -> Operation:
    """Begin something as soon as nobody holds the environment; give up after `wait_s`. Raises EnvironmentBusy."""
    from beanstalk.errors import EnvironmentBusy

    until = time.monotonic() + wait_s
    while True:
        try:
            return attempt()
        except EnvironmentBusy:
            if time.monotonic() >= until:
                raise
            ensure_agent(service.home)
            time.sleep(0.1)
