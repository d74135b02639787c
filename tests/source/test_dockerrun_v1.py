"""Dockerrun.aws.json of version 1 and 3, and which version a file has."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import InvalidInput, Where
from beanstalk.source.dockerrun import DockerrunV1, DockerrunV3, read_dockerrun
from beanstalk.source.dockerrun_v1 import BucketKey, HostFolder, Port

PORTS = [{"ContainerPort": "8080"}]


def read(value, dockerfile=None, path="Dockerrun.aws.json"):
    text = value if isinstance(value, str) else json.dumps({"AWSEBDockerrunVersion": "1", **value})
    return read_dockerrun(path, text.encode(), dockerfile)


def refused(value, dockerfile=None) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(value, dockerfile)
    return str(caught.value)


def warned(value, dockerfile=None) -> str:
    return "\n".join(map(str, read(value, dockerfile).warnings))


def test_every_field_of_version_1_is_read():
    found = read(
        {
            "Image": {"Name": "org/app:1", "Update": "false"},
            "Ports": [{"ContainerPort": 80, "HostPort": "8080"}],
            "Volumes": [{"HostDirectory": "/a", "ContainerDirectory": "/b"}],
            "Logging": "/log",
            "Entrypoint": "/bin/app",
            "Command": "--fast",
            "Authentication": {"Bucket": "b", "Key": "k"},
        }
    )
    assert isinstance(found, DockerrunV1) and found.image and not found.warnings
    assert (found.image.name, found.image.update, found.port) == ("org/app:1", False, 80)
    assert (found.ports, found.volumes) == ((Port(80, 8080),), (HostFolder("/a", "/b"),))
    assert (found.logging, found.entrypoint, found.command) == ("/log", "/bin/app", "--fast")
    assert found.authentication == BucketKey("b", "k")


@pytest.mark.parametrize(
    ("update", "effect", "said"),
    [('"false"', False, ""), ('"true"', True, ""), ("false", True, "pulled every time"), ('"no"', True, "every time")],
)
def test_only_the_text_false_keeps_an_image_that_is_there(update, effect, said):
    found = read({"Image": {"Name": "a", "Update": json.loads(update)}, "Ports": PORTS})
    assert found.image.update is effect
    assert said in "".join(map(str, found.warnings)) and bool(found.warnings) is bool(said)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "1:1: no image to run: there is neither Image.Name nor a Dockerfile"),
        ({"Image": {"Update": "true"}, "Ports": PORTS}, "no image to run"),
        ({"Image": {"Name": "a"}}, "Ports is missing"),
        ({"Image": {"Name": "a"}, "Ports": []}, "Ports is missing"),
        ({"Image": {"Name": "a"}, "Ports": [{"HostPort": 80}]}, "the first entry of Ports has no ContainerPort"),
    ],
)
def test_without_a_dockerfile_image_and_port_are_needed(value, said):
    assert said in refused(value, dockerfile=False)
    read(value, dockerfile=True)


def test_beside_a_dockerfile_the_image_has_no_effect_and_may_be_anything():
    assert "Image has no effect beside a Dockerfile" in warned({"Image": {"Name": "Not An Image"}}, dockerfile=True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("org/App", "capital letters in 'App'"),
        ("org/app:", "it ends in a colon"),
        ("org//app", "a part of its path is empty"),
        ("https://host/app", "it begins with a protocol"),
        ("my app", "white space in it"),
        ("app@sha256:12", "is no digest"),
        ("-host.org/app", "is no host"),
    ],
)
def test_a_name_that_is_no_image_is_refused_with_the_reason(name, said):
    assert said in refused({"Image": {"Name": name}, "Ports": PORTS})


@pytest.mark.parametrize(
    "name", ["nginx", "a/b:1.2", "host.org:5000/a/b_c:x", "localhost/a", "a@sha256:" + "a" * 64, "1"]
)
def test_names_of_images_are_taken(name):
    assert not read({"Image": {"Name": name}, "Ports": PORTS}).warnings


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("org/app:<TAG>", "<TAG>"),
        ("${ACCOUNT}.dkr.ecr.eu.amazonaws.com/{{app}}", "${ACCOUNT}, {{app}}"),
        ("$IMAGE", "$IMAGE"),
        ("DOCKER_IMAGE_NAME", "DOCKER_IMAGE_NAME"),
        ("YOUR IMAGE URL", "YOUR IMAGE URL"),
        ("org/IMAGE:1", "org/IMAGE:1"),
    ],
)
def test_a_template_is_told_as_what_nobody_filled_in(name, marks):
    found = read({"Image": {"Name": name}, "Ports": PORTS})
    assert [problem.text for problem in found.unfilled] == [f"not filled in: {marks}"]
    assert found.unfilled[0] in found.warnings


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Ports": [*PORTS, *PORTS]}, "only the first entry of Ports is used"),
        ({"Ports": [{"containerPort": 1}]}, "Ports[0]: the key containerPort is not known here and has no effect"),
        ({"Authentication": {"bucket": "b"}}, "did you mean Bucket?"),
        ({"Authentication": {"Bucket": "b"}}, "Authentication has no Key, so there are no credentials"),
        ({"Logging": "log"}, "Logging is not an absolute path"),
        ({"containerDefinitions": []}, "the key containerDefinitions is not known here"),
        ({"Image": {"Update": "true"}}, "can be used only beside a Dockerfile"),
    ],
)
def test_what_has_no_effect_is_a_warning(value, said):
    assert said in warned(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Ports": [{"ContainerPort": 0}]}, "Ports[0].ContainerPort: 0 is out of range"),
        ({"Ports": [{"ContainerPort": "http"}]}, "Ports[0].ContainerPort: 'http' is not possible"),
        ({"Ports": [{"ContainerPort": "99999"}]}, "'99999' is not possible"),
        ({"Ports": {"ContainerPort": 1}}, "Ports: an object { } where a list [ ] belongs\n  hint: put it into [ ]"),
        ({"Volumes": [{"HostDirectory": "/a"}]}, "Volumes[0]: ContainerDirectory is missing"),
        ({"Volumes": [{"HostDirectory": "a", "ContainerDirectory": "/b"}]}, "HostDirectory is not an absolute path"),
        ({"Command": ["a"]}, "Command: a list [ ] where a text belongs"),
    ],
)
def test_what_would_fail_is_an_error(value, said):
    assert said in refused(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", 'AWSEBDockerrunVersion is missing\n  hint: add "AWSEBDockerrunVersion": "1"'),
        ('{"containerDefinitions": [1]}', 'add "AWSEBDockerrunVersion": 2'),
        ('{"AwsEbDockerrunVersion": 1}', "did you mean AWSEBDockerrunVersion?"),
        ('{"AWSEBDockerrunVersion": 4}', "1:27: AWSEBDockerrunVersion 4 is not supported"),
        ('{"AWSEBDockerrunVersion": true}', "AWSEBDockerrunVersion True is not supported"),
        ('{"AWSEBDockerrunVersion": []}', "a value of type array is not supported"),
        ("[]", "the file does not hold an object"),
    ],
)
def test_the_version_has_to_be_known(text, said):
    assert said in refused(text)


def test_a_version_in_the_other_type_is_taken_with_a_warning():
    assert "documented as the text" in warned('{"AWSEBDockerrunVersion": 1}')
    containers = [{"name": "a", "image": "b", "memory": 8}]
    assert "documented as the number 2" in warned({"AWSEBDockerrunVersion": "2", "containerDefinitions": containers})


def test_a_file_name_in_lower_case_is_told():
    (warning,) = read({"Ports": PORTS}, path="app/dockerrun.aws.json").warnings
    assert warning.at == Where("app/dockerrun.aws.json") and "rename it to Dockerrun.aws.json" in warning.hint


@pytest.mark.parametrize("keys", [("bucket", "key"), ("Bucket", "Key"), ("bucket", "Key")])
def test_version_3_has_credentials_in_either_spelling(keys):
    value = {"AWSEBDockerrunVersion": 3, "Authentication": dict(zip(keys, "bk", strict=True))}
    assert read(value) == DockerrunV3(BucketKey("b", "k"), read(value).raw)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"containerDefinitions": []}, "containerDefinitions is not read in version 3"),
        ({"Image": {}}, 'for Image write "AWSEBDockerrunVersion": 1'),
        ({"Authentication": {"bucket": "b"}}, "Authentication needs bucket and key"),
    ],
)
def test_nothing_else_belongs_into_version_3(more, said):
    assert said in refused({"AWSEBDockerrunVersion": "3", **more})
