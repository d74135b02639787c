"""The number of tasks that scaling has made outlives what a stack remembers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from beanstalk.errors import BeanstalkError
from beanstalk.options.circumstances import Circumstances
from beanstalk.options.resolve import resolve
from beanstalk.records import Kind
from beanstalk.service.aws.counts import is_service_replaced, keep_live_count
from beanstalk.service.aws.deploying import _propose
from beanstalk.service.aws.operations import Aborted, begun
from beanstalk.targets.aws.change_set import Action, ChangeSet, ResourceChange
from beanstalk.targets.aws.stack_state import StackState

BODY = {"Resources": {}}


def stack_state(kept, count, status="UPDATE_COMPLETE"):
    return StackState("arn", "shop", status, parameters={"KeepCount": kept, "DesiredCount": count, "ImageWeb": "a"})


def replaced(name="Service", replacement="True"):
    return ResourceChange(Action.MODIFY, name, "AWS::ECS::Service", replacement=replacement)


class Stack:
    """Of the API of CloudFormation, which moto has not. after: what it is when something was executed."""

    def __init__(self, state, changes=(), after="UPDATE_COMPLETE"):
        self.state, self.changes, self.after = state, changes, after
        self.proposals, self.executed, self.discarded = [], [], []

    def make_room(self, _):
        return self.state

    def template(self):
        return BODY

    def propose(self, proposal):
        self.proposals.append(proposal)
        return ChangeSet("arn", tuple(self.changes))

    def execute_and_wait(self, name):
        self.executed.append(name)
        return stack_state("true", "2", self.after)

    def discard(self, name):
        self.discarded.append(name)


@pytest.fixture
def running(account, monkeypatch):
    """running(stack) is an operation that prepares; it ends with the test."""
    contexts = []

    def make(stack):
        monkeypatch.setattr("beanstalk.service.aws.operations.Stack", lambda *_: stack)
        read = account.environment("shop-prod", size=7)
        contexts.append(begun(account.service, read, Kind.DEPLOY, read.as_it_is(), lambda _: None))
        return contexts[0].__enter__()

    yield make
    error = Aborted()
    contexts[0].__exit__(Aborted, error, None)


def change():
    configuration = resolve({}, Circumstances("docker", "WebServer"))
    environment = SimpleNamespace(all_tags={})
    template = SimpleNamespace(body=BODY)
    return SimpleNamespace(keeps_count=True, configuration=configuration, environment=environment, template=template)


@pytest.mark.parametrize(("kept", "count", "told"), [("false", "2", True), ("false", "7", False), ("true", "2", False)])
def test_a_stack_that_names_another_number_is_told_to_keep_it(running, kept, count, told):
    stack = Stack(stack_state(kept, count))
    operation = running(stack)
    keep_live_count(operation, stack.state, 7)
    assert stack.executed == [f"{operation.operation.token}-count"] * told
    values = [dict(each.parameters) for each in stack.proposals]
    assert values == [{"KeepCount": "true", "DesiredCount": None, "ImageWeb": None}] * told


def test_nothing_is_deployed_when_that_fails(running):
    stack = Stack(stack_state("false", "2"), after="UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(BeanstalkError, match="could not be kept"):
        keep_live_count(running(stack), stack.state, 7)


def test_a_service_that_is_replaced_starts_with_the_number_of_now(running):
    stack = Stack(stack_state("true", "2"), [replaced()])
    operation = running(stack)
    _propose(operation, change(), {"KeepCount": "true", "DesiredCount": "2"}, allow_replace=True)
    first, second = stack.proposals
    assert (first.name, first.again, second.name, second.again) == (second.name, False, first.name, True)
    assert dict(second.parameters) == {"KeepCount": "false", "DesiredCount": "7"}
    assert stack.discarded == [first.name]
    assert "starts with the number of tasks of now, 7" in operation.operation.said[-1].message


@pytest.mark.parametrize(
    ("seen", "found"), [(replaced(), True), (replaced(replacement="False"), False), (replaced("TaskDefinition"), False)]
)
def test_only_another_service_counts(seen, found):
    assert is_service_replaced([seen]) is found
