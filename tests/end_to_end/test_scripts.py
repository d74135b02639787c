"""What a bundle runs beside its application, with real instances: in order, once where once is said, and safely."""

from __future__ import annotations

import os
import signal
from itertools import product

import pytest

from beanstalk.model import Outcome, Policy
from beanstalk.records import State
from beanstalk.service import updates
from beanstalk.service.logs import Choice, list_logs
from tests.end_to_end.site import wait_until

pytestmark = pytest.mark.real
BLUE_GREEN = "blue/green"
STRATEGIES = [*(policy for policy in Policy if policy is not Policy.RESIZE), BLUE_GREEN]
MOMENTS = ["leading", "in the script", "led"]
"""When the agent is killed: it has just chosen a leader, the leader's command runs, it has just seen that it ended."""


class Diary:
    """A file outside of all instances, in which scripts write."""

    def __init__(self, site):
        self.path = site.folder / "diary"

    def __call__(self, word):
        """A shell command that writes the word and the version."""
        return f"echo {word} $BEANSTALK_VERSION_LABEL >> {self.path}"

    def read(self, label="v2"):
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [word for word, version in (line.split() for line in lines) if version == label]


@pytest.fixture
def diary(site):
    return Diary(site)


def hook(place, command):
    return f".platform/{place}", f"#!/bin/sh\nset -e\n{command}\n"


def commands(*entries):
    """(name, command, fields) of container commands, as a file of the bundle."""
    lines = [f"  {name}:\n    command: |\n      {command}\n" + more for name, command, more in entries]
    return ".ebextensions/scripts.config", "container_commands:\n" + "".join(lines)


def leader(command):
    return "01_migrate", command, "    leader_only: true\n"


def kills(often=STRATEGIES):
    """One moment for each strategy of `often` by default; all moments of all strategies exhaustively."""
    found = []
    usual = {(strategy, MOMENTS[number % 3]) for number, strategy in enumerate(STRATEGIES) if strategy in often}
    for strategy, moment in product(STRATEGIES, MOMENTS):
        marks = [] if (strategy, moment) in usual else [pytest.mark.exhaustive]
        found.append(pytest.param(strategy, moment, id=f"{strategy}-{moment}", marks=marks))
    return found


def prepare(site, strategy, files):
    if strategy == BLUE_GREEN:
        return site.prepare_blue_green("v2", files=files)
    return site.prepare_deploy("v2", policy=strategy, evaluate=1, files=files)


def follow(site, change, moment, running):
    """Carry it out with an agent that is killed at `moment`. running: whether the leader's command runs."""
    if moment != "in the script":
        with site.killer([moment]) as killer:
            result = site.end(site.begin(change))
        assert killer.killed == [moment]
        return result
    operation = site.begin(change)
    wait_until("the leader's command", running)
    site.kill("agent")
    return site.end(operation)


@pytest.mark.parametrize("strategy, moment", kills())
def test_what_a_leader_runs_runs_once_whenever_the_agent_is_killed(site, diary, strategy, moment):
    site.create("v1", size=2)
    slow = f"{diary('migrate')}; sleep 0.7; {diary('migrated')}"
    files = [commands(leader(slow), ("02_each", diary("each"), ""))]
    result = follow(site, prepare(site, strategy, files), moment, diary.read)
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    site.settle()
    assert diary.read() == ["migrate", "migrated", "each", "each"]
    told = [message for message in site.messages(["INFO"]) if "container command" in message]
    assert len(told) == len(set(told)) == 3
    assert site.leftovers() == []


def test_everything_runs_in_its_order_with_what_the_application_sees(site, diary):
    files = [
        hook("hooks/prebuild/10_b", diary("prebuild")),
        hook("hooks/prebuild/01_a", f"pwd > {diary.path}.cwd\n{diary('first')}"),
        ("Buildfile", f"make: {diary('build')}\n"),
        commands(("02_later", diary("later"), ""), ("01_port", diary("$PORT$GREETING"), ""), leader(diary("migrate"))),
        hook("hooks/predeploy/a", diary("predeploy")),
        hook("hooks/postdeploy/a", f"{diary('postdeploy')}\ntest -f app.py"),
        hook("confighooks/predeploy/a", diary("never")),
    ]
    site.create("v1", size=1, files=files, env={"GREETING": "hello"})
    (instance,) = site.instances()
    folder = site.home.instance(instance.environment_id, instance.id)
    port = f"{instance.port}hello"
    words = ["first", "prebuild", "build", "migrate", port, "later", "predeploy", "postdeploy"]
    assert diary.read("v1") == words
    assert diary.path.with_suffix(".cwd").read_text().strip() == str(folder)
    names = [log.name for log in list_logs(site.service, site.environment(), Choice())]
    assert names == ["eb-engine.log", "web.log"]


