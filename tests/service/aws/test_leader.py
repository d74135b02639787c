"""What runs once: as one program of a shell, what it has, and what becomes of it when its client is gone."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from beanstalk.errors import EnvironmentBusy, Where
from beanstalk.model import Outcome
from beanstalk.records import Kind
from beanstalk.scripts import Script, ScriptPhase
from beanstalk.service.aws.leader import go_on_after, not_given, shell_text
from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.state import CloudOperation, Stage
from beanstalk.targets.aws.stack import Stack
from beanstalk.targets.aws.tasks import run_task, tasks_of


def script(command, **more):
    return Script(ScriptPhase.COMMANDS, "01", Where("a.config"), command, leader_only=True, **more)


def run(*scripts):
    done = subprocess.run(["/bin/sh", "-c", shell_text(scripts)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("scripts", "code", "out"),
    [
        ((script("echo one"), script("echo two")), 0, "one\ntwo\n"),
        ((script("exit 4"), script("echo two")), 4, ""),
        ((script("false", ignore_errors=True), script("echo two")), 0, "two\n"),
        ((script("echo one", test="false"), script("echo two")), 0, "two\n"),
        ((script("echo $NAME", environment=(("NAME", "a b"),)),), 0, "a b\n"),
        ((script("pwd", cwd="/tmp"),), 0, "/tmp\n"),
        ((script(("printf", "%s", "a b")),), 0, "a b"),
    ],
)
def test_scripts_run_one_after_the_other_until_one_fails(scripts, code, out):
    assert run(*scripts) == (code, out)


def test_what_only_the_new_stack_has_is_named():
    stack = {"Environment": [{"Name": "A", "Value": "1"}, {"Name": "HOST", "Value": {"Ref": "New"}}]}
    stack |= {"Name": "web", "Secrets": [{"Name": "OLD", "ValueFrom": "x"}, {"Name": "KEY", "ValueFrom": "y"}]}
    body = {"Resources": {"TaskDefinition": {"Properties": {"ContainerDefinitions": [{"Name": "db"}, stack]}}}}
    once = {"name": "web", "environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "OLD"}]}
    assert not_given(body, {"containerDefinitions": [once]}) == ["HOST", "KEY"]


@pytest.fixture
def orphan(account):
    """orphan(kind): an operation whose client is gone, and a task that runs and was started by it."""
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="shop")
    containers = [{"name": "web", "image": "nginx", "memory": 64}]
    ecs.register_task_definition(family="shop-once", networkMode="host", containerDefinitions=containers)
    instance = account.client("ec2").describe_images()["Images"][0]["ImageId"]
    made = account.client("ec2").run_instances(ImageId=instance, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    identity = {"instanceId": made, "accountId": "1", "region": "eu-west-1"}
    document = json.dumps(identity)
    ecs.register_container_instance(cluster="shop", instanceIdentityDocument=document)
    environment = account.environment("shop-prod", operations=2, operation=2)

    def make(kind=Kind.DEPLOY, **more):
        becomes = environment.as_it_is()
        facts = ("op-2", 2, kind, environment.id, "shop-prod", "me", 1.0, "v2", "v1", becomes)
        running = Running(account.service, environment, CloudOperation(*facts, **more), lambda _: None)
        running.save()
        with pytest.raises(Gone):
            run_task(
                account.service.cloud, "shop", "shop-once", {}, "web", None, "op-2", lambda _: None, sleep=die,
                started_by="op-2",
            )  # fmt: skip
        return running

    return make


class Gone(Exception):
    """The client is."""


def die(_):
    raise Gone


def found(running):
    return tasks_of(running.service.cloud, "shop", "shop-once", "op-2")


def test_a_task_is_known_by_the_operation_that_started_it(orphan):
    running = orphan()
    (task,) = found(running)
    assert task["startedBy"] == "op-2"
    assert tasks_of(running.service.cloud, "shop", "shop-once", "op-3") == []


def test_nobody_goes_on_beside_what_still_runs_once(orphan):
    running = orphan()
    task = {**found(running)[0], "lastStatus": "RUNNING"}
    with pytest.raises(EnvironmentBusy, match=r"what runs once in shop-prod still runs \(task "):
        go_on_after(running, task)
    assert running.operation.stage is Stage.PREPARING
    assert found(running)[0]["desiredStatus"] == "RUNNING"


@pytest.mark.parametrize("more", [{"abort": True}, {"kind": Kind.CREATE}])
def test_what_is_given_up_is_stopped_first(orphan, more):
    running = orphan(**more)
    assert not go_on_after(running, found(running)[0])
    assert found(running)[0]["lastStatus"] == "STOPPED"


@pytest.fixture
def stack(monkeypatch):
    """What the stack is told: moto makes none."""
    told = []
    for name in ("execute", "discard"):
        monkeypatch.setattr(Stack, name, lambda _, token, name=name: told.append((name, token)))
    return told


def ended(running, code):
    """The task as AWS tells it afterwards."""
    return {**found(running)[0], "lastStatus": "STOPPED", "containers": [{"name": "web", "exitCode": code}]}


def test_after_a_task_that_went_well_the_deployment_goes_on(orphan, stack):
    running = orphan()
    assert go_on_after(running, ended(running, 0))
    assert stack == [("execute", running.operation.token)]
    left = running.service.memory.operation(running.environment.id, 2)
    assert (left.stage, left.outcome) == (Stage.EXECUTING, None)
    assert running.service.memory.holder(running.environment) == ""


def test_after_a_task_that_failed_the_deployment_has_ended(orphan, stack):
    running = orphan()
    assert go_on_after(running, ended(running, 4))
    assert stack == [("discard", running.operation.token)]
    assert running.operation.outcome is Outcome.ROLLED_BACK
    assert running.operation.cause == "what runs once exits with code 4"


def test_what_somebody_else_has_gone_on_with_is_left_to_him(orphan, stack):
    running = orphan()
    running.service.memory.save_operation(replace(running.operation, stage=Stage.EXECUTING))
    assert go_on_after(running, ended(running, 0))
    assert stack == []
