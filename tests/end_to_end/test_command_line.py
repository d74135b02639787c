"""A newcomer's sessions at the command line, each command a process of its own, as scripts see it."""

from __future__ import annotations

import json
import re
import signal
import time
from dataclasses import dataclass

import pytest

from tests.apps import write_app
from tests.end_to_end.site import wait_until

pytestmark = pytest.mark.real
ENDED = {
    "Operation", "Outcome", "EnvironmentName", "EnvironmentId", "VersionLabel", "PreviousVersionLabel", "DeploymentId",
    "DurationSeconds", "Cause", "Events",
}  # fmt: skip
STATUS = {
    "ApplicationName", "EnvironmentName", "EnvironmentId", "VersionLabel", "Status", "Health", "HealthStatus", "CNAME",
    "EndpointURL", "Url", "DateCreated", "DateUpdated", "DeploymentId", "Instances",
}  # fmt: skip
PLAN = {"Policy", "BatchSize", "LeastInService", "MostRunning", "Steps", "RollBack", "Estimate"}


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Project:
    """A folder with an application, and commands given in it."""

    def __init__(self, site):
        self.site, self.folder = site, site.folder / "project"
        self.write("one")

    def write(self, text, **env):
        """Change the application, so that it is another version."""
        write_app(self.folder, text, **env)

    def start(self, *words):
        return self.site.start_command(*words)

    def run(self, *words, code=0):
        command = self.start(*words)
        out, err = command.communicate(timeout=120)
        assert command.returncode == code, f"{words}: exit {command.returncode}\n{out}\n{err}"
        return Said(command.returncode, out, err)


@pytest.fixture
def project(site):
    project = Project(site)
    project.run("init", "shop", "-p", "procfile")
    return project


@pytest.fixture
def created(project):
    size, grace = "aws:autoscaling:asg:MinSize=2", "beanstalk:deployment:GraceSeconds=2"
    said = project.run("create", "shop", "--option", size, "--option", grace, "--json")
    assert said.json.keys() >= ENDED and said.json["Outcome"] == "Succeeded"
    return project


def answered_by(project):
    return project.site.get()[1]


def test_a_version_is_created_seen_and_replaced(created):
    first = created.run("status", "--json").json
    assert first.keys() >= STATUS
    assert [each["State"] for each in first["Instances"]] == ["InService"] * 2
    assert answered_by(created) == first["VersionLabel"]
    created.write("two")
    deployed = created.run("deploy", "--json").json
    assert deployed.keys() >= ENDED
    assert (deployed["Outcome"], deployed["PreviousVersionLabel"]) == ("Succeeded", first["VersionLabel"])
    assert answered_by(created) == deployed["VersionLabel"] != first["VersionLabel"]


def test_the_same_again_is_told_and_makes_no_version(created):
    said = created.run("deploy")
    assert "nothing to do" in said.out
    assert created.run("deploy", "--json").json["Unchanged"] is True
    assert len(created.run("appversion", "--json").json) == 1
    assert created.run("status", "--json").json["DeploymentId"] == 1


def test_a_plan_changes_nothing(created):
    before = created.run("status", "--json").json
    created.write("two")
    plan = created.run("deploy", "--dry-run", "--policy", "AllAtOnce", "--json").json
    assert plan.keys() >= PLAN
    assert (plan["Policy"], plan["LeastInService"], plan["MostRunning"]) == ("AllAtOnce", 0, 2)
    assert created.run("status", "--json").json == before
    assert len(created.run("appversion", "--json").json) == 1


def test_properties_and_sizes_change_while_it_runs(created):
    assert created.run("setenv", "COLOUR=blue", "--json").json["Outcome"] == "Succeeded"
    assert created.run("printenv", "--json").json == {"COLOUR": "blue"}
    assert created.site.get("/env/COLOUR")[0] == 200
    created.run("setenv", "COLOUR=")
    assert created.site.get("/env/COLOUR")[0] == 404
    assert created.run("scale", "1", "--json").json["Outcome"] == "Succeeded"
    assert len(created.run("status", "--json").json["Instances"]) == 1


