"""env.yaml and the groups of its names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput
from beanstalk.model import OptionSetting
from beanstalk.source.environment_parts import Tier
from beanstalk.source.manifest import expand, read_manifest

VERSION = "AWSConfigurationTemplateVersion: 1.1.0.0\n"
WHOLE = (
    VERSION
    + """\
SolutionStack: 64bit Amazon Linux 2023 v4.3.0 running Python 3.11
OptionSettings:
  aws:elasticbeanstalk:command:
    BatchSize: 25
    Timeout: null
Tags:
  Cost Center: Web
EnvironmentTier:
  Name: Worker
EnvironmentName: front+
EnvironmentLinks:
  DATABASE_QUEUE: worker+
  SEARCH: search
"""
)


def read(text: str):
    return read_manifest(text.encode())


def refused(text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return str(caught.value)


def test_every_key_is_read():
    found = read(WHOLE)
    assert found.solution_stack.endswith("Python 3.11") and not found.warnings
    assert [(each.namespace, each.name, each.value) for each in found.settings] == [
        ("aws:elasticbeanstalk:command", "BatchSize", "25")
    ]
    assert found.settings[0] == OptionSetting(
        *["aws:elasticbeanstalk:command", "BatchSize", "25"], at=found.settings[0].at
    )
    assert (found.tags, found.tier) == ((("Cost Center", "Web"),), Tier("Worker", "SQS/HTTP"))
    assert [(link.variable, link.environment) for link in found.links] == [
        ("DATABASE_QUEUE", "worker+"),
        ("SEARCH", "search"),
    ]


def test_a_group_takes_the_place_of_the_plus():
    found = expand(read(WHOLE), "dev")
    assert found.environment_name == "front-dev"
    assert [link.environment for link in found.links] == ["worker-dev", "search"]
    assert not found.needs_group


@pytest.mark.parametrize(
    ("name", "group", "said"),
    [
        ("front+", "", "a name in the manifest ends in +, and no group is given"),
        ("front", "dev", "the EnvironmentName 'front' does not end in +"),
        ("front+", "-dev", "'-dev' cannot be a group"),
        ("front+", "x" * 20, "cannot be a group"),
        ("f" * 30 + "+", "x" * 19, "is too long with the group"),
    ],
)
def test_a_group_that_does_not_fit_is_refused(name, group, said):
    with pytest.raises(InvalidInput, match=said.replace("+", r"\+")):
        expand(read(f"{VERSION}EnvironmentName: {name}\n"), group)


def test_without_group_and_plus_nothing_changes_and_a_long_name_is_told():
    plain = read(f"{VERSION}EnvironmentName: front\n")
    assert expand(plain, "") == plain
    assert "23 characters" in str(expand(read(f"{VERSION}EnvironmentName: {'f' * 20}+\n"), "dev").warnings[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CName: front", "env.yaml:1:1: AWSConfigurationTemplateVersion is missing"),
        ("AWSConfigurationTemplateVersion: 1.0", "AWSConfigurationTemplateVersion '1.0' is not supported"),
        (VERSION + "EnvironmentName: a_b", "'a_b' cannot be EnvironmentName"),
        (VERSION + "EnvironmentName: abc", "4 to 40 letters"),
        (VERSION + "EnvironmentTier: {Name: Web}", "there is no tier Web"),
        (VERSION + "EnvironmentTier: {Name: Worker, Type: Standard}", "Standard is no type of the tier Worker"),
        (VERSION + "Platform: {}", "Platform has no PlatformArn"),
        (VERSION + "Platform: {PlatformArn: x}", "'x' is no ARN"),
        (VERSION + "Platform: {PlatformArn: 'arn:a'}\nSolutionStack: x", "keep one of the two"),
        (VERSION + "EnvironmentLinks: {A B: c}", "'A B' cannot be an environment property"),
        (VERSION + "EnvironmentLinks: {A: }", "the link A names no environment"),
        (VERSION + "Tags: {'aws:x': y}", "begins with aws:"),
        (VERSION + "Tags: {" + ", ".join(f"t{n}: x" for n in range(48)) + "}", "48 tags, allowed are 47"),
        (VERSION + "OptionSettings: [a]", "OptionSettings has to be a mapping"),
        ("- a", "env.yaml:1:1: the file holds no keys"),
    ],
)
def test_what_is_wrong_is_told_with_place_and_remedy(text, said):
    assert said in refused(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Environmentname: abcd", "did you mean EnvironmentName?"),
        ("CName: abcd\nEnvironmentTier: {Name: Worker}", "no CName"),
    ],
)
def test_what_has_no_effect_is_a_warning(text, said):
    assert said in str(read(VERSION + text).warnings[0])


@settings(deadline=None)
@given(
    st.binary(max_size=50)
    | st.lists(st.sampled_from([*WHOLE.splitlines(), "  x: [", "- a", "Tags:"])).map("\n".join).map(str.encode)
)
def test_any_content_is_read_or_refused(content):
    try:
        expand(read_manifest(content), "dev")
    except BeanstalkError as error:
        assert str(error)
