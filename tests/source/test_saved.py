"""Saved configurations, in both forms, there and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput
from beanstalk.model import OptionSetting
from beanstalk.source.environment_parts import Tier
from beanstalk.source.saved import SavedConfiguration, read_saved, write_list, write_saved

VERSION = "AWSConfigurationTemplateVersion: 1.1.0.0\n"
PATH = "production.cfg.yml"


def read(text: str) -> SavedConfiguration:
    return read_saved(PATH, text.encode())


def bare(saved: SavedConfiguration) -> SavedConfiguration:
    """Without what belongs to the text alone."""
    return replace(saved, settings=tuple(replace(each, at=None) for each in saved.settings), warnings=())


def test_a_saved_configuration_is_read():
    found = read(
        VERSION + "EnvironmentConfigurationMetadata: {Description: d, DateCreated: '1', DateModified: '2'}\n"
        "Platform: {PlatformArn: 'arn:aws:elasticbeanstalk:eu::platform/a/1'}\n"
        "OptionSettings:\n  aws:autoscaling:asg: {MinSize: '2', Cooldown: null}\n"
        "  Night.aws:autoscaling:scheduledaction: {MinSize: 0}\n"
    )
    assert (found.description, found.date_created, found.date_modified) == ("d", "1", "2")
    assert bare(found).settings == (
        OptionSetting("aws:autoscaling:asg", "MinSize", "2"),
        OptionSetting("aws:autoscaling:scheduledaction", "MinSize", "0", "Night"),
    )
    assert not found.warnings and found.tier == Tier("WebServer", "Standard")


def test_the_list_of_the_api_is_read_and_written():
    first = '{"Namespace": "a", "OptionName": "b", "Value": "c"}'
    text = f'[{first}, {{"Namespace": "a", "OptionName": "d", "ResourceName": "r", "Value": ""}}]'
    found = read(text)
    assert bare(found).settings == (OptionSetting("a", "b", "c"), OptionSetting("a", "d", "", "r"))
    assert bare(read(write_list(found.settings))) == bare(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("OptionSettings: {}", "AWSConfigurationTemplateVersion is missing"),
        ("x", "the saved configuration holds no keys"),
        (VERSION + "OptionSettings: [a]", "OptionSettings has to be a mapping"),
        ("[1]", "production.cfg.yml:1:2: an entry is no object"),
        ('[{"Namespace": "a"}]', "an entry has no OptionName"),
        ('[{"Namespace": "a", "OptionName": "b", "Value": 1}]', 'Value has to be a text\n  hint: write "1"'),
        ('[{"Namespace":"a","OptionName":"b","Value":"1"}' * 2 + "]", "a comma is missing"),
        ("[1,]", "a comma before ]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(text, said):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert said in str(caught.value)


def test_an_option_that_is_set_twice_is_refused_with_both_places():
    item = '{"Namespace":"a","OptionName":"b","Value":"1"}'
    with pytest.raises(InvalidInput, match=r":2:1: a:b is set twice\n  hint: the first one is at line 1"):
        read(f"[{item},\n{item}]")


def test_a_key_that_nobody_knows_is_a_warning():
    assert "did you mean OptionSettings?" in str(read(VERSION + "OptionSetings: {}").warnings[0])


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAME = (
    st.text("abcXYZ:.-_ ", min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda name: name and ":" in name and "." not in name)
)
WORD = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
SETTINGS = st.dictionaries(st.tuples(st.sampled_from(["", "Night"]), NAME, WORD), TEXT, max_size=5).map(
    lambda found: tuple(
        OptionSetting(namespace, name, value, resource) for (resource, namespace, name), value in sorted(found.items())
    )
)
TAGS = st.dictionaries(WORD.filter(lambda tag: not tag.lower().startswith("aws:")), TEXT, max_size=3).map(
    lambda tags: tuple(tags.items())
)


@settings(deadline=None)
@given(SETTINGS, TEXT, TAGS, st.sampled_from([Tier(), Tier("Worker", "SQS/HTTP")]), st.sampled_from(["", "arn:aws:x"]))
def test_what_is_written_is_read_back(options, description, tags, tier, arn):
    saved = SavedConfiguration(options, description, "1", "2", arn, "" if arn else "stack", tier, tags)
    assert bare(read(write_saved(saved))) == saved


@settings(deadline=None)
@given(SETTINGS)
def test_the_list_is_read_back(options):
    assert bare(read(write_list(options))).settings == options


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text('[]{}":, aNamespcOtiVlu\n', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    try:
        read_saved(PATH, content)
    except BeanstalkError as error:
        assert str(error)
