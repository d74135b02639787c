"""Saved configurations: save, get, put, list, delete, and environments made by them; and `config --update`."""

from __future__ import annotations

import json

import pytest
import yaml

HEAD = "AWSConfigurationTemplateVersion: 1.1.0.0\n"
ASG, COMMAND = "aws:autoscaling:asg", "aws:elasticbeanstalk:command"
PROPERTIES = "aws:elasticbeanstalk:application:environment"


def place(shop, name="prod"):
    return shop.folder / ".elasticbeanstalk" / "saved_configs" / f"{name}.cfg.yml"


def write(shop, text, name="prod"):
    place(shop, name).parent.mkdir(exist_ok=True)
    place(shop, name).write_text(HEAD + text)


def layers(shop, environment):
    return {each["OptionName"]: (each["Value"], each["Layer"]) for each in shop.json("config", environment)}


def test_what_is_set_and_recommended_is_saved_and_never_what_files_say(shop):
    (shop.folder / ".ebextensions").mkdir()
    (shop.folder / ".ebextensions" / "a.config").write_text(f"option_settings:\n  {COMMAND}: {{Timeout: 77}}\n")
    shop.ok("deploy", "--working-tree", "--option", f"{PROPERTIES}:SECRET=s3cr3t")
    assert shop.json("config", "save", "prod") == {"TemplateName": "prod", "Path": str(place(shop))}
    found = yaml.safe_load(place(shop).read_text())["OptionSettings"]
    assert found[ASG] == {"MaxSize": "2", "MinSize": "2"}
    assert set(found[COMMAND]) == {"BatchSize", "BatchSizeType", "DeploymentPolicy"}
    assert found[PROPERTIES] == {"SECRET": "s3cr3t"}
    assert place(shop).stat().st_mode & 0o777 == 0o600
    assert not any("s3cr3t" in each.message for each in shop.store.latest_events())


def test_a_recommendation_that_files_beat_is_not_saved_to_win_over_them_later(shop):
    (shop.folder / ".ebextensions").mkdir()
    (shop.folder / ".ebextensions" / "a.config").write_text(f"option_settings:\n  {COMMAND}: {{BatchSize: 77}}\n")
    shop.ok("deploy", "--working-tree")
    shop.ok("config", "save", "prod")
    assert set(yaml.safe_load(place(shop).read_text())["OptionSettings"][COMMAND]) == {
        "BatchSizeType", "DeploymentPolicy"
    }  # fmt: skip


def test_it_is_saved_again_only_by_force(shop):
    shop.ok("config", "save", "prod")
    assert "exists" in shop("config", "save", "prod").stderr
    shop.ok("config", "save", "prod", "shop-dev", "-m", "the second", "--force")
    assert shop.json("config", "list")[0]["Description"] == "the second"


def test_it_is_got_back_listed_and_deleted(shop):
    shop.ok("config", "save", "prod")
    text = place(shop).read_text()
    place(shop).unlink()
    shop.ok("config", "get", "prod")
    assert place(shop).read_text() == text
    assert [each["TemplateName"] for each in shop.json("config", "list")] == ["prod"]
    assert shop.json("config", "delete", "prod") == {"TemplateName": "prod", "Deleted": True}
    assert (shop.json("config", "list"), place(shop).exists()) == ([], False)
    assert "there is none yet" in shop("config", "get", "prod").stderr


def test_a_name_that_is_nearly_right_is_helped(shop):
    shop.ok("config", "save", "production")
    assert "did you mean production?" in shop("config", "get", "prodution").stderr


def test_a_file_is_put_as_it_is_and_every_mistake_of_it_is_told(shop):
    write(shop, f"OptionSettings:\n  # why\n  {ASG}: {{MinSize: '3'}}\n")
    shop.ok("config", "put", "prod")
    assert "# why" in shop.store.saved.get("shop", "prod").content
    write(shop, f"OptionSettings:\n  {ASG}:\n    MinSize: many\n    MaxSiz: 3\n")
    done = shop("config", "put", "prod")
    assert done.exit_code == 1
    where = ".elasticbeanstalk/saved_configs/prod.cfg.yml"
    assert f"error: {where}:4:" in done.stderr
    assert f"error: {where}:5:" in done.stderr


