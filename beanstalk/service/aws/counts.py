"""The number of tasks stays what scaling has made of it, whatever a stack remembers."""

from __future__ import annotations

from collections.abc import Iterable

from beanstalk.errors import BeanstalkError
from beanstalk.service.aws.memory import template_key
from beanstalk.service.aws.operations import Running
from beanstalk.targets.aws.blueprint import Json, Parameter
from beanstalk.targets.aws.change_set import ResourceChange
from beanstalk.targets.aws.stack import LARGEST_INLINE_BYTES, Proposal, Stack, template_text
from beanstalk.targets.aws.stack_state import StackState


def is_service_replaced(changes: Iterable[ResourceChange]) -> bool:
    """Whether a change set makes another service (another launch type, network mode or cluster), which without a number
    of its own would begin with one task."""
    return any(each.logical_id == "Service" and each.replaces for each in changes)


def new_service_words(live: int) -> str:
    return f"The service is replaced by a new one, which starts with the number of tasks of now, {live}."


def goes_back_to(state: StackState, live: int) -> str:
    """The number of tasks that a failing update would go back to, "" when that is the live one."""
    said = state.parameters.get(Parameter.DESIRED_COUNT, "")
    fixed = state.parameters.get(Parameter.KEEP_COUNT) == "false"
    return said if fixed and said != str(live) else ""


def keep_live_count(running: Running, state: StackState, live: int) -> None:
    """CloudFormation goes back to the template and parameters of before, and after a create or scale these name a
    number. When scaling has changed it since, the stack is told first that the number stays. Raises BeanstalkError."""
    before = goes_back_to(state, live)
    if not before:
        return
    running.say(f"There are {live} tasks by now; the stack is told first, lest a failure brings back {before}.")
    if not update_beforehand(running, running.stack, state, running.stack.template(), "count"):
        raise BeanstalkError("the number of tasks could not be kept, so nothing was changed", hint="beanstalk events")


def update_beforehand(running: Running, stack: Stack, state: StackState, body: Json, part: str) -> bool:
    """Make a stack what `body` says before the change that was asked for, with the parameters that it has and the live
    number of tasks; whether that went well. state: of the stack now.  part: ends the name of the change set."""
    text = template_text(body)
    running.save()
    url = running.service.store.put_text(template_key(running.operation), text)
    large = len(text.encode()) > LARGEST_INLINE_BYTES
    values = {**dict.fromkeys(state.parameters), str(Parameter.KEEP_COUNT): "true"}
    name = f"{running.operation.token}-{part}"
    proposed = stack.propose(Proposal(name, body, url if large else None, values, state.tags))
    now = state if proposed.is_empty else stack.execute_and_wait(name)
    return now is not None and now.status.endswith("_COMPLETE") and (proposed.is_empty or "ROLLBACK" not in now.status)
