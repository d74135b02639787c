"""Where the tasks of the service run: on Fargate, on Fargate and Fargate Spot, or on instances of the environment.

Instances are behind a managed capacity provider: Amazon ECS starts as many as its tasks need and takes away those that
have become empty; tasks move off an instance before it goes (managed draining), so instances need no protection from
scaling in, which would keep a stack from being deleted.
Source: Amazon ECS Developer Guide, "Capacity providers"; EB Developer Guide, "Spot instances".
"""

from __future__ import annotations

from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch, Resources
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.pieces import att, ref, resource, sub
from beanstalk.targets.aws.template.said import OURS, effective, is_on, is_set, place, said

SPOT = "aws:ec2:instances"
_PROVIDERS = ["FARGATE", "FARGATE_SPOT"]


def cluster_name(blueprint: Blueprint) -> Any:
    """The name of the cluster: of the one that the stack makes, or of one that was there before."""
    named = said(blueprint, OURS, "Cluster")
    if isinstance(named, str):
        return named.rpartition("/")[2] if named else ref("Cluster")
    return named


def cluster_arn(blueprint: Blueprint) -> Any:
    named = said(blueprint, OURS, "Cluster")
    if not named:
        return att("Cluster", "Arn")
    if isinstance(named, str) and not named.startswith("arn:"):
        return sub(f"arn:${{AWS::Partition}}:ecs:${{AWS::Region}}:${{AWS::AccountId}}:cluster/{named}")
    return named


def has_own_cluster(blueprint: Blueprint) -> bool:
    return not is_set(blueprint, OURS, "Cluster")


def has_instances(blueprint: Blueprint) -> bool:
    """Whether the stack makes instances. A cluster that was there before has its own: the list of its capacity
    providers belongs to whoever made it."""
    return blueprint.launch is Launch.EC2 and has_own_cluster(blueprint)


def is_spot(blueprint: Blueprint) -> bool:
    return is_on(blueprint, SPOT, "EnableSpot")


def on_demand(blueprint: Blueprint) -> tuple[int, int]:
    """How many tasks or instances are not on spot capacity at least, and how many per cent of those above that."""
    base = blueprint.configuration.integer(SPOT, "SpotFleetOnDemandBase")
    return base, int(effective(blueprint, SPOT, "SpotFleetOnDemandAboveBasePercentage") or 0)


def strategy(blueprint: Blueprint) -> list[Json]:
    """Capacity providers of the service; empty where its launch type says it all."""
    if has_instances(blueprint):
        return [{"CapacityProvider": ref("CapacityProvider"), "Weight": 1}]
    if blueprint.launch is Launch.EC2 or not is_spot(blueprint):
        return []
    base, percent = on_demand(blueprint)
    found: list[Json] = []
    if base or percent:
        found.append({"CapacityProvider": "FARGATE", "Weight": percent, **({"Base": base} if base else {})})
    if percent < 100:
        found.append({"CapacityProvider": "FARGATE_SPOT", "Weight": 100 - percent})
    return found


def build(blueprint: Blueprint) -> Resources:
    found: Resources = {}
    if has_instances(blueprint):
        found["CapacityProvider"] = _provider()
        providers: list[Any] = [ref("CapacityProvider")]
    elif strategy(blueprint) and has_own_cluster(blueprint):
        providers = [*_PROVIDERS]
    else:
        return {}
    found["CapacityProviders"] = resource(
        "AWS::ECS::ClusterCapacityProviderAssociations",
        {
            "Cluster": ref("Cluster"),
            "CapacityProviders": providers,
            "DefaultCapacityProviderStrategy": strategy(blueprint),
        },
    )
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    chosen = strategy(blueprint)
    return Contribution(
        service={"CapacityProviderStrategy": chosen} if chosen else {},
        depends_on=["CapacityProviders"] if build(blueprint) else [],
        warnings=list(_told(blueprint)),
    )


def _provider() -> Json:
    scaling = {"Status": "ENABLED", "TargetCapacity": 100, "MinimumScalingStepSize": 1, "MaximumScalingStepSize": 100}
    return resource(
        "AWS::ECS::CapacityProvider",
        {
            "AutoScalingGroupProvider": {
                "AutoScalingGroupArn": ref("AutoScalingGroup"),
                "ManagedScaling": scaling,
                "ManagedTerminationProtection": "DISABLED",
                "ManagedDraining": "ENABLED",
            }
        },
    )


def _told(blueprint: Blueprint) -> list[Problem]:
    if has_own_cluster(blueprint):
        return []
    at = place(blueprint, OURS, "Cluster")
    if blueprint.launch is Launch.EC2:
        text = "the tasks run on the instances of the cluster that was there before: the stack makes none"
        return [Problem(text, at, "leave the option Cluster out to have instances of the environment")]
    if is_spot(blueprint):
        text = "the cluster that was there before has to have the capacity providers FARGATE and FARGATE_SPOT"
        return [Problem(text, at, "aws ecs put-cluster-capacity-providers adds them")]
    return []
