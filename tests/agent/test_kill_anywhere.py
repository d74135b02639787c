"""An agent killed after any write or any effect: the next one brings it to the same end as if nothing had happened."""

from __future__ import annotations

import copy
import json
import shutil

import pytest

from beanstalk.model import Outcome, Policy, Rollout
from beanstalk.records import Kind, Operation, Status
from tests.agent.memory_world import (
    SCRIPTS,
    SECRETS,
    Machine,
    add_deployment,
    add_environment,
    open_store,
    turn_until_rest,
)

REPLACING = [policy for policy in Policy if policy is not Policy.RESIZE]


def rollout(policy, size=3, old=3, batch=1):
    return Rollout(policy, size, old, batch, timeout_s=60.0, evaluate_s=0.4)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """An environment that serves version v1 with three instances."""
    folder = tmp_path_factory.mktemp("deployed")
    machine = Machine()
    store = open_store(folder / "beanstalk.db")
    add_environment(store, "shop-prod", 0, machine.now)
    add_deployment(store, "e-shop-prod", rollout(Policy.ALL_AT_ONCE, old=0), "v1", Kind.CREATE, machine.now)
    store.close()
    turn_until_rest(machine, folder)
    machine.now += 100
    return machine, folder


def fork(deployed, tmp_path, name):
    machine, folder = deployed
    target = tmp_path / name
    shutil.copytree(folder, target)
    machine = copy.deepcopy(machine)
    machine.counted, machine.effects = 0, []
    return machine, target


def ending(machine, folder):
    """Everything a person could tell a difference by."""
    store = open_store(folder / "beanstalk.db")
    labels = {each.id: each.version_label for each in store.deployments.where("1")}
    environments = [
        (each.name, each.cname, each.status, each.version_label, each.size, each.terminated is None)
        for each in store.environments.where("1 ORDER BY name")
    ]
    instances = sorted((labels[each.deployment_id], str(each.state)) for each in store.living_instances())
    outcomes = [each.outcome for each in store.operations.where("1 ORDER BY created, id")]
    holds = store._db.execute("SELECT COUNT(*) FROM holds").fetchone()
    living = sorted((each.digest, each.name) for each in machine.living())
    pools = sorted((slot, pool.host, len(pool.members)) for slot, pool in machine.pools.items())
    known = {each.id for each in store.living_instances()}
    orphans = [each for each in machine.living() if each.instance_id not in known]
    orphans += [job for job in machine.jobs if job[0] not in known]
    told = [each.message for each in store.events_after(0) if ": script " in each.message]
    store.close()
    assert len(told) == len(set(told)), "a script was told twice"
    led = machine.ran.count(("v2", "migrate"))
    return environments, instances, outcomes, holds, living, pools, led, orphans


def every_kill(deployed, tmp_path, begin):
    """Run once undisturbed, then once for each write or effect of that run, killed right after it."""
    machine, folder = fork(deployed, tmp_path, "whole")
    begin(machine, folder)
    machine.counted = 0
    turn_until_rest(machine, folder)
    expected, points = ending(machine, folder), machine.counted
    assert points > 5
    for point in range(1, points + 1):
        machine, folder = fork(deployed, tmp_path, f"killed-{point}")
        begin(machine, folder)
        machine.effects, machine.countdown = [], point
        assert turn_until_rest(machine, folder) == 2
        assert ending(machine, folder) == expected, f"killed after {point}: {machine.effects[point - 1]}"
        shutil.rmtree(folder)
    return expected


def deploys(policy, label, scripts=(), failing=(), kind=Kind.DEPLOY, secrets=(), **more):
    def begin(machine, folder):
        machine.bad, machine.failing = {"bad"}, set(failing)
        store = open_store(folder / "beanstalk.db")
        where = store, "e-shop-prod", rollout(policy, **more), label, kind, machine.now
        add_deployment(*where, scripts=scripts, secrets=secrets)
        store.close()

    return begin


@pytest.mark.parametrize("policy", REPLACING)
def test_a_deployment_killed_anywhere_ends_with_the_new_version(deployed, tmp_path, policy):
    environments, instances, outcomes, *_, orphans = every_kill(deployed, tmp_path, deploys(policy, "v2"))
    assert environments[0][2:] == (Status.READY, "v2", 3, True)
    assert instances == [("v2", "InService")] * 3
    assert outcomes[-1] is Outcome.SUCCEEDED
    assert orphans == []


@pytest.mark.parametrize("policy", REPLACING)
def test_a_failing_deployment_killed_anywhere_ends_with_the_old_version(deployed, tmp_path, policy):
    environments, instances, outcomes, *_, orphans = every_kill(deployed, tmp_path, deploys(policy, "bad"))
    assert environments[0][2:] == (Status.READY, "v1", 3, True)
    assert instances == [("v1", "InService")] * 3
    assert outcomes[-1] is Outcome.ROLLED_BACK
    assert orphans == []


@pytest.mark.parametrize("policy", REPLACING)
def test_what_runs_once_in_a_deployment_runs_once_wherever_it_is_killed(deployed, tmp_path, policy):
    _, instances, outcomes, *_, led, orphans = every_kill(deployed, tmp_path, deploys(policy, "v2", SCRIPTS))
    assert instances == [("v2", "InService")] * 3
    assert (outcomes[-1], led, orphans) == (Outcome.SUCCEEDED, 1, [])


