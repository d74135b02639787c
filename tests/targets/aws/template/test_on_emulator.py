"""The golden templates on the emulator: what CloudFormation takes there, and one that really serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine import build_image
from tests.test_aws_emulator import APP

pytestmark = [pytest.mark.docker, pytest.mark.aws]
GOLDEN = Path(__file__).parents[3] / "golden" / "aws" / "templates"
NOT_HERE = {
    "existing-network-cluster-roles": "names a cluster that there is not",
    "file-system-existing": "names a file system that there is not",
    "file-system-new": "the emulator knows no Fn::Split in a condition",
    "record": "names a hosted zone that there is not",
    "shared-balancer": "names a listener that there is not",
}


@pytest.fixture(scope="module")
def image(engine, python_image):
    text = f'FROM {python_image}\nCOPY app.py /app.py\nENTRYPOINT ["python3", "/app.py"]\n'
    listening = APP.replace(b'("", 8080)', b'("", int(os.environ.get("PORT") or 8000))')
    return build_image(engine, "beanstalk-tests/aws-golden", {"Dockerfile": text.encode(), "app.py": listening})


def values(body, emulator, image, count):
    """For the parameters of a template."""
    network = emulator.network()
    subnets = ",".join(network["subnets"])
    known = {
        "VpcId": network["vpc"], "Subnets": subnets, "LoadBalancerSubnets": subnets, "DesiredCount": str(count),
        "KeepCount": "false", "VersionLabel": "v1",
    }  # fmt: skip
    wanted = body.get("Parameters", {})
    found = {name: image for name in wanted if name.startswith("Image")}
    found |= {name: "x" for name, each in wanted.items() if "Default" not in each and name not in found}
    return found | {name: value for name, value in known.items() if name in wanted}


@pytest.mark.parametrize("name", sorted({path.stem for path in GOLDEN.glob("*.json")} - NOT_HERE.keys()))
def test_a_stack_is_made_of_a_template(emulator, image, name):
    body = json.loads((GOLDEN / f"{name}.json").read_text())
    status = emulator.deploy("shop", body, **values(body, emulator, image, 0))
    assert status == "CREATE_COMPLETE", emulator.failures("shop")
    ecs = emulator.client("ecs")
    cluster = ecs.list_clusters()["clusterArns"][0]
    assert len(ecs.list_services(cluster=cluster)["serviceArns"]) == 1


def test_what_is_left_out_is_there():
    assert NOT_HERE.keys() <= {path.stem for path in GOLDEN.glob("*.json")}


def test_a_web_environment_serves_behind_its_load_balancer_and_leaves_nothing(emulator, image):
    body = json.loads((GOLDEN / "dockerfile.json").read_text())
    assert emulator.deploy("shop", body, **values(body, emulator, image, 2)) == "CREATE_COMPLETE"
    [balancer] = emulator.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert emulator.get(balancer["LoadBalancerName"]).text == "ok"
    assert len(emulator.containers(container_name="web")) == 2
    stacks = emulator.client("cloudformation")
    arn = stacks.describe_stacks(StackName="shop")["Stacks"][0]["StackId"]
    stacks.delete_stack(StackName="shop")
    assert emulator.settled(arn) == "DELETE_COMPLETE"
    assert emulator.containers() == []
