"""What linters miss in a template: every check has a good template that passes, and a bad twin that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.blueprint import Json, Tier
from beanstalk.targets.aws.checks import check_template
from beanstalk.targets.aws.checks.tasks import from_cloudformation
from beanstalk.targets.aws.taskdef import to_cloudformation
from tests.targets.aws.blueprints import make_blueprint, template_of

FILES = {"Dockerfile": "FROM registry.example.com/base:1\nEXPOSE 8000\n"}
SPLIT = "aws:elasticbeanstalk:command:DeploymentPolicy=TrafficSplitting"
EC2 = "beanstalk:aws:LaunchType=EC2"
BRIDGE = "beanstalk:aws:NetworkMode=bridge"
SMALL = "beanstalk:aws:MaxInstances=2"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"


def change(*path: str | int, to: object) -> Callable[[Json], None]:
    """Put a value at a path of the resources."""

    def changed(resources: Json) -> None:
        place = resources
        for key in path[:-1]:
            place = place[key] if isinstance(key, int) else place.setdefault(key, {})
        place[path[-1]] = to  # type: ignore[index]

    return changed


SERVICE = ("Service", "Properties")
DEPLOYMENT = (*SERVICE, "DeploymentConfiguration")
CONTAINER = ("TaskDefinition", "Properties", "ContainerDefinitions", 0)
FIXED_PORT = [{"ContainerPort": 8000, "HostPort": 8000}]
FORWARD = [{"Type": "forward", "TargetGroupArn": {"Ref": "TargetGroup"}}]
SECOND_LISTENER = {
    "Type": "AWS::ElasticLoadBalancingV2::Listener",
    "Properties": {"LoadBalancerArn": {"Ref": "LoadBalancer"}, "Port": 8080, "Protocol": "HTTP",
                   "DefaultActions": FORWARD},
}  # fmt: skip


def rule(priority: int) -> Json:
    properties = {"ListenerArn": {"Ref": "HttpListener"}, "Priority": priority, "Conditions": [], "Actions": FORWARD}
    return {"Type": RULE, "Properties": properties}


def without_advanced(resources: Json) -> None:
    del resources["Service"]["Properties"]["LoadBalancers"][0]["AdvancedConfiguration"]


def pause(stage: str) -> Callable[[Json], None]:
    return change(*DEPLOYMENT, "LifecycleHooks", to=[{"TargetType": "PAUSE", "LifecycleStages": [stage]}])


BOTH = [{"CapacityProvider": "FARGATE", "Weight": 1}]
BAD = [
    # options, what is changed, what is told
    ((), change(*CONTAINER, "Privileged", to=True), "TaskDefinition: "),
    ((), change(*CONTAINER, "DependsOn", to=[{"ContainerName": "db", "Condition": "START"}]), "db"),
    ((), change(*CONTAINER, "Links", to=["db"]), "TaskDefinition: "),
    ((EC2, BRIDGE), change(*CONTAINER, "Links", to=["db"]), "db"),
    ((), change(*SERVICE, "CapacityProviderStrategy", to=BOTH), "exclude each other"),
    ((EC2,), change(*SERVICE, "NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp", to="ENABLED"),
     "no public addresses"),
    ((), change(*SERVICE, "LoadBalancers", 0, "ContainerName", to="app"), "no container 'app'"),
    ((), change(*SERVICE, "LoadBalancers", 0, "ContainerPort", to=9000), "no port 9000"),
    ((), change("TargetGroup", "Properties", "TargetType", to="instance"), "TargetGroup: its targets are of type inst"),
    ((EC2, BRIDGE), change("AlternateTargetGroup", "Properties", "TargetType", to="ip"),
     "AlternateTargetGroup: its targets are of type ip"),
    ((), change(*DEPLOYMENT, "MaximumPercent", to=100), "no task can be replaced"),
    ((), change(*DEPLOYMENT, to={"MinimumHealthyPercent": 50, "MaximumPercent": 90}), "never be complete"),
    ((), change(*DEPLOYMENT, to={"MinimumHealthyPercent": 50, "MaximumPercent": 100}), "evening out zones"),
    ((), change(*DEPLOYMENT, "CanaryConfiguration", to={"CanaryPercent": 5}), "goes with the strategy CANARY"),
    ((SPLIT,), change(*DEPLOYMENT, "LinearConfiguration", to={"StepPercent": 5}), "goes with the strategy LINEAR"),
    ((SPLIT,), change(*DEPLOYMENT, "BakeTimeInMinutes", to=2000), "side by side for"),
    ((SPLIT,), without_advanced, "needs a second target group"),
    ((SPLIT,), pause("PRODUCTION_TRAFFIC_SHIFT"), "cannot pause at PRODUCTION_TRAFFIC_SHIFT"),
    ((SPLIT,), pause("TEST_TRAFFIC_SHIFT"), "cannot pause at TEST_TRAFFIC_SHIFT"),
    ((SPLIT,), change("Other", to=SECOND_LISTENER), "Other forwards to the same targets"),
    ((EC2, BRIDGE, SMALL), change(*CONTAINER, "PortMappings", to=FIXED_PORT), "of 2 instances none is free"),
    ((), change("TargetGroup", "Properties", "HealthCheckTimeoutSeconds", to=15), "one every 15"),
    ((), change("LoadBalancer", "Properties", "Name", to="l" * 33), "33 characters, of 32"),
    ((), change("TargetGroup", "Properties", "Name", to="t" * 33), "33 characters, of 32"),
    ((), lambda resources: resources.update(One=rule(7), Two=rule(7)), "One of the same listener has the priority 7"),
    ((), change("ProductionRule", "Properties", "Conditions", 0, "PathPatternConfig", "Values", to=["/a"] * 6),
     "have 6 values, of 5"),
    ((), change("ProductionRule", "Properties", "Actions", 0, "ForwardConfig", "TargetGroups", 0, "Weight",
                to={"Ref": "DesiredCount"}), "write the weights as numbers"),
    ((), change("ScalableTarget", "Properties", "MinCapacity", to=9), "the least, 9, is more than the most, 4"),
    ((), change("ScalableTarget", "Properties", "ScheduledActions",
                to=[{"ScheduledActionName": "night", "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}]),
     "in the scheduled action 'night'"),
    ((EC2,), change("AutoScalingGroup", "Properties", "MinSize", to="99"), "AutoScalingGroup: the least, 99"),
]  # fmt: skip


def body_of(folder: Path, *options: str, tier: Tier = Tier.WEB_SERVER) -> Json:
    return template_of(make_blueprint(folder, FILES, options, tier=tier)).body


@pytest.mark.parametrize("options, spoil, told", BAD, ids=[each[2] for each in BAD])
def test_a_bad_twin_is_told_and_the_good_one_is_not(
    tmp_path: Path, options: tuple[str, ...], spoil: Callable[[Json], None], told: str
) -> None:
    body = body_of(tmp_path, *options)
    assert check_template(body) == []
    spoil(body["Resources"])
    problems = check_template(body)
    assert any(told in str(each) or told in each.hint for each in problems), [str(each) for each in problems]
    assert all(each.hint for each in problems)


def test_a_worker_and_a_rule_of_another_listener_are_fine(tmp_path: Path) -> None:
    assert check_template(body_of(tmp_path / "worker", tier=Tier.WORKER)) == []
    body = body_of(tmp_path / "web")
    other = rule(7)
    other["Properties"]["ListenerArn"] = {"Ref": "HttpsListener"}
    body["Resources"] |= {"One": rule(7), "Two": other}
    assert check_template(body) == []


def test_what_only_a_stack_knows_passes(tmp_path: Path) -> None:
    body = body_of(tmp_path)
    unknown = {"Ref": "DesiredCount"}
    change(*DEPLOYMENT, "MaximumPercent", to=unknown)(body["Resources"])
    change("ScalableTarget", "Properties", "MinCapacity", to=unknown)(body["Resources"])
    change(*SERVICE, "LoadBalancers", 0, "ContainerName", to=unknown)(body["Resources"])
    assert check_template(body) == []


def test_a_task_definition_comes_back_from_the_words_of_cloudformation(tmp_path: Path) -> None:
    document = {
        "family": "shop",
        "containerDefinitions": [
            {
                "name": "web",
                "dockerLabels": {"Some.Label": "x"},
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": {"Ref": "LogGroup"}}},
            }
        ],
        "volumes": [
            {
                "name": "a",
                "efsVolumeConfiguration": {"fileSystemId": "f", "authorizationConfig": {"iam": "ENABLED"}},
            },
            {"name": "b", "dockerVolumeConfiguration": {"driverOpts": {"Type": "nfs"}, "labels": {"A": "b"}}},
        ],
    }
    assert from_cloudformation(to_cloudformation(document)) == document


def test_what_resources_of_a_bundle_spoil_is_told_before_anything_happens(tmp_path: Path) -> None:
    spoilt = "Resources:\n  AWSEBV2LoadBalancerTargetGroup:\n    Properties: {HealthCheckTimeoutSeconds: 40}\n"
    with pytest.raises(InvalidInput, match="may take 40 seconds, and there is one every 15") as caught:
        template_of(make_blueprint(tmp_path, {**FILES, ".ebextensions/a.config": spoilt}))
    assert len(caught.value.problems) == 2


ANYTHING = [None, [], {}, {"Ref": "X"}, {"Fn::If": ["A", 1, 2]}, -1.5, "x", True, [None], ["a"], [{"Ref": "A"}]]


def places(value: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*place, key)
        yield from places(each, (*place, key))


@pytest.mark.parametrize("options", [(EC2, BRIDGE), (SPLIT, "aws:autoscaling:asg:MaxSize=9")])
def test_whatever_the_bundle_has_laid_over_it_no_check_breaks(tmp_path: Path, options: tuple[str, ...]) -> None:
    resources = body_of(tmp_path, *options)["Resources"]
    kinds = ("AWS::ECS", "AWS::ElasticLoadBalancing", "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::AutoScaling")
    ours = {name: each for name, each in resources.items() if each["Type"].startswith(kinds)}
    for place in [each for each in places(ours) if len(each) > 2 and each[1] == "Properties"]:
        holder = resources
        for key in place[:-1]:
            holder = holder[key]  # type: ignore[index]
        before = holder[place[-1]]  # type: ignore[index]
        for each in ANYTHING:
            holder[place[-1]] = each  # type: ignore[index]
            assert isinstance(check_template({"Resources": resources}), list)
        holder[place[-1]] = before  # type: ignore[index]
