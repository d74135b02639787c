"""Databases, file systems, notifications, alarms, names and tasks that something starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.template import alarms
from beanstalk.targets.aws.template.records import record_name
from beanstalk.targets.aws.template.triggers import build as started_tasks
from tests.targets.aws.blueprints import make_blueprint, template_of
from tests.targets.aws.template.parts import EC2, blueprint, resources, template

DATABASE = "aws:rds:dbinstance:"
HAS_DATABASE = f"{DATABASE}HasCoupledDatabase=true"
TASK = "beanstalk:aws:task:import:"


@pytest.mark.parametrize(
    ("policy", "at_end", "around"),
    [
        ("Delete", "Delete", "Delete"),
        ("Retain", "RetainExceptOnCreate", "RetainExceptOnCreate"),
        ("Snapshot", "Snapshot", "Delete"),
    ],
)
def test_what_becomes_of_a_database_and_what_it_needs(tmp_path: Path, policy: str, at_end: str, around: str) -> None:
    """Of a create that failed nothing stays."""
    found = resources(tmp_path, HAS_DATABASE, f"{DATABASE}DBDeletionPolicy={policy}")
    assert (found["Database"]["DeletionPolicy"], found["Database"]["UpdateReplacePolicy"]) == (at_end, policy)
    names = ("DatabaseSecret", "DatabaseSubnetGroup", "DatabaseSecurityGroup")
    assert {found[name]["DeletionPolicy"] for name in names} == {around}


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (("aws:ec2:vpc:Subnets=subnet-1",), "aws:ec2:vpc:Subnets: an application load balancer"),
        (("aws:ec2:vpc:Subnets=subnet-1,subnet-2", "aws:ec2:vpc:ELBSubnets=subnet-1, subnet-1"),
         "aws:ec2:vpc:ELBSubnets: an application load balancer"),
        (("aws:ec2:vpc:Subnets=subnet-1,subnet-2", HAS_DATABASE, "aws:ec2:vpc:DBSubnets=subnet-1"),
         "aws:ec2:vpc:DBSubnets: a database"),
    ],
)  # fmt: skip
def test_one_subnet_is_too_few_for_what_stands_in_two_zones(
    tmp_path: Path, options: tuple[str, ...], place: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        resources(tmp_path, *options)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{place} needs subnets in two zones, and this is one")


def test_one_subnet_is_enough_for_tasks_alone(tmp_path: Path) -> None:
    single = "aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance"
    assert "Service" in resources(tmp_path, single, "aws:ec2:vpc:Subnets=subnet-1")


def test_a_security_group_that_stays_names_none_that_goes(tmp_path: Path) -> None:
    found = resources(tmp_path, HAS_DATABASE, f"{DATABASE}DBDeletionPolicy=Retain")
    assert "InstanceSecurityGroup" not in json.dumps(found["DatabaseSecurityGroup"])
    assert "DeletionPolicy" not in found["DatabaseIngress1"]


@pytest.mark.parametrize("engine, encrypted", [("mysql", True), ("sqlserver-ex", None)])
def test_a_disk_is_encrypted_where_it_can_be(tmp_path: Path, engine: str, encrypted: bool | None) -> None:
    found = resources(tmp_path, HAS_DATABASE, f"{DATABASE}DBEngine={engine}")["Database"]["Properties"]
    assert found.get("StorageEncrypted") is encrypted


def test_a_password_never_stands_in_a_template(tmp_path: Path) -> None:
    made = template(tmp_path, HAS_DATABASE, f"{DATABASE}DBPassword=hunter2hunter2")
    assert "hunter2" not in json.dumps(made.body)
    assert any("DBPassword is not used" in each.text for each in made.warnings)
    (container,) = made.body["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert [each["Name"] for each in container["Secrets"]] == ["RDS_PASSWORD"]
    assert "RDS_PASSWORD" not in [each["Name"] for each in container["Environment"]]


@pytest.mark.parametrize("engine, port", [("mysql", 3306), ("postgres", 5432), ("sqlserver-ex", 1433)])
def test_only_the_tasks_reach_the_database(tmp_path: Path, engine: str, port: int) -> None:
    found = resources(tmp_path, HAS_DATABASE, f"{DATABASE}DBEngine={engine}")
    (rule,) = [each["Properties"] for each in found.values() if each["Type"] == "AWS::EC2::SecurityGroupIngress"]
    assert rule["GroupId"] == {"Fn::GetAtt": ["DatabaseSecurityGroup", "GroupId"]}
    assert (rule["FromPort"], rule["ToPort"]) == (port, port)
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["InstanceSecurityGroup", "GroupId"]}


def test_an_engine_that_amazon_rds_has_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no engine 'oracle-se1'"):
        resources(tmp_path, HAS_DATABASE, f"{DATABASE}DBEngine=oracle-se1")


def test_a_disk_with_provisioned_operations_has_the_least_that_there_is(tmp_path: Path) -> None:
    found = resources(tmp_path, HAS_DATABASE, f"{DATABASE}DBStorageType=io1")["Database"]["Properties"]
    assert (found["AllocatedStorage"], found["Iops"]) == ("100", 1000)


def test_tasks_wait_for_the_mount_targets_of_a_file_system(tmp_path: Path) -> None:
    found = resources(tmp_path, "beanstalk:aws:SharedFileSystem=new")
    targets = sorted(name for name in found if name.startswith("FileSystemMountTarget"))
    tags = json.dumps(found["FileSystemAccessPoint"]["Properties"]["AccessPointTags"])
    assert len(targets) == 6 and all(each in tags for each in targets)
    assert "FileSystemAccessPoint" in json.dumps(found["TaskDefinition"]["Properties"]["Volumes"])
    assert found["FileSystem"]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_file_system_may_be_used_through_its_access_point_alone(tmp_path: Path) -> None:
    found = resources(tmp_path, "beanstalk:aws:SharedFileSystem=fs-0123456789abcdef0")
    (statement,) = found["TaskRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "elasticfilesystem:AccessPointArn": {"Fn::GetAtt": ["FileSystemAccessPoint", "Arn"]}
    }


def test_alarms_count_both_target_groups_and_end_a_deployment(tmp_path: Path) -> None:
    found = resources(tmp_path)
    for name in ("ServerErrorsAlarm", "UnhealthyTasksAlarm"):
        assert {"TargetGroup", "AlternateTargetGroup"} <= {
            each["Fn::GetAtt"][0] for each in _attributes(found[name]) if each["Fn::GetAtt"][1] == "TargetGroupFullName"
        }
    told = found["Service"]["Properties"]["DeploymentConfiguration"]["Alarms"]
    assert told["AlarmNames"] == [{"Ref": "UnhealthyTasksAlarm"}, {"Ref": "ServerErrorsAlarm"}]


def _attributes(value: object) -> list[dict[str, list[str]]]:
    """All Fn::GetAtt of a resource."""
    if isinstance(value, dict):
        own = [value] if "Fn::GetAtt" in value else []
        return own + [each for inner in value.values() for each in _attributes(inner)]
    return [each for inner in value for each in _attributes(inner)] if isinstance(value, list) else []


def test_a_network_load_balancer_knows_no_errors(tmp_path: Path) -> None:
    network = "aws:elasticbeanstalk:environment:LoadBalancerType=network"
    assert set(alarms.build(blueprint(tmp_path, network))) == {"UnhealthyTasksAlarm"}


def test_without_anybody_to_tell_there_is_no_topic(tmp_path: Path) -> None:
    found = resources(tmp_path)
    assert not [
        name for name in found if name.startswith("Notification") or (name.endswith("Rule") and "Tasks" in name)
    ]
    assert "AlarmActions" not in found["ServerErrorsAlarm"]["Properties"]


def test_only_the_rules_of_the_stack_and_alarms_of_the_account_may_publish(tmp_path: Path) -> None:
    option = "aws:elasticbeanstalk:sns:topics:Notification Endpoint=ops@example.org"
    found = resources(tmp_path, option)
    statements = found["NotificationTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [each["Principal"]["Service"].partition(".")[0] for each in statements] == ["events", "cloudwatch"]
    assert all(each["Condition"] for each in statements)
    assert found["ServerErrorsAlarm"]["Properties"]["AlarmActions"] == [{"Ref": "NotificationTopic"}]


def test_the_name_of_an_environment_is_below_its_domain(tmp_path: Path) -> None:
    options = ("beanstalk:aws:HostedZoneId=Z1", "beanstalk:aws:DomainName=apps.example.org.")
    assert record_name(blueprint(tmp_path, *options)) == "e-abcdefghij.apps.example.org"


def test_a_single_instance_has_no_name_that_stays(tmp_path: Path) -> None:
    options = ("beanstalk:aws:HostedZoneId=Z1", "beanstalk:aws:DomainName=apps.example.org")
    single = "aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance"
    assert "EnvironmentRecord" not in resources(tmp_path, single, *options)


def test_a_file_starts_a_task_that_knows_its_place(tmp_path: Path) -> None:
    found = resources(tmp_path, f"{TASK}Bucket=uploads", f"{TASK}Command=import '<x>' \"two words\"")
    (target,) = found["TaskImportUploadRule"]["Properties"]["Targets"]
    given = target["InputTransformer"]["InputTemplate"].replace("<BUCKET>", '"uploads"').replace("<KEY>", '"a b"')
    (override,) = json.loads(given)["containerOverrides"]
    assert override["command"] == ["import", "<x>", "two words"]
    assert {each["name"]: each["value"] for each in override["environment"]} == {"BUCKET": "uploads", "KEY": "a b"}


def test_what_starts_tasks_may_start_these_alone(tmp_path: Path) -> None:
    role = resources(tmp_path, f"{TASK}Schedule=0 6 * * *")["TaskStarterRole"]["Properties"]
    run, tag, hand_over = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert run["Resource"] == {"Ref": "TaskDefinition"}
    assert all(each["Condition"] for each in (run, tag, hand_over))


@pytest.mark.parametrize(
    "options, told",
    [
        (("Command=x",), "nothing starts the task"),
        (("Schedule=0 6 1 * MON",), "day of the month and weekday"),
        (("Schedule=0 26 * * *",), "hour"),
        (("Schedule=0 6 30 2 *",), "no date fits"),
        (("Bucket=b", "Container=db"), "no container 'db'"),
        (("Bucket=b", "Command=echo 'x"), "quotation mark"),
    ],
)
def test_a_started_task_that_cannot_be_is_refused(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        started_tasks(blueprint(tmp_path, *(TASK + each for each in options)))


@pytest.mark.parametrize(
    "option",
    ["beanstalk:aws:MinInstances", "beanstalk:aws:DomainName", f"{TASK}Schedule", "aws:ec2:instances:InstanceTypes"],
)
def test_a_function_cannot_say_what_the_stack_is_made_by(tmp_path: Path, option: str) -> None:
    with pytest.raises(InvalidInput, match="which a function tells too late"):
        resources(tmp_path, EC2, option + '=`{"Ref": "AWS::Region"}`')


RUN_V1 = (
    '{"AWSEBDockerrunVersion": "1", "Image": {"Name": "registry.example.com/a:1"}, "Ports": [{"ContainerPort": 8080}]}'
)
DOCKER = {"Dockerfile": "FROM registry.example.com/base:1\nEXPOSE 8000\n"}


@pytest.mark.parametrize(
    "files, told",
    [
        ({"Dockerrun.aws.json": RUN_V1}, ["packages has no effect"]),
        (DOCKER, ["packages has no effect"]),
        ({"requirements.txt": "", "application.py": ""}, []),
    ],
)
def test_what_only_instances_have_is_told_on_fargate(tmp_path: Path, files: dict[str, str], told: list[str]) -> None:
    packages = {".ebextensions/a.config": "packages:\n  yum:\n    jq: []\n"}
    made = template_of(make_blueprint(tmp_path, {**files, **packages}))
    assert [each.text[:22] for each in made.warnings] == told
