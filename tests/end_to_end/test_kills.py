"""Whatever is killed with -9, whenever: the same end, no request lost where that is possible, and nothing left over."""

from __future__ import annotations

import os
import signal
import time
from itertools import product

import pytest

from beanstalk.model import Outcome, Policy
from beanstalk.records import Health
from tests.end_to_end.site import BUILDING, wait_until

pytestmark = pytest.mark.real
BALANCERS = ["haproxy", "caddy"]
COMMON = ["building", "waiting", "serving", "draining", "stopping"]
MOMENTS = {
    Policy.ALL_AT_ONCE: COMMON,
    Policy.ROLLING: COMMON,
    Policy.ADDITIONAL_BATCH: COMMON,
    Policy.IMMUTABLE: [*COMMON, "committing"],
    Policy.TRAFFIC_SPLITTING: [*COMMON, "holding", "committing"],
}
"""What a deployment by each policy does at some time."""
BACK = ["building", "waiting", "going back", "stopping"]
"""The same of one that fails."""


def kills(moments_of):
    """(policy, balancer, moments): by default all moments of a policy in one deployment, with each balancer in turn;
    exhaustively each moment in a deployment of its own, with both."""
    found = []
    for number, (policy, moments) in enumerate(moments_of.items()):
        found.append(pytest.param(policy, BALANCERS[number % 2], moments, id=str(policy)))
        for balancer, moment in product(BALANCERS, moments):
            name, mark = f"{policy}-{balancer}-{moment}", pytest.mark.exhaustive
            found.append(pytest.param(policy, balancer, [moment], id=name, marks=mark))
    return found


@pytest.mark.parametrize("policy, balancer, moments", kills(MOMENTS))
def test_a_deployment_whose_agent_is_killed_loses_no_request(site, policy, moments):
    site.create("v1", platform=BUILDING, files=[("build.sh", "true")], rude=True, size=2)
    with site.clients() as clients:
        for label, left in until_killed(moments):
            version = {"files": [("build.sh", f"sleep 0.5 # {label}")], "env": {"START_SECONDS": 0.3}, "rude": True}
            with site.killer(left) as killer, site.watch() as watch:
                result = site.deploy(label, policy=policy, evaluate=1, **version)
            assert result.outcome is Outcome.SUCCEEDED, result.cause
            assert watch.broken(result) == []
            left[:] = [each for each in left if each not in killer.killed]
        clients.until_answered_by(label)
        assert policy is Policy.ALL_AT_ONCE or clients.lost() == []
    site.settle()
    assert site.labels() == [label] * 2
    assert site.leftovers() == []


def until_killed(moments):
    """(label, moments that are left) of one deployment after the other, until the agent was killed at every moment: on
    a busy machine one may be over before anybody saw it."""
    left = list(moments)
    for number in range(2, 6):
        yield f"v{number}", left
        if not left:
            return
    raise AssertionError(f"never seen in four deployments: {', '.join(left)}")


@pytest.mark.parametrize("policy, balancer, moments", kills(dict.fromkeys(MOMENTS, BACK)))
def test_a_failing_deployment_whose_agent_is_killed_leaves_the_old_version(site, policy, moments):
    site.create("v1", platform=BUILDING, files=[("build.sh", "true")], rude=True, size=2, health="/health")
    with site.clients(slow=False) as clients:
        for label, left in until_killed(moments):
            version = {"files": [("build.sh", f"sleep 0.5 # {label}")], "env": {"HEALTH": 500}}
            with site.killer(left) as killer:
                result = site.deploy(label, policy=policy, wrong=1, **version)
            assert result.outcome is Outcome.ROLLED_BACK, result.cause
            left[:] = [each for each in left if each not in killer.killed]
        assert policy is Policy.ALL_AT_ONCE or clients.lost() == []
    site.settle()
    assert site.labels() == ["v1"] * 2
    assert site.leftovers() == []


@pytest.mark.parametrize("balancer", BALANCERS)
@pytest.mark.parametrize(
    "roles", [("agent", "balancer"), ("agent", "guardian", "balancer"), ("agent", "guardian")], ids="+".join
)
def test_a_deployment_ends_well_whatever_was_killed_together(site, roles):
    site.create("v1", rude=True, size=2)
    operation = site.begin(site.prepare_deploy("v2", env={"START_SECONDS": 0.5}, rude=True))
    wait_until("a new instance", lambda: len(site.instances()) > 2)
    site.kill(*roles)
    result = site.end(operation)
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert site.get() == (200, "v2")
    site.settle()
    assert site.labels() == ["v2"] * 2
    assert site.leftovers() == []


