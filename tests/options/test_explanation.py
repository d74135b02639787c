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


VALUES = {
    (ASG, "MaxSize", ""): st.integers(4, 9).map(str),
    (COMMAND, "HealthCheckSuccessThreshold", ""): st.sampled_from(["Ok", "Warning"]),
    (HEALTH, "HealthCheckSuccessThreshold", ""): st.sampled_from(["Degraded", "Severe"]),
    (PROPERTIES, "A", ""): st.text("xyz=", max_size=5),
    ("aws:elb:listener:443", "InstancePort", ""): st.integers(1, 9).map(str),
    ("aws:autoscaling:scheduledaction", "MinSize", "Day"): st.integers(0, 3).map(str),
    ("aws:autoscaling:scheduledaction", "MinSize", "Night"): st.integers(0, 3).map(str),
}
SETTING = st.sampled_from(sorted(VALUES)).flatmap(
    lambda key: VALUES[key].map(lambda value: OptionSetting(key[0], key[1], value, key[2]))
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(Layer), st.lists(SETTING, max_size=5)), st.sampled_from(sorted(VALUES)))
def test_without_the_winner_exactly_what_was_predicted_holds(layers, key):
    before = explain(resolve(layers), *key)
    same = [
        (list(Layer).index(layer), -index, layer)
        for layer, said in layers.items()
        for index, setting in enumerate(said)
        if explain(resolve({layer: [setting]}), *key).losers
    ]
    assert len(same) == len(before.losers)
    if not same:
        assert before.next is None
        return
    _, index, layer = min(same)
    without = {**layers, layer: [each for i, each in enumerate(layers[layer]) if i != -index]}
    after = explain(resolve(without), *key)
    assert after.winner == before.next
    assert after.losers == before.losers[1:]
