"""Environments on the emulator of AWS, by the command line alone: real containers behind a balancer that forwards."""

from __future__ import annotations

import threading

import pytest

from benchmarks.cloud_calls import counted
from tests.end_to_end.aws.cloud_site import FAILING, PATIENCE_S, Load

pytestmark = [pytest.mark.aws, pytest.mark.docker]
STATUS_CALLS = 6
"""In two rounds: what is remembered, then everything else at once."""


def test_good_versions_lose_no_request_and_bad_ones_go_back(cloud_site):
    site = cloud_site
    assert site.create("shop-dev")["Outcome"] == "Succeeded"
    with Load(site, "shop-dev") as load:
        site.write("v2")
        assert site.json("deploy", "shop-dev", "--archive", ".", "--label", "v2")["Outcome"] == "Succeeded"
    assert load.lost == []
    assert {load.answers[0], load.answers[-1]} == {"v1", "v2"}
    with Load(site, "shop-dev") as load:
        site.write("bad", FAILING)
        failed = site.json("deploy", "shop-dev", "--archive", ".", "--label", "bad", code=3)
    assert failed["Outcome"] == "RolledBack"
    assert failed["Cause"] == "web exits with code 3; its last lines: no DATABASE_URL"
    assert load.lost == [] and set(load.answers) == {"v2"}
    assert site.json("rollback", "shop-dev")["VersionLabel"] == "v1"
    assert site.answer("shop-dev") == "v1"


def test_an_environment_is_seen_scaled_and_terminated_with_nothing_left(cloud_site):
    site = cloud_site
    created = site.create("shop-dev", size=1)
    assert site.json("scale", 3, "shop-dev")["Outcome"] == "Succeeded"
    assert len(site.emulator.containers()) == 3
    found = site.json("status", "shop-dev")
    assert (found["Status"], found["HealthStatus"], found["VersionLabel"]) == ("Ready", "Ok", "v1")
    assert [each["State"] for each in found["Instances"]] == ["InService"] * 3
    assert "Health: Green (Ok)" in site.run("status", "shop-dev")
    assert site.run("list") == "* shop-dev\n"
    messages = [each["Message"] for each in site.json("events", "shop-dev")]
    assert messages[0] == "createEnvironment is starting."
    assert "Successfully launched environment: shop-dev" in messages
    unchanged = site.json("scale", 3, "shop-dev")
    assert unchanged["Outcome"] == "Succeeded"
    assert site.json("terminate", "shop-dev", "--force")["Outcome"] == "Succeeded"
    assert site.emulator.containers() == []
    assert site.emulator.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert site.run("list") == ""
    last = site.json("events", "shop-dev")[-1]
    assert (last["Message"], created["Outcome"]) == ("terminateEnvironment completed successfully.", "Succeeded")


def test_a_look_is_a_handful_of_requests_in_two_rounds(cloud_site):
    from beanstalk.service.aws.place import CloudService
    from beanstalk.service.aws.seeing import describe_on_aws

    cloud_site.create("shop-dev", size=1)
    service = CloudService()
    assert service.cloud.account  # credentials of a real account know it
    for name in ("s3", "cloudformation", "ecs", "elbv2"):
        service.cloud.client(name)
    second = threading.Barrier(STATUS_CALLS - 2)  # all but what is remembered, and the operation that does not go on

    def at_the_same_time(name: str) -> None:
        if name != "GetObject":
            second.wait(PATIENCE_S)

    with counted(at_the_same_time) as calls:
        describe_on_aws(service, "shop-dev")
    assert calls.number == STATUS_CALLS - 1


def test_settings_are_changed_planned_and_refused(cloud_site):
    site = cloud_site
    site.create("shop-dev", size=1)
    plan = site.json("setenv", "COLOUR=red", "-e", "shop-dev", "--dry-run")
    assert "TaskDefinition" in [each["LogicalResourceId"] for each in plan["Resources"]]
    assert (plan["LeastInService"], plan["MostRunning"]) == (1, 2)
    assert site.json("setenv", "COLOUR=red", "-e", "shop-dev")["Outcome"] == "Succeeded"
    assert site.json("printenv", "shop-dev") == {"COLOUR": "red"}
    site.write("v1")
    words = ["deploy", "shop-dev", "--archive", ".", "--label", "v2"]
    error = site.json(*words, "--option=aws:elasticbeanstalk:environment:LoadBalancerType=network", code=1)
    assert error["Error"] == "the load balancer type cannot change (application to network)"


def test_what_scaling_made_of_the_number_of_tasks_outlives_a_deployment_that_goes_back(cloud_site):
    site, ecs = cloud_site, cloud_site.emulator.client("ecs")
    site.write("v1")
    limits = [f"--option=aws:autoscaling:asg:{limit}" for limit in ("MinSize=1", "MaxSize=4")]
    site.json("create", "shop-dev", "--archive", ".", "--label", "v1", *limits)
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = ecs.list_services(cluster=cluster)["serviceArns"]
    ecs.update_service(cluster=cluster, service=service, desiredCount=2)  # as autoscaling does
    site.write("bad", FAILING)
    failed = site.json("deploy", "shop-dev", "--archive", ".", "--label", "bad", code=3)
    assert failed["Outcome"] == "RolledBack"
    assert "the stack is told first" in " ".join(each["Message"] for each in failed["Events"])
    [found] = ecs.describe_services(cluster=cluster, services=[service])["services"]
    assert found["desiredCount"] == 2
