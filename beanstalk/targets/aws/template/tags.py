"""The tags of an environment on everything that takes some, so that it can be found and paid for by them.

The production rule takes none: a change of a tag would change the rule, and with it the weights that Amazon ECS set.
"""

from __future__ import annotations

from collections.abc import Mapping

from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources

_LISTS = frozenset({
    "AWS::CloudWatch::Alarm", "AWS::EC2::SecurityGroup", "AWS::ECS::CapacityProvider", "AWS::ECS::Cluster",
    "AWS::ECS::Service", "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::IAM::Role",
    "AWS::Logs::LogGroup", "AWS::RDS::DBInstance", "AWS::RDS::DBSubnetGroup", "AWS::SNS::Topic", "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
})  # fmt: skip
"""Types with `Tags` as a list of keys and values."""
_OTHERS = {"AWS::EFS::AccessPoint": "AccessPointTags", "AWS::EFS::FileSystem": "FileSystemTags"}


def tags_of(blueprint: Blueprint) -> dict[str, str]:
    """Ours, and those of the environment; nobody takes ours away."""
    own = {
        "beanstalk:application": blueprint.application,
        "beanstalk:environment-name": blueprint.environment,
        "beanstalk:environment-id": blueprint.environment_id,
    }
    return {**dict(blueprint.tags), **own}


def tagged(resources: Resources, tags: Mapping[str, str]) -> Resources:
    """Resources with the tags, before those that they have of their own."""
    return {name: _tagged(each, tags) for name, each in resources.items()}


def _tagged(resource: Json, tags: Mapping[str, str]) -> Json:
    kind, properties = resource["Type"], resource.get("Properties", {})
    if kind == "AWS::AutoScaling::AutoScalingGroup":
        own = [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()]
        return {**resource, "Properties": {**properties, "Tags": _joined(own, properties.get("Tags", []))}}
    name = "Tags" if kind in _LISTS else _OTHERS.get(kind)
    if name is None:
        return resource
    own = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {**resource, "Properties": {**properties, name: _joined(own, properties.get(name, []))}}


def _joined(own: list[Json], others: list[Json]) -> list[Json]:
    named = {each["Key"] for each in others}
    return [*(each for each in own if each["Key"] not in named), *others]
