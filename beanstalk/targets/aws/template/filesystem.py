"""A file system of Amazon EFS that all tasks share: a new one, or one that was there before.

A task reaches it through a mount target in its own zone, so a new one gets a mount target in every subnet of the tasks.
How many subnets there are only the parameter says, and no function counts: the list is filled up with nothing, and each
mount target stands under the condition that there is a subnet at its place. A zone takes one mount target, so of the
subnets no two may be in the same zone.
Source: Amazon ECS Developer Guide, "Use Amazon EFS volumes"; Amazon EFS User Guide, "Managing mount targets".
"""

from __future__ import annotations

from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.network import subnets, task_groups, vpc
from beanstalk.targets.aws.template.pieces import att, iff, ref, resource, sub
from beanstalk.targets.aws.template.said import OURS, place, said
from beanstalk.targets.aws.template.trust import allow

VOLUME = "beanstalk-shared"
PORT = 2049
MOST_SUBNETS = 6
"""Mount targets that there can be; no region has more zones."""
_OWNER = {"Uid": "1000", "Gid": "1000"}
_OPTION = "SharedFileSystem"


def build(blueprint: Blueprint) -> Resources:
    asked = said(blueprint, OURS, _OPTION)
    if not asked:
        return {}
    found: Resources = {"FileSystemAccessPoint": resource("AWS::EFS::AccessPoint", _access_point(blueprint))}
    if asked == "new":
        found["FileSystem"] = resource(
            "AWS::EFS::FileSystem",
            {"Encrypted": True, "ThroughputMode": "elastic", "BackupPolicy": {"Status": "ENABLED"}},
            DeletionPolicy="RetainExceptOnCreate",
            UpdateReplacePolicy="Retain",
        )
        found["FileSystemSecurityGroup"] = resource("AWS::EC2::SecurityGroup", _door(blueprint))
        found |= _mount_targets(blueprint)
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    asked = said(blueprint, OURS, _OPTION)
    if not asked:
        return Contribution()
    new = asked == "new"
    through = {"StringEquals": {"elasticfilesystem:AccessPointArn": att("FileSystemAccessPoint", "Arn")}}
    actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    path = said(blueprint, OURS, "FileSystemPath")
    told = "its security groups have to let in the tasks at port 2049, through a mount target in each of their zones"
    return Contribution(
        volumes=[_volume(blueprint)],
        mounts=[{"sourceVolume": VOLUME, "containerPath": path, "readOnly": False}],
        task_statements=[allow(actions, _arn(blueprint), through)],
        conditions=_conditions(blueprint) if new else {},
        outputs={"FileSystemId": {"Description": "file system of the tasks", "Value": _id(blueprint)}},
        warnings=[] if new else [Problem(f"the file system was there before: {told}", place(blueprint, OURS, _OPTION))],
    )


def _id(blueprint: Blueprint) -> Any:
    asked = said(blueprint, OURS, _OPTION)
    return ref("FileSystem") if asked == "new" else asked


def _arn(blueprint: Blueprint) -> Any:
    asked = said(blueprint, OURS, _OPTION)
    if asked == "new":
        return att("FileSystem", "Arn")
    arn = "arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:${AWS::AccountId}:file-system/"
    return sub(arn + asked) if isinstance(asked, str) else {"Fn::Sub": [arn + "${Id}", {"Id": asked}]}


def _access_point(blueprint: Blueprint) -> Json:
    """Whoever a container runs as, in the file system it is one user, to whom the folder belongs."""
    root: Json = {"Path": said(blueprint, OURS, "FileSystemRoot") or "/"}
    if root["Path"] != "/":
        root["CreationInfo"] = {"OwnerUid": "1000", "OwnerGid": "1000", "Permissions": "0755"}
    # The root folder of a new file system belongs to root, and cannot be made for anybody else.
    user = {"PosixUser": _OWNER} if root["Path"] != "/" else {}
    found: Json = {"FileSystemId": _id(blueprint), "RootDirectory": root, **user}
    if said(blueprint, OURS, _OPTION) == "new":
        found["AccessPointTags"] = [{"Key": "beanstalk:mount-targets", "Value": _all_targets()}]
    return found


def _all_targets() -> Json:
    """Ids of the mount targets that there are. By this reference no task starts before them: a resource that stands
    under a condition cannot be in DependsOn."""
    targets = [iff(_has_subnet(index), ref(_target_id(index)), "") for index in range(MOST_SUBNETS)]
    return {"Fn::Join": [" ", targets]}


def _volume(blueprint: Blueprint) -> Json:
    return {
        "name": VOLUME,
        "efsVolumeConfiguration": {
            "fileSystemId": _id(blueprint),
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": ref("FileSystemAccessPoint"), "iam": "ENABLED"},
        },
    }


def _door(blueprint: Blueprint) -> Json:
    rules = [
        {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "SourceSecurityGroupId": each, "Description": "tasks"}
        for each in task_groups(blueprint)
    ]
    return {
        "GroupDescription": f"file system of {blueprint.environment}",
        "VpcId": vpc(blueprint),
        "SecurityGroupIngress": rules,
    }


def _target_id(index: int) -> str:
    return f"FileSystemMountTarget{index + 1}"


def _mount_targets(blueprint: Blueprint) -> Resources:
    return {
        _target_id(index): resource(
            "AWS::EFS::MountTarget",
            {
                "FileSystemId": ref("FileSystem"),
                "SubnetId": _subnet(blueprint, index),
                "SecurityGroups": [att("FileSystemSecurityGroup", "GroupId")],
            },
            Condition=_has_subnet(index),
        )
        for index in range(MOST_SUBNETS)
    }


def _has_subnet(index: int) -> str:
    return f"HasSubnet{index + 1}"


def _conditions(blueprint: Blueprint) -> Json:
    return {
        _has_subnet(index): {"Fn::Not": [{"Fn::Equals": [_subnet(blueprint, index), ""]}]}
        for index in range(MOST_SUBNETS)
    }


def _subnet(blueprint: Blueprint, index: int) -> Json:
    """The subnet at a place of the list, "" behind its end."""
    listed = {"Fn::Join": [",", subnets(blueprint)]}
    padded = {"Fn::Join": ["", [listed, "," * MOST_SUBNETS]]}
    return {"Fn::Select": [index, {"Fn::Split": [",", padded]}]}
