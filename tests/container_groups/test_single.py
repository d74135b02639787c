"""One container out of a Dockerfile, a Dockerrun of version 1, or both."""

from __future__ import annotations

import json

import pytest

from beanstalk.containers import Mount, MountKind, Port
from tests.container_groups.making import make, one, refused

DOCKERFILE = "FROM nginx\nEXPOSE 8080\n"


def dockerrun(**keys) -> dict[str, str]:
    return {"Dockerrun.aws.json": json.dumps({"AWSEBDockerrunVersion": "1", **keys})}


def image(**keys) -> dict[str, str]:
    return dockerrun(**{"Image": {"Name": "shop:1"}, "Ports": [{"ContainerPort": 80}], **keys})


def test_a_dockerfile_is_built_and_its_first_exposed_port_gets_the_requests(tmp_path):
    text = "FROM nginx AS base\nEXPOSE 53/udp 9000 9001\nFROM base\nCOPY . /srv"
    group, told = make(tmp_path, {"Dockerfile": text}, properties={"B": "2", "A": "1"})
    [container] = group.containers
    assert (group.web, group.port, told) == ("web", 9000, [])
    assert (container.name, container.ports) == ("web", (Port(9000),))
    assert container.environment == (("A", "1"), ("B", "2"))
    assert container.image.build and container.image.build.dockerfile == "Dockerfile"
    assert (container.image.reference, container.image.build.context) == ("", "")
    assert (container.command, container.entrypoint, container.essential) == (None, None, True)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("FROM nginx\n", "Dockerfile:1", "nothing says on which port"),
        ("FROM nginx\nEXPOSE 53/udp\n", "Dockerfile:1", "nothing says on which port"),
        ("FROM nginx AS a\nEXPOSE 80\nFROM nginx\n", "Dockerfile:1", "nothing says on which port"),
        ("FROM nginx\nARG PORT\n\nEXPOSE $PORT\n", "Dockerfile:4", "EXPOSE $PORT is no port"),
        ("# nothing\n", "Dockerfile:1", "the Dockerfile begins with no image"),
    ],
)
def test_a_dockerfile_without_a_port_is_refused_with_what_to_write(tmp_path, text, place, problem):
    told = refused(tmp_path, {"Dockerfile": text})
    assert any(each.startswith(f"{place}: {problem}") for each in told)
    assert any("write EXPOSE with the port" in each for each in told)


def test_the_other_keys_of_a_dockerrun_count_beside_a_dockerfile(tmp_path):
    keys = dockerrun(Ports=[{"ContainerPort": "8080"}], Logging="/var/log/shop", Command="--quiet")
    container = one(tmp_path, {"Dockerfile": DOCKERFILE, **keys})
    assert container.image.build is not None
    assert (container.ports, container.command) == ((Port(8080),), ("--quiet",))
    assert container.mounts == (Mount(MountKind.LOGS, "web", "/var/log/shop"),)


def test_a_dockerrun_can_say_the_port_that_the_dockerfile_leaves_out(tmp_path):
    group, told = make(tmp_path, {"Dockerfile": "FROM nginx", **dockerrun(Ports=[{"ContainerPort": 81}])})
    assert (group.port, told) == (81, [])


def test_ports_of_both_that_differ_are_told(tmp_path):
    group, told = make(tmp_path, {"Dockerfile": DOCKERFILE, **dockerrun(Ports=[{"ContainerPort": 81}])})
    assert group.port == 81
    assert [each.splitlines()[0] for each in told] == [
        "Dockerrun.aws.json:1:41: ContainerPort is 81, and the Dockerfile exposes 8080 first"
    ]


def test_an_image_beside_a_dockerfile_has_no_effect(tmp_path):
    group, [told] = make(tmp_path, {"Dockerfile": DOCKERFILE, **image(Ports=[{"ContainerPort": 8080}])})
    assert group.containers[0].image.reference == "" and "Image has no effect beside a Dockerfile" in told


