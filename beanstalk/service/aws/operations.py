"""An operation on AWS from its beginning to its end: intent written down first, then AWS is told, then it is followed.

As long as an operation prepares, whoever began it holds the lease of its environment; a client that dies there has
changed nothing that runs. Once AWS has been told nobody is needed: whoever comes next, from any machine, sees by the
state of the stack how it goes, and writes down how it ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from beanstalk.agent.rollouts import end_messages
from beanstalk.errors import BeanstalkError, EnvironmentBusy, NotFound
from beanstalk.model import Outcome
from beanstalk.records import Kind, Severity, Status
from beanstalk.service.aws.endings import is_over, may_be_old, verdict
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.state import Becomes, CloudEnvironment, CloudOperation, Spoken, Stage
from beanstalk.service.place import new_request_id
from beanstalk.store.leases import Lease
from beanstalk.targets.aws.observing import Coordinates, Observer, coordinates_of, stack_ended, unless_absent
from beanstalk.targets.aws.stack import Stack
from beanstalk.targets.aws.watch import Look, Memory, Said, is_stalled, tell

Tell = Callable[[Spoken], None]
LEASE_S = 30.0
"""A client that prepares says that it is alive long before this has passed."""
NEW_CNAME, TTL = "NewCNAME", "TTL"
"""Keys of a swap's parameters: the prefix that an environment has afterwards, and for how many seconds others may
remember the one before."""
_WORKED_OUT_FOR = ("version_label", "platform", "size", "settings_json", "deployment", "cname")
"""What of an environment decides what a change does."""
_AWS_ITSELF_S = 300.0
"""What AWS may take without showing anything, beside what tasks take."""
_QUICK_S, _SLOW_S = 0.3, 5.0
"""How long between two looks, at first and when nothing has moved for a while."""


@dataclass
class Running:
    """An operation that this client has begun or found. tell: gets every event as it happens.  lease: of whoever
    prepares it."""

    service: CloudService
    environment: CloudEnvironment
    operation: CloudOperation
    tell: Tell
    lease: Lease | None = None

    @property
    def stack(self) -> Stack:
        return Stack(self.service.cloud, self.environment.stack, self.service.sleep)

    def say(self, text: str, severity: Severity = Severity.INFO) -> None:
        """Write an event of ours and tell it."""
        self.operation = self.operation.saying(self.service.now(), severity, text)
        self.tell(self.operation.said[-1])

    def save(self, **changes: object) -> None:
        self.operation = replace(self.operation, **changes)  # type: ignore[arg-type]
        self.service.memory.save_operation(self.operation)

    def save_environment(self, **changes: object) -> None:
        changed = replace(self.environment, updated=self.service.now(), **changes)  # type: ignore[arg-type]
        self.environment = changed
        self.service.memory.save_environment(changed)

    def check_wanted(self) -> None:
        """Raises Aborted when somebody has asked for the end of it meanwhile, EnvironmentBusy when this client was
        taken for dead."""
        if self.service.memory.is_aborted(self.operation):
            raise Aborted
        if self.lease is not None:
            self.lease.renew()


class Aborted(BeanstalkError):
    """Somebody asked for the end of an operation that was still preparing."""

    def __init__(self) -> None:
        super().__init__("it was aborted")


@contextmanager
def begun(
    service: CloudService, environment: CloudEnvironment, kind: Kind, becomes: Becomes, tell: Tell, new: bool = False
) -> Iterator[Running]:
    """Take an environment for an operation; let it go at the end of the block, when AWS works or nothing happened. When
    it is aborted meanwhile the block is left, and the operation has ended.

    Raises EnvironmentBusy when somebody else holds it, AlreadyExists when a new one has a name that is taken.
    """
    if not new:
        environment = _as_worked_out(environment, free(service, environment, tell))
    identity = new_request_id()
    number = environment.operations + 1
    operation = CloudOperation(
        identity, number, kind, environment.id, environment.name, service.holder(), service.now(),
        becomes.version_label, environment.version_label, becomes,
    )  # fmt: skip
    if new:
        service.memory.add_environment(environment)
    with service.memory.lease(environment, operation, LEASE_S) as lease:
        _check_unchanged(service, environment)
        running = Running(service, environment, operation, tell, lease)
        running.save()
        status = {Kind.CREATE: Status.LAUNCHING, Kind.TERMINATE: Status.TERMINATING}.get(kind, Status.UPDATING)
        running.save_environment(status=status, operations=number, operation=number)
        try:
            yield running
        except BaseException as error:
            if running.operation.stage is Stage.PREPARING and not lease.lost:
                give_up(running, error)
            if not isinstance(error, Aborted):
                raise


class OutOfDate(EnvironmentBusy):
    """An operation that had gone on unseen has ended just now, and what was worked out before is for what was before
    it. Nothing holds the environment any more: it can be worked out anew at once."""


def _as_worked_out(before: CloudEnvironment, now: CloudEnvironment) -> CloudEnvironment:
    """The environment now. Raises OutOfDate when it runs something else than when the change was worked out."""
    if any(getattr(before, name) != getattr(now, name) for name in _WORKED_OUT_FOR):
        text = f"{now.name} has been brought to {now.version_label} by an operation that ended just now"
        raise OutOfDate(text, hint="try again")
    return now


def _check_unchanged(service: CloudService, environment: CloudEnvironment) -> None:
    """Nothing has begun since the environment was read: what is about to happen was worked out for what it was then.
    Raises EnvironmentBusy."""
    there = service.memory.environment(environment.name)
    if there is None or (there.id, there.operations) != (environment.id, environment.operations):
        text = f"{environment.name} was changed by somebody else just now"
        raise EnvironmentBusy(text, hint="try again, or let it do so: --wait-lock SECONDS")


def give_up(running: Running, error: BaseException) -> None:
    """Nothing that runs was touched: the environment is as before, and one that was to be made is not there."""
    if _was_swapped(running):
        end(running, Outcome.SUCCEEDED, "")
        return
    aborted = isinstance(error, Aborted | KeyboardInterrupt)
    cause = error.problem if isinstance(error, BeanstalkError) else type(error).__name__
    outcome = Outcome.ABORTED if aborted else Outcome.ROLLED_BACK
    if running.operation.kind is not Kind.SWAP:  # which proposes nothing
        unless_absent(lambda: running.stack.discard(running.operation.token), None)
    if running.operation.kind is Kind.CREATE:
        unless_absent(running.stack.delete_proposed, None)
    end(running, outcome, "it was aborted" if aborted else cause)


def _was_swapped(running: Running) -> bool:
    """Whether the one thing that a swap does had been done when its client went away."""
    from beanstalk.service.aws.swapping import was_swapped

    return running.operation.kind is Kind.SWAP and was_swapped(running)


def free(service: CloudService, environment: CloudEnvironment, tell: Tell) -> CloudEnvironment:
    """The environment, when nothing goes on in it; what had ended unseen is written down. Raises EnvironmentBusy."""
    if not environment.operation:
        return environment
    running = opened(service, environment, tell)
    if running is None:
        return find_cloud_environment(service, environment.name)
    if running.operation.stage is Stage.PREPARING:
        if holder := service.memory.holder(environment):
            raise busy(service, environment, running.operation, holder)
        take_over(running)
        return free(service, find_again(service, environment), tell)
    look = observer(running).look()
    if not ended(running, look):
        raise busy(service, environment, running.operation, running.operation.holder)
    settle(running, look, remembered(running, look))
    return find_again(service, environment)


def clear_remains(service: CloudService, name: str, tell: Tell) -> None:
    """Write down the end of a first create whose client is gone, so that its name is free again when nothing came of
    it. Raises EnvironmentBusy while it goes on."""
    there = service.memory.environment(name)
    if there is not None and there.operation and not there.deployment:
        with suppress(NotFound):
            free(service, there, tell)


def find_again(service: CloudService, environment: CloudEnvironment) -> CloudEnvironment:
    """As it is remembered now. Raises NotFound when it is gone."""
    return find_cloud_environment(service, environment.name)


def opened(service: CloudService, environment: CloudEnvironment, tell: Tell) -> Running | None:
    """The operation that goes on in an environment, None when there is none or it has ended."""
    if not environment.operation:
        return None
    operation = service.memory.operation(environment.id, environment.operation)
    if operation is None or operation.stage is Stage.ENDED:
        running = Running(service, environment, operation, tell) if operation else None
        if running:
            _conclude(running)
        else:
            service.memory.save_environment(replace(environment, operation=0, status=Status.READY))
        return None
    return Running(service, environment, operation, tell)


def take_over(running: Running) -> None:
    """Whoever prepared this is gone without a word. What it had only proposed is taken away; what it may have begun
    without having been able to write so is seen by its token, and goes on. Raises EnvironmentBusy while a task runs
    that it has started to run something once: how that ends says how this goes on."""
    from beanstalk.service.aws.leader import go_on_after, orphan_of

    token = running.operation.token
    by_stack = running.operation.kind is not Kind.SWAP
    events = unless_absent(lambda: running.stack.events(token=token), []) if by_stack else []
    if events:
        running.save(stage=Stage.EXECUTING, executed=events[0].at)
        return
    task = orphan_of(running) if by_stack else None
    if task is not None and go_on_after(running, task):
        return
    done = "the names had been exchanged" if _was_swapped(running) else "nothing that serves had been changed"
    running.say(f"The client that began this is gone; {done}.", Severity.WARN)
    gone = BeanstalkError("the client that began it went away before anything that serves was changed")
    give_up(running, Aborted() if running.operation.abort else gone)


def busy(
    service: CloudService, environment: CloudEnvironment, operation: CloudOperation, holder: str
) -> BeanstalkError:
    seconds = max(0, round(service.now() - operation.created))
    return EnvironmentBusy(
        f"{environment.name} is held by {operation.kind}, begun {seconds} s ago by {holder}",
        hint=f"wait for it with --wait-lock SECONDS, follow it: beanstalk events {environment.name} -f, or end it: "
        f"beanstalk abort {environment.name}",
    )


# following


def observer(running: Running) -> Observer:
    operation = running.operation
    since = operation.executed or operation.created
    return Observer(running.service.cloud, running.stack, operation.token, since - 1.0, running.service.now)


def ended(running: Running, look: Look) -> bool:
    """Whether AWS has nothing more to do for an operation: nothing moves, and what is seen is no older than it."""
    operation = running.operation
    if not is_over(operation, look):
        return False
    return not may_be_old(operation, look) or (operation.by_stack and bool(running.stack.events(token=operation.token)))


def remembered(running: Running, look: Look) -> Memory:
    """What a client that comes late knows of it."""
    return tell(look, Memory(observer(running).since))[1]


def follow(running: Running, timeout_s: float | None = None) -> CloudOperation:
    """Tell what happens until it has ended, or `timeout_s` passed; writes down how it ended. Stops following, and
    nothing else, at KeyboardInterrupt."""
    service, watcher = running.service, observer(running)
    memory = Memory(watcher.since)
    began, pause = time.monotonic(), _QUICK_S
    stopped = False
    while True:
        look = watcher.look(memory.last_stack_event)
        said, memory = tell(look, memory)
        for each in said:
            running.tell(spoken(each))
        if ended(running, look):
            settle(running, look, memory)
            return running.operation
        if timeout_s is not None and time.monotonic() - began >= timeout_s:
            return running.operation
        if not stopped and is_stalled(memory, service.now(), _patience(running)):
            stopped = _stop(running)
        pause = _QUICK_S if said else min(_SLOW_S, pause * 1.3)
        service.sleep(pause)


def spoken(said: Said) -> Spoken:
    return Spoken(int(said.at * 1000), said.severity, said.message)


def _patience(running: Running) -> float:
    """How long nothing may move: `Timeout` of the environment's commands, with time for what AWS itself takes."""
    return running.operation.timeout_s + _AWS_ITSELF_S


