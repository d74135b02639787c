"""Environments: names are checked and unique, clones and restored ones are like their original."""

from __future__ import annotations

import pytest

from beanstalk.errors import AlreadyExists, BeanstalkError, EnvironmentBusy, InvalidInput, NotFound
from beanstalk.records import Instance, Kind, State, Status
from beanstalk.service import changes, environments, updates, versions
from beanstalk.service.place import find_environment
from beanstalk.targets.local.balancer import SLOTS


def create(bench, name="prod-1", **more):
    made = bench.version("v1")
    return environments.prepare_create(bench.service, name, made.version, made.packed.bundle, **more)


@pytest.mark.parametrize(
    "name", ["", "abc", "x" * 41, "-abc", "abcd-", "a b c d", "a_bcd", "äöüß", "abcd\n", "../../x"]
)
def test_what_is_no_environment_name_is_refused(bench, name):
    with pytest.raises(InvalidInput, match="environment name"):
        create(bench, name, cname="fine-name")


@pytest.mark.parametrize("cname", ["abc", "x" * 64, "-abc", "abcd-", "ABCD", "a.bcd", "a b c", "abcd\n"])
def test_what_is_no_cname_is_refused(bench, cname):
    with pytest.raises(InvalidInput, match="CNAME"):
        create(bench, cname=cname)


def test_all_problems_of_names_are_told_at_once(bench):
    with pytest.raises(InvalidInput) as raised:
        create(bench, "a", cname="B")
    assert len(raised.value.problems) == 2


def test_names_and_cnames_are_taken_by_the_living_alone(bench):
    bench.create("prod-1")
    with pytest.raises(AlreadyExists, match="Environment prod-1 already exists"):
        create(bench, "prod-1", cname="other-name")
    with pytest.raises(AlreadyExists, match=r"prod-1\.localhost"):
        create(bench, "other", cname="prod-1")
    bench.terminated("prod-1")
    assert create(bench, "prod-1").new


def test_places_are_given_until_all_are_taken(bench, monkeypatch):
    assert SLOTS == 32
    monkeypatch.setattr(environments, "SLOTS", 2)
    for name in ("one-1", "two-2"):
        bench.create(name)
    with pytest.raises(BeanstalkError, match="does not fit"):
        create(bench, "three")
    bench.terminated("one-1")
    assert create(bench, "three").environment.slot == 0


def test_a_clone_has_the_version_size_and_properties_of_its_original(bench):
    bench.create(size=2)
    bench.finish(changes.begin(bench.service, updates.prepare_properties(bench.service, "prod-1", [("KEY", "value")])))
    clone = environments.prepare_clone(bench.service, "prod-1")
    assert (clone.environment.name, clone.environment.cname) == ("prod-1-clone", "prod-1-clone")
    assert (clone.version.label, clone.rollout.size) == ("v1", 2)
    assert dict(clone.workload.environment)["KEY"] == "value"


def test_a_restored_environment_is_itself_again(bench):
    bench.create(size=2)
    before = find_environment(bench.service, "prod-1")
    bench.terminated("prod-1")
    operation = changes.begin(bench.service, environments.prepare_restore(bench.service, "prod-1"))
    bench.finish(operation)
    after = find_environment(bench.service, "prod-1")
    assert (after.id, after.cname, after.version_label, after.size) == (before.id, before.cname, "v1", 2)
    assert operation.kind is Kind.RESTORE


def test_what_cannot_be_restored_says_why(bench, monkeypatch):
    bench.create()
    with pytest.raises(NotFound, match="no terminated environment"):
        environments.prepare_restore(bench.service, "prod-1")
    bench.terminated("prod-1")
    now = bench.service.now()
    monkeypatch.setattr(type(bench.service), "now", lambda self: now + 43 * 86400)
    with pytest.raises(BeanstalkError, match="more than 42 days"):
        environments.prepare_restore(bench.service, "prod-1")
    monkeypatch.undo()
    versions.delete_version(bench.service, "shop", "v1")
    with pytest.raises(NotFound, match="was deleted"):
        environments.prepare_restore(bench.service, "prod-1")


def test_terminate_takes_the_environment(bench):
    bench.create()
    operation = environments.terminate(bench.service, "prod-1")
    assert find_environment(bench.service, "prod-1").status is Status.TERMINATING
    with pytest.raises(EnvironmentBusy):
        environments.terminate(bench.service, "prod-1")
    assert bench.store.open_operations() == [operation]


def test_a_swap_takes_both_or_none(bench):
    bench.create("one-1"), bench.create("two-2")
    changes.begin(bench.service, updates.prepare_restart(bench.service, "two-2"))
    with pytest.raises(EnvironmentBusy, match="two-2 is held"):
        environments.swap(bench.service, "one-1", "two-2")
    assert find_environment(bench.service, "one-1").status is Status.READY
    assert bench.store.holder(find_environment(bench.service, "one-1").id) is None
    with pytest.raises(InvalidInput, match="with itself"):
        environments.swap(bench.service, "one-1", "one-1")


def test_the_description_has_what_belongs_to_it(bench):
    bench.create()
    environment = find_environment(bench.service, "prod-1")
    bench.store.instances.add(Instance("i-1", environment.id, 1, State.STOPPING, 20001, 1.0, 1.0, '{"web": [7, 1.0]}'))
    found = environments.describe(bench.service, environment)
    assert (found.url, found.operation) == (f"http://prod-1.localhost:{bench.home.port}/", None)
    assert environments.instance_rows(found) == [
        {"InstanceId": "i-1", "VersionLabel": "v1", "DeploymentId": 1, "State": "Draining",
         "Address": "127.0.0.1:20001", "Pid": 7},
    ]  # fmt: skip


@pytest.mark.parametrize(("asked", "hint"), [("prod-2", "did you mean prod-1?"), ("xyz", "there are: prod-1")])
def test_a_name_that_is_not_there_is_told_with_those_that_are(bench, asked, hint):
    bench.create()
    with pytest.raises(NotFound) as raised:
        find_environment(bench.service, asked)
    assert raised.value.hint == hint


def test_a_name_in_another_encoding_is_not_there(bench):
    with pytest.raises(NotFound):
        find_environment(bench.service, "caf\udce9")
