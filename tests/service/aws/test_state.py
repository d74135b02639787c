"""Records of environments and operations on AWS: what is written is what is read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from beanstalk.model import Outcome
from beanstalk.records import Kind, Severity, Status
from beanstalk.service.aws.endings import verdict
from beanstalk.service.aws.memory import _with_what_others_said
from beanstalk.service.aws.state import (
    Becomes,
    CloudEnvironment,
    CloudOperation,
    Stage,
    environment_from,
    environment_json,
    operation_from,
    operation_json,
)
from beanstalk.service.aws.terminating import retained
from beanstalk.targets.aws.observing import Coordinates, coordinates_of, stack_ended
from beanstalk.targets.aws.stack_state import StackResource, StackState
from beanstalk.targets.aws.watch import Cause, Deployment, Look, Memory, Rank, ServiceView

ENVIRONMENT = CloudEnvironment(
    "e-1234567890", "shop-dev", "shop", "shop-dev", "docker", "WebServer", Status.READY, "v1", 1, 1, 0, 2, "[]", 1.0,
    2.0, (("team", "blue"),), Coordinates("cluster", "service", ("one", "two")), {"EndpointURL": "http://x"},
    "arn:stack",
)  # fmt: skip
OPERATION = CloudOperation(
    "id", 2, Kind.DEPLOY, "e-1234567890", "shop-dev", "me", 5.0, "v2", "v1", Becomes("v2", "docker", 2, "[]", True)
)


def look(status, **more):
    return Look(9.0, StackState("arn", "shop", status) if status else None, **more)


def test_an_environment_is_read_as_it_was_written():
    assert environment_from(json.loads(json.dumps(environment_json(ENVIRONMENT)))) == ENVIRONMENT


def test_an_operation_is_read_as_it_was_written():
    done = replace(OPERATION.saying(6.0, Severity.WARN, "careful"), stage=Stage.ENDED, outcome=Outcome.ROLLED_BACK)
    assert operation_from(json.loads(json.dumps(operation_json(done)))) == done


def test_what_a_newer_program_wrote_besides_is_passed_over():
    assert environment_from(environment_json(ENVIRONMENT) | {"moon": "full"}) == ENVIRONMENT


def test_a_stack_is_found_by_its_arn_only_when_it_goes():
    assert ENVIRONMENT.stack == "beanstalk-shop-dev-e-1234567890"
    assert replace(ENVIRONMENT, status=Status.TERMINATING).stack == "arn:stack"


def test_what_others_wrote_into_an_operation_stays():
    mine = operation_json(OPERATION.saying(7.0, Severity.INFO, "mine"))
    there = operation_json(replace(OPERATION.saying(6.0, Severity.WARN, "theirs"), abort=True))
    found = _with_what_others_said(mine, there)
    assert found["abort"] is True
    assert [each["message"] for each in found["said"]] == ["theirs", "mine"]


@pytest.mark.parametrize(
    ("operation", "seen", "outcome", "cause"),
    [
        (OPERATION, look("UPDATE_COMPLETE"), Outcome.SUCCEEDED, ""),
        (OPERATION, look("UPDATE_ROLLBACK_COMPLETE"), Outcome.ROLLED_BACK, "web exits with code 3"),
        (replace(OPERATION, abort=True), look("UPDATE_ROLLBACK_COMPLETE"), Outcome.ABORTED, "it was aborted"),
        (OPERATION, look("UPDATE_ROLLBACK_FAILED"), Outcome.FAILED, "web exits with code 3"),
        (replace(OPERATION, kind=Kind.CREATE), look(None), Outcome.ROLLED_BACK, "web exits with code 3"),
        (replace(OPERATION, kind=Kind.TERMINATE), look(None), Outcome.SUCCEEDED, ""),
    ],
)
def test_how_an_operation_has_ended(operation, seen, outcome, cause):
    memory = Memory(0.0, causes=(Cause(Rank.BREAKER, "breaker"), Cause(Rank.EXIT, "web exits with code 3")))
    assert verdict(operation, seen, memory) == (outcome, cause)


@pytest.mark.parametrize(("rollout", "outcome"), [("COMPLETED", Outcome.SUCCEEDED), ("FAILED", Outcome.ROLLED_BACK)])
def test_a_restart_ends_as_its_service_does(rollout, outcome):
    service = ServiceView(1, 1, 0, (Deployment("d", "PRIMARY", "t", 1, 1, 0, 0, rollout),))
    restart = replace(OPERATION, kind=Kind.RESTART, by_stack=False)
    assert verdict(restart, look("UPDATE_COMPLETE", service=service), Memory(0.0))[0] is outcome


def test_places_are_found_in_a_stack_with_a_cluster_of_somebody_else():
    resources = {
        name: StackResource(name, physical, "", "CREATE_COMPLETE")
        for name, physical in (("Service", "arn:aws:ecs:r:1:service/theirs/shop"), ("TargetGroup", "arn:tg"))
    }
    found = coordinates_of(resources)
    assert (found.cluster, found.service_name, found.target_groups) == ("theirs", "shop", ("arn:tg",))


def test_data_that_is_kept_outlives_its_stack():
    body = {"Resources": {"Files": {"Type": "AWS::EFS::FileSystem"}, "Logs": {"Type": "AWS::Logs::LogGroup"}}}
    kept = retained(body)["Resources"]
    assert kept["Files"]["DeletionPolicy"] == "Retain"
    assert kept["Files"]["Metadata"]  # without another change CloudFormation takes no new deletion policy
    assert kept["Logs"] == body["Resources"]["Logs"]


def test_what_is_in_use_by_kept_data_is_kept_with_it():
    properties = {
        "DBSubnetGroupName": {"Ref": "Subnets"},
        "VPCSecurityGroups": [{"Fn::GetAtt": ["Door", "GroupId"]}],
        "Tags": [{"Key": "role", "Value": {"Ref": "Role"}}],
    }
    resources = {
        "Database": {"Type": "AWS::RDS::DBInstance", "Properties": properties},
        "Subnets": {"Type": "AWS::RDS::DBSubnetGroup"},
        "Door": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"SecurityGroupIngress": [{"SourceSecurityGroupId": {"Fn::GetAtt": ["Tasks", "GroupId"]}}]},
        },
        "Tasks": {"Type": "AWS::EC2::SecurityGroup"},
        "Balancer": {"Type": "AWS::EC2::SecurityGroup"},
        "Role": {"Type": "AWS::IAM::Role"},
    }
    kept = retained({"Resources": resources})["Resources"]
    staying = {name for name, each in kept.items() if each.get("DeletionPolicy") == "Retain"}
    assert staying == {"Database", "Subnets", "Door", "Tasks"}


@pytest.mark.parametrize(
    ("status", "done"), [("REVIEW_IN_PROGRESS", False), ("CREATE_IN_PROGRESS", False), ("CREATE_COMPLETE", True)]
)
def test_a_stack_whose_making_has_only_been_asked_for_has_not_ended(status, done):
    assert stack_ended(look(status)) is done
