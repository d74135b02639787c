"""A Dockerrun of version 2 is a task definition already: every field of it is in ours, whatever it is."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput
from beanstalk.source.container import Container, camel
from beanstalk.targets.aws.taskdef_dockerrun import without_nulls
from tests.targets.aws.taskdefs import EC2, PROPERTIES, define

FOLDER = os.environ.get("BEANSTALK_CORPUS", "")
NAME = "Dockerrun.aws.json"
REFUSED = ("not filled in: ", "is less than a container starts with")
"""What of files of the wild no engine could start."""


def assert_nothing_is_lost(written: dict[str, Any], document: dict[str, Any]) -> None:
    """Every member of every container and volume is there; what may differ is the host port of who gets requests."""
    containers = {each["name"]: each for each in document["containerDefinitions"]}
    for each in written["containerDefinitions"]:
        ours = containers[each["name"]]
        for key, value in each.items():
            if camel(key) not in KNOWN:
                continue
            if key == "portMappings":
                assert [without_host(one) for one in ours[key]] == [without_host(one) for one in value]
            elif key in ("environment", "secrets", "mountPoints"):
                assert ours[key][: len(value)] == value
            elif key == "logConfiguration":
                assert ours[key]["logDriver"] == value["logDriver"]
                assert {**ours[key].get("options", {}), **value.get("options", {})} == ours[key].get("options", {})
            else:
                assert ours[key] == value
    volumes = document.get("volumes", [])
    assert volumes[: len(written.get("volumes") or [])] == (written.get("volumes") or [])


def without_host(mapping: dict[str, Any]) -> dict[str, Any]:
    """hostPort 80 is how Elastic Beanstalk is told who gets the requests; ECS finds a free port for it."""
    return {key: str(value).lower() for key, value in mapping.items() if key != "hostPort"}


KNOWN = {camel(name) for name in Container.__dataclass_fields__}


def rows() -> list[Any]:
    if not FOLDER:
        return []
    with (Path(FOLDER) / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["kind"] == "dockerrun-v2" and row["expected"] != "invalid"]
    return [pytest.param(Path(FOLDER) / row["file"], id=row["file"]) for row in found]


@pytest.mark.corpus
@pytest.mark.parametrize("path", rows())
def test_nothing_of_a_file_of_the_wild_is_lost(tmp_path, path):
    try:
        found = define(tmp_path, {NAME: path.read_bytes()}, EC2, f"{PROPERTIES}:ADDED=1")
    except InvalidInput as error:
        assert all(any(reason in problem.text for reason in REFUSED) for problem in error.problems), error
        pytest.skip("refused")
    # a null is as good as nothing
    assert_nothing_is_lost(without_nulls(json.loads(path.read_text("utf-8-sig"))), found.document)


names = st.text("abcdefghij-_0123456789", min_size=1, max_size=12)
texts = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="`<>{}$"), max_size=12)
PARAMETER = "arn:aws:ssm:eu-west-1:1:parameter/a"
some_texts = st.lists(texts, max_size=3)
pairs = st.dictionaries(texts.filter(bool), texts, max_size=3)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "cpu": st.integers(2, 1024),
    "command": some_texts,
    "entryPoint": some_texts,
    "environment": st.lists(
        st.fixed_dictionaries({"name": names, "value": texts}), max_size=3, unique_by=lambda each: each["name"]),
    "secrets": st.lists(
        st.fixed_dictionaries({"name": names.map("S{}".format), "valueFrom": st.just(PARAMETER)}),
        max_size=2, unique_by=lambda each: each["name"]),
    "environmentFiles": st.just([{"type": "s3", "value": "arn:aws:s3:::bucket/a.env"}]),
    "repositoryCredentials": st.just({"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:1:secret:a"}),
    "restartPolicy": st.fixed_dictionaries(
        {"enabled": st.booleans()},
        optional={
            "ignoredExitCodes": st.lists(st.integers(0, 255), max_size=3),
            "restartAttemptPeriod": st.integers(60, 1800),
        },
    ),
    "startTimeout": st.integers(2, 120),
    "stopTimeout": st.integers(2, 300),
    "versionConsistency": st.sampled_from(["enabled", "disabled"]),
    "hostname": names,
    "user": st.just("1000:1000"),
    "workingDirectory": st.just("/srv"),
    "privileged": st.booleans(),
    "readonlyRootFilesystem": st.booleans(),
    "disableNetworking": st.just(False),
    "dnsServers": st.just(["1.1.1.1"]),
    "dnsSearchDomains": st.just(["example.org"]),
    "extraHosts": st.just([{"hostname": "a", "ipAddress": "1.2.3.4"}]),
    "dockerSecurityOptions": st.just(["no-new-privileges"]),
    "interactive": st.booleans(),
    "pseudoTerminal": st.booleans(),
    "dockerLabels": pairs,
    "ulimits": st.just([{"name": "nofile", "softLimit": 10, "hardLimit": 20}]),
    "logConfiguration": st.fixed_dictionaries(
        {"logDriver": st.sampled_from(["awslogs", "splunk", "gelf", "json-file"])}, optional={"options": pairs}),
    "healthCheck": st.fixed_dictionaries(
        {"command": st.just(["CMD-SHELL", "true"])},
        optional={"interval": st.integers(5, 300), "timeout": st.integers(2, 60), "retries": st.integers(1, 10)}),
    "systemControls": st.just([{"namespace": "net.core.somaxconn", "value": "1024"}]),
    "resourceRequirements": st.just([{"type": "GPU", "value": "1"}]),
    "firelensConfiguration": st.fixed_dictionaries(
        {"type": st.sampled_from(["fluentd", "fluentbit"])}, optional={"options": pairs}),
    "linuxParameters": st.fixed_dictionaries({}, optional={
        "initProcessEnabled": st.booleans(),
        "sharedMemorySize": st.integers(1, 100),
        "maxSwap": st.integers(0, 100),
        "swappiness": st.integers(0, 100),
        "capabilities": st.just({"add": ["SYS_ADMIN"], "drop": ["ALL"]}),
        "devices": st.just([{"hostPath": "/dev/fuse", "permissions": ["read"]}]),
        "tmpfs": st.just([{"containerPath": "/run", "size": 8, "mountOptions": ["noexec"]}]),
    }),
    "credentialSpecs": st.just(["credentialspec:a"]),
}  # fmt: skip
VOLUMES: dict[str, st.SearchStrategy[Any]] = {
    "host": st.just({"sourcePath": "/srv/data"}),
    "dockerVolumeConfiguration": st.fixed_dictionaries(
        {"scope": st.just("shared"), "autoprovision": st.booleans()}, optional={"driverOpts": pairs, "labels": pairs}),
    "efsVolumeConfiguration": st.just({
        "fileSystemId": "fs-12345678", "rootDirectory": "/",
        "transitEncryption": "ENABLED", "transitEncryptionPort": 2999,
        "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"}}),
    "configuredAtLaunch": st.just(True),
}  # fmt: skip
OF_PORTS = st.fixed_dictionaries(
    {}, optional={"name": names, "appProtocol": st.sampled_from(["http", "http2", "grpc"])}
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    called = draw(st.lists(names, min_size=1, max_size=4, unique_by=str.lower))
    kinds = draw(st.lists(st.sampled_from(sorted(VOLUMES)), max_size=3))
    volumes = [{"name": f"v{number}", kind: draw(VOLUMES[kind])} for number, kind in enumerate(kinds)]
    containers = []
    for number, name in enumerate(called):
        keys = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=12))
        each = {"name": name, "image": "nginx", "memory": 128, "memoryReservation": 64, "essential": number == 0}
        each |= {key: draw(FIELDS[key]) for key in sorted(keys)}
        if number == 0:
            port = {"hostPort": 80, "containerPort": 8080, "protocol": "tcp", **draw(OF_PORTS)}
            each["portMappings"] = [port, {"containerPort": 9000, "hostPort": 9000}, {"containerPortRange": "10-12"}]
        else:
            each["links"] = [f"{called[0]}:first"]
            each["dependsOn"] = [{"containerName": called[0], "condition": "START"}]
            each["volumesFrom"] = [{"sourceContainer": called[0], "readOnly": True}]
        each["mountPoints"] = [{"sourceVolume": one["name"], "containerPath": f"/{one['name']}"} for one in volumes]
        containers.append(each)
    return {"AWSEBDockerrunVersion": 2, "containerDefinitions": containers, "volumes": volumes}


@given(documents())
@settings(max_examples=60, deadline=None)
def test_nothing_of_any_file_is_lost(document):
    with TemporaryDirectory() as folder:
        found = define(Path(folder), {NAME: json.dumps(document)}, EC2, f"{PROPERTIES}:ADDED=1")
    assert_nothing_is_lost(document, found.document)


def test_every_field_of_a_container_is_among_those_that_are_tried():
    """Else a new one could be lost unseen."""
    given_always = {"name", "image", "memory", "memoryReservation", "essential", "portMappings", "mountPoints"}
    given_by_others = {"links", "dependsOn", "volumesFrom"}
    assert {*FIELDS} | given_always | given_by_others == KNOWN
