"""Commands of --target aws that need no stack, as they are typed, against moto."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from beanstalk.cli.group import cli
from tests.service.aws.conftest import DOMAIN


@pytest.fixture
def run(shop, tmp_path, monkeypatch):
    """run(words, code): what a command writes to stdout and stderr, in a project folder of the application shop."""
    folder = tmp_path / "project"
    (folder / ".elasticbeanstalk").mkdir(parents=True)
    (folder / "index.html").write_text("hello")
    config = "global: {application_name: shop}\nbeanstalk: {target: aws}\n"
    (folder / ".elasticbeanstalk" / "config.yml").write_text(config)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("BEANSTALK_TARGET", raising=False)
    monkeypatch.setenv("BEANSTALK_HOME", str(tmp_path / "home"))

    def act(*words, code=0):
        done = CliRunner().invoke(cli, words, prog_name="beanstalk")
        assert done.exit_code == code, done.output
        return done

    return act


def test_versions_are_listed_made_and_deleted(shop, run):
    shop.deployed()
    made = json.loads(run("appversion", "-c", "-l", "v2", "--archive", ".", "--json").stdout)
    assert (made["VersionLabel"], made["ApplicationName"]) == ("v2", "shop")
    assert [each["VersionLabel"] for each in json.loads(run("appversion", "--json").stdout)] == ["v2", "v1"]
    assert "v1 is deployed to shop-prod" in run("appversion", "-d", "v1", code=1).stderr
    assert run("appversion", "-d", "v2").stdout == "v2 is deleted.\n"
    assert "5 versions, in force" in run("appversion", "lifecycle", "--max-count", "5").stdout


def test_saved_configurations(shop, run):
    shop.deployed(("aws:autoscaling:asg", "MinSize", "3"))
    assert "production is saved: " in run("config", "save", "production", "shop-prod").stdout
    assert "production" in run("config", "list").stdout
    assert "production.cfg.yml" in run("config", "get", "production").stdout
    assert "production is stored: " in run("config", "put", "production").stdout
    assert run("config", "delete", "production").stdout == "production is deleted.\n"


def test_a_swap_is_shown_before_it_is_done(shop, run):
    for name in ("blue", "green"):
        shop.environment(name, named=True)
    assert run("swap", "blue", "-n", "green", "--dry-run").stdout == (
        f"green.{DOMAIN} would point to blue\nblue.{DOMAIN} would point to green\n"
    )
    assert (
        f"blue.{DOMAIN} is not there; somebody else has changed it" in run("swap", "blue", "-n", "green", code=1).stderr
    )


def test_tags_are_listed(shop, run):
    shop.deployed()
    assert "team                        web" in run("tags", "shop-prod").stdout
    assert "create --tags" in run("tags", "shop-prod", "--add", "a=b", code=2).stderr


def test_what_aws_has_not_is_refused_with_the_way_there(shop, run):
    shop.deployed()
    assert "beanstalk restart makes all tasks anew" in run("rebuild", "shop-prod", code=2).stderr
    assert "beanstalk swap" in run("deploy", "shop-prod", "--blue-green", code=2).stderr
    assert "--since" in run("logs", "shop-prod", "--deployment", "2", code=2).stderr


def test_errors_of_ours_are_125_where_the_code_is_somebody_elses(shop, run):
    shop.deployed()
    for words in (("run", "-e", "shop-prod", "true"), ("exec", "-e", "shop-prod", "true"), ("ssh", "shop-prod")):
        assert "nothing was deployed to shop-prod yet" in run(*words, code=125).stderr


def test_doctor_tells_the_policy(run):
    found = json.loads(run("doctor", "--json").stdout)
    assert found["Healthy"] is True
    assert "ecs:RunTask" in [each for part in found["Policy"]["Statement"] for each in part["Action"]]
    assert {"credentials", "network", "container engine"} <= {each["Check"] for each in found["Checks"]}
