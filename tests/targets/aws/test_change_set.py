"""What a change set does, and what of it is refused."""

from __future__ import annotations

import pytest

from beanstalk.targets.aws.change_set import (
    LOAD_BALANCER,
    Action,
    Because,
    ResourceChange,
    is_stateful,
    listener_weights,
    production_of,
    read_changes,
    refusals,
    rule_weights,
    says_no_changes,
)
from beanstalk.targets.aws.plan_words import changes_in_words

GROUP, RULE = "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::ElasticLoadBalancingV2::ListenerRule"


BALANCER = "the load balancer (LoadBalancer) is replaced because of Engine: its DNS name and addresses go"
THROUGH = "because of Engine while requests go through it"
NEW_ONE = "because of Engine, and a new one has none of its data"


def row(action="Modify", name="Database", kind="AWS::RDS::DBInstance", replacement="True", **more):
    detail = {"Target": {"Attribute": "Properties", "Name": "Engine", "RequiresRecreation": "Always"}}
    return {
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": name,
            "ResourceType": kind,
            "Replacement": replacement,
            "Details": [detail],
            **more,
        }
    }


def refused(*rows, template=(100, 0), live=(100, 0)):
    return [each.text for each in refusals(read_changes(rows), template, live)]


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_both_ways_to_say_that_nothing_changes(reason):
    assert says_no_changes(reason)
    assert not says_no_changes("Parameters: [VpcId] must have values")


def test_a_change_is_read_with_its_reasons():
    [change] = read_changes([row()])
    assert change == ResourceChange(
        Action.MODIFY, "Database", "AWS::RDS::DBInstance", "", "True", (Because("Properties", "Engine", "", "Always"),)
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (row(), f"Database (AWS::RDS::DBInstance) is replaced {NEW_ONE}"),
        (row(replacement="Conditional"), f"Database (AWS::RDS::DBInstance) may be replaced {NEW_ONE}"),
        (row("Remove", replacement="False"), "Database (AWS::RDS::DBInstance) is removed with its data"),
        (row(name="Files", kind="AWS::EFS::FileSystem"), f"Files (AWS::EFS::FileSystem) is replaced {NEW_ONE}"),
        (row(name="LoadBalancer", kind=LOAD_BALANCER), BALANCER),
        (row("Remove", "TargetGroup", GROUP, "False"), f"TargetGroup is removed {THROUGH}"),
        (row(name="AlternateTargetGroup", kind=GROUP), f"AlternateTargetGroup is replaced {THROUGH}"),
        (row(name="ProductionRule", kind=RULE), f"ProductionRule is replaced {THROUGH}"),
    ],
)  # fmt: skip
def test_what_is_refused(change, text):
    assert refused(change) == [text]


@pytest.mark.parametrize(
    "change",
    [
        row(name="TaskDefinition", kind="AWS::ECS::TaskDefinition"),
        row(replacement="False"),
        row("Remove", replacement="False", PolicyAction="Snapshot"),
        row("Add", replacement="False"),
        row("Remove", "TargetGroupAdmin", GROUP, "False"),
        row(name="QueuePolicy", kind="AWS::SQS::QueuePolicy"),
        row(name="ProductionRule", kind=RULE, replacement="False"),
    ],
)
def test_what_is_not_refused(change):
    assert refused(change) == []


def test_a_rule_whose_weights_ecs_has_moved_is_left_alone():
    rule = row(name="ProductionRule", kind=RULE, replacement="False")
    [text] = refused(rule, live=(0, 100))
    assert text == "ProductionRule changes, and its weights are 0/100 now: the update would put them back to 100/0"


def test_weights_are_read_from_a_rule():
    groups = [{"TargetGroupArn": "a", "Weight": 90}, {"TargetGroupArn": "b", "Weight": 10}]
    assert rule_weights({"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]}) == (90, 10)
    assert rule_weights({"Actions": [{"Type": "redirect"}]}) == ()


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::RDS::DBCluster", "AWS::FSx::FileSystem", "AWS::KMS::Key",
        "AWS::CloudFormation::Stack",
    ],
)  # fmt: skip
def test_what_holds_data(kind):
    assert is_stateful(kind)


@pytest.mark.parametrize("kind", ["AWS::S3::BucketPolicy", "AWS::RDS::DBSubnetGroup", "AWS::ECS::Service"])
def test_what_holds_none(kind):
    assert not is_stateful(kind)


def test_a_plan_tells_what_is_lost_first():
    follows = ResourceChange(
        Action.MODIFY,
        "Service",
        "AWS::ECS::Service",
        because=(Because("Properties", "TaskDefinition", "TaskDefinition.Ref"),),
    )
    added = ResourceChange(Action.ADD, "Alarm", "AWS::CloudWatch::Alarm")
    lines = [
        each.text
        for each in changes_in_words(
            [added, follows, *read_changes([row(), row("Remove", "Old", "AWS::SNS::Topic", "False")])]
        )
    ]
    assert lines == [
        "remove SNS topic Old: Engine changes",
        "replace database Database: Engine changes",
        "change ECS service Service: TaskDefinition follows TaskDefinition.Ref",
        "add CloudWatch alarm Alarm",
    ]


def test_a_listener_whose_requests_ecs_has_moved_is_left_alone():
    listener = row(name="HttpListener", kind="AWS::ElasticLoadBalancingV2::Listener", replacement="False")
    changes = read_changes([listener])
    [problem] = refusals(changes, (100, 0), (0, 100), "HttpListener")
    assert problem.text.startswith("HttpListener changes, and its weights are 0/100 now")
    assert refusals(changes, (100, 0), (100, 0), "HttpListener") == []


@pytest.mark.parametrize(
    ("action", "weights"),
    [
        ({"Type": "forward", "TargetGroupArn": "two"}, (0, 100)),
        ({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "one", "Weight": 1}]}}, (100, 0)),
        ({"Type": "fixed-response"}, ()),
    ],
)
def test_where_a_listener_sends_requests(action, weights):
    assert listener_weights({"DefaultActions": [action]}, ("one", "two")) == weights


@pytest.mark.parametrize("name", ["ProductionRule", "HttpListener"])
def test_what_requests_are_moved_by(name):
    behind = {"AdvancedConfiguration": {"ProductionListenerRule": {"Ref": name}}}
    assert production_of({"Resources": {"Service": {"Properties": {"LoadBalancers": [behind]}}}}) == name
    assert production_of({"Resources": {"Service": {"Properties": {}}}}) == ""