def test_a_committed_file_and_one_anywhere_are_found(shop, tmp_path):
    (shop.folder / ".elasticbeanstalk" / "team.cfg.yml").write_text(HEAD)
    (tmp_path / "other.cfg.yml").write_text(HEAD)
    shop.ok("config", "put", "team")
    shop.ok("config", "put", tmp_path / "other.cfg.yml")
    assert [each["TemplateName"] for each in shop.json("config", "list")] == ["other", "team"]
    assert shop("config", "put", "nothing").exit_code == 1
    assert "saved_configs/nothing.cfg.yml, or" in shop("config", "put", "nothing.cfg.yml").stderr


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "x" * 101, "a\nb"])
def test_what_is_no_name_is_refused(shop, name):
    assert "no name of a saved configuration" in shop("config", "save", name).stderr


def test_an_environment_is_made_by_a_saved_configuration_and_the_layers_hold(shop):
    (shop.folder / ".ebextensions").mkdir()
    settings = "{Timeout: 71, BatchSize: 71, IgnoreHealthCheck: true}"
    (shop.folder / ".ebextensions" / "a.config").write_text(f"option_settings:\n  {COMMAND}: {settings}\n")
    write(shop, f"OptionSettings:\n  {COMMAND}: {{Timeout: 72, BatchSize: 72}}\n  {ASG}: {{MinSize: 2}}\n")
    flags = ["--cfg", "prod", "--working-tree", "--option", f"{COMMAND}:Timeout=73"]
    assert shop.json("create", "shop-next", *flags)["Outcome"] == "Succeeded"
    found = layers(shop, "shop-next")
    assert found["Timeout"] == ("73", "environment")
    assert found["BatchSize"] == ("72", "saved configuration")
    assert found["IgnoreHealthCheck"] == ("true", ".ebextensions")
    assert "DeploymentPolicy" not in found
    assert shop.store.environment("shop-next").size == 2


def test_what_is_stored_serves_when_there_is_no_file_and_stays_with_the_environment(shop):
    write(shop, f"OptionSettings: {{{COMMAND}: {{Timeout: 72}}}}\n")
    shop.ok("config", "put", "prod")
    place(shop).unlink()
    shop.ok("create", "shop-next", "--cfg", "prod")
    shop.ok("config", "delete", "prod")
    assert layers(shop, "shop-next")["Timeout"] == ("72", "saved configuration")


def test_a_saved_configuration_that_is_not_there_or_wrong_makes_nothing(shop):
    assert "no saved configuration nope" in shop("create", "shop-next", "--cfg", "nope").stderr
    write(shop, "EnvironmentTier: {Name: Worker, Type: SQS/HTTP}\n")
    assert "a worker environment works off a queue" in shop("create", "shop-next", "--cfg", "prod").stderr
    assert [each["EnvironmentName"] for each in shop.json("list")] == ["shop-dev"]


def test_the_platform_of_a_saved_configuration_is_taken_when_it_is_known(shop):
    write(shop, "SolutionStack: Nothing 7\n")
    assert "Nothing 7 of the saved configuration is not known" in shop("create", "shop-a", "--cfg", "prod").stderr
    write(shop, "SolutionStack: procfile\n")
    shop.ok("create", "shop-b", "--cfg", "prod")
    assert shop.store.environment("shop-b").platform == "procfile"


def test_settings_are_updated_by_text_and_file_and_null_removes_one(shop, tmp_path):
    text = f"OptionSettings: {{{ASG}: {{MinSize: 3, MaxSize: null}}, {COMMAND}: {{Timeout: 70}}}}"
    shop.ok("config", "--update", text)
    found = layers(shop, "shop-dev")
    assert (found["MinSize"][0], found["Timeout"][0], "MaxSize" in found) == ("3", "70", False)
    path = tmp_path / "new.json"
    path.write_text(json.dumps([{"Namespace": COMMAND, "OptionName": "Timeout", "Value": "80"}]))
    shop.ok("config", "shop-dev", "-u", f"file:{path}")
    assert layers(shop, "shop-dev")["Timeout"] == ("80", "environment")


@pytest.mark.parametrize("text", ["{}", "OptionSettings: []", "OptionSettings: {aws:nope: {A: b}}", "file:nope"])
def test_an_update_that_is_wrong_changes_nothing(shop, text):
    before = layers(shop, "shop-dev")
    assert shop("config", "-u", text).exit_code == 1
    assert layers(shop, "shop-dev") == before


