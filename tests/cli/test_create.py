"""`init`, `create` and `use`: from a folder to a project with an environment."""

from __future__ import annotations

import pytest
import yaml

from beanstalk.cli.create import default_name


def configuration(beanstalk):
    return yaml.safe_load((beanstalk.folder / ".elasticbeanstalk" / "config.yml").read_text())


def test_init_takes_the_name_of_the_folder_and_the_platform_of_the_code(beanstalk):
    done = beanstalk("init")
    assert done.exit_code == 0
    assert "platform: Python, because of app.py" in done.stderr
    assert configuration(beanstalk)["global"]["application_name"] == "shop"
    assert configuration(beanstalk)["global"]["default_platform"] == "python"


def test_init_says_what_it_wrote(beanstalk):
    assert beanstalk.json("init", "market", "-p", "procfile") == {
        "ApplicationName": "market",
        "PlatformName": "procfile",
        "Target": "local",
        "Path": str(beanstalk.folder / ".elasticbeanstalk/config.yml"),
    }


def test_init_again_keeps_what_is_there(beanstalk):
    beanstalk.ok("init", "market", "-p", "procfile")
    assert beanstalk.json("init")["ApplicationName"] == "market"
    assert beanstalk.json("init")["PlatformName"] == "procfile"


def test_init_of_unknown_code_goes_on_and_says_so(beanstalk):
    for path in beanstalk.folder.iterdir():
        path.unlink()
    (beanstalk.folder / "README").write_text("x")
    done = beanstalk("init")
    assert done.exit_code == 0
    assert "the platform is not known yet: no platform recognises this application" in done.stderr


def test_init_refuses_an_unknown_platform_and_writes_nothing(beanstalk):
    done = beanstalk("init", "-p", "cobol")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: there is no platform cobol\nhint: ")
    assert not (beanstalk.folder / ".elasticbeanstalk").exists()


def test_create_in_a_new_folder_makes_it_a_project_and_says_so(beanstalk):
    done = beanstalk("create", "--platform", "procfile")
    assert done.exit_code == 0, done.output
    assert "config.yml for the application shop" in done.stderr
    assert done.stdout.splitlines()[0].startswith("shop-dev runs app-")
    assert done.stdout.splitlines()[1] == "http://shop-dev.localhost:8080/"
    assert configuration(beanstalk)["branch-defaults"] == {"default": {"environment": "shop-dev", "group_suffix": None}}


def test_create_tells_scripts_everything(shop):
    found = shop.json("create", "second", "--cname", "two-two", "--platform", "procfile", "--scale", 3, "--label", "x")
    events = [event["Message"] for event in found.pop("Events")]
    assert events[0] == "createEnvironment is starting."
    assert events[-1] == "Successfully launched environment: second"
    assert found.pop("EnvironmentId").startswith("e-")
    assert found.pop("DurationSeconds") >= 0
    assert found == {
        "Operation": "createEnvironment",
        "Outcome": "Succeeded",
        "EnvironmentName": "second",
        "ApplicationName": "shop",
        "VersionLabel": "x",
        "PreviousVersionLabel": None,
        "DeploymentId": 1,
        "CNAME": "two-two.localhost",
        "Url": "http://two-two.localhost:8080/",
        "Cause": None,
    }


def test_the_second_environment_does_not_take_the_default(shop):
    shop.ok("create", "second")
    assert shop.ok("list") == "second\n* shop-dev\n"
    shop.ok("create", "third", "--branch_default")
    assert "* third" in shop.ok("list")
    shop.ok("use", "second")
    assert "* second" in shop.ok("list")


def test_the_flags_become_settings(beanstalk):
    beanstalk.ok("init", "shop", "-p", "procfile")
    flags = ["-im", 2, "-ix", 3, "--envvars", "A=1,B=x,y", "--policy", "Immutable", "--on-failure", "stop"]
    beanstalk.ok("create", *flags, "--option", "aws:elasticbeanstalk:command:Timeout=60")
    found = {each["OptionName"]: each["Value"] for each in beanstalk.json("config")}
    assert found["A"] == "1"
    assert found["B"] == "x,y"
    assert (found["MinSize"], found["MaxSize"]) == ("2", "3")
    assert (found["DeploymentPolicy"], found["OnFailure"], found["Timeout"]) == ("Immutable", "stop", "60")


