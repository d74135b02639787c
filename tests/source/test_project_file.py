"""The file of the EB CLI about a project: what it says, what is odd in it, and the layer beneath."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.source.project_file import ProjectFile, read_project_file

PATH = ".elasticbeanstalk/config.yml"
WHOLE = """\
branch-defaults:
  main:
    environment: shop-prod
    group_suffix: blue
    profile: other
  dev: {environment: shop-dev}
environment-defaults:
  shop-prod: {branch: null, repository: null}
global:
  application_name: shop
  default_ec2_keyname: null
  default_platform: arn:aws:elasticbeanstalk:eu-west-2::platform/Python 3.11 running
    on 64bit Amazon Linux 2023/4.0.1
  default_region: eu-west-2
  include_git_submodules: true
  profile: work
  sc: git
  workspace_type: Application
deploy:
  artifact: build/app.zip
beanstalk:
  target: local
"""


def read(text: str) -> ProjectFile:
    return read_project_file(PATH, text.encode())


def told(text: str) -> tuple[list[str], list[str]]:
    found = read(text)
    return [str(each) for each in found.problems], [str(each) for each in found.warnings]


def test_everything_that_eb_writes_is_understood():
    found = read(WHOLE)
    assert told(WHOLE) == ([], [])
    assert (found.application, found.artifact, found.target) == ("shop", "build/app.zip", "local")
    assert found.platform == "Python 3.11 running on 64bit Amazon Linux 2023"


def test_a_branch_has_its_environment_and_may_have_other_values_than_the_project():
    found = read(WHOLE)
    assert (found.of_branch("main", "environment"), found.of_branch("main", "group_suffix")) == ("shop-prod", "blue")
    assert (found.of_branch("main", "profile"), found.of_branch("dev", "profile")) == ("other", "work")
    assert (found.of_branch("feature", "environment"), found.of_branch("feature", "profile")) == ("", "work")


def test_the_own_file_lies_over_the_committed_one_mapping_by_mapping():
    committed = read("global: {application_name: shop, default_platform: docker, odd: 1}\ndeploy: {artifact: a.zip}\n")
    both = read("global: {default_platform: null, application_name: mine}\n").over(committed)
    assert (both.application, both.platform, both.artifact) == ("mine", "", "a.zip")
    assert len(both.warnings) == 1


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n"])
def test_an_empty_file_says_nothing(text):
    assert read(text) == ProjectFile({})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("global: 3\n", "config.yml:1:9: global has to be a mapping"),
        ("branch-defaults: {main: shop-prod}\n", "config.yml:1:25: the branch main has to be a mapping"),
        ("global:\n  application_name: [a]\n", "config.yml:2:21: application_name has to be text"),
        ("deploy: {artifact: {a: b}}\n", "artifact has to be text"),
        ("beanstalk: {target: moon}\n", "there is no target 'moon'\n  hint: write local or aws"),
    ],
)
def test_what_cannot_be_is_an_error_and_counts_for_nothing(text, said):
    [problem], _ = told(text)
    assert said in problem
    found = read(text)
    assert (found.application, found.artifact, found.of_branch("main", "environment")) == ("", "", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("globl: {}\n", "the file has no globl: it has no effect\n  hint: did you mean global?"),
        ("global:\n  aplication_name: shop\n", "config.yml:2:3: global has no aplication_name: it has no effect"),
        ("global: {sc: svn}\n", "sc 'svn' is not known\n  hint: known are git"),
        ("global: {workspace_type: Appl}\n", "known are Application and Platform"),
        ("global: {include_git_submodules: perhaps}\n", "known are true and false"),
        ("global: {default_region: Frankfurt}\n", "'Frankfurt' is no region"),
        ("branch-defaults: {main: {environment: a_b}}\n", "'a_b' is no name of an environment"),
        ("branch-defaults: {main: {enviroment: shop}}\n", "did you mean environment?"),
        ("branch-defaults: {main: {group_suffix: aaaaaaaaaaaaaaaaaaaaaa}}\n", "has 22 characters"),
        ("environment-defaults: {x: {branch: null}}\n", "'x' is no name of an environment"),
        ("global: {sc: git}\nglobal: {sc: git}\n", "'global' is here twice"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(text, said):
    problems, [warning] = told(text)
    assert problems == [] and said in warning


@pytest.mark.parametrize("text", ["global: [1", "- 1\n"])
def test_what_is_no_mapping_cannot_be_read(text):
    with pytest.raises(InvalidInput):
        read(text)
