"""The store: all or nothing, one holder for each environment, events in order, nobody loses a write."""

from __future__ import annotations

import sqlite3
import stat
import tempfile
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError
from beanstalk.model import Outcome
from beanstalk.records import (
    Application,
    Deployment,
    Environment,
    Health,
    Instance,
    Kind,
    Operation,
    Severity,
    State,
    Status,
)
from beanstalk.store.sqlite import Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "beanstalk.db"


@pytest.fixture
def store(path):
    store = Store(path)
    store.applications.add(Application("shop", "", 0.0))
    yield store
    store.close()


def environment(name="prod", slot=0, terminated=None):
    return Environment(
        f"e-{name}-{slot}", name, "shop", name, "procfile", Status.READY, Health.OK, "[]", "v1", 1, 1, slot, "[]",
        0.0, 0.0, terminated,
    )  # fmt: skip


def operation(identity="op-1", on="e-prod-0"):
    return Operation(identity, Kind.DEPLOY, on, "somebody", 1.0)


def instance(identity, port, **more):
    return Instance(identity, "e-prod-0", 1, State.IN_SERVICE, port, 1.0, 1.0, **more)


def deployment(identity, number, environment_id="e-prod-0", **more):
    return Deployment(
        identity, environment_id, f"op-{identity}", number, "v1", "d", "p", "[]", "{}", "{}", 0, 1.0, **more
    )


def test_everything_is_there_again_for_the_next_one(store, path):
    store.environments.add(environment())
    other = Store(path)
    assert other.environment("prod") == environment()
    other.close()


