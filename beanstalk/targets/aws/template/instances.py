"""Instances that tasks run on: launch template, Auto Scaling group, and the role that the agent of Amazon ECS has.

How many: `MinInstances` and `MaxInstances`; else one (none where the environment may have no task), and twice as many
as there may be tasks, since two versions stand side by side in a deployment and each task may need an instance of its
own. Between them Amazon ECS chooses by what the tasks need (`capacity`).
Source: Amazon ECS Developer Guide, "Amazon EC2 container instances"; EB Developer Guide, launch configuration options.
"""

from __future__ import annotations

import hashlib
import json
import math

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch, Resources
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.template.capacity import SPOT, cluster_arn, has_instances, is_spot, on_demand
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.disks import disks
from beanstalk.targets.aws.template.host_setup import SET, init_metadata
from beanstalk.targets.aws.template.machines import instance_types, is_arm
from beanstalk.targets.aws.template.network import subnets, task_groups
from beanstalk.targets.aws.template.pieces import att, ref, resource, sub
from beanstalk.targets.aws.template.said import INSTANCES, NETWORK, OURS, is_on, is_set, place, said
from beanstalk.targets.aws.template.tags import tags_of
from beanstalk.targets.aws.template.trust import allow, role

GROUP = "aws:autoscaling:asg"
UPDATES = "aws:autoscaling:updatepolicy:rollingupdate"
_IMAGE = "/aws/service/ecs/optimized-ami/amazon-linux-2023/{}recommended/image_id"
_AGENT = (
    "ecs:RegisterContainerInstance",
    "ecs:DeregisterContainerInstance",
)
_AGENT_INSTANCE = (
    "ecs:Poll",
    "ecs:StartTelemetrySession",
    "ecs:UpdateContainerInstancesState",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
)


def build(blueprint: Blueprint) -> Resources:
    if not has_instances(blueprint):
        return {}
    found = {"LaunchTemplate": _launch_template(blueprint), "AutoScalingGroup": _group(blueprint)}
    if not is_set(blueprint, INSTANCES, "IamInstanceProfile"):
        found["InstanceRole"] = role(blueprint, "ec2", _statements(blueprint))
        found["InstanceProfile"] = resource("AWS::IAM::InstanceProfile", {"Roles": [ref("InstanceRole")]})
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    if not has_instances(blueprint):
        return Contribution(warnings=_without_effect(blueprint))
    warnings: list[Problem] = []
    if is_set(blueprint, INSTANCES, "IamInstanceProfile"):
        text = "the role of this instance profile has to allow what the agent of Amazon ECS does"
        hint = "leave the option out, or add the policy AmazonEC2ContainerServiceforEC2Role to the role"
        warnings.append(Problem(text, place(blueprint, INSTANCES, "IamInstanceProfile"), hint))
    if network_mode(blueprint) == "awsvpc" and not is_set(blueprint, NETWORK, "VPCId"):
        # Amazon ECS gives tasks on instances no public address, and the default VPC has no other way out.
        text = "from the default VPC a task on an instance reaches nothing outside, as it has only a private address"
        hint = "set --option beanstalk:aws:NetworkMode=bridge, or name subnets with a NAT gateway (aws:ec2:vpc)"
        warnings.append(Problem(text, place(blueprint, OURS, "LaunchType"), hint))
    return Contribution(warnings=warnings)


def least_and_most(blueprint: Blueprint) -> tuple[int, int]:
    """Instances that there are at least and at most."""
    tasks = [blueprint.configuration.integer(GROUP, name) for name in ("MinSize", "MaxSize")]
    if not blueprint.is_balanced and blueprint.tier == "WebServer":
        tasks = [1, 1]
    asked = [blueprint.configuration.text(OURS, name) for name in ("MinInstances", "MaxInstances")]
    least = min(1, tasks[0]) if asked[0] is None else int(asked[0])
    most = max(1, 2 * tasks[1]) if asked[1] is None else int(asked[1])
    return least, max(least, most)


def _without_effect(blueprint: Blueprint) -> list[Problem]:
    """What files of `.ebextensions` ask of a machine that is not there; images of platforms have it in them."""
    build = blueprint.group.container(blueprint.group.web).image.build
    if blueprint.launch is Launch.EC2 or (build is not None and build.text):
        return []
    hint = "put it into the image, or set --option beanstalk:aws:LaunchType=EC2"
    keys = ("packages", "groups", "users", "sources", "files", "commands", "services")
    return [
        Problem(f"{key} has no effect: there is no instance of the environment's own", at, hint)
        for key, at in blueprint.extensions.keys
        if key in keys
    ]


def _statements(blueprint: Blueprint) -> list[Json]:
    """What the agent does. Images, logs and secrets are the execution role's."""
    arn = cluster_arn(blueprint)
    return [
        allow("ecs:DiscoverPollEndpoint", "*"),
        allow(_AGENT, arn),
        allow(_AGENT_INSTANCE, "*", {"ArnEquals": {"ecs:cluster": arn}}),
    ]


