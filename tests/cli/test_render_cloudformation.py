"""`render cloudformation`: the stack of a project or bundle, printed without an account."""

from __future__ import annotations

import json

import pytest
import yaml

CLASSIC = "aws:elasticbeanstalk:environment:LoadBalancerType=classic"


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM base:1\nEXPOSE 8000\n")
    return folder


def test_json_and_yaml_are_the_same_template(shop, bundle):
    text = shop.ok("render", "cloudformation", bundle, "--quiet")
    assert yaml.safe_load(shop.ok("render", "cloudformation", bundle, "--format", "yaml", "--quiet")) == json.loads(
        text
    )


def test_it_goes_into_a_file_and_options_count(shop, bundle, tmp_path):
    path = tmp_path / "stack.json"
    option = "aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance"
    assert shop.ok("render", "cloudformation", bundle, "--option", option, "-o", path) == ""
    assert "LoadBalancer" not in json.loads(path.read_text())["Resources"]


def test_what_is_left_to_do_is_told(shop, bundle):
    found = shop.json("render", "cloudformation", bundle)
    assert found["Parameters"] == ["VpcId", "Subnets", "LoadBalancerSubnets", "ImageWeb"]
    assert ["ImageWeb" in each for each in found["ToDo"]] == [True]
    assert found["Template"]["Resources"]["Service"]["Type"] == "AWS::ECS::Service"


def test_a_worker_has_a_queue_and_no_load_balancer(shop, bundle):
    resources = shop.json("render", "cloudformation", bundle, "--tier", "worker")["Template"]["Resources"]
    assert "WorkerQueue" in resources and "LoadBalancer" not in resources


def test_the_project_is_meant_without_a_path(shop):
    template = shop.json("render", "cloudformation")["Template"]
    assert template["Description"] == "shop-dev, an environment of shop, made by beanstalk"


def test_everything_that_is_wrong_is_told_at_once(shop, bundle):
    listener = "aws:elbv2:listener:443:Protocol=HTTPS"
    done = shop("render", "cloudformation", bundle, "--option", CLASSIC, "--option", listener)
    assert done.exit_code == 1
    assert "a Classic Load Balancer cannot reach" in done.stderr and "HTTPS needs a certificate" in done.stderr
