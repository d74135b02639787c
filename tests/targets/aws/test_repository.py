"""Where the images of an application are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, resolve
from beanstalk.targets.aws.repository import check, repository_name
from tests.targets.aws.blueprints import make_blueprint

HOST = "beanstalk:aws:RegistryHost=registry.example.com"
FILES = {"Dockerfile": "FROM a\nEXPOSE 80\n"}
SAID = "option_settings:\n  beanstalk:aws: {RegistryHost: evil.example}\n"
NAME = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
"""Of repositories (Amazon ECR API, CreateRepository)."""


def test_a_plain_name_is_taken_as_it_is():
    assert repository_name("shop", resolve({})) == "beanstalk/shop"


def test_an_option_names_another_one():
    setting = OptionSetting("beanstalk:aws", "ImageRepository", "team/shop")
    assert repository_name("shop", resolve({Layer.ENVIRONMENT: [setting]})) == "team/shop"


@given(st.lists(st.text(min_size=1, max_size=100), min_size=2, max_size=2, unique=True))
def test_two_applications_never_share_one(names):
    one, two = (repository_name(name, resolve({})) for name in names)
    assert one != two and NAME.fullmatch(one) and NAME.fullmatch(two)


@pytest.mark.parametrize(("options", "files", "places"), [
    ((), FILES, []),
    ((HOST,), FILES, []),
    ((), {**FILES, ".ebextensions/a.config": SAID}, [2]),
    ((HOST,), {**FILES, ".ebextensions/a.config": SAID}, []),
])  # fmt: skip
def test_no_bundle_says_where_passwords_go(tmp_path, options, files, places):
    found = check(make_blueprint(tmp_path, files, options))
    assert [each.at.line if each.at else 0 for each in found] == places
