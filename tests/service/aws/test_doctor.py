"""What `doctor` tells of an account, against moto."""

from __future__ import annotations

import pytest

from beanstalk.errors import CloudError
from beanstalk.service.aws.doctor import denied, examine_on_aws
from beanstalk.service.check import State
from beanstalk.targets.aws import preflight
from beanstalk.targets.aws.permissions import needed_groups
from tests.service.aws.conftest import DOMAIN


def found(account, environment=None):
    return {each.name: each for each in examine_on_aws(account.service, environment)}


def test_an_account_is_looked_at(account):
    checks = found(account)
    assert checks["credentials"].found.startswith("arn:aws:")
    assert checks["region"].found == "eu-west-1, account 123456789012"
    assert checks["network"].found.endswith("subnets in eu-west-1a, eu-west-1b, eu-west-1c")
    assert checks["network"].state is State.GOOD
    assert {"permissions", "quota Fargate", "quota load balancers"} <= {*checks}


def test_a_service_linked_role_that_is_not_there_comes_with_the_command_that_makes_it(account):
    check = found(account)["role ECS"]
    assert (check.found, check.state) == ("not there yet", State.LACKING)
    assert check.remedy == "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
    account.client("iam").create_role(RoleName="AWSServiceRoleForECS", AssumeRolePolicyDocument="{}")
    there = found(account)["role ECS"]
    assert (there.found, there.state) == ("AWSServiceRoleForECS", State.GOOD)


def test_nobody_who_is_logged_in_is_all_there_is_to_tell(account, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    [check] = examine_on_aws(account.service, None)
    assert (check.name, check.state) == ("credentials", State.NEEDED)
    assert "nobody is logged in" in check.found


def test_subnets_that_there_are_not_are_told_to_whoever_needs_them(account):
    settings = '[{"Namespace": "aws:ec2:vpc", "OptionName": "Subnets", "Value": "subnet-0", "Layer": "environment"}]'
    check = found(account, account.environment("shop", settings_json=settings))["network"]
    assert (check.state, check.needed_by) == (State.NEEDED, ("shop",))
    assert "subnet-0" in check.found


def test_a_zone_that_does_not_hold_the_domain_is_told(account):
    good = found(account, account.environment("blue", named=True))["zone"]
    assert (good.found, good.state) == (f"{DOMAIN} in {DOMAIN} ({account.zone})", State.GOOD)
    outputs = {"EnvironmentRecordName": "e-1.example.net", "PublicNameZone": account.zone, "PublicNameTTL": "60"}
    bad = found(account, account.environment("green", outputs=outputs))["zone"]
    assert (bad.state, bad.remedy) == (State.NEEDED, f"set DomainName to one below {DOMAIN}")


@pytest.fixture
def iam(account, monkeypatch):
    """iam(*denied): what the simulation of IAM, which moto has not, says from now on."""

    class Simulation:
        denied: tuple[str, ...] = ()

        def pages(self, _, PolicySourceArn, ActionNames, ResourceArns, ContextEntries):
            if self.denied == ("all",):
                raise CloudError("AWS denies iam:SimulatePrincipalPolicy", "AccessDenied")
            yield {
                "EvaluationResults": [
                    {"EvalActionName": each, "EvalDecision": "implicitDeny" if each in self.denied else "allowed"}
                    for each in ActionNames
                ]
            }

    simulation = Simulation()
    real = account.service.cloud.client
    monkeypatch.setattr(account.service.cloud, "client", lambda name: simulation if name == "iam" else real(name))
    return simulation


def test_permissions_that_are_held_are_counted(account, iam):
    assert preflight.permissions(account.service.cloud, needed_groups()).denied == ()


def test_permissions_that_are_not_held_are_named(account, iam):
    iam.denied = ("ecs:RunTask", "s3:PutObject")
    assert set(denied(account.service)) == {"ecs:RunTask", "s3:PutObject"}


def test_who_may_not_ask_is_told_so(account, iam):
    iam.denied = ("all",)
    assert (
        preflight.permissions(account.service.cloud, needed_groups()).unknown
        == "AWS denies iam:SimulatePrincipalPolicy"
    )
