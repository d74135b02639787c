"""The containers of a Dockerrun of version 2: each field applied, or told with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from beanstalk.containers import (
    Borrowed,
    Condition,
    Container,
    ContainerCheck,
    Dependency,
    Mount,
    MountKind,
    Port,
    Restart,
    Ulimit,
)
from tests.container_groups.making import TRUST, make, refused

MIB = 1 << 20


def task(*definitions: dict[str, Any], **keys: Any) -> dict[str, str | bytes]:
    """The bundle of a task with an nginx on port 80, and these containers behind it."""
    front = {"name": "front", "image": "nginx", "memory": 8, "portMappings": [{"hostPort": 80, "containerPort": 90}]}
    whole = [front, *({"name": "app", "image": "app:1", "memory": 16, **each} for each in definitions)]
    document = {"AWSEBDockerrunVersion": 2, "containerDefinitions": whole, **keys}
    return {"Dockerrun.aws.json": json.dumps(document, indent=1)}


def app(folder, *options: str, properties: dict[str, str] | None = None, **keys: Any) -> tuple[Container, list[str]]:
    """The container `app` with these keys, and what is told."""
    group, told = make(folder, task(keys), *options, properties=properties)
    return group.container("app"), [each.splitlines()[0].partition(": ")[2] for each in told]


@pytest.mark.parametrize(
    ("keys", "field", "value"),
    [
        ({}, "memory", 16 * MIB),
        ({"memory": None, "memoryReservation": 8}, "memory", None),
        ({"memoryReservation": 8}, "memory_reservation", 8 * MIB),
        ({"cpu": 512}, "cpu_shares", 512),
        ({"cpu": 1}, "cpu_shares", 2),
        ({"cpu": 0}, "cpu_shares", None),
        ({"command": ["a", "b c"]}, "command", ("a", "b c")),
        ({"command": []}, "command", None),
        ({"entryPoint": ["sh", "-c"]}, "entrypoint", ("sh", "-c")),
        ({"essential": False}, "essential", False),
        ({}, "essential", True),
        ({"environment": [{"name": "A", "value": "1"}, {"name": "B"}]}, "environment", (("A", "1"), ("B", ""))),
        ({"hostname": "h"}, "hostname", "h"),
        ({"user": "1:2"}, "user", "1:2"),
        ({"workingDirectory": "/srv"}, "working_dir", "/srv"),
        ({"extraHosts": [{"hostname": "db", "ipAddress": "10.0.0.1"}]}, "extra_hosts", (("db", "10.0.0.1"),)),
        ({"dnsServers": ["10.0.0.2"]}, "dns", ("10.0.0.2",)),
        ({"dnsSearchDomains": ["lan"]}, "dns_search", ("lan",)),
        ({"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}]}, "ulimits", (Ulimit("nofile", 1, 2),)),
        ({"systemControls": [{"namespace": "net.a", "value": "9"}]}, "sysctls", (("net.a", "9"),)),
        ({"dockerLabels": {"a": "b"}}, "labels", (("a", "b"),)),
        ({"stopTimeout": 5}, "stop_after_s", 5.0),
        ({}, "stop_after_s", None),
        ({"readonlyRootFilesystem": True}, "read_only", True),
        ({"interactive": True}, "stdin", True),
        ({"pseudoTerminal": True}, "terminal", True),
        ({"links": ["front:proxy", "front"]}, "links", (("front", "proxy"), ("front", "front"))),
        ({"volumesFrom": [{"sourceContainer": "front", "readOnly": True}]}, "volumes_from", (Borrowed("front", True),)),
        ({"linuxParameters": {"initProcessEnabled": True}}, "init", True),
        ({"linuxParameters": {"sharedMemorySize": 64}}, "shm_size", 64 * MIB),
        ({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, "capabilities_dropped", ("ALL",)),
        ({"linuxParameters": {"capabilities": {"add": ["CHOWN"]}}}, "capabilities_added", ("CHOWN",)),
        ({"linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 2, "mountOptions": ["ro"]}]}}, "mounts",
         (Mount(MountKind.TMPFS, "", "/t", True, 2 * MIB),)),
        ({"dockerSecurityOptions": ["no-new-privileges"]}, "security_options", ("no-new-privileges",)),
        ({"logConfiguration": {"logDriver": "json-file", "options": {"max-size": "1m"}}}, "log_driver", "json-file"),
        ({"logConfiguration": {"logDriver": "json-file", "options": {"a": "b"}}}, "log_options", (("a", "b"),)),
        ({"healthCheck": {"command": ["CMD", "a"]}}, "check", ContainerCheck(("CMD", "a"))),
        ({"healthCheck": {"command": ["CMD-SHELL", "a"], "interval": 5, "timeout": 6, "retries": 7, "startPeriod": 8}},
         "check", ContainerCheck(("CMD-SHELL", "a"), 5.0, 6.0, 7, 8.0)),
        ({"portMappings": [{"containerPort": 1, "hostPort": 0}]}, "ports", (Port(1),)),
        ({"portMappings": [{"containerPort": 53, "hostPort": 54, "protocol": "udp"}]}, "ports", (Port(53, 54, "udp"),)),
        ({"portMappings": [{"containerPortRange": "8000-8001"}]}, "ports", (Port(8000), Port(8001))),
        ({"essential": False, "restartPolicy": {"enabled": True}}, "restart", Restart.ALWAYS),
        ({"essential": False, "restartPolicy": {"enabled": False}}, "restart", Restart.NO),
        ({"versionConsistency": "enabled"}, "restart", Restart.NO),
        ({"disableNetworking": False, "privileged": False}, "privileged", False),
    ],
)  # fmt: skip
def test_a_field_is_applied_with_nothing_to_tell(tmp_path, keys, field, value):
    container, told = app(tmp_path, **keys)
    assert (getattr(container, field), told) == (value, [])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("START", Condition.STARTED),
        ("HEALTHY", Condition.HEALTHY),
        ("COMPLETE", Condition.COMPLETED),
        ("SUCCESS", Condition.SUCCEEDED),
    ],
)
def test_what_a_container_waits_for(tmp_path, condition, expected):
    other = {"name": "other", "essential": False, "healthCheck": {"command": ["CMD", "a"]}}
    group, _ = make(tmp_path, task({"dependsOn": [{"containerName": "other", "condition": condition}]}, other))
    assert group.container("app").depends_on == (Dependency("other", expected),)
    assert [each.name for each in group.containers] == ["front", "other", "app"]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"repositoryCredentials": {"credentialsParameter": "arn:x"}}, "repositoryCredentials of app"),
        ({"environmentFiles": [{"value": "arn:x.env", "type": "s3"}]}, "environmentFiles of app"),
        ({"startTimeout": 5}, "startTimeout of app"),
        ({"disableNetworking": True}, "disableNetworking of app"),
        ({"resourceRequirements": [{"type": "GPU", "value": "1"}]}, "resourceRequirements of app"),
        ({"firelensConfiguration": {"type": "fluentd"}}, "firelensConfiguration of app"),
        ({"credentialSpecs": ["a"]}, "credentialSpecs of app"),
        ({"versionConsistency": "disabled"}, "versionConsistency of app"),
        ({"privileged": True}, "privileged of app"),
        ({"restartPolicy": {"enabled": True}}, "restartPolicy of app"),
        ({"essential": False, "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60}},
         "restartAttemptPeriod of app"),
        ({"essential": False, "restartPolicy": {"enabled": True, "ignoredExitCodes": [0]}}, "ignoredExitCodes of app"),
        ({"logConfiguration": {"logDriver": "awslogs"}}, "the log driver awslogs of app"),
        ({"logConfiguration": {"logDriver": "json-file", "secretOptions": [{"name": "a", "valueFrom": "arn:x"}]}},
         "secretOptions of app"),
        ({"dockerSecurityOptions": ["apparmor:unconfined"]}, "the security option apparmor:unconfined of app"),
        ({"linuxParameters": {"devices": [{"hostPath": "/dev/sda"}]}}, "devices of app"),
        ({"linuxParameters": {"maxSwap": 1}}, "maxSwap of app"),
        ({"linuxParameters": {"swappiness": 0}}, "swappiness of app"),
        ({"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}, "the capability SYS_ADMIN of app"),
        ({"linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1, "mountOptions": ["noexec"]}]}},
         "mountOptions of app"),
        ({"portMappings": [{"containerPort": 1, "appProtocol": "grpc"}]}, "appProtocol of a port of app"),
        ({"portMappings": [{"containerPort": 1, "name": "grpc"}]}, "name of a port of app"),
    ],
)  # fmt: skip
def test_a_field_without_counterpart_is_told(tmp_path, keys, told):
    _, found = app(tmp_path, **keys)
    assert [each.partition(" is not applied here")[0] for each in found] == [told]


def test_what_is_told_has_the_line_of_the_field(tmp_path):
    files = task({"startTimeout": 5})
    line = files["Dockerrun.aws.json"].splitlines().index('   "startTimeout": 5') + 1
    assert make(tmp_path, files)[1][0].startswith(f"Dockerrun.aws.json:{line}:")


def test_secrets_are_told_but_for_those_that_are_given_otherwise(tmp_path):
    secrets = [{"name": name, "valueFrom": "arn:x"} for name in ("A", "B", "C")]
    _, told = make(
        tmp_path,
        task({"secrets": secrets, "environment": [{"name": "B", "value": ""}]}, executionRoleArn="arn:r"),
        properties={"A": "1"},
    )
    assert "executionRoleArn is not applied here" in told[1]
    assert "secrets of app: C is not applied here" in told[0] and "beanstalk setenv --secret C=REFERENCE" in told[0]


def test_the_properties_go_to_every_container_and_the_definition_beats_them(tmp_path):
    own = [{"name": "LOG", "value": "debug"}, {"name": "SAME", "value": "1"}]
    group, told = make(tmp_path, task({"environment": own}), properties={"LOG": "info", "SAME": "1", "X": "y"})
    assert dict(group.container("front").environment) == {"LOG": "info", "SAME": "1", "X": "y"}
    assert dict(group.container("app").environment) == {"LOG": "debug", "SAME": "1", "X": "y"}
    assert len(told) == 1 and "app has its own LOG, which goes before the environment property" in told[0]


@pytest.mark.parametrize(
    ("volume", "mount"),
    [
        ({"host": {"sourcePath": "/var/app/current/conf"}}, Mount(MountKind.BUNDLE, "conf", "/m", True)),
        ({"host": {"sourcePath": "/var/app/current"}}, Mount(MountKind.BUNDLE, "", "/m", True)),
        ({"host": {"sourcePath": "/srv/x/../data"}}, Mount(MountKind.HOST, "/srv/data", "/m", True)),
        ({}, Mount(MountKind.VOLUME, "v", "/m", True)),
        ({"host": {}}, Mount(MountKind.VOLUME, "v", "/m", True)),
        ({"dockerVolumeConfiguration": {"scope": "task"}}, Mount(MountKind.VOLUME, "v", "/m", True)),
    ],
)
def test_a_volume_is_mounted(tmp_path, volume, mount):
    points = [{"sourceVolume": "v", "containerPath": "/m", "readOnly": True}]
    files = task({"mountPoints": points}, volumes=[{"name": "v", **volume}])
    group, told = make(tmp_path, {**files, "conf": ""})
    assert (group.container("app").mounts, told) == ((mount,), [])


def test_the_volumes_for_logs_are_there_by_themselves(tmp_path):
    container, told = app(tmp_path, mountPoints=[{"sourceVolume": "awseb-logs-app", "containerPath": "/var/log/app"}])
    assert (container.mounts, told) == ((Mount(MountKind.LOGS, "app", "/var/log/app"),), [])


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        ({"efsVolumeConfiguration": {"fileSystemId": "fs-1"}}, "efsVolumeConfiguration of the volume v"),
        ({"s3filesVolumeConfiguration": {"fileSystemArn": "a"}}, "s3filesVolumeConfiguration of the volume v"),
        ({"configuredAtLaunch": True}, "configuredAtLaunch of the volume v"),
        ({"dockerVolumeConfiguration": {"scope": "shared"}}, "scope of the volume v"),
        ({"dockerVolumeConfiguration": {"driver": "rexray"}}, "driver of the volume v"),
        ({"dockerVolumeConfiguration": {"driverOpts": {"type": "none", "o": "bind", "device": "/etc"}}},
         "driverOpts of the volume v"),
        ({"dockerVolumeConfiguration": {"labels": {"a": "b"}}}, "labels of the volume v"),
    ],
)  # fmt: skip
def test_a_volume_of_another_kind_is_an_empty_one_and_told(tmp_path, volume, told):
    points = [{"sourceVolume": "v", "containerPath": "/m"}]
    group, found = make(tmp_path, task({"mountPoints": points}, volumes=[{"name": "v", **volume}]))
    assert group.container("app").mounts == (Mount(MountKind.VOLUME, "v", "/m"),)
    assert len(found) == 1 and f"{told} is not applied here" in found[0]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"portMappings": [{"containerPortRange": "1-65535"}]}, "containerPortRange 1-65535 of app is not possible"),
        ({"portMappings": [{"containerPortRange": "9-8"}]}, "containerPortRange 9-8 of app is not possible"),
        ({"mountPoints": [{"sourceVolume": "v", "containerPath": "m"}]}, "'m' cannot be mounted on"),
        ({"mountPoints": [{"sourceVolume": "v", "containerPath": "/"}]}, "'/' cannot be mounted on"),
        ({"mountPoints": [{"sourceVolume": "v", "containerPath": "/m"}, {"sourceVolume": "v", "containerPath": "/m/"}]},
         "a second mount on /m/"),
        ({"image": "Shop"}, "is no name of an image"),
        ({"image": "shop:<TAG>"}, "not filled in: <TAG>"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(tmp_path, keys, problem):
    [told] = refused(tmp_path, task(keys, volumes=[{"name": "v"}]))
    assert told.startswith("Dockerrun.aws.json:") and problem in told


def test_all_mistakes_are_told_at_once(tmp_path):
    bad = {"portMappings": [{"containerPortRange": "9-8"}]}
    assert len(refused(tmp_path, task(bad, {**bad, "name": "other"}))) == 2


def test_the_credentials_are_for_every_image(tmp_path):
    group, _ = make(tmp_path, task({}, authentication={"bucket": "b", "key": "k"}))
    assert {each.image.credentials for each in group.containers} == {"s3://b/k"}
    assert [each.image.reference for each in group.containers] == ["nginx", "app:1"]
    # As the agent of ECS: asked for each time, and without an answer what is there is taken.
    assert all(each.image.always and each.image.or_present for each in group.containers)


def test_a_bundle_that_is_trusted_gets_its_rights(tmp_path):
    linux = {"capabilities": {"add": ["SYS_ADMIN"]}}
    options = ["seccomp:unconfined"]
    container, told = app(tmp_path, TRUST, privileged=True, linuxParameters=linux, dockerSecurityOptions=options)
    assert (container.privileged, container.capabilities_added) == (True, ("SYS_ADMIN",))
    assert (container.security_options, told) == (("seccomp:unconfined",), [])


def test_devices_are_given_to_nobody(tmp_path):
    _, told = app(tmp_path, TRUST, linuxParameters={"devices": [{"hostPath": "/dev/sda"}]})
    assert len(told) == 1 and "devices of app is not applied here" in told[0]
