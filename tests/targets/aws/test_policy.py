"""What AWS has to allow: actions that there are, in the policy that the page shows."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import botocore.session
import pytest

from beanstalk.targets.aws.blueprint import stack_name
from beanstalk.targets.aws.permissions import GROUPS, example_of, needed, policy, policy_text, principal_of

ROOT = Path(__file__).parents[3]
SERVICES = {"elasticloadbalancing": "elbv2", "elasticfilesystem": "efs", "servicequotas": "service-quotas"}
"""Prefixes of actions whose service botocore calls otherwise."""
NOT_OPERATIONS = {
    "iam:PassRole", "s3:ListBucket", "s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration", "cloudformation:TagResource",
}  # fmt: skip
"""Permissions without an operation of the same name (Service Authorization Reference)."""
CALLS = re.compile(r"\b(?:_?(?:api|ecs|elb|ec2)|client\(\"[a-z0-9-]+\"\))\.(?:pages\(\s*\")?([a-z]+_[a-z_0-9]+)")


def operations(prefix):
    found = botocore.session.get_session().get_service_model(SERVICES.get(prefix, prefix))
    return {*found.operation_names}


@pytest.mark.parametrize("prefix", sorted({name.split(":")[0] for group in GROUPS for name in group.names}))
def test_every_action_is_one_that_there_is(prefix):
    mine = {name for group in GROUPS for name in group.names if name.startswith(f"{prefix}:")} - NOT_OPERATIONS
    assert {name.partition(":")[2] for name in mine} - operations(prefix) == set()


def test_every_call_of_the_program_is_allowed():
    """By the names of operations, whatever the service."""
    allowed = {name.partition(":")[2].lower() for group in GROUPS for name in group.names}
    also = {"describebuckets", "headobject", "uploadpart", "createmultipartupload", "completemultipartupload"}
    also |= {"putpublicaccessblock", "putbucketencryption", "putbucketlifecycleconfiguration", "headbucket"}
    texts = [
        path.read_text()
        for folder in ("targets/aws", "service/aws")
        for path in (ROOT / "beanstalk" / folder).glob("*.py")
    ]
    called = {found.replace("_", "") for text in texts for found in CALLS.findall(text)}
    assert len(called) > 30
    assert called - allowed - also == set()


def test_no_action_is_listed_twice():
    names = [name for group in GROUPS for name in group.names]
    assert sorted(names) == sorted(set(names))


def test_the_page_shows_the_policy():
    assert f"```json\n{policy_text()}```" in (ROOT / "docs" / "aws.md").read_text()


def test_the_text_is_the_policy():
    assert json.loads(policy_text()) == policy()
    assert max(map(len, policy_text().splitlines())) <= 200


def test_what_only_some_environments_need_is_not_asked_of_all():
    assert "ecs:RunTask" in needed()
    assert not {"rds:CreateDBInstance", "route53:GetChange", "ec2:RunInstances"} & {*needed()}


def resources():
    """Of all templates that are kept."""
    paths = (ROOT / "tests" / "golden" / "aws" / "templates").glob("*.json")
    return [each for path in paths for each in json.loads(path.read_text())["Resources"].values()]


def test_no_action_of_iam_but_a_question_is_allowed_on_everything():
    everything = {name for group in GROUPS if "*" in group.resources for name in group.names}
    assert {name for name in everything if name.startswith("iam:")} == {"iam:SimulatePrincipalPolicy"}


def test_roles_are_handed_over_only_to_those_who_have_them_in_the_templates():
    statement = next(each for each in policy()["Statement"] if each["Action"] == ["iam:PassRole"])
    trusted = {
        principal["Service"]
        for each in resources()
        if each["Type"] == "AWS::IAM::Role"
        for principal in [each["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]]
    }
    assert {*statement["Condition"]["StringEquals"]["iam:PassedToService"]} == trusted


def test_no_role_of_a_template_has_a_name_of_its_own():
    """CloudFormation names them after their stack, by which the policy knows them."""
    assert stack_name("shop", "e-1").startswith("beanstalk-")
    for each in resources():
        assert not {"RoleName", "InstanceProfileName", "Path"} & {*each.get("Properties", {})}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.sid)
def test_iam_is_asked_about_a_thing_that_the_statement_is_for(group):
    assert fnmatchcase(example_of(group), group.resources[-1])
    assert group.resources == ("*",) or "*" not in example_of(group)


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        ("arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/ada"),
        ("arn:aws:sts::123456789012:assumed-role/deploy/session", "arn:aws:iam::123456789012:role/deploy"),
        ("arn:aws-cn:sts::123456789012:assumed-role/deploy/a", "arn:aws-cn:iam::123456789012:role/deploy"),
        ("arn:aws:iam::123456789012:root", ""),
    ],
)
def test_iam_is_asked_about_users_and_roles(arn, principal):
    assert principal_of(arn) == principal
