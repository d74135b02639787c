"""What tasks run on: providers and their shares, how many instances, and of which type."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.template.capacity import strategy
from beanstalk.targets.aws.template.disks import disks
from beanstalk.targets.aws.template.instances import least_and_most
from beanstalk.targets.aws.template.machines import instance_types
from tests.targets.aws.template.parts import BRIDGE, EC2, blueprint, resources

SPOT = "aws:ec2:instances:"
SIZE = "aws:autoscaling:asg:"
LAUNCH = "aws:autoscaling:launchconfiguration:"


@pytest.mark.parametrize(
    "base, percent, shares",
    [
        ("0", "0", [("FARGATE_SPOT", 100, None)]),
        ("2", "0", [("FARGATE", 0, 2), ("FARGATE_SPOT", 100, None)]),
        ("0", "40", [("FARGATE", 40, None), ("FARGATE_SPOT", 60, None)]),
        ("1", "100", [("FARGATE", 100, 1)]),
    ],
)
def test_shares_of_fargate_spot(
    tmp_path: Path, base: str, percent: str, shares: list[tuple[str, int, int | None]]
) -> None:
    options = ("EnableSpot=true", f"SpotFleetOnDemandBase={base}", f"SpotFleetOnDemandAboveBasePercentage={percent}")
    found = strategy(blueprint(tmp_path, *(SPOT + each for each in options)))
    assert [(each["CapacityProvider"], each["Weight"], each.get("Base")) for each in found] == shares


@pytest.mark.parametrize(
    "options", [(), (EC2, BRIDGE), (f"{SPOT}EnableSpot=true",), (EC2, "beanstalk:aws:Cluster=old")]
)
def test_a_service_has_a_launch_type_or_a_strategy(tmp_path: Path, options: tuple[str, ...]) -> None:
    service = resources(tmp_path, *options)["Service"]["Properties"]
    assert ("LaunchType" in service) != ("CapacityProviderStrategy" in service)


def test_the_capacity_providers_of_somebody_elses_cluster_are_left_alone(tmp_path: Path) -> None:
    found = resources(tmp_path, "beanstalk:aws:Cluster=old", f"{SPOT}EnableSpot=true")
    assert not {"Cluster", "CapacityProviders", "CapacityProvider"} & found.keys()


@pytest.mark.parametrize(
    "options, sizes",
    [
        ((f"{SIZE}MinSize=2", f"{SIZE}MaxSize=5"), (1, 10)),
        ((f"{SIZE}MinSize=0",), (0, 8)),
        (("beanstalk:aws:MinInstances=3", "beanstalk:aws:MaxInstances=4"), (3, 4)),
        (("aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance",), (1, 2)),
    ],
)
def test_instances_for_two_versions_side_by_side(
    tmp_path: Path, options: tuple[str, ...], sizes: tuple[int, int]
) -> None:
    assert least_and_most(blueprint(tmp_path, EC2, *options)) == sizes


def test_a_group_that_may_be_empty_waits_for_no_signal(tmp_path: Path) -> None:
    assert "CreationPolicy" not in resources(tmp_path, EC2, BRIDGE, f"{SIZE}MinSize=0")["AutoScalingGroup"]
    assert "CreationPolicy" in resources(tmp_path / "one", EC2, BRIDGE)["AutoScalingGroup"]


@pytest.mark.parametrize(
    "options, types",
    [
        ((), ["t3.micro"]),
        (("beanstalk:aws:Memory=3000",), ["t3.medium"]),
        (("beanstalk:aws:Architecture=ARM64",), ["t4g.micro"]),
        ((f"{SPOT}EnableSpot=true",), ["t3.micro", "t3a.micro"]),
        ((f"{SPOT}InstanceTypes=m5.large,c5.large",), ["m5.large"]),
        ((f"{SPOT}EnableSpot=true", f"{SPOT}InstanceTypes=m5.large,c5.large"), ["m5.large", "c5.large"]),
        ((f"{LAUNCH}InstanceType=m6i.large",), ["m6i.large"]),
    ],
)
def test_types_have_room_for_a_task(tmp_path: Path, options: tuple[str, ...], types: list[str]) -> None:
    assert instance_types(blueprint(tmp_path, EC2, *options)) == types


@pytest.mark.parametrize(
    "options, text",
    [
        ((f"{SPOT}InstanceTypes=m6g.large",), "has not the architecture X86_64"),
        (("beanstalk:aws:Architecture=ARM64", f"{LAUNCH}InstanceType=t3.small"), "has not the architecture ARM64"),
        (("beanstalk:aws:Memory=100000",), "100000 MiB, more than the types"),
    ],
)
def test_types_that_cannot_be_are_refused(tmp_path: Path, options: tuple[str, ...], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        instance_types(blueprint(tmp_path, EC2, *options))


def test_disks(tmp_path: Path) -> None:
    mappings = "BlockDeviceMappings=/dev/sdj=:100:false:gp3:3000,/dev/sdh=snap-51eef269,/dev/sdb=ephemeral0"
    root, further, snapshot, ephemeral = disks(blueprint(tmp_path, EC2, f"{LAUNCH}RootVolumeSize=8", LAUNCH + mappings))
    assert root["Ebs"]["VolumeSize"] == 30
    assert further["Ebs"] == {
        "VolumeSize": 100, "DeleteOnTermination": False, "VolumeType": "gp3", "Iops": 3000, "Encrypted": True
    }  # fmt: skip
    assert snapshot == {"DeviceName": "/dev/sdh", "Ebs": {"SnapshotId": "snap-51eef269", "DeleteOnTermination": True}}
    assert ephemeral == {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}


@pytest.mark.parametrize("text", ["/dev/sdj", "/dev/sdj=", "/dev/sdj=:large", "/dev/sdj=:1:true:gp3:1:1:1"])
def test_a_disk_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot read"):
        disks(blueprint(tmp_path, EC2, f"{LAUNCH}BlockDeviceMappings={text}"))


def test_another_setup_of_the_host_makes_new_instances(tmp_path: Path) -> None:
    def user_data(folder: str, text: str) -> object:
        files = {".ebextensions/a.config": f"commands:\n  01:\n    command: echo {text}\n"}
        return resources(tmp_path / folder, EC2, BRIDGE, files=files)["LaunchTemplate"]["Properties"]

    assert user_data("a", "one") == user_data("b", "one")
    assert user_data("a", "one") != user_data("c", "two")


def test_the_agent_may_work_in_its_own_cluster_alone(tmp_path: Path) -> None:
    policy = resources(tmp_path, EC2, BRIDGE)["InstanceRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    free = [each["Action"] for each in policy["Statement"] if each["Resource"] == "*" and "Condition" not in each]
    assert free == ["ecs:DiscoverPollEndpoint"]