def _stop(running: Running) -> bool:
    from beanstalk.service.aws.aborting import stop_on_aws

    running.say("Nothing has moved for longer than Timeout allows; the update goes back.", Severity.ERROR)
    running.save()
    stop_on_aws(running)
    return True


def settle(running: Running, look: Look, memory: Memory) -> None:
    """Write down how it ended, once AWS is done."""
    running.operation = (
        running.service.memory.operation(running.environment.id, running.operation.number) or running.operation
    )
    if running.operation.stage is Stage.ENDED:  # somebody else was faster
        _conclude(running)
        return
    outcome, cause = verdict(running.operation, look, memory)
    if outcome is Outcome.SUCCEEDED and running.operation.kind not in (Kind.TERMINATE, Kind.SWAP):
        _remember(running, look)
    end(running, outcome, cause)


def end_as_it_is(running: Running) -> None:
    """It has succeeded with what the stack is now: that of a new environment without tasks is made already."""
    _remember(running, observer(running).look())
    end(running, Outcome.SUCCEEDED, "")


def end(running: Running, outcome: Outcome, cause: str) -> None:
    """The last events and the records. Written down first, so that whoever comes after a crash only concludes."""
    operation = running.operation
    for severity, text in _last_words(operation, outcome, cause):
        running.say(text, severity)
    now = running.service.now()
    running.save(stage=Stage.ENDED, outcome=outcome, cause="" if outcome is Outcome.SUCCEEDED else cause, ended=now)
    _conclude(running)


