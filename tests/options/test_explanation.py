"""Why an option has its value, and what would hold if the winner went away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import Where
from beanstalk.model import OptionSetting
from beanstalk.options.explanation import unused_here
from beanstalk.options.resolve import Contribution, Layer, explain, parse_option, resolve

ASG = "aws:autoscaling:asg"
COMMAND = "aws:elasticbeanstalk:command"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
HEALTH = "aws:elasticbeanstalk:healthreporting:system"


def test_an_explanation_has_the_winner_the_losers_and_what_comes_next():
    first, second = Where(".ebextensions/01.config", 3, 5), Where(".ebextensions/02.config", 4, 5)
    configuration = resolve(
        {
            Layer.ENVIRONMENT: [parse_option(f"{COMMAND}:BatchSize=50")],
            Layer.EBEXTENSIONS: [
                OptionSetting(COMMAND, "BatchSize", "25", at=first),
                OptionSetting(COMMAND, "BatchSize", "40", at=second),
            ],
            Layer.RECOMMENDED: [parse_option(f"{COMMAND}:BatchSize=30")],
        }
    )
    found = explain(configuration, COMMAND, "BatchSize")
    assert (found.value, found.default, found.winner.layer) == ("50", "100", Layer.ENVIRONMENT)
    assert [(each.value, each.at) for each in found.losers] == [
        ("40", second), ("25", first), ("30", None), ("100", None),
    ]  # fmt: skip
    assert found.next == Contribution(Layer.EBEXTENSIONS, "40", second)


def test_a_default_has_nothing_below_it():
    found = explain(resolve({}), ASG, "MaxSize")
    assert (found.value, found.losers, found.next) == ("4", (), None)


def test_an_explanation_says_what_the_local_target_makes_of_it():
    assert explain(resolve({}), COMMAND, "BatchSize").here == "the local target acts on it"
    assert explain(resolve({}), ASG, "Cooldown").here == "no effect on the local target"
    assert "until an instance" in explain(resolve({}), COMMAND, "Timeout").here


def test_an_explanation_says_where_the_option_means_nothing():
    classic = explain(resolve({}), "aws:elb:policies", "LoadBalancerPorts")
    assert "only with a load balancer of type classic" in classic.ignored
    assert explain(resolve({}), "aws:elbv2:loadbalancer", "IdleTimeout").ignored == ""


def test_an_option_that_cannot_be_has_no_explanation():
    with pytest.raises(KeyError):
        explain(resolve({}), ASG, "MinSise")


def test_options_without_effect_on_the_local_target_are_told_once_a_namespace():
    at = Where(".ebextensions/01.config", 7, 5)
    configuration = resolve(
        {
            Layer.EBEXTENSIONS: [OptionSetting("aws:ec2:vpc", "VPCId", "v", at=at)],
            Layer.ENVIRONMENT: [parse_option(f"aws:ec2:vpc:{name}=s") for name in ("Subnets", "ELBSubnets")],
            Layer.RECOMMENDED: [parse_option(f"{HEALTH}:SystemType=enhanced")],
        }
    )
    (notice,) = unused_here(configuration)
    assert notice.text == "aws:ec2:vpc: ELBSubnets, Subnets, VPCId: no effect on the local target"
    assert notice.at == at


NIGHTLY = "aws:autoscaling:scheduledaction"
VALUES = {
    (ASG, "MaxSize", ""): st.integers(4, 9).map(str),
    (HEALTH, "HealthCheckSuccessThreshold", ""): st.sampled_from(["Degraded", "Severe"]),
    (PROPERTIES, "A", ""): st.text("xyz=`{}", max_size=5),
    (PROPERTIES, "B", ""): st.just(""),
    ("aws:elb:listener:443", "InstancePort", ""): st.integers(1, 9).map(str),
    (NIGHTLY, "MinSize", "Day"): st.integers(0, 3).map(str),
    (NIGHTLY, "MinSize", "Night"): st.integers(0, 3).map(str),
}
OTHERWISE = {
    (COMMAND, "HealthCheckSuccessThreshold", ""): (HEALTH, "HealthCheckSuccessThreshold", ""),
    (ASG, "MaxSize", "AWSEBAutoScalingGroup"): (ASG, "MaxSize", ""),
    (PROPERTIES, "A", "Anything"): (PROPERTIES, "A", ""),
}
"""Other ways to say the same: an option that moved, and resource names where they mean nothing."""

DEFAULTS = {(ASG, "MaxSize", ""): "4", (HEALTH, "HealthCheckSuccessThreshold", ""): "Ok"}
KEYS = st.sampled_from(sorted(VALUES))
SETTING = st.sampled_from([*sorted(VALUES), *sorted(OTHERWISE)]).flatmap(
    lambda key: VALUES[OTHERWISE.get(key, key)].map(lambda value: OptionSetting(key[0], key[1], value, key[2]))
)
STACKS = st.dictionaries(st.sampled_from(Layer), st.lists(SETTING, max_size=6))


def said(layers, key):
    """(layer, index in it) of everything that is said about an option, the strongest first: by hand, from the rules."""
    found = []
    for layer in Layer:
        for index, each in reversed([*enumerate(layers.get(layer, ()))]):
            meant = (each.namespace, each.name, each.resource_name)
            if OTHERWISE.get(meant, meant) == key:
                found.append((layer, index))
    return found


@settings(deadline=None)
@given(STACKS, KEYS)
def test_the_winner_is_that_of_the_rules_and_its_value_is_the_one_that_holds(layers, key):
    configuration = resolve(layers)
    found, places = explain(configuration, *key), said(layers, key)
    told = [found.winner, *found.losers]
    expected = [(layer, layers[layer][index].value) for layer, index in places]
    assert [(each.layer, each.value) for each in told] == [*expected, (Layer.DEFAULT, DEFAULTS.get(key))]
    assert found.value == configuration.resolved(*key).value == (expected[0][1] if expected else DEFAULTS.get(key))
    if key[0] == PROPERTIES:
        assert configuration.properties().get(key[1]) == found.value
    assert found.next == (told[1] if places else None)


@settings(deadline=None)
@given(STACKS, KEYS)
def test_without_the_winner_exactly_what_was_predicted_holds_until_nothing_is_left(layers, key):
    before = explain(resolve(layers), *key)
    while before.next is not None:
        (layer, index), *_ = said(layers, key)
        layers = {**layers, layer: [each for i, each in enumerate(layers[layer]) if i != index]}
        after = explain(resolve(layers), *key)
        assert (after.winner, after.losers) == (before.next, before.losers[1:])
        before = after
    assert not said(layers, key) and before.winner.layer is Layer.DEFAULT
