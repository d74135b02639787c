"""Programs that run once, as real containers of the emulator, and tasks that nobody may enter."""

from __future__ import annotations

import pytest

from beanstalk.errors import BeanstalkError
from beanstalk.service.aws.programs import run_inside_on_aws, run_once_on_aws
from beanstalk.targets.aws.observing import Coordinates
from tests.service.aws.conftest import Account

pytestmark = [pytest.mark.docker, pytest.mark.aws]


@pytest.fixture
def shop(emulator, python_image):
    """An environment whose service has no task."""
    emulator.client("logs").create_log_group(logGroupName="/shop")
    ecs = emulator.client("ecs")
    ecs.create_cluster(clusterName="shop")
    options = {"awslogs-group": "/shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "beanstalk"}
    definition = ecs.register_task_definition(
        family="shop", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[
            {"name": "web", "image": python_image, "command": ["false"], "environment": [{"name": "A", "value": "1"}],
             "logConfiguration": {"logDriver": "awslogs", "options": options}},
        ],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    network = {"awsvpcConfiguration": {"subnets": emulator.network()["subnets"]}}
    service = ecs.create_service(
        cluster="shop", serviceName="shop", taskDefinition=definition, desiredCount=0, launchType="FARGATE",
        networkConfiguration=network,
    )["service"]["serviceArn"]  # fmt: skip
    account = Account()
    account.environment("shop", places=Coordinates("shop", service))
    return account


def test_a_program_runs_once_with_what_the_environment_has(shop, emulator):
    lines = []
    code = run_once_on_aws(shop.service, "shop", ("echo it is $A; exit 7",), show=lines.append)
    assert (code, lines) == (7, ["it is 1"])
    with pytest.raises(BeanstalkError, match="shop lets nobody into its tasks") as raised:
        run_inside_on_aws(shop.service, "shop", ("true",))
    assert "EnableExecuteCommand: true" in raised.value.hint
    assert (
        emulator.client("ecs").list_task_definitions(familyPrefix="shop-once", status="ACTIVE")["taskDefinitionArns"]
        == []
    )