def test_single_means_one_instance_until_scale_is_forced(beanstalk):
    beanstalk.ok("create", "--single", "-p", "procfile")
    assert len(beanstalk.json("status")["Instances"]) == 1
    done = beanstalk("scale", 2)
    assert done.exit_code == 1
    assert "add --force" in done.stderr
    beanstalk.ok("scale", 2, "--force")
    assert len(beanstalk.json("status")["Instances"]) == 2


def test_the_sample_of_a_platform_needs_no_code(shop):
    found = shop.json("create", "sample", "--sample", "--platform", "python")
    assert found["Outcome"] == "Succeeded"
    assert shop.json("status", "sample")["PlatformName"] == "python"


def test_flags_for_aws_are_accepted_and_told_of(shop):
    flags = ["-i", "t2.micro", "-k", "key", "--vpc.id", "v-1", "-db", "--database.engine", "mysql"]
    done = shop("create", "second", *flags, "--dry-run")
    assert done.exit_code == 0, done.output
    told = [line for line in done.stderr.splitlines() if line.endswith("has no effect on the local target")]
    assert [line.split()[0] for line in told] == [
        "--instance_type", "--keyname", "--vpc.id", "--database", "--database.engine",
    ]  # fmt: skip


def test_a_container_bundle_runs_as_processes_when_that_is_asked_for(beanstalk):
    (beanstalk.folder / "Dockerfile").write_text("FROM scratch\n")
    path = beanstalk.folder / ".elasticbeanstalk" / "config.yml"
    path.parent.mkdir()
    path.write_text("global: {application_name: shop, default_platform: Docker}\n")
    done = beanstalk("create")
    assert done.exit_code == 1
    assert "EXPOSE" in done.stderr
    assert beanstalk.json("appversion") == []
    assert beanstalk.json("create", "--mode", "process")["Outcome"] == "Succeeded"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tier", "cluster"], "there is no tier cluster"),
        (["--tier", "worker"], "a worker environment works off a queue, and no service that has queues is known"),
        (["--modules", "a"], "several applications at once (--modules) are not in this version"),
        (["--scale", "2", "--single"], "--scale contradicts --single, --min-instances and --max-instances"),
        (["--version", "v1", "--sample", "-p", "python"], "--version and --sample contradict each other"),
        (["--envvars", "A"], "an environment property has no name or no ="),
    ],
)
def test_what_cannot_be_is_wrong_usage(shop, flags, said):
    done = shop("create", "second", *flags)
    assert done.exit_code == 2
    assert f"error: {said}\n" in done.stderr


def test_a_name_that_is_taken_leaves_nothing_behind(shop):
    shop.change()
    done = shop("create", "shop-dev")
    assert done.exit_code == 1
    assert "error: Environment shop-dev already exists." in done.stderr
    assert shop.labels() == ["v1"]


def test_a_creation_that_fails_leaves_no_environment_and_no_default(beanstalk):
    beanstalk.ok("init", "shop", "-p", "procfile")
    beanstalk.ok("appversion", "--create", "--label", "bad")
    beanstalk.make_bad("bad")
    found = beanstalk.json("create", "--version", "bad", code=3)
    assert found["Outcome"] == "RolledBack"
    assert found["Cause"]
    assert beanstalk.ok("list") == ""
    assert configuration(beanstalk)["branch-defaults"]["default"]["environment"] is None
    assert "Failed to launch environment." in beanstalk.ok("events", "shop-dev")


def test_a_dry_run_changes_nothing(beanstalk):
    text = beanstalk.ok("create", "--dry-run", "--scale", 2)
    assert "start 2 new instances" in text
    assert "the environment is removed again" in text
    assert not (beanstalk.folder / ".elasticbeanstalk").exists()
    assert beanstalk.ok("list") == ""
    assert beanstalk.json("appversion", "-a", "shop") == []


@pytest.mark.parametrize(
    ("application", "name"),
    [("shop", "shop-dev"), ("My Shop_2", "My-Shop-2-dev"), ("ä", "app-dev"), ("x" * 50, "x" * 36 + "-dev")],
)
def test_the_default_name_is_one_an_environment_can_have(application, name):
    assert default_name(application) == name


def test_use_wants_an_environment_that_is_there_and_a_project(shop, tmp_path, monkeypatch):
    assert "there is no environment shop-dve\nhint: did you mean shop-dev?" in shop("use", "shop-dve").stderr
    monkeypatch.chdir(tmp_path)
    done = shop("use", "shop-dev")
    assert done.exit_code == 2
    assert "this folder is no project" in done.stderr
