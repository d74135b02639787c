"""When an operation has ended: AWS may show for a moment how everything was before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beanstalk.errors import BeanstalkError
from beanstalk.model import Outcome
from beanstalk.records import Kind, Status
from beanstalk.service.aws.deploying import _restart
from beanstalk.service.aws.endings import is_over, may_be_old, verdict
from beanstalk.service.aws.operations import begun, end_as_it_is
from beanstalk.service.aws.state import Becomes, CloudOperation
from beanstalk.targets.aws.observing import Coordinates
from beanstalk.targets.aws.stack_state import StackEvent, StackResource, StackState
from beanstalk.targets.aws.watch import Deployment, Look, Memory, ServiceView

DEPLOY = CloudOperation(
    "id", 2, Kind.DEPLOY, "e-1", "shop-dev", "me", 95.0, "v2", "v1", Becomes("v2", "docker", 2, "[]", True),
    executed=100.0,
)  # fmt: skip
RESTART = replace(DEPLOY, kind=Kind.RESTART, by_stack=False)
STACK = StackState("arn", "shop", "UPDATE_COMPLETE")


def event(token):
    return StackEvent("1", 101.0, "shop", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS", token=token)


def deployed(created, rollout="COMPLETED"):
    return ServiceView(1, 1, 0, (Deployment("d", "PRIMARY", "t", 1, 1, 0, 0, rollout, created=created),))


def silent(_):
    pass


class Made:
    """A stack without a service, which moto cannot make."""

    def __init__(self, *_):
        pass

    def look(self):
        return replace(STACK, outputs={"EndpointURL": "http://x"})

    def events(self, *_):
        return []

    def resources(self):
        return {"TargetGroup": StackResource("TargetGroup", "arn:group", "", "CREATE_COMPLETE")}

    def discard(self, name):
        pass


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr("beanstalk.service.aws.operations.Stack", Made)


@pytest.mark.parametrize(
    ("look", "old"),
    [
        (Look(101.0, STACK), True),
        (Look(101.0, STACK, (event("another"),)), True),
        (Look(101.0, STACK, (event(DEPLOY.token),)), False),
        (Look(111.0, STACK), False),
        (Look(101.0, None), False),
    ],
)
def test_a_status_counts_once_the_operation_is_seen_in_the_stack_or_some_time_has_passed(look, old):
    assert is_over(DEPLOY, look)
    assert may_be_old(DEPLOY, look) is old


@pytest.mark.parametrize(("created", "old"), [(50.0, True), (100.0, False), (0.0, False)])
def test_a_restart_counts_once_its_deployment_of_the_service_is_seen(created, old):
    assert may_be_old(RESTART, Look(101.0, STACK, service=deployed(created))) is old


def test_a_restart_whose_client_went_away_before_it_told_aws_has_not_happened():
    look = Look(150.0, STACK, service=deployed(50.0))
    assert not may_be_old(RESTART, look)
    outcome, cause = verdict(RESTART, look, Memory(0.0))
    assert outcome is Outcome.ROLLED_BACK and "before anything was changed" in cause


def test_a_restart_whose_client_went_away_afterwards_goes_on():
    assert not is_over(RESTART, Look(101.0, STACK, service=deployed(102.0, "IN_PROGRESS")))
    assert verdict(RESTART, Look(150.0, STACK, service=deployed(102.0)), Memory(0.0)) == (Outcome.SUCCEEDED, "")


def test_a_restart_that_aws_refuses_is_nothing_that_goes_on(account, made):
    read = account.environment("shop-prod", places=Coordinates("nowhere", "nothing"))
    restart = begun(account.service, read, Kind.RESTART, read.as_it_is(), silent)
    with pytest.raises(BeanstalkError), restart as running:
        _restart(running)
    assert account.service.memory.environment("shop-prod").status is Status.READY
    assert account.service.memory.operation(read.id, 2).outcome is Outcome.ROLLED_BACK


def test_a_new_environment_without_tasks_knows_where_its_parts_are(account, made):
    read = account.environment("shop-prod")
    with begun(account.service, read, Kind.CREATE, read.as_it_is(), silent) as running:
        end_as_it_is(running)
    there = account.service.memory.environment("shop-prod")
    assert (there.stack_id, there.outputs) == ("arn", {"EndpointURL": "http://x"})
    assert there.places.target_groups == ("arn:group",)
