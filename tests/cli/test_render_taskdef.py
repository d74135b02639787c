"""`render taskdef`: what Amazon ECS gets, without an account."""

import json

import pytest


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nEXPOSE 8000\n")
    return folder


def test_it_prints_json_and_tells_what_is_left_to_do(shop, bundle):
    done = shop("render", "taskdef", bundle, "--region", "eu-west-1")
    document = json.loads(done.stdout)
    assert document["family"] and document["containerDefinitions"][0]["image"] == "TO-BE-BUILT/web"
    assert "build the image of web and write its name in the place of TO-BE-BUILT/web" in done.stderr
    assert "0.25 vCPU with 512 MiB on Fargate" in done.stderr
    assert "eu-west-1" in done.stdout and "no region is said" not in done.stderr


def test_the_application_of_a_platform_is_an_image_there(shop):
    document = shop.json("render", "taskdef")["TaskDefinition"]
    assert document["containerDefinitions"][0]["name"] == "web"


def test_options_change_it_and_a_file_gets_it(shop, bundle, tmp_path):
    file = tmp_path / "taskdef.json"
    option = "beanstalk:aws:LaunchType=EC2"
    found = shop.json("render", "taskdef", bundle, "--option", option, "-o", file)
    assert found["Path"] == str(file) and json.loads(file.read_text()) == found["TaskDefinition"]
    assert found["TaskDefinition"]["requiresCompatibilities"] == ["EC2"]
    assert any("TO-BE-BUILT/web" in each for each in found["ToDo"]) and found["Why"]


def test_all_problems_are_told_at_once_with_their_lines(shop, bundle):
    (bundle / "Dockerfile").unlink()
    (bundle / "docker-compose.yml").write_text(
        "services:\n  web:\n    image: nginx\n    ports: ['80:80']\n    privileged: true\n    dns: 1.1.1.1\n"
    )
    done = shop("render", "taskdef", bundle)
    assert done.exit_code == 1 and done.stdout == ""
    assert "docker-compose.yml:5" in done.stderr and "docker-compose.yml:6" in done.stderr


def test_a_value_that_cloudformation_evaluates_is_a_placeholder(shop, bundle):
    option = 'aws:elasticbeanstalk:application:environment:QUEUE=`{"Ref": "Queue"}`'
    found = shop.json("render", "taskdef", bundle, "--option", option)
    [variable] = found["TaskDefinition"]["containerDefinitions"][0]["environment"]
    assert variable == {"name": "QUEUE", "value": "TO-BE-RESOLVED"}
    assert any(each.startswith("QUEUE is evaluated by CloudFormation") for each in found["ToDo"])