def _last_words(operation: CloudOperation, outcome: Outcome, cause: str) -> list[tuple[Severity, str]]:
    if operation.kind is Kind.TERMINATE:
        if outcome is Outcome.SUCCEEDED:
            return [(Severity.INFO, "terminateEnvironment completed successfully.")]
        return [(Severity.ERROR, f"Failed to terminate environment: {cause}.")]
    if operation.kind is Kind.SWAP and outcome is Outcome.SUCCEEDED:
        return []  # whoever swaps names both environments
    return end_messages(operation.kind, operation.environment, outcome, cause)


def _conclude(running: Running) -> None:
    """Bring the environment to where its operation, which has ended, leaves it. Doing it twice does no harm."""
    operation, environment = running.operation, running.environment
    assert operation.outcome is not None
    gone = operation.kind is Kind.TERMINATE and operation.outcome is Outcome.SUCCEEDED
    never = operation.kind is Kind.CREATE and operation.outcome in (Outcome.ROLLED_BACK, Outcome.ABORTED)
    if never:
        unless_absent(running.stack.delete, None)
    if gone or never:
        left = replace(environment, status=Status.TERMINATED, operation=0, terminated=operation.ended)
        running.environment = left
        running.service.memory.remove_environment(left)
        return
    changes: dict[str, object] = {"status": Status.READY, "operation": 0}
    kept = operation.outcome is Outcome.SUCCEEDED or (
        operation.kind is Kind.CREATE and operation.outcome is Outcome.FAILED
    )
    if kept and operation.kind is not Kind.TERMINATE:
        becomes = operation.becomes
        changes |= {"version_label": becomes.version_label, "platform": becomes.platform, "size": becomes.size}
        changes |= {"settings_json": becomes.settings_json}
        changes |= {"deployment": operation.number} if becomes.deploys else {}
        changes |= _after_swap(operation) if operation.kind is Kind.SWAP else {}
    running.save_environment(**changes)