def _launch_template(blueprint: Blueprint) -> Json:
    image = said(blueprint, INSTANCES, "ImageId")
    parameter = _IMAGE.format("arm64/" if is_arm(blueprint) else "")
    tokens = "optional" if blueprint.configuration.text(INSTANCES, "DisableIMDSv1") == "false" else "required"
    key = said(blueprint, INSTANCES, "EC2KeyName")
    data: Json = {
        "ImageId": image or f"{{{{resolve:ssm:{parameter}}}}}",
        "InstanceType": instance_types(blueprint)[0],
        "IamInstanceProfile": _profile(blueprint),
        "UserData": {"Fn::Base64": sub(_user_data(blueprint))},
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": tokens, "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": disks(blueprint),
        **_addresses(blueprint),
    }
    if key:
        data["KeyName"] = key
    if blueprint.configuration.text(INSTANCES, "MonitoringInterval") == "1 minute":
        data["Monitoring"] = {"Enabled": True}
    if is_on(blueprint, INSTANCES, "LaunchTemplateTagPropagationEnabled"):
        tags = [{"Key": key, "Value": value} for key, value in tags_of(blueprint).items()]
        kinds = ("volume", "network-interface")
        data["TagSpecifications"] = [{"ResourceType": each, "Tags": tags} for each in kinds]
    return resource("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})


def _profile(blueprint: Blueprint) -> Json:
    given = said(blueprint, INSTANCES, "IamInstanceProfile")
    if not given:
        return {"Arn": att("InstanceProfile", "Arn")}
    return {"Arn" if isinstance(given, str) and given.startswith("arn:") else "Name": given}


def _addresses(blueprint: Blueprint) -> Json:
    """Security groups, and whether instances have public addresses: by the subnet, unless somebody says it."""
    groups = task_groups(blueprint)
    if not is_set(blueprint, NETWORK, "AssociatePublicIpAddress"):
        return {"SecurityGroupIds": groups}
    public = is_on(blueprint, NETWORK, "AssociatePublicIpAddress")
    return {"NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": public, "Groups": groups}]}


def _user_data(blueprint: Blueprint) -> str:
    """A script with ${names} of the template. The agent is started when it has ended, so it finds its configuration.

    The digest makes instances anew when what the files of `.ebextensions` ask of them has changed.
    """
    stack = "--stack ${AWS::StackName} --resource AutoScalingGroup --region ${AWS::Region}"
    metadata = init_metadata(blueprint)
    lines = [
        "#!/bin/bash",
        "set -eu",
        "cat >> /etc/ecs/ecs.config <<'END'",
        "ECS_CLUSTER=${Cluster}",
        "ECS_AWSVPC_BLOCK_IMDS=true",
        "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true",
        "END",
        "dnf install -y aws-cfn-bootstrap",
        f"trap '/opt/aws/bin/cfn-signal --exit-code $? {stack}' EXIT",
    ]
    if metadata:
        digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode()).hexdigest()[:16]
        lines += [f"# {digest}", f"/opt/aws/bin/cfn-init -v --configsets {SET} {stack}"]
    return "\n".join(lines) + "\n"


def _group(blueprint: Blueprint) -> Json:
    least, most = least_and_most(blueprint)
    launch = {"LaunchTemplateId": ref("LaunchTemplate"), "Version": att("LaunchTemplate", "LatestVersionNumber")}
    types = instance_types(blueprint)
    found: Json = {
        "MinSize": str(least),
        "MaxSize": str(most),
        "VPCZoneIdentifier": subnets(blueprint),
        "Cooldown": blueprint.configuration.text(GROUP, "Cooldown"),
        "CapacityRebalance": True if is_on(blueprint, GROUP, "EnableCapacityRebalancing") else None,
        "Tags": [
            {"Key": "Name", "Value": blueprint.environment, "PropagateAtLaunch": True},
            # Amazon ECS adds it when the group gets its capacity provider; said here, it is no drift.
            {"Key": "AmazonECSManaged", "Value": "true", "PropagateAtLaunch": True},
        ],
    }
    if is_spot(blueprint):
        found["MixedInstancesPolicy"] = {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": launch,
                "Overrides": [{"InstanceType": each} for each in types],
            },
            "InstancesDistribution": _distribution(blueprint),
        }
    else:
        found["LaunchTemplate"] = launch
    signals = {"ResourceSignal": {"Count": least, "Timeout": "PT15M"}} if least else None
    return resource(
        "AWS::AutoScaling::AutoScalingGroup",
        found,
        Metadata=init_metadata(blueprint) or None,
        CreationPolicy=signals,
        UpdatePolicy=_update_policy(blueprint, least, most),
    )


def _distribution(blueprint: Blueprint) -> Json:
    base, percent = on_demand(blueprint)
    price = blueprint.configuration.text(SPOT, "SpotMaxPrice")
    found: Json = {
        "OnDemandBaseCapacity": base,
        "OnDemandPercentageAboveBaseCapacity": percent,
        "SpotAllocationStrategy": blueprint.configuration.text(SPOT, "SpotAllocationStrategy"),
    }
    return {**found, "SpotMaxPrice": price} if price else found


def _update_policy(blueprint: Blueprint, least: int, most: int) -> Json:
    """How instances are replaced when their launch template changes: batch by batch, each after its signals."""
    configuration = blueprint.configuration
    batch, keep = (configuration.text(UPDATES, name) for name in ("MaxBatchSize", "MinInstancesInService"))
    in_service = least if keep is None else int(keep)
    rolling: Json = {
        "MaxBatchSize": max(1, math.ceil(least / 3)) if batch is None else int(batch),
        "MinInstancesInService": min(in_service, most - 1),
        "PauseTime": configuration.text(UPDATES, "Timeout"),
        "WaitOnResourceSignals": True,
        "SuspendProcesses": ["HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"],
    }
    return {
        "AutoScalingRollingUpdate": rolling,
        "AutoScalingScheduledAction": {"IgnoreUnmodifiedGroupSizeProperties": True},
    }