def test_the_plan_of_an_update_tells_what_each_option_causes(shop):
    text = f"OptionSettings: {{{ASG}: {{MaxSize: 9}}, aws:elasticbeanstalk:application:environment: {{KEY: secret}}}}"
    done = shop("config", "--update", text, "--dry-run")
    assert f"  settings    {ASG}:MaxSize changed: nothing that runs changes\n" in done.stdout
    assert "              KEY set: the application restarts" in done.stdout and "secret" not in done.output
    found = shop.json("config", "--update", text, "--dry-run")
    assert (found["Impact"], [each["Causes"] for each in found["Changes"]]) == ("restart", ["none", "restart"])
    assert found["Changes"][1] == {
        "Namespace": "aws:elasticbeanstalk:application:environment", "OptionName": "KEY", "ResourceName": None,
        "Change": "set", "Causes": "restart", "ActedOn": True, "At": "--update:1:100",
    }  # fmt: skip


@pytest.mark.parametrize("words", [("--dry-run",), ()])
def test_what_elastic_beanstalk_refuses_to_change_is_refused(shop, words):
    text = "OptionSettings: {aws:elasticbeanstalk:environment: {LoadBalancerType: network}}"
    done = shop("config", "--update", text, *words)
    assert (done.exit_code, "cannot change from application to network" in done.stderr) == (1, True)
    assert "hint: create another environment" in done.stderr
    assert shop.json("why", "LoadBalancerType")["Value"] == "application"


DATABASE = "aws:rds:dbinstance"
SECRET = "hunter2hunter2"


@pytest.fixture
def guarded(shop):
    """An environment with a password and a property."""
    shop.ok("config", "--update", f"OptionSettings: {{{DATABASE}: {{DBPassword: {SECRET}}}, {PROPERTIES}: {{KEY: v}}}}")
    return shop


def test_a_password_is_shown_only_when_that_is_asked_for(guarded):
    assert layers(guarded, "shop-dev")["DBPassword"][0] == "(hidden)"
    for flags in ([], ["-v"], ["--json"], ["-f", "json"], ["-f", "yaml"]):
        assert SECRET not in guarded.ok("config", "shop-dev", *flags)
    assert "DBPassword" not in guarded.ok("config", "-f", "yaml")
    assert "KEY: v" in guarded.ok("config")
    for flags in ([], ["--json"], ["-f", "yaml"]):
        assert SECRET in guarded.ok("config", "--show-secrets", *flags)


def test_a_password_is_in_no_event_plan_or_saved_configuration(guarded):
    said = guarded("config", "-u", f"OptionSettings: {{{DATABASE}: {{DBPassword: other2other2}}}}", "--dry-run")
    assert (said.exit_code, "other2" in said.output) == (0, False)
    assert SECRET not in guarded.ok("events")
    done = guarded("config", "save", "prod")
    assert f"not saved, because secret: {DATABASE}:DBPassword" in done.stderr
    assert "DBPassword" not in place(guarded).read_text()
    assert "KEY: v" in place(guarded).read_text()


def test_what_is_shown_as_yaml_can_be_given_back(shop):
    shop.ok("config", "-u", f"OptionSettings: {{{COMMAND}: {{Timeout: 70}}}}")
    text = shop.ok("config", "-f", "yaml")
    assert yaml.safe_load(text)["OptionSettings"][COMMAND]["Timeout"] == "70"
    assert shop.json("config", "-u", text, "--dry-run")["Operation"] == "configure"


def test_settings_of_a_resource_are_told_apart(shop):
    text = "OptionSettings: {night.aws:autoscaling:scheduledaction: {MinSize: 1, Recurrence: 0 22 * * *}}"
    shop.ok("config", "-u", text)
    assert "night.aws:autoscaling:scheduledaction:\n" in shop.ok("config")
    assert "night" in {each["ResourceName"] for each in shop.json("config")}


def test_a_saved_configuration_is_applied_to_an_environment(shop):
    shop.ok("config", "-u", f"OptionSettings: {{{COMMAND}: {{Timeout: 70, BatchSize: 71}}}}")
    write(shop, f"OptionSettings:\n  {COMMAND}: {{Timeout: 80}}\n  {ASG}: {{MinSize: 1}}\n")
    assert shop.json("config", "shop-dev", "--cfg", "prod", "--dry-run")["Instances"] == 1
    assert layers(shop, "shop-dev")["Timeout"] == ("70", "environment")
    shop.ok("config", "--cfg", "prod")
    found = layers(shop, "shop-dev")
    assert (found["Timeout"], found["BatchSize"]) == (("80", "saved configuration"), ("71", "environment"))
    assert len(shop.json("status")["Instances"]) == 1
    assert shop.ok("config", "--cfg", "prod") == "shop-dev is like this already; nothing to do.\n"


