"""Tasks that run once and end, as real containers of the emulator."""

from __future__ import annotations

import pytest

from beanstalk.errors import CloudError, TargetError
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.tasks import run_task

pytestmark = [pytest.mark.docker, pytest.mark.aws]
PLACE = {"launchType": "FARGATE", "platformVersion": "LATEST"}


@pytest.fixture
def run(emulator, python_image):
    """run(text): a program for sh, where a service's tasks would run."""
    emulator.client("logs").create_log_group(logGroupName="/once")
    ecs = emulator.client("ecs")
    ecs.create_cluster(clusterName="shop")
    options = {"awslogs-group": "/once", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "shop"}
    definition = ecs.register_task_definition(
        family="once", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[
            {"name": "web", "image": python_image, "command": ["false"], "environment": [{"name": "A", "value": "1"}],
             "logConfiguration": {"logDriver": "awslogs", "options": options}},
        ],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    subnets = emulator.network()["subnets"]
    service = {**PLACE, "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}
    told = []

    def act(text, **words):
        command = None if text is None else ["sh", "-c", text]
        words = {"client_token": "op-1", **words}
        token = words.pop("client_token")
        return run_task(Cloud(), "shop", definition, service, "web", command, token, told.append, **words)

    act.told = told
    return act


def test_a_task_gives_its_exit_code_and_what_it_said_last(run):
    found = run("for n in 1 2 3 4 5 6 7; do echo line $n; done; echo it is $A $B; exit 7", environment={"B": "2"})
    assert found.exit_code == 7
    assert found.log_tail == ("line 4", "line 5", "line 6", "line 7", "it is 1 2")
    assert run.told == [f"Started the task {found.arn.rpartition('/')[2]}."]


def test_without_a_command_it_is_that_of_the_definition(run):
    assert run(None).exit_code == 1


def test_a_task_that_ends_well(run):
    found = run("true")
    assert (found.exit_code, found.log_tail) == (0, ())


def test_a_program_that_there_is_not_never_runs(run, emulator):
    found = run_task(
        Cloud(), "shop", "once", PLACE, "web", ["no-such-program"], "op-2", lambda _: None, sleep=lambda _: None
    )  # fmt: skip
    assert found.exit_code is None
    assert "no-such-program" in found.reason


def test_a_task_that_does_not_end_is_stopped(run, emulator):
    with pytest.raises(TargetError, match=r"had not ended after 1 s and was stopped"):
        run("sleep 1000", timeout_s=1)
    assert emulator.containers() == []


def test_what_aws_refuses_is_told(run):
    with pytest.raises(CloudError, match="ecs:RunTask"):
        run_task(Cloud(), "shop", "nobody", PLACE, "web", None, "op-3", lambda _: None)
