"""DescribeEnvironments and DescribeEvents on AWS: what an environment is now, and what happened.

A look takes two rounds of requests at most: what is remembered, and then everything that AWS shows at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from beanstalk.errors import NotFound
from beanstalk.records import Event, Health, Kind, State, Status
from beanstalk.service.aws.operations import Running, observer, opened, spoken
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.state import CloudEnvironment, CloudOperation, Spoken
from beanstalk.targets.aws.observing import Observer, together, unless_absent
from beanstalk.targets.aws.stack import Stack
from beanstalk.targets.aws.stack_state import StackState
from beanstalk.targets.aws.watch import Look, Memory, ServiceView, Target, tell

_STATES = {
    "healthy": State.IN_SERVICE,
    "unhealthy": State.UNHEALTHY,
    "draining": State.DRAINING,
    "initial": State.PENDING,
    "unused": State.PENDING,
}
_MOST_OPERATIONS = 20
"""So many operations back the events of the stack are told, too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One task as far as a single look shows it. id: its address where a load balancer knows it, else its own id."""

    id: str
    state: State
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class CloudDescription:
    """An environment as it is now. operation: what goes on, None: nothing.  causes: why its health is not Ok."""

    environment: CloudEnvironment
    stack: StackState | None
    service: ServiceView | None
    rows: tuple[Row, ...]
    operation: CloudOperation | None
    health: Health
    causes: tuple[str, ...]

    @property
    def status(self) -> Status:
        return self.environment.status


def describe_on_aws(service: CloudService, name: str) -> CloudDescription:
    """Raises NotFound."""
    environment = find_cloud_environment(service, name)
    stack = Stack(service.cloud, environment.stack)
    looking = Observer(service.cloud, stack, "", 0.0, service.now, environment.places)
    asks: list[Callable[[], object]] = [
        stack.look,
        lambda: unless_absent(looking.service, None),
        lambda: unless_absent(looking.targets if environment.places.target_groups else lambda: _tasks(looking), ()),
    ]
    if environment.operation:
        asks.append(lambda: service.memory.operation(environment.id, environment.operation))
    state, view, rows, *operation = together(*asks)
    found = _rows(environment, view, rows)
    health, causes = health_of(environment, view, found, rows)
    return CloudDescription(environment, state, view, found, operation[0] if operation else None, health, causes)


def health_of(
    environment: CloudEnvironment, view: ServiceView | None, rows: tuple[Row, ...], targets: tuple[object, ...]
) -> tuple[Health, tuple[str, ...]]:
    """(health in Elastic Beanstalk's words, why). Of what one look shows; `beanstalk health` looks closer."""
    if environment.status is Status.LAUNCHING:
        return Health.PENDING, ()
    if view is None:
        return Health.UNKNOWN, ("its service cannot be seen.",)
    if environment.operation:
        return Health.INFO, ("An operation goes on.",)
    if not view.desired:
        return Health.PENDING, ("No instances are wanted.",)
    in_service = sum(row.state is State.IN_SERVICE for row in rows)
    if in_service >= view.desired:
        return Health.OK, ()
    reasons = {
        each.description or each.reason for each in targets if isinstance(each, Target) and each.state == "unhealthy"
    }
    text = f"{in_service} of {view.desired} instances are in service."
    causes = (text, *sorted(reason for reason in reasons if reason))
    return (Health.DEGRADED if in_service else Health.SEVERE), causes


def _tasks(looking: Observer) -> tuple[str, ...]:
    """Ids of the running tasks of an environment without a load balancer."""
    places = looking.at
    if not places.service:
        return ()
    ecs = looking.cloud.client("ecs")
    arns = ecs.list_tasks(cluster=places.cluster, serviceName=places.service_name, desiredStatus="RUNNING")["taskArns"]
    return tuple(arn.rpartition("/")[2] for arn in arns)


def _rows(environment: CloudEnvironment, view: ServiceView | None, found: tuple[Target | str, ...]) -> tuple[Row, ...]:
    """The version of a task is known as long as only one runs."""
    one = view is not None and len(view.deployments) == 1
    label = environment.version_label if one else ""
    rows = []
    for each in found:
        if isinstance(each, Target):
            rows.append(Row(each.id, _STATES.get(each.state, State.PENDING), label, each.id))
        else:
            running = view.running if view else 0
            state = State.IN_SERVICE if len(rows) < running else State.PENDING
            rows.append(Row(each, state, label, ""))
    return tuple(rows)


# events


def events_on_aws(service: CloudService, name: str, most: int = 1000) -> list[Event]:
    """The latest events, the latest last; also of an environment that was terminated. Raises NotFound."""
    environment = environment_or_gone(service, name)
    found: list[Event] = []
    for operation in service.memory.operations(environment, _MOST_OPERATIONS):
        found += events_of(service, environment, operation)
        if len(found) >= most:
            break
    return sorted(found, key=lambda event: event.at_ms)[-most:]


def events_of(service: CloudService, environment: CloudEnvironment, operation: CloudOperation) -> list[Event]:
    """What we said of an operation and what AWS shows of it, in order of time."""
    running = Running(service, environment, operation, lambda _: None)
    said = list(operation.said)
    if operation.executed or operation.kind is Kind.CREATE:
        rows = unless_absent(lambda: running.stack.events(token=operation.token), [])
        told, _ = tell(Look(service.now(), None, tuple(rows)), Memory(0.0))
        said += map(spoken, told)
    return [_event(each, environment, operation) for each in sorted(said, key=lambda each: each.at_ms)]


def follow_events(service: CloudService, name: str, before: int) -> Iterator[Event]:
    """The last `before` events and then all that come, of operations that others begin, too. Never ends."""
    seen: set[tuple[int, str]] = set()
    for event in events_on_aws(service, name, before):
        seen.add((event.at_ms, event.message))
        yield event
    while True:
        environment = environment_or_gone(service, name)
        heard: list[Spoken] = []
        running = opened(service, environment, heard.append)
        for event in events_on_aws(service, name, before) if running is None else _of_running(running, heard):
            if (event.at_ms, event.message) not in seen:
                seen.add((event.at_ms, event.message))
                yield event
        service.sleep(1.0)


def _of_running(running: Running, heard: list[Spoken]) -> Iterator[Event]:
    """What is new of an operation that goes on; when it has ended this writes down how."""
    from beanstalk.service.aws.operations import ended, settle
    from beanstalk.service.aws.state import Stage

    if running.operation.stage is Stage.EXECUTING:
        watcher = observer(running)
        look = watcher.look()
        told, memory = tell(look, Memory(watcher.since))
        heard += map(spoken, told)
        if ended(running, look):
            settle(running, look, memory)
    for each in sorted({*heard, *running.operation.said}, key=lambda each: each.at_ms):
        yield _event(each, running.environment, running.operation)


def environment_or_gone(service: CloudService, name: str) -> CloudEnvironment:
    """The living environment of this name, else the one that was terminated last. Raises NotFound."""
    try:
        return find_cloud_environment(service, name)
    except NotFound:
        gone = service.memory.last_gone(name)
        if gone is None:
            raise
        return gone


def event_of(running: Running, said: Spoken) -> Event:
    return _event(said, running.environment, running.operation)


def _event(said: Spoken, environment: CloudEnvironment, operation: CloudOperation) -> Event:
    return Event(
        said.at_ms, said.severity, said.message, environment.application, environment.name, environment.id,
        operation.version_label, operation.id,
    )  # fmt: skip
