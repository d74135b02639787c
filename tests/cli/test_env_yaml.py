"""Bundles with an env.yaml on the command line: the names of environments, groups, platform and links."""

from __future__ import annotations

import pytest
import yaml

HEAD = "AWSConfigurationTemplateVersion: 1.1.0.0\n"


@pytest.fixture
def front(beanstalk):
    """The project shop whose env.yaml is written by front(text)."""
    beanstalk.ok("init", "shop", "--platform", "procfile")
    return beanstalk


def write(beanstalk, text):
    (beanstalk.folder / "env.yaml").write_text(HEAD + text)


def names(beanstalk):
    return {each["EnvironmentName"]: each["CNAME"] for each in beanstalk.json("list")}


def test_an_environment_is_called_as_env_yaml_says(front):
    write(front, "EnvironmentName: front\nCName: The-Shop\nTags: {team: web}\n")
    assert front.json("create")["EnvironmentName"] == "front"
    assert names(front) == {"front": "the-shop.localhost"}
    tags = {each["Key"]: each["Value"] for each in front.json("tags", "front")["ResourceTags"]}
    assert tags["team"] == "web"


@pytest.mark.parametrize("flag", ["-g", "--group", "--env-group-suffix"])
def test_a_group_completes_names_and_is_remembered_beside_the_environment(front, flag):
    write(front, "EnvironmentName: front+\nCName: shop+\n")
    front.ok("create", flag, "dev")
    assert names(front) == {"front-dev": "shop-dev.localhost"}
    found = yaml.safe_load((front.folder / ".elasticbeanstalk" / "config.yml").read_text())
    assert found["branch-defaults"]["default"] == {"environment": "front-dev", "group_suffix": "dev"}


def test_deploy_finds_the_environment_of_a_group(front):
    write(front, "EnvironmentName: front+\n")
    front.ok("create", "-g", "dev")
    front.ok("create", "-g", "prod")
    front.change()
    assert front.json("deploy", "--group", "prod", "--label", "v2")["EnvironmentName"] == "front-prod"
    assert front.json("status", "front-dev")["VersionLabel"] != "v2"
    done = front("deploy", "--group", "test")
    assert (done.exit_code, "there is no environment front-test" in done.stderr) == (1, True)
    assert "beanstalk create --group test" in done.stderr


def test_what_is_given_wins(front):
    write(front, "EnvironmentName: front+\nCName: shop+\nTags: {team: web}\n")
    front.ok("create", "other", "--cname", "else", "--tags", "team=ops")
    assert names(front) == {"other": "else.localhost"}
    assert {"Key": "team", "Value": "ops"} in front.json("tags", "other")["ResourceTags"]


@pytest.mark.parametrize(
    ("flags", "text", "code", "said"),
    [
        ([], "EnvironmentName: front+\n", 1, "env.yaml:1:1: a name in the manifest ends in +, and no group is given"),
        (["-g", "dev"], "EnvironmentName: front\n", 1, "the EnvironmentName 'front' does not end in +"),
        (["-g", "dev"], None, 2, "a group completes the names in env.yaml, and the bundle has none"),
        ([], "EnvironmentName: x y\n", 1, "env.yaml:2:18: 'x y' cannot be EnvironmentName"),
        (["front"], "EnvironmentTier: {Name: Worker}\n", 2, "a worker environment works off a queue"),
        (["front"], "EnvironmentLinks: {API: api}\n", 1, "API links to api, and shop has no such environment"),
        (["front"], "OptionSettings: {aws:nope: {A: b}}\n", 1, "unknown option namespace 'aws:nope'"),
    ],
)
def test_what_is_wrong_makes_neither_environment_nor_version(front, flags, text, code, said):
    if text:
        write(front, text)
    done = front("create", *flags)
    assert (done.exit_code, said in done.stderr) == (code, True), done.stderr
    assert (front.json("list"), front.json("appversion")) == ([], [])


def test_a_worker_can_be_tried_as_a_web_server(front):
    write(front, "EnvironmentTier: {Name: Worker}\n")
    assert front.json("create", "jobs", "--tier", "webserver")["Outcome"] == "Succeeded"


