"""Follow, abort, wait: no event is missed, and nobody waits for ever."""

from __future__ import annotations

import threading

import pytest

from beanstalk.errors import BeanstalkError, EnvironmentBusy
from beanstalk.model import Outcome
from beanstalk.records import Severity
from beanstalk.service import changes, environments, operations, updates
from beanstalk.store.sqlite import Store


@pytest.fixture
def restart(bench):
    bench.create()
    return changes.begin(bench.service, updates.prepare_restart(bench.service, "prod-1"))


def test_every_event_is_told_once_until_the_operation_ends(bench, restart):
    def work():
        store = Store(bench.home.database)
        for number in range(20):
            store.add_event(Severity.INFO, f"event {number}", operation_id=restart.id)
        store.finish(restart.id, Outcome.SUCCEEDED, "", 1.0)
        store.close()

    thread = threading.Thread(target=work)
    thread.start()
    told = [event.message for event in operations.follow(bench.service, restart.id, timeout_s=120)]
    thread.join()
    assert told == ["Environment update is starting.", *(f"event {number}" for number in range(20))]


def test_following_ends_at_its_time_limit_and_the_operation_goes_on(bench, restart):
    assert len(list(operations.follow(bench.service, restart.id, timeout_s=0))) == 1
    assert operations.result(bench.service, restart.id).outcome is None


def test_the_result_has_what_ran_before_and_what_runs_now(bench):
    bench.create()
    operation = changes.begin(
        bench.service, updates.prepare_deploy(bench.service, "prod-1", bench.version("v2").version)
    )
    bench.finish(operation)
    result = operations.result(bench.service, operation.id)
    assert (result.previous_label, result.version_label, result.outcome) == ("v1", "v2", Outcome.SUCCEEDED)
    assert result.seconds >= 0


def test_an_abort_is_asked_of_whoever_holds_the_environment(bench, restart):
    assert operations.abort(bench.service, "prod-1").id == restart.id
    assert bench.store.operations.get(restart.id).abort == 1
    assert bench.woken[-1] == bench.home
    bench.finish(restart, Outcome.ABORTED)
    with pytest.raises(BeanstalkError, match="nothing goes on"):
        operations.abort(bench.service, "prod-1")


def test_a_termination_cannot_be_aborted(bench):
    bench.create()
    environments.terminate(bench.service, "prod-1")
    with pytest.raises(BeanstalkError, match="cannot be aborted"):
        operations.abort(bench.service, "prod-1")


def test_who_waits_gets_the_environment_when_it_is_free(bench, restart):
    attempts = []

    def attempt():
        attempts.append(1)
        if len(attempts) == 3:
            bench.finish(restart)
        return environments.terminate(bench.service, "prod-1")

    operation = operations.when_free(bench.service, attempt, "prod-1", wait_s=120)
    assert (bench.store.holder(operation.environment_id), len(attempts)) == (operation, 3)


def test_who_waits_no_longer_is_told_who_holds_it(bench, restart):
    with pytest.raises(EnvironmentBusy, match="held by restart"):
        operations.when_free(bench.service, lambda: environments.terminate(bench.service, "prod-1"), "prod-1", wait_s=0)