def test_only_its_owner_can_read_it(store, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_transaction_that_fails_has_written_nothing(store):
    with pytest.raises(RuntimeError), store.transaction():
        store.environments.add(environment())
        with store.transaction():
            store.operations.add(operation())
        raise RuntimeError
    assert (store.living(), store.open_operations()) == ([], [])
    with store.transaction():
        store.environments.add(environment())
    assert len(store.living()) == 1


def test_a_transaction_that_cannot_be_written_down_does_not_stand_in_the_way_of_the_next(store):
    store._db.execute("PRAGMA max_page_count = 1")
    limit = store._db.execute("PRAGMA page_count").fetchone()[0] + 2
    store._db.execute(f"PRAGMA max_page_count = {limit}")
    with pytest.raises(sqlite3.OperationalError, match="full"), store.transaction():
        for number in range(1000):
            store.operations.add(operation(f"op-{number}"))
    store._db.execute("PRAGMA max_page_count = 100000")
    with store.transaction():
        store.operations.add(operation())
    assert [each.id for each in store.open_operations()] == ["op-1"]


def test_a_name_a_cname_and_a_place_are_taken_by_one_living_environment(store):
    store.environments.add(environment("prod", 0))
    for again in (environment("prod", 1), environment("other", 0)):
        with pytest.raises(sqlite3.IntegrityError):
            store.environments.add(again)
    store.environments.change("e-prod-0", terminated=5.0)
    store.environments.add(environment("prod", 1))
    assert store.environment("prod").slot == 1


def test_a_port_is_had_by_one_living_instance(store):
    store.instances.add(instance("i-1", 20000))
    with pytest.raises(sqlite3.IntegrityError):
        store.instances.add(instance("i-2", 20000))
    store.set_state(store.instances.get("i-1"), State.TERMINATED, 3.0, ended=3.0)
    store.instances.add(instance("i-2", 20000))
    assert [each.id for each in store.living_instances()] == ["i-2"]


def test_an_environment_has_one_holder_until_the_operation_ends(store):
    with store.transaction():
        store.begin(operation("op-1"), ["e-prod-0", "e-test-1"])
    for taken in ("e-prod-0", "e-test-1"):
        with pytest.raises(sqlite3.IntegrityError), store.transaction():
            store.begin(operation("op-2", taken), [taken])
    assert store.operations.get("op-2") is None
    assert store.holder("e-test-1").id == "op-1"
    store.finish("op-1", Outcome.SUCCEEDED, "", 2.0)
    assert (store.holder("e-prod-0"), store.open_operations()) == (None, [])
    store.begin(operation("op-2"), ["e-prod-0"])


def at_once(count, work):
    """Run `work(number)` in so many threads that all begin together; what each gave or raised."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def test_of_many_who_take_an_environment_at_once_one_has_it(store, path):
    def take(number):
        mine = Store(path)
        with mine.transaction():
            mine.begin(operation(f"op-{number}"), ["e-prod-0"])
        mine.close()
        return "mine"

    results = at_once(6, take)
    assert results.count("mine") == 1
    assert sum(isinstance(each, sqlite3.IntegrityError) for each in results) == 5


def test_many_may_make_the_store_at_once(tmp_path):
    def make(number):
        store = Store(tmp_path / "new" / "beanstalk.db")
        store.add_event(Severity.INFO, f"from {number}", now=1.0)
        store.close()

    assert at_once(8, make) == [None] * 8
    found = Store(tmp_path / "new" / "beanstalk.db").events_after(0)
    assert sorted(event.message for event in found) == [f"from {number}" for number in range(8)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 2e9), min_size=1, max_size=20))
def test_dates_of_events_only_grow_whatever_the_clock_does(times):
    with tempfile.TemporaryDirectory() as folder:
        found = told(Store(Path(folder) / "db"), times)
    assert [event.message for event in found] == [str(number) for number in range(len(times))]
    assert all(one.at_ms < other.at_ms for one, other in pairwise(found))


def told(store, times):
    for number, now in enumerate(times):
        store.add_event(Severity.INFO, str(number), now=now)
    found = store.events_after(-1)
    store.close()
    return found


def test_events_are_found_by_environment_and_operation_from_a_moment_on(store):
    store.add_event(Severity.INFO, "one", environment(), "op-1", "v1", now=1.0)
    store.add_event(Severity.WARN, "two", environment(), "op-2", now=2.0)
    store.add_event(Severity.ERROR, "three", now=3.0)

    def texts(events):
        return [event.message for event in events]

    assert texts(store.events_after(1000)) == ["two", "three"]
    assert texts(store.events_after(0, "e-prod-0")) == ["one", "two"]
    assert texts(store.events_after(0, operation_id="op-2")) == ["two"]
    assert texts(store.events_after(0, limit=1)) == ["one"]
    assert texts(store.latest_events(limit=2)) == ["three", "two"]


def test_deployments_count_from_one_in_each_environment_and_over_all(store):
    assert store.next_deployment("e-prod-0") == (1, 1)
    store.deployments.add(deployment(1, 1))
    store.deployments.add(deployment(2, 1, "e-test-1", ended=3.0))
    assert store.next_deployment("e-prod-0") == (3, 2)
    assert store.open_deployment("e-prod-0").id == 1
    assert store.open_deployment("e-test-1") is None
    assert store.deployment_of("op-2").id == 2


def test_failures_are_those_of_the_past_the_latest_first(store):
    for number, ended in enumerate([10.0, 30.0, 20.0, 500.0]):
        store.instances.add(instance(f"i-{number}", 20000 + number, ended=ended, failed=1))
    store.instances.add(instance("i-fine", 20009, ended=25.0))
    store.instances.add(replace(instance("i-ending", 20008, failed=1), changed=40.0))
    assert [each.id for each in store.failures(1, 10.0, 100.0)] == ["i-ending", "i-1", "i-2"]


def test_old_events_and_instances_are_forgotten_living_ones_never(store):
    store.add_event(Severity.INFO, "old", now=10.0)
    store.add_event(Severity.INFO, "new", now=30.0)
    store.instances.add(instance("i-gone", 20000, ended=10.0))
    store.instances.add(instance("i-there", 20001))
    store.forget_before(20.0)
    assert [event.message for event in store.events_after(0)] == ["new"]
    assert [each.id for each in store.instances.where("1")] == ["i-there"]


def test_another_process_notices_a_write_by_the_data_version(store, path):
    other = Store(path)
    before = other.data_version()
    assert other.data_version() == before
    store.add_event(Severity.INFO, "hello", now=1.0)
    assert other.data_version() != before
    other.close()


def test_a_store_of_a_newer_program_is_left_alone(store, path):
    store._db.execute("PRAGMA user_version = 99")
    with pytest.raises(BeanstalkError, match="newer beanstalk") as raised:
        Store(path)
    assert "upgrade" in raised.value.hint


def test_a_file_that_is_no_store_is_explained(path):
    path.write_bytes(b"this is no database, and long enough to be seen as such" * 100)
    with pytest.raises(BeanstalkError, match="not a database"):
        Store(path)


def test_a_folder_in_its_place_is_explained(path):
    path.mkdir()
    with pytest.raises(BeanstalkError, match="cannot be used"):
        Store(path)