def test_an_update_that_touches_no_instance_says_so(shop):
    text = shop.ok("config", "-u", f"OptionSettings: {{{COMMAND}: {{Timeout: 70}}}}", "--dry-run")
    assert text.splitlines()[2:4] == ["  no instance starts or stops", ""]
    write(shop, f"OptionSettings: {{{ASG}: {{MinSize: 2, MaxSize: 2}}}}\n")
    assert shop.ok("config", "--cfg", "prod", "--dry-run").splitlines()[2:] == ["  no instance starts or stops"]


def test_every_warning_is_told_once_and_a_link_stays_one(shop):
    (shop.folder / "env.yaml").write_text(HEAD + "EnvironmentLinks: {API: shop-dev}\n")
    shop.ok("create", "front")
    launch = "aws:autoscaling:launchconfiguration: {InstanceType: t3.small}"
    write(shop, f"OptionSettings:\n  {launch}\n  {PROPERTIES}: {{API: shop-dev.localhost:8080}}\n")
    warnings = shop.json("config", "front", "--cfg", "prod", "--dry-run")["Warnings"]
    assert len([each for each in warnings if "deprecated" in each]) == 1
    shop.ok("config", "front", "--cfg", "prod")
    assert shop.json("status", "front")["EnvironmentLinks"] == [{"LinkName": "API", "EnvironmentName": "shop-dev"}]


def test_a_second_one_takes_the_place_of_the_first(shop):
    write(shop, f"OptionSettings: {{{COMMAND}: {{Timeout: 80, BatchSize: 50}}}}\n", "one")
    write(shop, f"OptionSettings: {{{COMMAND}: {{Timeout: 90}}}}\n", "two")
    shop.ok("config", "--cfg", "one")
    shop.ok("config", "--cfg", "two")
    found = layers(shop, "shop-dev")
    assert (found["Timeout"], "BatchSize" in found) == (("90", "saved configuration"), False)


def test_an_environment_keeps_its_platform_when_one_is_applied(shop):
    write(shop, f"SolutionStack: python\nOptionSettings: {{{COMMAND}: {{Timeout: 80}}}}\n")
    assert "the platform python of the saved configuration is not taken" in shop("config", "--cfg", "prod").stderr
    assert shop.json("status")["PlatformName"] == "procfile"
    write(shop, "SolutionStack: procfile\n")
    assert "is not taken" not in shop("config", "--cfg", "prod").stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--cfg", "a", "--update", "b"], "--update and --cfg contradict each other"),
        (["--cfg", "a", "-d"], "--display and --cfg contradict each other"),
        (["--dry-run"], "--dry-run is for --update and --cfg"),
        (["save", "a", "shop-dev", "--cfg", "b"], "the configuration is to be called a and b"),
    ],
)
def test_flags_that_contradict_each_other_are_wrong_usage(shop, flags, said):
    done = shop("config", *flags)
    assert (done.exit_code, said in done.stderr) == (2, True)


def test_it_is_saved_with_the_words_of_eb_and_without_a_name(shop):
    assert shop.json("config", "save", "shop-dev", "--cfg", "prod")["TemplateName"] == "prod"
    assert shop.json("config", "save", "--cfg", "other")["TemplateName"] == "other"
    assert shop.json("config", "save")["TemplateName"] == "shop-dev-sc"


def test_every_mistake_of_a_file_is_told_at_once(shop):
    write(
        shop, f"SolutionStack: [a]\nOptionSettings:\n  {ASG}:\n    MinSize: many\n    MaxSiz: 3\nTags: {{'aws:x': y}}\n"
    )
    for words in (["config", "put", "prod"], ["create", "shop-next", "--cfg", "prod"], ["config", "--cfg", "prod"]):
        told = shop(*words).stderr.splitlines()
        places = [line.split(":")[2] for line in told if line.startswith("error: .elasticbeanstalk/")]
        assert places == ["2", "5", "6", "7"], told


def test_every_mistake_of_an_update_is_told_at_once(shop):
    done = shop(
        "config", "-u", f"OptionSettings:\n  {ASG}: {{MinSize: many}}\n  {COMMAND}: [a]\n  aws:nope: {{A: b}}\n"
    )
    assert done.exit_code == 1
    assert [line.split(":")[2] for line in done.stderr.splitlines() if line.startswith("error: ")] == ["2", "3", "4"]
