"""Layers on top of each other: who wins, what is remembered, and what is wrong only in company."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, UsageError, Where
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Circumstances, Layer, parse_option, resolve, settings

ASG = "aws:autoscaling:asg"
COMMAND = "aws:elasticbeanstalk:command"
PROCESS = "aws:elasticbeanstalk:environment:process:default"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
HEALTH = "aws:elasticbeanstalk:healthreporting:system"
OURS = "beanstalk:deployment"
SINGLE = "aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance"
BALANCER = "aws:elasticbeanstalk:environment:LoadBalancerType="


def of(*options: str) -> list[OptionSetting]:
    return [parse_option(option) for option in options]


def problems(*options: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        resolve({Layer.ENVIRONMENT: of(*options)})
    return [str(problem) for problem in caught.value.problems]


def warnings(*options: str) -> list[str]:
    return [str(warning) for warning in resolve({Layer.ENVIRONMENT: of(*options)}).warnings]


def test_nothing_set_gives_the_defaults():
    configuration = resolve({})
    assert configuration.integer(ASG, "MaxSize") == 4
    assert configuration.boolean(COMMAND, "IgnoreHealthCheck") is False
    assert configuration.number(OURS, "DrainSeconds") == 20.0
    assert configuration.text(PROCESS, "HealthCheckInterval") is None
    assert configuration.layer(ASG, "MaxSize") is Layer.DEFAULT
    assert configuration.properties() == {}
    assert configuration.warnings == ()


def test_the_stronger_layer_wins_and_the_losers_are_remembered():
    name = f"{COMMAND}:BatchSize"
    at = Where(".ebextensions/01.config", 3, 5)
    configuration = resolve(
        {
            Layer.RECOMMENDED: of(f"{name}=30"),
            Layer.EBEXTENSIONS: [OptionSetting(COMMAND, "BatchSize", "25", at=at)],
            Layer.SAVED: of(f"{name}=50"),
        }
    )
    found = configuration.resolved(COMMAND, "BatchSize")
    assert [c.value for c in found.contributions] == ["50", "25", "30", "100"]
    assert [c.layer for c in found.contributions] == [Layer.SAVED, Layer.EBEXTENSIONS, Layer.RECOMMENDED, Layer.DEFAULT]
    assert found.contributions[1].at == at
    assert (found.value, found.layer) == ("50", Layer.SAVED)


def test_what_create_recommends_never_beats_the_files_of_the_user():
    layers = {Layer.RECOMMENDED: of(f"{COMMAND}:BatchSize=30"), Layer.EBEXTENSIONS: of(f"{COMMAND}:BatchSize=25")}
    assert resolve(layers).integer(COMMAND, "BatchSize") == 25


def test_a_later_setting_of_a_layer_wins_with_a_warning():
    first = OptionSetting(ASG, "MaxSize", "2", at=Where(".ebextensions/01.config", 3, 5))
    second = OptionSetting(ASG, "MaxSize", "3", at=Where(".ebextensions/02.config", 7, 5))
    configuration = resolve({Layer.EBEXTENSIONS: [first, second]})
    assert configuration.integer(ASG, "MaxSize") == 3
    (warning,) = configuration.warnings
    assert warning.at == second.at
    assert "set before at .ebextensions/01.config:3:5; this later value wins" in warning.text


def test_an_alias_and_its_option_are_the_same():
    configuration = resolve(
        {
            Layer.ENVIRONMENT: of(f"{COMMAND}:HealthCheckSuccessThreshold=Warning"),
            Layer.SAVED: of(f"{HEALTH}:HealthCheckSuccessThreshold=Severe"),
        }
    )
    assert configuration.text(HEALTH, "HealthCheckSuccessThreshold") == "Warning"
    assert configuration.text(COMMAND, "HealthCheckSuccessThreshold") == "Warning"
    assert len(configuration.resolved(HEALTH, "HealthCheckSuccessThreshold").contributions) == 3


def test_properties_are_sorted_without_defaults_and_an_empty_one_stays():
    configuration = resolve({Layer.ENVIRONMENT: of(f"{PROPERTIES}:B=", f"{PROPERTIES}:A=1", f"{ASG}:MaxSize=2")})
    assert list(configuration.properties().items()) == [("A", "1"), ("B", "")]


def test_scheduled_actions_of_different_names_do_not_meet():
    namespace = "aws:autoscaling:scheduledaction"
    both = [OptionSetting(namespace, "MinSize", "1", "Day"), OptionSetting(namespace, "MinSize", "0", "Night")]
    configuration = resolve({Layer.EBEXTENSIONS: both})
    assert configuration.resolved(namespace, "MinSize", "Night").value == "0"
    assert configuration.resolved(namespace, "MinSize", "Day").value == "1"
    assert configuration.resolved(namespace, "MinSize", "Noon").value is None


def test_all_has_what_was_set_and_every_default():
    items = {(item.namespace, item.name): item for item in resolve({Layer.ENVIRONMENT: of(f"{PROPERTIES}:A=1")}).all()}
    assert items[PROPERTIES, "A"].layer is Layer.ENVIRONMENT
    assert items[ASG, "MinSize"].layer is Layer.DEFAULT
    assert (PROCESS, "HealthCheckInterval") in items
    assert ("aws:ec2:vpc", "VPCId") not in items


BY_CIRCUMSTANCES = [
    (PROCESS, "HealthCheckInterval", [], "15", "with a load balancer of type application"),
    (PROCESS, "HealthCheckInterval", [BALANCER + "network"], "30", "with a load balancer of type network"),
    (PROCESS, "HealthCheckInterval", [SINGLE], None, ""),
    ("aws:ec2:instances", "SpotFleetOnDemandAboveBasePercentage", [SINGLE], "0", "of type SingleInstance"),
    ("aws:elb:listener:80", "InstanceProtocol", ["aws:elb:listener:80:ListenerProtocol=SSL"], "TCP", "Protocol SSL"),
    ("aws:rds:dbinstance", "DBAllocatedStorage", ["aws:rds:dbinstance:DBEngine=oracle-se1"], "10", "oracle-se1"),
    (PROPERTIES, "PORT", [], "8000", "on the platform python"),
]


@pytest.mark.parametrize(("namespace", "name", "options", "value", "because"), BY_CIRCUMSTANCES)
def test_a_default_that_depends_on_circumstances_is_told_with_them(namespace, name, options, value, because):
    configuration = resolve({Layer.ENVIRONMENT: of(*options)}, Circumstances("python", "WebServer"))
    default = configuration.resolved(namespace, name).winner
    assert (default.layer, default.value, because in default.because) == (Layer.DEFAULT, value, True)
    assert configuration.text(namespace, name) is None


def test_a_default_of_unknown_circumstances_is_none_and_who_loses_to_a_value_knows_why():
    assert resolve({}).resolved(PROPERTIES, "PORT").value is None
    said = resolve({Layer.SAVED: of(f"{PROCESS}:HealthCheckInterval=60", BALANCER + "classic")})
    *_, default = said.resolved(PROCESS, "HealthCheckInterval").contributions
    assert (default.value, default.because) == ("15", "with a load balancer of type classic")
    assert said.text(PROCESS, "HealthCheckInterval") == "60"


def test_a_platform_may_have_defaults_of_its_own():
    namespace = "aws:elasticbeanstalk:container:python"
    configuration = resolve({Layer.DEFAULT: of(f"{namespace}:WSGIPath=app:app")})
    assert configuration.text(namespace, "WSGIPath") == "app:app"
    assert configuration.layer(namespace, "WSGIPath") is Layer.DEFAULT
    assert list(settings(configuration)) == []


def test_settings_give_back_what_was_set():
    given_settings = of(f"{ASG}:MaxSize=2", f"{PROPERTIES}:A=1")
    assert list(settings(resolve({Layer.SAVED: given_settings}))) == given_settings


def test_asking_for_what_cannot_be_is_a_mistake_of_ours():
    configuration = resolve({})
    with pytest.raises(KeyError):
        configuration.text(ASG, "MinSise")
    with pytest.raises(KeyError):
        configuration.integer(PROCESS, "HealthCheckInterval")
    with pytest.raises(TypeError):
        configuration.integer(OURS, "DrainSeconds")
    assert configuration.text("aws:ec2:vpc", "VPCId") is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([f"{ASG}:MinSize=6"], "MinSize 6 is more than MaxSize 4, which nobody set\n  hint: set MaxSize to 6 or more"),
        ([f"{ASG}:MinSize=3", f"{ASG}:MaxSize=2"], "MinSize 3 is more than MaxSize 2\n"),
        ([f"{COMMAND}:BatchSize=101"], "BatchSize: 101 is more than 100, with BatchSizeType Percentage"),
        (
            [f"{COMMAND}:BatchSizeType=Fixed", f"{COMMAND}:BatchSize=5"],
            "BatchSize: 5 is more than 4, with BatchSizeType Fixed",
        ),
        ([f"{COMMAND}:BatchSizeType=Fixed"], "BatchSize (nobody set it): 100 is more than 4, with BatchSizeType Fixed"),
        (
            [f"{PROCESS}:HealthCheckInterval=5", f"{PROCESS}:HealthCheckTimeout=5"],
            "set HealthCheckTimeout to 4 or less",
        ),
        (
            [f"{PROPERTIES}:A={'x' * 4000}", f"{PROPERTIES}:B={'é' * 100}"],
            "have 4204 bytes as NAME=VALUE, more than 4096",
        ),
        ([ASG + ':MinSize=`{"Ref": "X"}`'], "not evaluated here\n  hint: set it directly"),
    ],
)
def test_what_is_wrong_in_company_is_told(options, text):
    (problem,) = problems(*options)
    assert text in problem


@pytest.mark.parametrize(
    "options",
    [
        [f"{ASG}:MinSize=4"],
        [f"{COMMAND}:BatchSize=100"],
        [f"{COMMAND}:BatchSizeType=Fixed", f"{COMMAND}:BatchSize=4"],
        [f"{PROCESS}:HealthCheckInterval=6", f"{PROCESS}:HealthCheckTimeout=5"],
        [f"{PROPERTIES}:A={'x' * 4094}"],
    ],
)
def test_the_bounds_themselves_are_fine(options):
    assert warnings(*options) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([f"{ASG}:MinSize=0"], "documents 1 as the least"),
        ([f"{PROCESS}:HealthCheckInterval=5"], "HealthCheckTimeout 5, its default, is not less than"),
        ([PROPERTIES + ':TOPIC=`{"Ref": "T"}`'], "it is taken as plain text"),
        (
            ["aws:elasticbeanstalk:environment:EnvironmentType=SingleInstance", f"{COMMAND}:DeploymentPolicy=Rolling"],
            "no DeploymentPolicy Rolling for a SingleInstance environment",
        ),
    ],
)
def test_what_is_only_unusual_is_a_single_warning(options, text):
    (warning,) = warnings(*options)
    assert text in warning


def test_all_problems_of_all_layers_are_told_at_once():
    layers = {
        Layer.SAVED: of(f"{ASG}:MinSise=1", f"{COMMAND}:Timeout=x", f"{ASG}:MinSize=9"),
        Layer.ENVIRONMENT: of("aws:nothing:X=1", f"{COMMAND}:Timeout=5"),
    }
    with pytest.raises(InvalidInput) as caught:
        resolve(layers)
    assert len(caught.value.problems) == 4


def test_a_wrong_value_takes_no_part_in_the_rules_between_options():
    assert len(problems(f"{ASG}:MaxSize=none", f"{ASG}:MinSize=9")) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws:autoscaling:asg:MinSize=2", ("aws:autoscaling:asg", "MinSize", "2")),
        ("a:b:NAME=x=y:z", ("a:b", "NAME", "x=y:z")),
        ("a:b:NAME=", ("a:b", "NAME", "")),
        ("a:b:A Name With Blanks=/", ("a:b", "A Name With Blanks", "/")),
    ],
)
def test_an_option_of_the_command_line_is_split_at_the_last_colon_before_the_equals_sign(text, expected):
    setting = parse_option(text)
    assert (setting.namespace, setting.name, setting.value) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("aws:autoscaling:asg:MinSize", "has no value"),
        ("", "has no value"),
        ("MinSize=2", "has no namespace"),
        (":MinSize=2", "has no namespace"),
        ("=2", "has no namespace"),
        ("aws:autoscaling:asg:=2", "has no name"),
        ("aws:autoscaling:asg:MinSize =2", "has a blank around its name"),
        ("aws:autoscaling:asg: MinSize=2", "has a blank around its name"),
    ],
)
def test_an_option_that_cannot_be_understood_is_a_usage_error(text, problem):
    with pytest.raises(UsageError) as caught:
        parse_option(text)
    assert problem in caught.value.problem
    assert "aws:autoscaling:asg:MinSize=2" in caught.value.hint


VALUES = {
    (ASG, "MaxSize"): st.integers(4, 9).map(str),
    (COMMAND, "Timeout"): st.integers(1, 3600).map(str),
    (COMMAND, "IgnoreHealthCheck"): st.sampled_from(["true", "FALSE"]),
    (COMMAND, "HealthCheckSuccessThreshold"): st.sampled_from(["Ok", "Warning"]),
    (HEALTH, "HealthCheckSuccessThreshold"): st.sampled_from(["Degraded", "Severe"]),
    (PROPERTIES, "A"): st.text("xyz=", max_size=5),
    ("aws:ec2:vpc", "VPCId"): st.text("xyz", max_size=5),
}
SETTING = st.sampled_from(sorted(VALUES)).flatmap(lambda key: VALUES[key].map(lambda value: OptionSetting(*key, value)))
LAYERS = st.dictionaries(st.sampled_from(Layer), st.lists(SETTING, max_size=6))


@hypothesis_settings(deadline=None)
@given(LAYERS)
def test_the_winner_is_the_value_and_without_it_the_next_one_wins(layers):
    for item in resolve(layers).all():
        first, *rest = item.contributions
        assert (item.value, item.layer) == (first.value, first.layer)
        same = [(layer, i) for layer in layers for i, s in enumerate(layers[layer]) if _is(s, item)]
        if not same:
            continue
        layer, index = max(same, key=lambda place: (-list(Layer).index(place[0]), place[1]))
        assert layers[layer][index].value == item.value
        without = {**layers, layer: [s for i, s in enumerate(layers[layer]) if i != index]}
        assert resolve(without).resolved(item.namespace, item.name).contributions == tuple(rest)


def _is(setting: OptionSetting, item) -> bool:
    alias = setting.name == item.name == "HealthCheckSuccessThreshold"
    return alias or (setting.namespace, setting.name) == (item.namespace, item.name)


@hypothesis_settings(deadline=None)
@given(st.text())
def test_any_text_is_an_option_or_a_usage_error(text):
    try:
        setting = parse_option(text)
    except UsageError:
        return
    assert f"{setting.namespace}:{setting.name}={setting.value}" == text


def test_what_was_meant_is_looked_for_a_few_dozen_times_only():
    found = problems(*(f"{COMMAND}:BatchSise=1" for _ in range(60)), *(f"aws:ec2:vpcs:N{n}=1" for n in range(60)))
    assert ["did you mean" in each for each in found] == [True] * 50 + [False] * 70


@pytest.mark.parametrize("text", ["DBPassword=x7y", "a:b:=x7y", "a:b: DBPassword=x7y", "=x7y"])
def test_a_refused_option_does_not_show_its_value(text):
    with pytest.raises(UsageError) as caught:
        parse_option(text)
    assert "x7y" not in str(caught.value)
