"""`deploy`: versions, policies for once, plans, failures, blue/green, and what it leaves behind."""

from __future__ import annotations

import subprocess

import pytest

from beanstalk.cli.deploy import once_settings


def test_a_new_version_replaces_the_old_one(shop):
    shop.change()
    found = shop.json("deploy", "--label", "v2")
    assert (found["Operation"], found["Outcome"]) == ("deploy", "Succeeded")
    assert (found["VersionLabel"], found["PreviousVersionLabel"], found["DeploymentId"]) == ("v2", "v1", 2)
    status = shop.json("status")
    assert (status["VersionLabel"], status["DeploymentId"]) == ("v2", 2)
    assert {(each["VersionLabel"], each["DeploymentId"]) for each in status["Instances"]} == {("v2", 2)}


def test_the_summary_is_on_stdout_and_the_events_on_stderr(shop):
    shop.change()
    done = shop("deploy", "--label", "v2")
    assert done.stdout.splitlines()[0].startswith("shop-dev runs v2 on 2 instances, after ")
    assert done.stdout.splitlines()[1] == "http://shop-dev.localhost:8080/"
    assert "    INFO    Environment update completed successfully.\n" in done.stderr
    shop.change("v3")
    assert shop("deploy", "--quiet").stderr == ""


def test_unchanged_content_makes_no_second_version(shop):
    found = shop.json("deploy")
    assert (found["Unchanged"], found["Outcome"], found["VersionLabel"]) == (True, "Succeeded", "v1")
    assert shop.labels() == ["v1"]
    assert shop.ok("deploy") == "shop-dev runs v1 already; nothing to do (--force deploys it again).\n"
    assert shop.json("deploy", "--force")["DeploymentId"] == 2


