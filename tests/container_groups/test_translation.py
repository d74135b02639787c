"""Which of a bundle's files describe its containers."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import BundleRefused
from tests.container_groups.making import make, refused

DOCKERFILE = "FROM nginx\nEXPOSE 8080"
COMPOSE = "services: {front: {image: shop, ports: ['80:5000']}}"
V1 = json.dumps({"AWSEBDockerrunVersion": "1", "Image": {"Name": "shop"}, "Ports": [{"ContainerPort": 3000}]})
V2 = json.dumps({
    "AWSEBDockerrunVersion": 2,
    "containerDefinitions": [
        {"name": "proxy", "image": "nginx", "memory": 64, "portMappings": [{"hostPort": 80, "containerPort": 90}]}
    ],
})  # fmt: skip
V3 = json.dumps({"AWSEBDockerrunVersion": "3", "Authentication": {"bucket": "b", "key": "k"}})


@pytest.mark.parametrize(
    ("files", "web", "port"),
    [
        ({"Dockerfile": DOCKERFILE}, "web", 8080),
        ({"Dockerrun.aws.json": V1}, "web", 3000),
        ({"Dockerfile": DOCKERFILE, "Dockerrun.aws.json": V1}, "web", 3000),
        ({"docker-compose.yml": COMPOSE}, "front", 5000),
        ({"docker-compose.yml": COMPOSE, "Dockerfile": DOCKERFILE}, "front", 5000),
        ({"docker-compose.yml": COMPOSE, "Dockerrun.aws.json": V1}, "front", 5000),
        ({"docker-compose.yml": COMPOSE, "Dockerrun.aws.json": V3}, "front", 5000),
        ({"Dockerrun.aws.json": V2}, "proxy", 90),
        ({"docker-compose.yml": COMPOSE, "Dockerfile": DOCKERFILE, "Dockerrun.aws.json": V2}, "proxy", 90),
    ],
)
def test_the_precedence_is_that_of_elastic_beanstalk(tmp_path, files, web, port):
    group, _ = make(tmp_path, files)
    assert (group.web, group.port) == (web, port)


def test_files_that_count_nowhere_are_told(tmp_path):
    _, told = make(tmp_path, {"docker-compose.yml": COMPOSE, "Dockerfile": "", "Dockerrun.aws.json": V2})
    assert [each.partition(":")[0] for each in told] == ["Dockerfile", "docker-compose.yml"]


def test_a_dockerrun_of_version_1_beside_compose_is_told_and_not_read(tmp_path):
    broken = V1.replace('"Ports"', '"Prots"')
    _, [told] = make(tmp_path, {"docker-compose.yml": COMPOSE, "Dockerrun.aws.json": broken})
    assert told.startswith("Dockerrun.aws.json: Dockerrun.aws.json has no effect: beside a docker-compose.yml only")


def test_version_3_gives_compose_its_credentials(tmp_path):
    group, _ = make(tmp_path, {"docker-compose.yml": COMPOSE, "Dockerrun.aws.json": V3})
    assert group.containers[0].image.credentials == "s3://b/k"


def test_a_broken_version_3_is_a_mistake(tmp_path):
    broken = V3.replace('"key"', '"kee"')
    told = refused(tmp_path, {"docker-compose.yml": COMPOSE, "Dockerrun.aws.json": broken})
    assert told and all(each.startswith("Dockerrun.aws.json:1:") for each in told)


def test_a_bundle_without_containers_is_refused_with_what_to_put_there(tmp_path):
    [told] = refused(tmp_path, {"application.py": ""})
    assert "no file that describes containers" in told and "put a Dockerfile, a docker-compose.yml" in told


def test_version_3_alone_describes_no_containers(tmp_path):
    [told] = refused(tmp_path, {"Dockerrun.aws.json": V3})
    assert "no file that describes containers" in told


def test_a_file_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(BundleRefused, match="Dockerfile: is not UTF-8"):
        make(tmp_path, {"Dockerfile": b"FROM \xff"})


def test_what_a_template_has_open_for_the_eb_cli_alone_is_no_mistake(tmp_path):
    data = json.loads(V2)
    data["localContainerDefinitions"] = [{"name": "db", "image": "db:<TAG>", "memory": 1}]
    group, _ = make(tmp_path, {"Dockerrun.aws.json": json.dumps(data)})
    assert [each.name for each in group.containers] == ["proxy"]


def test_the_warnings_of_the_files_are_among_what_is_told(tmp_path):
    _, [told] = make(tmp_path, {"Dockerrun.aws.json": V1.replace('"1"', "1")})
    assert 'documented as the text "1"' in told


def test_the_same_bundle_gives_the_same_group(tmp_path):
    first, second = (make(tmp_path / name, {"Dockerfile": DOCKERFILE, "a/b": "c"})[0] for name in "12")
    assert first == second