def test_an_image_is_pulled_with_the_credentials_and_as_often_as_said(tmp_path):
    keys = image(Authentication={"Bucket": "b", "Key": "a/config.json"})
    pulled = one(tmp_path / "1", keys).image
    assert (pulled.reference, pulled.build, pulled.always) == ("shop:1", None, True)
    assert pulled.credentials == "s3://b/a/config.json"
    assert one(tmp_path / "2", image(Image={"Name": "shop:1", "Update": "false"})).image.always is False


def test_a_pin_is_of_the_version_and_of_the_name(tmp_path):
    pins = [
        one(tmp_path / "1", image()).image.pin,
        one(tmp_path / "2", image(Image={"Name": "shop:2"})).image.pin,
        one(tmp_path / "3", {**image(), "other": ""}).image.pin,
    ]
    assert len(set(pins)) == 3
    assert one(tmp_path / "4", image()).image.pin == pins[0]


@pytest.mark.parametrize(
    ("keys", "entrypoint", "command"),
    [
        ({}, None, None),
        ({"Entrypoint": "/bin/shop"}, ("/bin/shop",), None),
        ({"Command": "--name 'two words' \"$A\""}, None, ("--name", "two words", "$A")),
        ({"Entrypoint": "sh -c", "Command": "  "}, ("sh", "-c"), None),
    ],
)
def test_entrypoint_and_command_are_split_as_by_a_shell(tmp_path, keys, entrypoint, command):
    container = one(tmp_path, image(**keys))
    assert (container.entrypoint, container.command) == (entrypoint, command)


def test_quotes_that_are_not_closed_are_a_mistake_with_its_place(tmp_path):
    [told] = refused(tmp_path, image(Command="say 'it"))
    assert told.startswith("Dockerrun.aws.json:1:") and "is no command line" in told


@pytest.mark.parametrize(
    ("host", "mount"),
    [
        ("/var/app/current", Mount(MountKind.BUNDLE, "", "/data")),
        ("/var/app/current/conf/", Mount(MountKind.BUNDLE, "conf", "/data")),
        ("/srv/data", Mount(MountKind.HOST, "/srv/data", "/data")),
        ("/var/log/eb-docker/containers/shop", Mount(MountKind.LOGS, "shop", "/data")),
    ],
)
def test_a_volume_is_a_folder_of_the_bundle_or_of_the_machine(tmp_path, host, mount):
    files = image(Volumes=[{"HostDirectory": host, "ContainerDirectory": "/data"}])
    assert one(tmp_path, {**files, "conf/app.ini": ""}).mounts == (mount,)


def test_logging_goes_before_a_volume_of_the_same_folder(tmp_path):
    volume = {"HostDirectory": "/srv/log", "ContainerDirectory": "/var/log/shop"}
    group, [told] = make(tmp_path, image(Volumes=[volume], Logging="/var/log/shop/"))
    assert group.containers[0].mounts == (Mount(MountKind.LOGS, "web", "/var/log/shop/"),)
    assert "the volume on /var/log/shop is not applied here" in told


def test_two_volumes_on_one_folder_are_a_mistake(tmp_path):
    volumes = [{"HostDirectory": f"/srv/{name}", "ContainerDirectory": "/data"} for name in "ab"]
    [told] = refused(tmp_path, image(Volumes=volumes))
    assert "a second volume on /data" in told


def test_a_volume_without_its_folders_is_a_mistake(tmp_path):
    [told] = refused(tmp_path, image(Volumes=[{"HostDirectory": "/srv"}]))
    assert "ContainerDirectory is missing" in told


def test_every_template_value_is_named(tmp_path):
    told = refused(tmp_path, image(Image={"Name": "shop:<TAG>"}, Authentication={"Bucket": "$B", "Key": "k"}))
    assert ["<TAG>" in told[0], "$B" in told[1], len(told)] == [True, True, 2]