def test_it_tells_what_is_packed_and_what_is_left_out(shop):
    for words in (["init"], ["add", "-A"], ["commit", "-m", "The first"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", *words], check=True, capture_output=True)
    shop.change()
    said = shop("deploy", "--dry-run").stderr
    assert "packed: git HEAD " in said
    assert "; 1 uncommitted file left out (--working-tree takes them in)" in said
    assert "packed: working tree, " in shop("deploy", "--dry-run", "--working-tree").stderr


def test_policy_and_batch_size_hold_for_once(shop):
    shop.change()
    plan = shop.json("deploy", "--dry-run", "--policy", "Rolling", "--batch-size", "2")
    assert (plan["Policy"], plan["BatchSize"], plan["LeastInService"]) == ("Rolling", 2, 0)
    shop.ok("deploy", "--policy", "Immutable", "--on-failure", "stop")
    found = {each["OptionName"]: each["Value"] for each in shop.json("config")}
    assert found["DeploymentPolicy"] == "RollingWithAdditionalBatch"
    assert "OnFailure" not in found


@pytest.mark.parametrize(
    ("text", "expected"), [("2", ("Fixed", "2")), ("30%", ("Percentage", "30")), (" 5 ", ("Fixed", "5"))]
)
def test_a_batch_size_is_a_number_or_a_share(text, expected):
    assert tuple(setting.value for setting in once_settings(None, text, None)) == expected


@pytest.mark.parametrize("text", ["0", "-1", "x", "2.5", "%", "30 %"])
def test_other_batch_sizes_are_wrong_usage(shop, text):
    done = shop("deploy", f"--batch-size={text}")
    assert done.exit_code == 2
    assert "is no batch size" in done.stderr


def test_a_plan_has_the_keys_of_the_contract(shop):
    shop.change()
    plan = shop.json("deploy", "--dry-run", "--label", "v2", "--policy", "RollingWithAdditionalBatch")
    assert plan["Steps"] == [
        {"Step": "Scale", "Group": "new", "Count": 1},
        {"Step": "Await", "Group": "new", "Count": 1},
        {"Step": "Scale", "Group": "old", "Count": 1},
        {"Step": "Scale", "Group": "new", "Count": 2},
        {"Step": "Await", "Group": "new", "Count": 2},
        {"Step": "Scale", "Group": "old", "Count": 0},
        {"Step": "Await", "Group": "old", "Count": 0},
    ]
    assert plan["RollBack"][-1]["Step"] in ("Await", "Scale")
    assert (plan["LeastInService"], plan["MostRunning"], plan["BatchSize"]) == (2, 3, 1)
    assert plan["Estimate"]["Seconds"] > 0


def test_a_plan_in_words_tells_of_an_outage(shop):
    shop.change()
    text = shop.ok("deploy", "--dry-run", "--label", "v2", "--policy", "AllAtOnce")
    assert text.startswith("Deploying to shop-dev: v2 on 2 instances\n")
    assert "   1. drain and stop 2 old instances\n" in text
    assert "   3. start 2 new instances\n" in text
    assert "0 at least: an outage of about " in text
    assert "on failure  back to v1" in text


def test_a_traffic_split_is_told_in_words(shop):
    shop.change()
    options = ["--option", "beanstalk:deployment:EvaluationSeconds=90"]
    text = shop.ok("deploy", "--dry-run", "--policy", "TrafficSplitting", *options)
    assert "send 10 % of the requests to the new version" in text
    assert "watch it for 90 s" in text


def test_a_dry_run_leaves_no_version(shop):
    shop.change()
    shop.ok("deploy", "--dry-run")
    assert shop.labels() == ["v1"]
    assert shop.json("status")["DeploymentId"] == 1


def test_an_invalid_bundle_leaves_no_version(shop):
    shop.change()
    (shop.folder / ".ebextensions").mkdir()
    (shop.folder / ".ebextensions" / "a.config").write_text(
        "option_settings:\n  aws:autoscaling:asg:\n    MinSise: 1\n    MaxSize: two\n"
    )
    found = shop.json("deploy", code=1)
    assert [(each["Path"], each["Line"]) for each in found["Problems"]] == [
        (".ebextensions/a.config", 3),
        (".ebextensions/a.config", 4),
    ]
    assert shop.labels() == ["v1"]


def test_a_failure_goes_back_and_exits_with_3(shop):
    shop.change()
    shop.ok("appversion", "-c", "-l", "bad")
    shop.make_bad("bad")
    found = shop.json("deploy", "--version", "bad", code=3)
    assert (found["Outcome"], found["VersionLabel"], found["PreviousVersionLabel"]) == ("RolledBack", "bad", "v1")
    assert found["Cause"]
    assert shop.json("status")["VersionLabel"] == "v1"
    done = shop("deploy", "--version", "bad")
    assert done.stdout.endswith("shop-dev runs v1, as before.\n")


def test_a_failure_that_stops_exits_with_4(shop):
    shop.change()
    shop.ok("appversion", "-c", "-l", "bad")
    shop.make_bad("bad")
    assert shop.json("deploy", "--version", "bad", "--on-failure", "stop", code=4)["Outcome"] == "Failed"


def test_a_time_out_exits_with_5_and_nohang_with_0(shop):
    shop.works = False
    shop.change()
    found = shop.json("deploy", "--timeout", "0.001", code=5)
    assert (found["Outcome"], found["Cause"]) == ("InProgress", None)
    assert shop.json("status")["Operation"] == "deploy"
    assert shop.json("terminate", "--force", code=6)["ExitCode"] == 6
    shop.works = True
    shop("abort")
    shop.works = False
    assert shop.json("restart", "--nohang")["Outcome"] == "InProgress"


def test_a_busy_environment_exits_with_6_and_keeps_no_version(shop):
    shop.works = False
    shop.ok("restart", "-nh")
    shop.change()
    done = shop("deploy")
    assert done.exit_code == 6
    assert "error: shop-dev is held by restart, begun " in done.stderr
    assert "--wait-lock SECONDS" in done.stderr
    assert shop.labels() == ["v1"]


def test_waiting_for_the_lock_is_told_and_ends(shop):
    shop.works = False
    shop.ok("restart", "-nh")
    done = shop("restart", "--wait-lock", "0.2")
    assert done.exit_code == 6
    assert "waiting: shop-dev is held by restart" in done.stderr
    shop.works = True
    assert shop.json("restart", "--wait-lock", "10")["Outcome"] == "Succeeded"


def test_blue_green_moves_the_name_and_the_default(shop):
    shop.change()
    plan = shop.json("deploy", "--blue-green", "--dry-run")
    assert (plan["LeastInService"], plan["MostRunning"]) == (2, 4)
    assert plan["Steps"][-1] == {"Step": "Swap", "EnvironmentName": "shop-dev", "With": "shop-dev-green"}
    done = shop("deploy", "--blue-green", "--label", "v2")
    assert done.exit_code == 0, done.output
    assert "the CNAME of shop-dev now points to shop-dev-green\n" in done.stderr
    assert "shop-dev-green is now the default environment of this branch\n" in done.stderr
    found = {each["EnvironmentName"]: (each["CNAME"], each["VersionLabel"]) for each in shop.json("list")}
    assert found["shop-dev-green"] == ("shop-dev.localhost", "v2")
    assert found["shop-dev"] == ("shop-dev-green.localhost", "v1")
    assert "* shop-dev-green" in shop.ok("list")


def test_blue_green_can_terminate_the_old_one(shop):
    shop.change()
    done = shop("deploy", "--blue-green", "--terminate-old")
    assert "shop-dev is terminated\n" in done.stderr
    assert shop.ok("list") == "* shop-dev-green\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--terminate-old"], "--terminate-old is for --blue-green"),
        (["--blue-green", "--policy", "Rolling"], "--blue-green takes no policy"),
        (["--version", "v1", "--staged"], "--version and --staged contradict each other"),
        (["--version", "v1", "--label", "x"], "--version takes a version that is there, --label names a new one"),
        (["--option", "MinSize=1"], "option 'MinSize' has no namespace"),
        (["--policy", "rolling"], "invalid value for '--policy'"),
        (["--timeout", "-1"], "invalid value for '--timeout'"),
    ],
)
def test_flags_that_cannot_be_are_wrong_usage(shop, flags, said):
    done = shop("deploy", *flags)
    assert done.exit_code == 2
    assert f"error: {said}" in done.stderr


def test_the_artifact_of_the_configuration_is_deployed(shop):
    path = shop.folder / ".elasticbeanstalk" / "config.yml"
    path.write_text(path.read_text() + "deploy: {artifact: build/app.zip}\n")
    done = shop("deploy")
    assert done.exit_code == 1
    assert "the artifact " in done.stderr
    shop.change("v9")
    shop.ok("package", "-o", shop.folder / "build" / "app.zip")
    assert shop.json("deploy", "-l", "v9")["VersionLabel"] == "v9"


def test_the_code_of_one_application_stays_out_of_the_environment_of_another(shop):
    shop.ok("init", "market")
    done = shop("deploy", "shop-dev")
    assert done.exit_code == 1
    assert "shop-dev belongs to the application shop, and this project is market" in done.stderr


def test_a_label_that_is_taken_by_other_content_is_refused(shop):
    shop.change()
    done = shop("deploy", "--label", "v1")
    assert done.exit_code == 1
    assert "the application version v1 exists with other content" in done.stderr
