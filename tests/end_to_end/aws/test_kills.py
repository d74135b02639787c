"""The client is killed, others come with an empty home: what was begun goes on or is taken away, and is told."""

from __future__ import annotations

import pytest

from tests.end_to_end.aws.cloud_site import PATIENCE_S

pytestmark = [pytest.mark.aws, pytest.mark.docker]
WAITS_ONCE = 'container_commands:\n  01_migrate:\n    command: "sleep 600"\n    leader_only: true\n'


def test_a_client_killed_after_aws_was_told_is_not_missed(cloud_site):
    site = cloud_site
    site.create("shop-dev")
    site.write("v2")
    first = site.start("deploy", "shop-dev", "--archive", ".", "--label", "v2")
    site.wait_for_stage(2, "Executing")
    first.kill()
    first.communicate()
    site.write("v3")
    third = site.json("deploy", "shop-dev", "--archive", ".", "--label", "v3", "--wait-lock", 120)
    assert (third["Outcome"], third["PreviousVersionLabel"]) == ("Succeeded", "v2")
    messages = [each["Message"] for each in site.json("events", "shop-dev")]
    assert messages.count("Environment update completed successfully.") == 2


def test_a_client_killed_while_it_prepares_has_changed_nothing(cloud_site):
    site = cloud_site
    site.create("shop-dev", size=1)
    site.write("v2", once=WAITS_ONCE)
    first = site.start("deploy", "shop-dev", "--archive", ".", "--label", "v2")
    site.wait_for_stage(2, "Preparing")
    busy = site.json("scale", 2, "shop-dev", code=6)
    assert busy["ExitCode"] == 6
    first.kill()
    first.communicate()
    assert site.json("abort", "shop-dev")["Outcome"] == "Aborted"
    assert site.json("scale", 2, "shop-dev", "--wait-lock", 120)["Outcome"] == "Succeeded"
    assert site.answer("shop-dev") == "v1"
    assert len(site.emulator.containers()) == 2


def test_what_runs_once_of_a_client_that_was_killed_runs_once(cloud_site):
    site = cloud_site
    site.create("shop-dev", size=1)
    site.write("v2", once=WAITS_ONCE.replace("sleep 600", "sleep 45"))
    first = site.start("deploy", "shop-dev", "--archive", ".", "--label", "v2")
    site.wait_for_containers(2)
    first.kill()
    first.communicate()
    assert site.json("scale", 2, "shop-dev", "--wait-lock", 200)["PreviousVersionLabel"] == "v2"
    assert site.answer("shop-dev") == "v2"
    messages = " ".join(each["Message"] for each in site.json("events", "shop-dev"))
    assert messages.count("Started the task") == 1
    assert "which ran once, has ended." in messages


def test_what_runs_once_ends_before_the_new_version_serves(cloud_site):
    site = cloud_site
    site.create("shop-dev", size=1)
    failing = WAITS_ONCE.replace("sleep 600", "echo no table; exit 4")
    site.write("v2", once=failing)
    failed = site.json("deploy", "shop-dev", "--archive", ".", "--label", "v2", code=3)
    assert failed["Cause"] == "what runs once (01_migrate) exits with code 4; its last lines: no table"
    assert site.answer("shop-dev") == "v1"
    site.write("v3", once=WAITS_ONCE.replace("sleep 600", "echo done"))
    assert site.json("deploy", "shop-dev", "--archive", ".", "--label", "v3")["Outcome"] == "Succeeded"
    assert site.answer("shop-dev") == "v3"


def test_what_is_aborted_while_it_prepares_is_as_before(cloud_site):
    site = cloud_site
    site.create("shop-dev", size=1)
    site.write("v2", once=WAITS_ONCE)
    first = site.start("deploy", "shop-dev", "--archive", ".", "--label", "v2", "--json")
    site.wait_for_stage(2, "Preparing")
    assert site.json("abort", "shop-dev")["Outcome"] == "Aborted"
    out, error = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 3, out + error
    assert site.answer("shop-dev") == "v1"
    assert len(site.emulator.containers()) == 1


def test_a_create_whose_client_is_killed_can_be_done_again(cloud_site):
    site = cloud_site
    site.write("v1", once=WAITS_ONCE)
    first = site.start("create", "shop-dev", "--archive", ".", "--label", "v1", "--scale", 1)
    site.wait_for_stage(1, "Preparing")
    first.kill()
    first.communicate()
    site.write("v1", once=WAITS_ONCE.replace("sleep 600", "echo done"))
    again = site.json("create", "shop-dev", "--archive", ".", "--label", "v2", "--scale", 1, "--wait-lock", 120)
    assert again["Outcome"] == "Succeeded"
    assert "Ran once: 01_migrate." in [each["Message"] for each in again["Events"]]
    assert site.answer("shop-dev") == "v1"


def test_what_is_aborted_while_aws_works_goes_back(cloud_site):
    site = cloud_site
    site.create("shop-dev", size=4)
    site.write("v2")
    words = ["deploy", "shop-dev", "--archive", ".", "--label", "v2", "--policy", "Rolling", "--batch-size", 1]
    first = site.start(*words, "--json")
    site.wait_for_stage(2, "Executing")
    assert site.json("abort", "shop-dev")["Outcome"] == "Aborted"
    out, error = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 3, out + error
    assert site.answer("shop-dev") == "v1"
    assert site.json("status", "shop-dev")["VersionLabel"] == "v1"