def _after_swap(operation: CloudOperation) -> dict[str, object]:
    """Its new name, and how long others may remember the old one."""
    assert operation.ended is not None
    told = operation.parameters
    return {"cname": told[NEW_CNAME], "remembered_until": operation.ended + float(told[TTL])}


def _remember(running: Running, look: Look) -> None:
    """Where the parts of it are, so that a look at it needs no search; its public name leads there."""
    from beanstalk.service.aws.names import renew

    stack, before = look.stack, running.environment
    assert stack is not None
    found: Coordinates = coordinates_of(running.stack.resources())
    running.environment = replace(running.environment, places=found, outputs=dict(stack.outputs), stack_id=stack.id)
    renew(running, before)


def stack_is_made(running: Running) -> bool:
    """Follow the making of a stack that is only the first half of an operation; whether it succeeded. When not, the
    operation has ended."""
    watcher, memory = observer(running), Memory(observer(running).since)
    while True:
        look = watcher.look(memory.last_stack_event)
        said, memory = tell(look, memory)
        for each in said:
            running.tell(spoken(each))
        if stack_ended(look):
            break
        running.service.sleep(_QUICK_S)
    outcome, cause = verdict(running.operation, look, memory)
    if outcome is Outcome.SUCCEEDED:
        return True
    end(running, outcome, cause)
    return False
