"""From one configuration to the next: what changes, what it does to what runs, and what cannot be."""

from __future__ import annotations

import pytest

from beanstalk.options.resolve import Configuration, Layer, parse_option, resolve
from beanstalk.options.updates import changes, impact, refusals

ASG = "aws:autoscaling:asg"
COMMAND = "aws:elasticbeanstalk:command"
ENVIRONMENT = "aws:elasticbeanstalk:environment"
DATABASE = "aws:rds:dbinstance"
PROPERTIES = "aws:elasticbeanstalk:application:environment"


def of(*options: str) -> Configuration:
    return resolve({Layer.ENVIRONMENT: [parse_option(option) for option in options]})


def told(before: Configuration, after: Configuration) -> tuple[list[str], list[str]]:
    errors, warnings = refusals(before, after)
    return [problem.text for problem in errors], [problem.text for problem in warnings]


def test_a_change_has_both_values_and_a_default_set_by_hand_is_none():
    before = of(f"{ASG}:MaxSize=4", f"{COMMAND}:IgnoreHealthCheck=true", f"{PROPERTIES}:A=1")
    after = of(f"{ASG}:MinSize=2", f"{COMMAND}:IgnoreHealthCheck=TRUE", f"{PROPERTIES}:B=")
    assert [(str(each), each.verb, each.before, each.after) for each in changes(before, after)] == [
        (f"{ASG}:MinSize", "set", "1", "2"),
        (f"{PROPERTIES}:A", "removed", "1", None),
        (f"{PROPERTIES}:B", "set", None, ""),
    ]
    assert [each.verb for each in changes(of(f"{ASG}:MinSize=3"), after) if each.key[0] == ASG] == ["changed"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "none"),
        ([f"{ASG}:MinSize=2"], "none"),
        (["aws:elasticbeanstalk:sqsd:HttpPath=/x"], "unknown"),
        ([f"{PROPERTIES}:A=1", f"{ASG}:MinSize=2"], "restart"),
        ([f"{DATABASE}:MultiAZDatabase=true"], "database"),
        (["aws:ec2:vpc:VPCId=vpc-1", f"{PROPERTIES}:A=1"], "replace"),
    ],
)
def test_the_most_severe_change_counts(options, expected):
    assert impact(changes(of(), of(*options))) == expected


@pytest.mark.parametrize("kind", ["classic", "network"])
def test_the_type_of_the_load_balancer_stays(kind):
    errors, _ = told(of(), of(f"{ENVIRONMENT}:LoadBalancerType={kind}"))
    assert errors == [f"{ENVIRONMENT}:LoadBalancerType cannot change from application to {kind}"]
    assert told(of(), of(f"{ENVIRONMENT}:LoadBalancerType=application")) == ([], [])


def test_the_type_of_the_load_balancer_is_chosen_when_there_is_one_for_the_first_time():
    single = f"{ENVIRONMENT}:EnvironmentType=SingleInstance"
    assert told(of(single), of(f"{ENVIRONMENT}:LoadBalancerType=network")) == ([], [])
    assert told(of(), of(single)) == ([], [])


def test_a_database_does_not_shrink():
    errors, _ = told(of(f"{DATABASE}:DBAllocatedStorage=20"), of(f"{DATABASE}:DBAllocatedStorage=10"))
    assert errors == [f"{DATABASE}:DBAllocatedStorage cannot shrink from 20 to 10"]


def test_letting_go_of_a_database_under_another_policy_takes_two_updates():
    coupled = f"{DATABASE}:HasCoupledDatabase=true"
    _, warnings = told(of(coupled), of(f"{DATABASE}:DBDeletionPolicy=Retain"))
    assert warnings == [f"{DATABASE}: HasCoupledDatabase changes with DBDeletionPolicy, so that Delete still rules"]
    assert told(of(coupled), of(coupled, f"{DATABASE}:DBDeletionPolicy=Retain")) == ([], [])


def test_other_resources_and_an_immutable_deployment_do_not_go_together():
    immutable = f"{COMMAND}:DeploymentPolicy=Immutable"
    _, warnings = told(of(immutable), of(immutable, "aws:ec2:vpc:VPCId=vpc-1"))
    assert len(warnings) == 1 and "the DeploymentPolicy is Immutable" in warnings[0]