@pytest.mark.parametrize("policy", [Policy.ALL_AT_ONCE, Policy.ADDITIONAL_BATCH])
def test_a_deployment_with_secrets_is_killed_anywhere_and_reads_them_again(deployed, tmp_path, policy):
    begin = deploys(policy, "v2", SCRIPTS, secrets=SECRETS)
    _, instances, outcomes, *_, led, orphans = every_kill(deployed, tmp_path, begin)
    assert instances == [("v2", "InService")] * 3
    assert (outcomes[-1], led, orphans) == (Outcome.SUCCEEDED, 1, [])


@pytest.mark.parametrize("script", ["migrate", "tell"])
@pytest.mark.parametrize("policy", REPLACING)
def test_a_failing_script_ends_with_the_old_version_wherever_it_is_killed(deployed, tmp_path, policy, script):
    begin = deploys(policy, "v2", SCRIPTS, failing=[script])
    _, instances, outcomes, *_, led, orphans = every_kill(deployed, tmp_path, begin)
    assert instances == [("v1", "InService")] * 3
    assert (outcomes[-1], led, orphans) == (Outcome.ROLLED_BACK, 1, [])


@pytest.mark.parametrize("size", [1, 5])
def test_a_resize_killed_anywhere_ends_with_the_wanted_number(deployed, tmp_path, size):
    _, instances, *_ = every_kill(deployed, tmp_path, deploys(Policy.RESIZE, "v1", size=size))
    assert instances == [("v1", "InService")] * size


def test_an_abort_killed_anywhere_ends_with_the_old_version(deployed, tmp_path):
    def begin(machine, folder):
        deploys(Policy.ROLLING, "v2")(machine, folder)
        turn_a_little(machine, folder)
        store = open_store(folder / "beanstalk.db")
        store.operations.change(store.open_operations()[0].id, abort=1)
        store.close()

    _, instances, outcomes, *_ = every_kill(deployed, tmp_path, begin)
    assert instances == [("v1", "InService")] * 3
    assert outcomes[-1] is Outcome.ABORTED


def turn_a_little(machine, folder):
    from tests.agent.memory_world import TICK_S, make_agent

    agent, store = make_agent(machine, folder)
    for _ in range(6):
        agent.tick()
        machine.now += TICK_S
    store.close()


def test_a_termination_killed_anywhere_leaves_nothing(deployed, tmp_path):
    def begin(machine, folder):
        store = open_store(folder / "beanstalk.db")
        with store.transaction():
            operation = Operation("op-end", Kind.TERMINATE, "e-shop-prod", "a test", machine.now)
            store.begin(operation, ["e-shop-prod"])
            store.environments.change("e-shop-prod", status=Status.TERMINATING)
        store.close()

    environments, instances, _, holds, living, pools, *_ = every_kill(deployed, tmp_path, begin)
    assert (instances, living, pools, holds) == ([], [], [], (0,))
    assert environments[0][-1] is False


def test_a_first_deployment_that_fails_leaves_nothing_wherever_it_is_killed(deployed, tmp_path):
    def begin(machine, folder):
        machine.bad = {"bad"}
        store = open_store(folder / "beanstalk.db")
        add_environment(store, "shop-test", 1, machine.now)
        first = rollout(Policy.ALL_AT_ONCE, old=0)
        add_deployment(store, "e-shop-test", first, "bad", Kind.CREATE, machine.now)
        store.close()

    environments, instances, *_ = every_kill(deployed, tmp_path, begin)
    assert environments[1][-1] is False
    assert instances == [("v1", "InService")] * 3


def blue_green(label, scripts=()):
    def begin(machine, folder):
        machine.bad = {"bad"}
        store = open_store(folder / "beanstalk.db")
        add_environment(store, "shop-prod-green", 1, machine.now)
        first = rollout(Policy.ALL_AT_ONCE, old=0)
        add_deployment(
            store, "e-shop-prod-green", first, label, Kind.BLUE_GREEN, machine.now, on="e-shop-prod", scripts=scripts
        )
        store.close()

    return begin


def test_blue_green_killed_anywhere_swaps_both_names_once(deployed, tmp_path):
    environments, *_, led, _ = every_kill(deployed, tmp_path, blue_green("v2", SCRIPTS))
    assert led == 1
    assert [(name, cname) for name, cname, *_ in environments] == [
        ("shop-prod", "shop-prod-green"), ("shop-prod-green", "shop-prod"),
    ]  # fmt: skip


def test_blue_green_that_fails_swaps_nothing_wherever_it_is_killed(deployed, tmp_path):
    environments, *_ = every_kill(deployed, tmp_path, blue_green("bad"))
    assert environments[0][:3] == ("shop-prod", "shop-prod", Status.READY)
    assert environments[1][-1] is False


def test_a_swap_killed_anywhere_exchanges_both_names_once(deployed, tmp_path):
    def begin(machine, folder):
        store = open_store(folder / "beanstalk.db")
        add_environment(store, "shop-test", 1, machine.now)
        store.environments.change("e-shop-test", status=Status.READY)
        with store.transaction():
            arguments = json.dumps({"with": "e-shop-test"})
            operation = Operation("op-swap", Kind.SWAP, "e-shop-prod", "a test", machine.now, arguments)
            store.begin(operation, ["e-shop-prod", "e-shop-test"])
        store.close()

    machine, folder = fork(deployed, tmp_path, "points")
    begin(machine, folder)
    machine.counted = 0
    turn_until_rest(machine, folder)
    for point in range(1, machine.counted + 1):
        machine, folder = fork(deployed, tmp_path, f"at-{point}")
        begin(machine, folder)
        machine.countdown = point
        turn_until_rest(machine, folder)
        environments, *_ = ending(machine, folder)
        assert [each[1] for each in environments] == ["shop-test", "shop-prod"]
