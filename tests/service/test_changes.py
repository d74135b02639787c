"""What is worked out before anything is written, and how it is begun: by one, completely, or not at all."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, EnvironmentBusy, InvalidInput, TargetError
from beanstalk.model import OptionSetting, Policy
from beanstalk.records import Kind, Severity, Status
from beanstalk.service import changes, environments, operations, updates


def test_the_first_deployment_is_all_at_once_whatever_the_policy_later(bench):
    operation = bench.create(finished=False)
    deployment = bench.store.deployment_of(operation.id)
    assert '"AllAtOnce"' in deployment.rollout_json
    assert bench.store.environment("prod-1").status is Status.LAUNCHING
    assert bench.woken == [bench.home]


def test_a_deployment_takes_the_environment_and_wakes_the_agent_after_all_is_written(bench):
    bench.create()
    change = updates.prepare_deploy(bench.service, "prod-1", bench.version("v2").version)
    operation = changes.begin(bench.service, change)
    assert change.rollout.policy is Policy.ADDITIONAL_BATCH
    assert bench.store.holder(change.environment.id) == operation
    assert bench.store.environment("prod-1").status is Status.UPDATING
    assert len(bench.woken) == 2


def test_who_comes_second_is_told_who_holds_it_and_nothing_of_his_is_left(bench):
    bench.create()
    first, second = (updates.prepare_restart(bench.service, "prod-1") for _ in range(2))
    changes.begin(bench.service, first)
    before = bench.rows()
    with pytest.raises(EnvironmentBusy, match="held by restart") as raised:
        changes.begin(bench.service, second)
    assert "abort prod-1" in raised.value.hint
    assert bench.rows() == before


def test_what_was_prepared_before_somebody_changed_it_is_not_begun(bench):
    bench.create()
    stale = updates.prepare_restart(bench.service, "prod-1")
    bench.finish(changes.begin(bench.service, updates.prepare_scale(bench.service, "prod-1", 2)))
    before = bench.rows()
    with pytest.raises(EnvironmentBusy, match="changed meanwhile"):
        changes.begin(bench.service, stale)
    assert bench.rows() == before


@pytest.mark.parametrize("prepare", ["prepare_restart", "prepare_rebuild"])
def test_what_was_prepared_before_it_was_terminated_is_not_begun(bench, prepare):
    bench.create()
    stale = getattr(updates, prepare)(bench.service, "prod-1")
    bench.terminated("prod-1")
    with pytest.raises(EnvironmentBusy, match="terminated meanwhile"):
        changes.begin(bench.service, stale)


@pytest.mark.parametrize("gone", ["prod-1", "prod-1-green"])
def test_blue_green_is_not_begun_when_either_was_terminated_meanwhile(bench, gone):
    bench.create()
    bench.create("prod-1-green")
    change = updates.prepare_blue_green(bench.service, "prod-1", bench.version("v2").version)
    bench.terminated(gone)
    before = bench.rows()
    with pytest.raises(EnvironmentBusy, match="terminated meanwhile"):
        changes.begin(bench.service, change)
    assert bench.rows() == before


def test_blue_green_holds_both(bench):
    bench.create()
    change = updates.prepare_blue_green(bench.service, "prod-1", bench.version("v2").version)
    operation = changes.begin(bench.service, change)
    for name in ("prod-1", "prod-1-green"):
        assert bench.store.holder(bench.store.environment(name).id) == operation


def attempts(bench, count):
    """Prepare first, then begin all at the same moment, each as a process of its own would."""
    prepared = [(service := bench.another(), updates.prepare_restart(service, "prod-1")) for _ in range(count)]
    for service, _ in prepared:
        service.store.close()
        del service.__dict__["store"]
    barrier, results = threading.Barrier(count), []

    def begin(service, change):
        service.store  # noqa: B018 - opened by the thread that uses it
        barrier.wait()
        try:
            results.append(changes.begin(service, change))
        except EnvironmentBusy as error:
            results.append(error)
        service.store.close()

    threads = [threading.Thread(target=begin, args=each) for each in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(2, 5))
def test_of_many_who_begin_at_once_exactly_one_wins(bench, count):
    if bench.store.environment("prod-1") is None:
        bench.create()
    results = attempts(bench, count)
    won = [each for each in results if not isinstance(each, EnvironmentBusy)]
    assert (len(results), len(won)) == (count, 1)
    assert bench.store.open_operations() == won
    bench.finish(won[0])


def test_a_create_that_is_faster_takes_the_name_of_the_slower_one(bench):
    made = bench.version("v1")
    slow, fast = (
        environments.prepare_create(bench.service, "prod-1", made.version, made.packed.bundle) for _ in range(2)
    )
    changes.begin(bench.service, fast)
    before = bench.rows()
    with pytest.raises(EnvironmentBusy):
        changes.begin(bench.service, slow)
    assert bench.rows() == before


def test_nothing_is_written_when_the_balancer_cannot_be_had(bench, monkeypatch):
    def refuse(home):
        raise TargetError("the port is taken")

    bench.create()
    change = updates.prepare_restart(bench.service, "prod-1")
    before = bench.rows()
    monkeypatch.setattr(changes, "check_balancer", refuse)
    with pytest.raises(TargetError):
        changes.begin(bench.service, change)
    assert bench.rows() == before


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("MinSize", "-1"),
        ("MinSize", "9" * 18),
        ("MinSize", "two"),
        ("MinSize", ""),
        ("MinSize", "1\n"),
        ("NoSuch", "1"),
    ],
)
def test_a_prepare_that_fails_leaves_nothing(bench, option, value):
    bench.create()
    before = bench.rows()
    with pytest.raises(BeanstalkError):
        updates.prepare_configure(bench.service, "prod-1", [OptionSetting("aws:autoscaling:asg", option, value)])
    assert bench.rows() == before
    assert len(bench.woken) == 1


@pytest.mark.parametrize("value", ["a\0b", "\udcff"])
def test_a_property_that_no_process_can_be_given_is_refused(bench, value):
    bench.create()
    with pytest.raises(InvalidInput):
        updates.prepare_properties(bench.service, "prod-1", [("KEY", value)])


@pytest.mark.parametrize("value", ["two\nlines", "€", "a=b", "`id`", "x" * 4000])
def test_a_property_reaches_the_workload_as_it_is(bench, value):
    bench.create()
    change = updates.prepare_properties(bench.service, "prod-1", [("KEY", value)])
    assert dict(change.workload.environment)["KEY"] == value
    assert change.replaces


def test_more_instances_than_the_balancer_holds_are_refused(bench):
    bench.create()
    with pytest.raises(BeanstalkError, match="fit"):
        updates.prepare_scale(bench.service, "prod-1", 101)


def test_another_draining_time_or_size_does_not_replace_instances(bench):
    bench.create()
    draining = OptionSetting("beanstalk:deployment", "DrainSeconds", "3")
    assert not updates.prepare_configure(bench.service, "prod-1", [draining]).replaces
    assert updates.prepare_scale(bench.service, "prod-1", 2).rollout.policy is Policy.RESIZE


def test_another_health_check_is_tried_on_new_instances(bench):
    bench.create()
    check = OptionSetting("aws:elasticbeanstalk:application", "Application Healthcheck URL", "/health")
    assert updates.prepare_configure(bench.service, "prod-1", [check]).replaces


@pytest.mark.parametrize("path", ["/é", "/a b", "/x\r\nHost: evil"])
def test_a_health_check_that_cannot_be_asked_for_is_refused(bench, path):
    bench.create()
    check = OptionSetting("aws:elasticbeanstalk:application", "Application Healthcheck URL", path)
    with pytest.raises(InvalidInput, match="health check path"):
        updates.prepare_configure(bench.service, "prod-1", [check])


def test_nothing_changed_is_seen_and_force_replaces_all_the_same(bench):
    bench.create()
    version = bench.version("v1").version
    assert updates.prepare_deploy(bench.service, "prod-1", version).unchanged
    forced = updates.prepare_deploy(bench.service, "prod-1", version, force=True)
    assert (forced.unchanged, forced.replaces) == (False, True)


def test_what_holds_once_is_not_stored(bench):
    bench.create()
    once = [OptionSetting("aws:elasticbeanstalk:command", "DeploymentPolicy", "Immutable")]
    change = updates.prepare_deploy(bench.service, "prod-1", bench.version("v2").version, once=once)
    assert change.rollout.policy is Policy.IMMUTABLE
    assert "Immutable" not in changes.dump_settings(change.settings)


def test_warnings_become_events_on_one_line(bench):
    bench.create()
    change = updates.prepare_restart(bench.service, "prod-1")
    warning = changes.Problem("something is odd", hint="look at it")
    operation = changes.begin(bench.service, replace(change, warnings=(warning,)))
    found = bench.store.events_after(0, operation_id=operation.id)
    assert [each.message for each in found if each.severity is Severity.WARN] == ["something is odd; look at it"]


def test_the_holder_is_named_even_when_the_operation_is_of_another_kind(bench):
    bench.create()
    environments.terminate(bench.service, "prod-1")
    with pytest.raises(EnvironmentBusy, match="held by terminate"):
        changes.begin(bench.service, replace(prepared(bench), kind=Kind.DEPLOY))


def prepared(bench):
    return updates.prepare_restart(bench.service, "prod-1")


def test_a_command_in_another_encoding_holds_like_any_other(bench):
    bench.create()
    bench.service.command = b"beanstalk deploy caf\xe9".decode("utf-8", "surrogateescape")
    operation = changes.begin(bench.service, prepared(bench))
    assert "caf?" in operations.result(bench.service, operation.id).operation.holder


def test_two_new_environments_prepared_at_once_both_get_a_place(bench):
    version = bench.version("v1")
    one, two = (
        environments.prepare_create(bench.service, name, version.version, version.packed.bundle, platform="procfile")
        for name in ("prod-1", "prod-2")
    )
    assert one.environment.slot == two.environment.slot
    for change in (one, two):
        changes.begin(bench.service, change)
    assert {each.slot for each in bench.service.store.living()} == {0, 1}