def test_everything_killed_at_once_is_there_again_with_the_next_command(site):
    site.create("v1", rude=True, size=2)
    operation = site.begin(site.prepare_deploy("v2", env={"START_SECONDS": 0.5}, rude=True))
    wait_until("a new instance", lambda: len(site.instances()) > 2)
    site.kill("agent", "guardian", "balancer", "instance")
    result = site.end(operation)
    site.settle()
    assert result.outcome in (Outcome.SUCCEEDED, Outcome.ROLLED_BACK)
    assert site.labels() == [{Outcome.SUCCEEDED: "v2", Outcome.ROLLED_BACK: "v1"}[result.outcome]] * 2
    assert site.leftovers() == []


@pytest.mark.parametrize("balancer", BALANCERS)
def test_a_killed_balancer_comes_back_with_its_pools(site):
    site.create("v1", size=2)
    before = site.members(), site.balancer()
    site.kill("balancer")
    wait_until("another balancer", lambda: site.balancer() not in (None, before[1]))
    wait_until("an answer", site.is_answering)
    assert (site.get(), site.members()) == ((200, "v1"), before[0])
    assert site.leftovers() == []


def test_a_killed_agent_comes_back_without_anybody_asking(site):
    site.create("v1", size=1)
    before = site.agent()
    site.kill("agent")
    wait_until("another agent", lambda: site.agent() not in (None, before))
    assert site.get() == (200, "v1")


def test_an_instance_killed_is_replaced_and_told_once(site):
    site.create("v1", size=2)
    killed = site.processes("instance")[0]
    os.kill(killed.pid, signal.SIGKILL)
    wait_until("its end", lambda: killed.instance not in [each.id for each in site.instances()])
    site.settle()
    wait_until("the event", site.messages)
    assert site.labels() == ["v1"] * 2
    assert [message for message in site.messages() if killed.instance in message and "SIGKILL" in message]
    assert len(site.messages()) == 1
    assert site.leftovers() == []


def test_all_instances_killed_at_once_are_replaced(site):
    site.create("v1", size=3)
    gone = {each.instance for each in site.processes("instance")}
    site.kill("instance")
    wait_until("their end", lambda: not gone & {each.id for each in site.instances()})
    site.settle()
    assert site.labels() == ["v1"] * 3
    assert site.get() == (200, "v1")
    assert site.leftovers() == []


def test_a_crash_loop_is_told_in_one_event(site):
    site.create("v1", size=1, env={"CRASH_AFTER": 1, "EXIT_CODE": 7})
    severe = "has transitioned from Ok to Severe"
    wait_until("the news", lambda: any(severe in message for message in site.messages()))
    deaths = len(site.failed())
    wait_until("two more deaths", lambda: len(site.failed()) >= deaths + 2)
    told = [message for message in site.messages() if severe in message]
    assert len(told) == 1
    assert "exited with 7" in told[0]
    assert len(site.messages()) <= deaths + 1
    assert site.environment().health is Health.SEVERE


def test_a_killed_command_line_does_not_end_its_operation(site):
    site.create("v1", rude=True, size=2)
    version = site.version("v2", rude=True, START_SECONDS=0.5).version
    with site.clients(slow=False) as clients:
        command = site.start_command("deploy", "shop", "--version", version.label)
        wait_until("a new instance", lambda: len(site.instances()) > 2)
        command.kill()
        command.wait()
        wait_until("the end", lambda: not site.store.open_operations())
        assert clients.lost() == []
    assert site.labels() == ["v2"] * 2
    assert site.leftovers() == []


def test_an_agent_that_is_woken_all_the_time_does_not_hang(site):
    site.create("v1", size=1)
    pid, until = site.agent(), time.monotonic() + 3
    while time.monotonic() < until:
        os.kill(pid, signal.SIGUSR1)
        time.sleep(0.00005)
    assert site.scale(2).outcome is Outcome.SUCCEEDED
    assert site.agent() == pid
