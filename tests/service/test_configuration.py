"""From settings to a rollout: nothing is lost in the store, and what is set beats what was recommended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.model import OnFailure, OptionSetting, Policy
from beanstalk.options.catalogue import SECRETS
from beanstalk.options.configuration import Layer
from beanstalk.options.resolve import resolve
from beanstalk.service.configuration import (
    ASG,
    COMMAND,
    ENVIRONMENT,
    OURS,
    PROPERTIES,
    RECOMMENDED,
    TRAFFIC,
    Stored,
    change_settings,
    differences,
    dump_settings,
    layers_of,
    load_settings,
    rollout_for,
    size_of,
)

names = st.sampled_from(["A", "B", "C"])
given_settings = st.builds(OptionSetting, names, names, st.text(max_size=5), st.sampled_from(["", "task"]))
stored_settings = st.builds(Stored, given_settings, st.sampled_from([Layer.ENVIRONMENT, Layer.RECOMMENDED]))


@given(st.lists(stored_settings, unique_by=lambda each: (each.key, each.layer)))
def test_settings_survive_the_store_and_their_order_does_not_matter(stored):
    text = dump_settings(stored)
    assert sorted(load_settings(text), key=str) == sorted(stored, key=str)
    assert dump_settings(reversed(stored)) == dump_settings(load_settings(text)) == text


@given(st.lists(stored_settings, max_size=6), st.lists(given_settings, max_size=4))
def test_what_is_set_last_holds_directly_and_once(stored, add):
    changed = change_settings(stored, add)
    for key in {(each.namespace, each.name, each.resource_name) for each in add}:
        latest = [each for each in add if (each.namespace, each.name, each.resource_name) == key][-1]
        assert [each for each in changed if each.key == key] == [Stored(latest)]
    untouched = [each for each in stored if each.key not in {(e.namespace, e.name, e.resource_name) for e in add}]
    assert [each for each in changed if each in untouched] == untouched


@pytest.mark.parametrize(("before", "after"), [(PROPERTIES, SECRETS), (SECRETS, PROPERTIES)])
def test_a_property_and_a_secret_of_one_name_take_the_place_of_each_other(before, after):
    stored = [
        Stored(OptionSetting(before, name, "file:/a"), layer) for name, layer in zip("AB", list(Layer), strict=False)
    ]
    new = OptionSetting(after, "A", "file:/b")
    assert change_settings(stored, [new]) == (stored[1], Stored(new))


def test_what_is_removed_uncovers_what_files_say():
    stored = change_settings([], [OptionSetting(ASG, "MinSize", "5"), OptionSetting(ASG, "MaxSize", "5")])
    kept = change_settings(stored, [], [(ASG, "MinSize")])
    configuration = resolve(layers_of(kept, [OptionSetting(ASG, "MinSize", "2")]))
    assert size_of(configuration) == 2


def configured(*settings):
    stored = [Stored(OptionSetting(*each)) for each in settings]
    recommended = [Stored(each, Layer.RECOMMENDED) for each in RECOMMENDED]
    return resolve(layers_of([*recommended, *stored], []))


def test_a_recommended_value_is_weaker_than_a_file():
    stored = [Stored(each, Layer.RECOMMENDED) for each in RECOMMENDED]
    configuration = resolve(layers_of(stored, [OptionSetting(COMMAND, "DeploymentPolicy", "Rolling")]))
    assert rollout_for(configuration, 1).policy is Policy.ROLLING


def test_without_any_setting_one_instance_is_replaced_with_an_additional_batch():
    rollout = rollout_for(configured(), 1)
    assert (rollout.policy, rollout.size, rollout.old_size, rollout.batch) == (Policy.ADDITIONAL_BATCH, 1, 1, 1)
    assert rollout.on_failure is OnFailure.ROLLBACK


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([(ASG, "MinSize", "4")], {"size": 4, "batch": 2}),
        ([(ASG, "MinSize", "4"), (COMMAND, "BatchSize", "3"), (COMMAND, "BatchSizeType", "Fixed")], {"batch": 3}),
        ([(ASG, "MinSize", "4"), (ENVIRONMENT, "EnvironmentType", "SingleInstance")], {"size": 1}),
        ([(COMMAND, "Timeout", "42")], {"timeout_s": 42.0}),
        ([(COMMAND, "IgnoreHealthCheck", "true")], {"ignore_health": True}),
        ([(TRAFFIC, "EvaluationTime", "7")], {"evaluate_s": 420.0}),
        ([(TRAFFIC, "EvaluationTime", "7"), (OURS, "EvaluationSeconds", "0.5")], {"evaluate_s": 0.5}),
        ([(TRAFFIC, "NewVersionPercent", "25")], {"new_percent": 25}),
        ([(OURS, "OnFailure", "stop")], {"on_failure": OnFailure.STOP}),
        ([(COMMAND, "DeploymentPolicy", "Immutable")], {"policy": Policy.IMMUTABLE}),
    ],
)
def test_each_option_has_its_place_in_the_rollout(settings, expected):
    settings = [(ASG, "MaxSize", "4"), *settings]
    rollout = rollout_for(configured(*settings), 3)
    assert rollout == replace(rollout, **expected)
    assert rollout.old_size == 3


def test_a_policy_that_must_be_wins():
    settings = [(COMMAND, "DeploymentPolicy", "Immutable")]
    assert rollout_for(configured(*settings), 0, Policy.ALL_AT_ONCE).policy is Policy.ALL_AT_ONCE


def test_differences_name_settings_and_never_their_values():
    before = (Stored(OptionSetting(PROPERTIES, "A", "secret")), Stored(OptionSetting(PROPERTIES, "B", "1")))
    after = (Stored(OptionSetting(PROPERTIES, "B", "2")), Stored(OptionSetting(COMMAND, "Timeout", "60")))
    assert differences(before, after) == [
        "A removed",
        "B changed",
        "aws:elasticbeanstalk:command:Timeout set",
    ]
    assert differences(after, after) == []


def test_a_fixed_batch_that_nobody_sized_is_one_instance():
    stored = [Stored(each, Layer.RECOMMENDED) for each in RECOMMENDED]
    fixed = OptionSetting(COMMAND, "BatchSizeType", "Fixed")
    assert resolve(layers_of(stored, [fixed])).integer(COMMAND, "BatchSize") == 1
    assert resolve(layers_of([*stored, Stored(fixed)], [])).integer(COMMAND, "BatchSize") == 1
    assert resolve(layers_of(stored, [])).integer(COMMAND, "BatchSize") == 30
