"""Other versions, settings and sizes, and the way back: to what ran before, with the size of now."""

from __future__ import annotations

import pytest

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.model import Outcome, Policy
from beanstalk.records import Kind
from beanstalk.service import changes, updates, versions
from beanstalk.service.updates import counterpart


def run(bench, change, outcome=Outcome.SUCCEEDED):
    bench.finish(changes.begin(bench.service, change), outcome)


def deploy(bench, label, outcome=Outcome.SUCCEEDED):
    run(bench, updates.prepare_deploy(bench.service, "prod-1", bench.version(label).version), outcome)


def rollback(bench, label=None):
    return updates.prepare_rollback(bench.service, "prod-1", label)


def test_a_rollback_goes_to_the_version_before_and_back_again(bench):
    bench.create()
    deploy(bench, "v2")
    assert rollback(bench).version.label == "v1"
    run(bench, rollback(bench))
    assert rollback(bench).version.label == "v2"


def test_a_rollback_keeps_the_size_of_now_and_takes_the_settings_of_then(bench):
    bench.create(size=3)
    run(bench, updates.prepare_properties(bench.service, "prod-1", [("KEY", "new")]))
    run(bench, updates.prepare_scale(bench.service, "prod-1", 2))
    change = rollback(bench)
    assert "KEY" not in dict(change.workload.environment)
    assert change.rollout.size == 2


@pytest.mark.parametrize("outcome", [Outcome.ROLLED_BACK, Outcome.ABORTED])
def test_a_deployment_that_was_taken_back_is_nothing_to_go_back_from_or_to(bench, outcome):
    bench.create()
    deploy(bench, "v2")
    deploy(bench, "v3", outcome)
    assert rollback(bench).version.label == "v1"


def test_after_a_deployment_that_stopped_half_way_it_goes_back_to_what_is_expected(bench):
    bench.create()
    deploy(bench, "v2", Outcome.FAILED)
    assert rollback(bench).version.label == "v1"


def test_a_label_names_the_deployment_to_go_back_to(bench):
    bench.create()
    for label in ("v2", "v3"):
        deploy(bench, label)
    assert rollback(bench, "v1").version.label == "v1"
    with pytest.raises(BeanstalkError, match="runs v3 already"):
        rollback(bench, "v3")
    with pytest.raises(NotFound, match="no deployment of v9"):
        rollback(bench, "v9")


def test_there_is_nothing_before_the_first_deployment(bench):
    bench.create()
    with pytest.raises(NotFound, match="no earlier deployment"):
        rollback(bench)
    bench.create("prod-2", finished=False)
    with pytest.raises(BeanstalkError, match="nothing was deployed"):
        updates.prepare_rollback(bench.service, "prod-2")


def test_a_version_that_was_deleted_is_no_way_back(bench):
    bench.create()
    deploy(bench, "v2")
    versions.delete_version(bench.service, "shop", "v1")
    with pytest.raises(NotFound, match="no version v1"):
        rollback(bench)


def test_an_empty_property_is_removed(bench):
    bench.create()
    run(bench, updates.prepare_properties(bench.service, "prod-1", [("KEY", "value"), ("OTHER", "stays")]))
    change = updates.prepare_properties(bench.service, "prod-1", [("KEY", "")])
    assert [name for name, _ in change.workload.environment if name in ("KEY", "OTHER")] == ["OTHER"]


def test_a_scale_sets_both_ends_and_moves_nothing_else(bench):
    bench.create(size=3)
    change = updates.prepare_scale(bench.service, "prod-1", 5)
    assert (change.kind, change.rollout.policy, change.rollout.size) == (Kind.SCALE, Policy.RESIZE, 5)
    assert updates.prepare_scale(bench.service, "prod-1", 3).rollout.size == 3


def test_a_rebuild_is_all_at_once_and_a_restart_goes_by_the_policy(bench):
    bench.create()
    assert updates.prepare_rebuild(bench.service, "prod-1").rollout.policy is Policy.ALL_AT_ONCE
    restart = updates.prepare_restart(bench.service, "prod-1")
    assert (restart.rollout.policy, restart.replaces, restart.unchanged) == (Policy.ADDITIONAL_BATCH, True, False)


@pytest.mark.parametrize(
    ("name", "other"), [("shop", "shop-green"), ("shop-blue", "shop-green"), ("shop-green", "shop")]
)
def test_the_counterpart_is_the_other_colour(name, other):
    assert counterpart(name) == other


def test_blue_green_makes_the_other_one_with_a_free_cname(bench):
    bench.create()
    change = updates.prepare_blue_green(bench.service, "prod-1", bench.version("v2").version)
    assert (change.environment.name, change.environment.cname, change.new) == ("prod-1-green", "prod-1-green", True)
    assert dict(change.arguments)["on"] == bench.store.environment("prod-1").id


def test_blue_green_into_an_environment_of_another_application_is_refused(bench):
    bench.create()
    bench.create("prod-1-green")
    other = bench.store.environment("prod-1-green")
    bench.version("v1", application="blog")
    bench.store.environments.change(other.id, application="blog")
    with pytest.raises(BeanstalkError, match="no counterpart"):
        updates.prepare_blue_green(bench.service, "prod-1", bench.version("v2").version)
