"""How single tasks are, of what AWS tells about them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from beanstalk.records import Health, State
from beanstalk.service.aws.health import labels_of
from beanstalk.targets.aws.task_health import task_health
from beanstalk.targets.aws.watch import Deployment, ServiceView, Target

ADDRESS = {"details": [{"name": "privateIPv4Address", "value": "10.0.0.7"}]}
RUNNING = {
    "taskArn": "arn:aws:ecs:eu-west-1:1:task/shop/aa11", "taskDefinitionArn": "td:1", "lastStatus": "RUNNING",
    "desiredStatus": "RUNNING", "attachments": [ADDRESS], "startedAt": datetime.fromtimestamp(100, UTC),
}  # fmt: skip

UNKNOWN, FAILS = "the load balancer does not know it yet", "the health check of a container fails"


def target(state, reason="", text="", at="10.0.0.7:8080"):
    return Target(at, state, reason, text)


@pytest.mark.parametrize(
    ("facts", "targets", "state", "health", "cause"),
    [
        ({}, [target("healthy")], State.IN_SERVICE, Health.OK, ""),
        ({}, [target("initial", text="Registering")], State.PENDING, Health.PENDING, "Registering"),
        ({}, [target("unhealthy", text="codes: [500]")], State.UNHEALTHY, Health.SEVERE, "codes: [500]"),
        ({}, [target("unhealthy", "Target.Timeout")], State.UNHEALTHY, Health.SEVERE, "Target.Timeout"),
        ({}, [target("draining", text="leaving")], State.DRAINING, Health.INFO, "leaving"),
        ({}, [target("unavailable", text="off")], State.IN_SERVICE, Health.UNKNOWN, "off"),
        ({}, [target("unused"), target("healthy")], State.IN_SERVICE, Health.OK, ""),
        ({}, [target("healthy", at="10.0.0.70:8080")], State.PENDING, Health.PENDING, UNKNOWN),
        ({"lastStatus": "PROVISIONING"}, [], State.PENDING, Health.PENDING, ""),
        ({"lastStatus": "DEPROVISIONING", "stoppedReason": "scaled in"}, [], State.DRAINING, Health.INFO, "scaled in"),
        ({"desiredStatus": "STOPPED"}, [target("healthy")], State.DRAINING, Health.INFO, ""),
        ({"healthStatus": "UNHEALTHY"}, [target("healthy")], State.UNHEALTHY, Health.SEVERE, FAILS),
    ],
)  # fmt: skip
def test_a_task_behind_a_load_balancer(facts, targets, state, health, cause):
    found = task_health(RUNNING | facts, targets, {}, balanced=True)
    assert (found.state, found.health, found.cause) == (state, health, cause)
    assert (found.id, found.definition, found.started) == ("aa11", "td:1", 100.0)


def test_without_a_load_balancer_a_task_that_runs_is_in_service():
    found = task_health(RUNNING, [], {}, balanced=False)
    assert (found.state, found.health, found.address) == (State.IN_SERVICE, Health.OK, "")


def test_on_an_instance_a_task_is_known_by_its_port():
    bindings = [{"networkBindings": [{"hostPort": 32768}]}]
    task = RUNNING | {"attachments": [], "containerInstanceArn": "ci", "containers": bindings}
    targets = [target("healthy", at="i-1:32769"), target("unhealthy", text="no", at="i-1:32768")]
    assert task_health(task, targets, {"ci": "i-1"}, balanced=True).cause == "no"


def deployment(status, definition):
    return Deployment("d", status, definition, 1, 1, 0, 0, "", "")


def test_versions_of_tasks_are_those_of_their_deployments():
    both = ServiceView(2, 2, 0, (deployment("PRIMARY", "td:2"), deployment("ACTIVE", "td:1")), ())
    assert labels_of(both, "v2", "v1") == {"td:2": "v2", "td:1": "v1"}
    alone = ServiceView(2, 2, 0, (deployment("PRIMARY", "td:2"),), ())
    assert labels_of(alone, "v2", "v2") == {"td:2": "v2"}
    assert labels_of(None, "v2", "v2") == {}