@pytest.mark.parametrize("place", ["prebuild", "predeploy", "postdeploy"])
def test_a_hook_that_fails_leaves_the_old_version_and_loses_nothing(site, diary, place):
    site.create("v1", size=2)
    before = site.members()
    files = [hook(f"hooks/{place}/check", "echo this is why\nexit 9")]
    with site.clients(slow=False) as clients, site.watch() as watch:
        result = site.deploy("v2", files=files, env={"PASSWORD": "hunter2"})
        assert clients.lost() == []
    assert (result.outcome, site.labels(), site.members()) == (Outcome.ROLLED_BACK, ["v1"] * 2, before)
    what = f".platform/hooks/{place}/check: {place} hook check exited with 9 after"
    assert result.cause.startswith(what)
    assert result.cause.endswith("; its last lines: this is why")
    assert [message for message in site.messages(["ERROR"]) if what in message and message.startswith("Instance i-")]
    assert "hunter2" not in "".join(each.message for each in site.store.events_after(0))
    assert watch.broken(result) == []
    assert site.leftovers() == []


def test_after_a_change_of_settings_every_instance_ran_hooks_and_confighooks(site, diary):
    files = [hook(f"{kind}/predeploy/a", diary(kind)) for kind in ("hooks", "confighooks")]
    site.create("v1", size=2, files=[*files, commands(leader(diary("migrate")))])
    assert sorted(diary.read("v1")) == ["hooks", "hooks", "migrate"]
    assert site.setenv(COLOUR="blue").outcome is Outcome.SUCCEEDED
    both = ["confighooks", "confighooks", "hooks", "hooks"]
    assert sorted(diary.read("v1")[3:]) == [*both, "migrate"]
    site.kill("instance")
    wait_until("the hooks of both", lambda: len(diary.read("v1")) == 12)
    site.settle()
    assert sorted(diary.read("v1")[8:]) == both


def test_a_leader_that_is_lost_fails_the_deployment_and_is_not_run_again(site, diary):
    site.create("v1", size=1)
    operation = site.begin(site.prepare_deploy("v2", files=[commands(leader(f"{diary('migrate')}; sleep 1000"))]))
    wait_until("the leader's command", diary.read)
    for each in site.processes():
        if each.role == "other" or (each.role == "instance" and "script_job" in each.command):
            os.kill(each.pid, signal.SIGKILL)
    result = site.end(operation)
    assert result.outcome is Outcome.ROLLED_BACK
    assert "container command 01_migrate was running when its process ended without a trace" in result.cause
    assert diary.read() == ["migrate"]
    assert site.leftovers() == []


def test_an_abort_ends_the_script_that_runs(site, diary):
    site.create("v1", size=1)
    files = [commands(leader(f"{diary('migrate')}; sleep 1000; {diary('never')}"))]
    operation = site.begin(site.prepare_deploy("v2", files=files))
    wait_until("the leader's command", diary.read)
    site.abort()
    assert site.end(operation).outcome is Outcome.ABORTED
    assert diary.read() == ["migrate"]
    assert site.leftovers() == []


def test_a_script_that_takes_too_long_fails_the_deployment(site):
    site.create("v1", size=1)
    result = site.deploy("v2", timeout=3, files=[commands(("01_slow", "echo waiting; sleep 1000", ""))])
    assert result.outcome is Outcome.ROLLED_BACK
    assert "container command 01_slow" in result.cause
    assert site.leftovers() == []


def test_an_instance_serves_only_after_its_last_hook(site, diary):
    site.create("v1", size=1)
    gate = diary.path.with_suffix(".gate")
    files = [hook("hooks/postdeploy/wait", f"{diary('waiting')}\nuntil [ -e {gate} ]; do sleep 0.05; done")]
    operation = site.begin(site.prepare_deploy("v2", files=files))
    wait_until("the hook", diary.read)
    site.kill("agent")
    assert [each.state for each in site.instances()] == [State.IN_SERVICE, State.PENDING]
    assert site.get() == (200, "v1")
    gate.touch()
    assert site.end(operation).outcome is Outcome.SUCCEEDED
    assert diary.read() == ["waiting"]
    assert site.get() == (200, "v2")


def test_more_instances_and_going_back_have_no_leader(site, diary):
    site.create("v1", size=1, files=[commands(leader(diary("migrate")), ("02_each", diary("each"), ""))])
    assert site.scale(2).outcome is Outcome.SUCCEEDED
    assert site.deploy("bad", env={"EXIT_CODE": 3}, policy=Policy.ROLLING).outcome is Outcome.ROLLED_BACK
    site.settle()
    assert diary.read("v1").count("migrate") == 1
    assert site.end(site.begin(updates.prepare_rebuild(site.service, site.name))).outcome is Outcome.SUCCEEDED
    assert diary.read("v1").count("migrate") == 2
