"""The template sections of a bundle, laid over ours."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.template.merge import laid_over
from tests.targets.aws.blueprints import make_blueprint, template_of

PATH = ".ebextensions/a.config"
EC2 = "beanstalk:aws:LaunchType=EC2"


@pytest.fixture
def template(tmp_path):
    def make(text, *options):
        return template_of(make_blueprint(tmp_path, {"Dockerfile": "FROM a\nEXPOSE 80\n", PATH: text}, options))

    return make


@pytest.fixture
def refused(template):
    """What is told of a configuration file that cannot be merged."""

    def ask(text, *options):
        with pytest.raises(InvalidInput) as caught:
            template(text, *options)
        return [str(each) for each in caught.value.problems]

    return ask


def test_mappings_are_merged_and_everything_else_is_replaced():
    under = {"a": {"b": 1, "c": [1, 2]}, "d": {"Ref": "X"}, "e": {"f": 1}}
    over = {"a": {"c": [3]}, "d": {"Ref": "Y"}, "e": {"Fn::If": ["C", 1, 2]}, "g": 1}
    merged = {"a": {"b": 1, "c": [3]}, "d": {"Ref": "Y"}, "e": {"Fn::If": ["C", 1, 2]}, "g": 1}
    assert laid_over(under, over) == merged


def test_both_target_groups_stay_alike(template):
    text = "Resources: {AWSEBV2LoadBalancerTargetGroup: {Properties: {HealthCheckPath: /up}}}"
    resources = template(text).body["Resources"]
    assert resources["TargetGroup"] == resources["AlternateTargetGroup"]
    assert resources["TargetGroup"]["Properties"]["HealthCheckPath"] == "/up"


def test_another_type_under_a_name_of_ours_is_refused_with_its_line(refused):
    text = "Resources:\n  Service: {Type: AWS::SQS::Queue}\n"
    (problem,) = refused(text)
    assert problem.startswith(f"{PATH}:2:3: Service in Resources is of type AWS::SQS::Queue, and Service of the stack")


def test_another_type_under_a_name_of_elastic_beanstalk_is_refused(refused):
    (problem,) = refused("Resources: {AWSEBLoadBalancer: {Type: AWS::ElasticLoadBalancing::LoadBalancer}}")
    assert "of type AWS::ElasticLoadBalancing::LoadBalancer" in problem and "write that type" in problem


@pytest.mark.parametrize(
    "section", ["Outputs: {ServiceName: {Value: x}}", "Parameters: {VpcId: {Type: String, Default: x}}"]
)
def test_names_that_the_stack_has_already_are_refused(refused, section):
    assert "is a name that the stack has already" in refused(section)[0]


def test_everything_that_is_wrong_is_told_together(refused):
    text = (
        "Resources:\n"
        "  Cluster: {Type: AWS::SQS::Queue}\n"
        "  A: {Type: AWS::SNS::Topic, Properties: {TopicName: {'Fn::GetOptionSetting': {OptionName: Nobody}}}}\n"
        "  B: {Type: AWS::SNS::Topic, Properties: {TopicName: {Ref: AWSEBWorkerQueue}}}\n"
    )
    assert [each.partition(" ")[0] for each in refused(text)] == [f"{PATH}:2:3:", f"{PATH}:3:55:", f"{PATH}:4:55:"]


def test_an_option_that_is_asked_for_is_answered(template):
    text = (
        "option_settings: {'aws:autoscaling:asg': {MaxSize: 7}}\n"
        "Resources:\n"
        "  Jobs:\n"
        "    Type: AWS::SQS::Queue\n"
        "    Properties:\n"
        "      VisibilityTimeout: {'Fn::GetOptionSetting': {Namespace: 'aws:autoscaling:asg', OptionName: MaxSize}}\n"
    )
    assert template(text).body["Resources"]["Jobs"]["Properties"]["VisibilityTimeout"] == "7"


def test_names_inside_of_texts_are_ours_too(template):
    text = """
Outputs:
  Where: {Value: {"Fn::Sub": "http://${AWSEBV2LoadBalancer.DNSName}/${AWSEBEnvironmentName}/${!AWSEBSecurityGroup}"}}
  Own: {Value: {"Fn::Sub": ["${AWSEBSecurityGroup}", {AWSEBSecurityGroup: {Ref: AWSEBSecurityGroup}}]}}
"""
    outputs = template(text).body["Outputs"]
    assert outputs["Where"]["Value"] == {"Fn::Sub": "http://${LoadBalancer.DNSName}/shop-prod/${!AWSEBSecurityGroup}"}
    assert outputs["Own"]["Value"] == {
        "Fn::Sub": ["${AWSEBSecurityGroup}", {"AWSEBSecurityGroup": {"Ref": "InstanceSecurityGroup"}}]
    }


METADATA = "Resources: {AWSEBAutoScalingGroup: {Metadata: {'AWS::CloudFormation::Authentication': {S3: {type: S3}}}}}"


def test_metadata_of_instances_means_nothing_on_fargate_and_is_told(template):
    made = template(METADATA)
    assert "AutoScalingGroup" not in made.body["Resources"]
    assert "there are no instances on Fargate" in str(made.warnings[-1])


def test_metadata_of_instances_is_theirs_on_ec2(template):
    group = template(METADATA, EC2).body["Resources"]["AutoScalingGroup"]
    assert group["Metadata"]["AWS::CloudFormation::Authentication"] == {"S3": {"type": "S3"}}


def test_what_needs_instances_is_refused_on_fargate(refused):
    (problem,) = refused("Outputs: {Group: {Value: {Ref: AWSEBAutoScalingGroup}}}")
    assert "AWSEBAutoScalingGroup: there are no instances on Fargate" in problem
    assert "set beanstalk:aws:LaunchType to EC2" in problem


@pytest.mark.parametrize(
    "text",
    [
        "Resources:\n  Fn::Transform: {Name: AWS::Include}\n  A: {Type: AWS::SQS::Queue}\n",
        "Resources:\n  A: {Type: AWS::SQS::Queue, Fn::Transform: {Name: Own}}\n",
        "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: a, Fn::Transform: {Name: Own}}}\n",
        "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: {Tags: [{Fn::Transform: {Name: Own}}]}\n",
    ],
)
def test_macros_are_refused_wherever_they_stand(refused, text):
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "Transform" in each)
    assert [each for each in refused(text) if each.startswith(f"{PATH}:{line}:") and "Fn::Transform" in each]


def test_what_gives_rights_is_told_with_its_line(template):
    trust = "{Version: 2012-10-17, Statement: []}"
    text = f"Resources:\n  Admin: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {trust}}}}}\n"
    text += "  TaskRole: {Type: AWS::IAM::Role, Properties: {Description: ours}}\n  Queue: {Type: AWS::SQS::Queue}\n"
    told = [str(each) for each in template(text).warnings if "rights of whoever deploys" in str(each)]
    assert [each.split(": ")[0] for each in told] == [f"{PATH}:2:3", f"{PATH}:3:3"]
    assert "Admin (AWS::IAM::Role)" in told[0] and "TaskRole (AWS::IAM::Role)" in told[1]