def test_a_link_is_a_property_and_told_by_status(front):
    front.ok("create", "api-dev")
    write(front, "EnvironmentName: front+\nEnvironmentLinks: {API: api+}\n")
    front.ok("create", "-g", "dev")
    assert front.json("printenv", "front-dev") == {"API": "api-dev.localhost:8080"}
    assert front.json("status", "front-dev")["EnvironmentLinks"] == [{"LinkName": "API", "EnvironmentName": "api-dev"}]
    assert "  Links: API to api-dev\n" in front.ok("status", "front-dev")
    assert "Links" not in front.ok("status", "api-dev")


def test_a_linked_environment_is_not_terminated_by_mistake(front):
    front.ok("create", "api-dev")
    write(front, "EnvironmentLinks: {API: api-dev}\n")
    front.ok("create", "front")
    done = front("terminate", "api-dev", "--force")
    assert (done.exit_code, "reached by front through a link" in done.stderr) == (1, True)
    front.ok("terminate", "api-dev", "--force", "--ignore-links")
    assert list(names(front)) == ["front"]


def test_all_environments_are_terminated_whatever_links_to_what(front):
    front.ok("create", "api-dev")
    write(front, "EnvironmentLinks: {API: api-dev}\n")
    front.ok("create", "front")
    front.ok("terminate", "--all", "--force")
    assert front.json("list") == []


def test_the_platform_is_that_of_the_project_else_that_of_env_yaml(front):
    write(front, "SolutionStack: python\n")
    front.ok("create", "one-1")
    assert front.json("status", "one-1")["PlatformName"] == "procfile"
    path = front.folder / ".elasticbeanstalk" / "config.yml"
    path.write_text(path.read_text().replace("default_platform: procfile", "default_platform: Fortran on Mars"))
    front.ok("create", "two-2")
    assert front.json("status", "two-2")["PlatformName"] == "python"
    write(front, "SolutionStack: 64bit Windows Server 2019 running IIS 10.0\n")
    done = front("create", "three")
    assert "the platform 64bit Windows Server 2019 running IIS 10.0 of env.yaml is not known here" in done.stderr
    assert "the platform Fortran on Mars is not known here; taking" in done.stderr


def test_init_takes_the_platform_of_env_yaml(beanstalk):
    write(beanstalk, "SolutionStack: 64bit Amazon Linux 2023 v6.1.0 running Node.js 20\n")
    done = beanstalk("init", "shop")
    assert "because of env.yaml" in done.stderr
    assert "platform node" in done.stdout


def test_a_deployment_tells_of_settings_that_it_does_not_bring(front):
    options = "OptionSettings: {aws:elasticbeanstalk:command: {Timeout: 70}}\n"
    front.ok("create", "front")
    write(front, options)
    plan = front.json("deploy", "front", "--dry-run")
    [told] = [each for each in plan["Warnings"] if "for a new environment" in each]
    assert "beanstalk config front --update file:env.yaml" in told
    front.ok("config", "front", "--update", "file:env.yaml")
    assert not [each for each in front.json("deploy", "front", "--dry-run")["Warnings"] if "new environment" in each]


def test_clone_takes_tags_or_other_ones(shop):
    shop.ok("tags", "--add", "team=web,stage=test")
    shop.ok("clone", "-n", "copy-1")
    shop.ok("clone", "-n", "copy-2", "--tags", "stage=live")
    found = {
        name: {each["Key"]: each["Value"] for each in shop.json("tags", name)["ResourceTags"] if each["Key"].islower()}
        for name in ("copy-1", "copy-2")
    }
    own = {name: {key: value for key, value in tags.items() if ":" not in key} for name, tags in found.items()}
    assert own == {"copy-1": {"team": "web", "stage": "test"}, "copy-2": {"stage": "live"}}
    assert shop("clone", "-n", "copy-3", "--tags", "aws:x=1").exit_code == 1


def test_the_default_name_of_a_clone_is_one_an_environment_can_have(shop):
    shop.ok("create", "x" * 40)
    assert shop.json("clone", "x" * 40)["EnvironmentName"] == "x" * 34 + "-clone"


def test_a_saved_configuration_called_default_is_taken_unasked(shop):
    folder = shop.folder / ".elasticbeanstalk"
    text = HEAD + "OptionSettings: {aws:elasticbeanstalk:command: {Timeout: 71}}\n"
    (folder / "default.cfg.yml").write_text(text)
    done = shop("create", "second")
    assert "beginning with the saved configuration default: .elasticbeanstalk/default.cfg.yml" in done.stderr
    found = {each["OptionName"]: each["At"] for each in shop.json("config", "second")}
    assert found == {"Timeout": ".elasticbeanstalk/default.cfg.yml:2:49"}