def test_what_happened_can_be_read(created):
    events = created.run("events", "--json").json
    assert "Successfully launched environment: shop" in [each["Message"] for each in events]
    line = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d    INFO    Successfully launched environment: shop"
    assert re.search(line, created.run("events").out)
    instances = [each["InstanceId"] for each in created.run("status", "--json").json["Instances"]]
    assert all(f"listens as {each}" in created.run("logs").out for each in instances)
    assert [each["EnvironmentName"] for each in created.run("list", "--json").json] == ["shop"]


def test_a_clone_takes_the_name_and_gives_it_back(created):
    old = answered_by(created)
    created.run("clone", "shop", "-n", "shop-two")
    created.write("two")
    new = created.run("deploy", "shop-two", "--json").json["VersionLabel"]
    assert created.run("swap", "shop", "-n", "shop-two", "--json").json["Outcome"] == "Succeeded"
    assert answered_by(created) == new
    created.run("swap", "shop", "-n", "shop-two")
    assert answered_by(created) == old


def test_going_back_brings_the_version_before(created):
    old = answered_by(created)
    created.write("two")
    created.run("deploy")
    assert answered_by(created) != old
    assert created.run("rollback", "--json").json["VersionLabel"] == old
    assert answered_by(created) == old


def test_termination_needs_a_word_and_leaves_nothing(created):
    created.run("terminate", "shop", code=2)
    assert created.run("terminate", "shop", "--force", "--json").json["Outcome"] == "Succeeded"
    assert created.run("list", "--json").json == []
    wait_until("nothing left", lambda: not created.site.processes())
    created.run("status", "shop", code=1)


def test_a_failed_deployment_exits_3_with_its_cause(created):
    old = answered_by(created)
    created.write("bad", EXIT_CODE=3)
    said = created.run("deploy", "--json", code=3).json
    assert said["Outcome"] == "RolledBack"
    assert "exited with 3" in said["Cause"]
    assert answered_by(created) == old


def test_a_deployment_that_stops_exits_4_and_is_mended(created):
    created.write("bad", EXIT_CODE=3)
    assert created.run("deploy", "--on-failure", "stop", "--json", code=4).json["Outcome"] == "Failed"
    created.write("good")
    assert created.run("deploy", "--json").json["Outcome"] == "Succeeded"


def test_a_busy_environment_exits_6_or_is_waited_for(created):
    created.write("slow", START_SECONDS=3)
    slow = created.start("deploy")
    wait_until("the operation", created.site.store.open_operations)
    refused = created.run("setenv", "A=1", code=6)
    assert re.search(r"error: shop is held by deploy, begun \d+ s ago by .*beanstalk deploy", refused.err)
    created.run("setenv", "A=1", "--wait-lock", "100")
    assert slow.wait(100) == 0
    assert created.site.get("/env/A")[0] == 200


def test_an_abort_ends_another_command_with_3(created):
    created.write("slow", START_SECONDS=100)
    slow = created.start("deploy", "--json")
    wait_until("a new instance", lambda: len(created.site.instances()) > 2)
    created.run("abort")
    out, _ = slow.communicate(timeout=100)
    assert (slow.returncode, json.loads(out)["Outcome"]) == (3, "Aborted")


def test_waiting_ends_and_the_operation_goes_on(created):
    created.write("slow", START_SECONDS=2)
    slow = created.start("deploy", "--json")
    wait_until("a new instance", lambda: len(created.site.instances()) > 2)
    slow.send_signal(signal.SIGINT)
    out, _ = slow.communicate(timeout=100)
    assert (slow.returncode, json.loads(out)["Outcome"]) == (130, "InProgress")
    wait_until("its end", lambda: not created.site.store.open_operations())
    assert answered_by(created) == json.loads(out)["VersionLabel"]


def test_a_stopped_agent_leaves_its_instances_serving(created):
    before = created.run("status", "--json").json["Instances"]
    created.run("agent", "stop")
    time.sleep(0.5)
    assert created.site.agent() is None
    assert created.site.get()[0] == 200
    created.run("scale", "3")
    after = created.run("status", "--json").json["Instances"]
    assert [each["Pid"] for each in before] == [each["Pid"] for each in after[:2]]
