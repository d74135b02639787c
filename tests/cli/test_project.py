"""`.elasticbeanstalk/config.yml`: found by walking up, two layers, branches, and never a key lost."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from beanstalk.cli.project import find_project
from beanstalk.errors import InvalidInput

EB_FILE = """\
branch-defaults:
  main:
    environment: shop-prod
    group_suffix: null
deploy:
  artifact: build/app.zip
global:
  application_name: shop
  default_platform: Python 3.11 running on 64bit Amazon Linux 2023
  profile: work
  sc: git
"""


def write(folder, text, name="config.yml"):
    path = folder / ".elasticbeanstalk" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def git(folder, *words):
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, "-C", folder, *words], check=True, capture_output=True)


def test_a_file_of_eb_is_read(tmp_path):
    write(tmp_path, EB_FILE)
    git(tmp_path, "init", "-b", "main")
    project = find_project(tmp_path)
    assert project.application == "shop"
    assert project.platform == "Python 3.11 running on 64bit Amazon Linux 2023"
    assert project.artifact == tmp_path / "build/app.zip"
    assert (project.branch, project.environment, project.target) == ("main", "shop-prod", "local")


def test_a_platform_is_called_by_the_name_in_its_arn(tmp_path):
    arn = "arn:aws:elasticbeanstalk:eu-west-2::platform/Python 3.11 running on 64bit Amazon Linux 2023/4.0.1"
    write(tmp_path, f"global: {{default_platform: '{arn}'}}")
    assert find_project(tmp_path).platform == "Python 3.11 running on 64bit Amazon Linux 2023"


def test_it_is_found_from_a_folder_below(tmp_path):
    write(tmp_path, EB_FILE)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_project(below).folder == tmp_path


def test_a_folder_without_it_is_no_project(tmp_path):
    project = find_project(tmp_path)
    assert (project.folder, project.is_initialised, project.application) == (tmp_path, False, "")


def test_the_committed_layer_lies_beneath(tmp_path):
    write(tmp_path, "global: {application_name: shop, default_platform: python}", "config.global.yml")
    write(tmp_path, "global: {default_platform: node}")
    project = find_project(tmp_path)
    assert (project.application, project.platform) == ("shop", "node")


def test_without_git_the_branch_is_called_default(tmp_path):
    assert find_project(tmp_path).branch == "default"


def test_each_branch_has_its_own_environment(tmp_path):
    write(tmp_path, EB_FILE)
    git(tmp_path, "init", "-b", "main")
    git(tmp_path, "commit", "--allow-empty", "-m", "x")
    git(tmp_path, "checkout", "-b", "feature")
    assert find_project(tmp_path).environment == ""
    find_project(tmp_path).choose("shop-feature")
    assert find_project(tmp_path).environment == "shop-feature"
    git(tmp_path, "checkout", "main")
    assert find_project(tmp_path).environment == "shop-prod"


def test_writing_keeps_every_other_key(tmp_path):
    path = write(tmp_path, EB_FILE + "mine: {key: [1, 2]}\n")
    find_project(tmp_path).initialise("market", None, "local")
    find_project(tmp_path).choose("market-dev")
    found = yaml.safe_load(path.read_text())
    before = yaml.safe_load(EB_FILE)
    assert found["mine"] == {"key": [1, 2]}
    assert found["deploy"] == before["deploy"]
    assert found["branch-defaults"]["main"] == before["branch-defaults"]["main"]
    assert found["global"] | {"application_name": "shop"} == found["global"] | before["global"]
    assert found["beanstalk"] == {"target": "local"}


def test_an_environment_that_is_gone_is_forgotten_on_every_branch(tmp_path):
    write(tmp_path, EB_FILE)
    find_project(tmp_path).forget("shop-prod")
    assert yaml.safe_load((tmp_path / ".elasticbeanstalk/config.yml").read_text())["branch-defaults"] == {
        "main": {"environment": None, "group_suffix": None}
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [("global: [1", "config.yml:1:11: not valid YAML"), ("- 1\n", "config.yml:1:1: is no mapping")],
)
def test_a_broken_file_is_told_with_its_place(tmp_path, text, said):
    write(tmp_path, text)
    with pytest.raises(InvalidInput) as caught:
        _ = find_project(tmp_path).application
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "global:\n", "global: 3\n", "branch-defaults: []\n", "global: {application_name: 3}"]
)
def test_odd_files_do_no_harm(tmp_path, text):
    write(tmp_path, text)
    project = find_project(tmp_path)
    assert project.application in ("", "3")
    assert project.environment == ""


def test_git_ignores_what_eb_has_it_ignore(tmp_path):
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("*.pyc")
    for _ in range(2):
        find_project(tmp_path).initialise("shop", None, "local")
    assert (tmp_path / ".gitignore").read_text() == (
        "*.pyc\n\n# Elastic Beanstalk Files\n"
        ".elasticbeanstalk/*\n!.elasticbeanstalk/*.cfg.yml\n!.elasticbeanstalk/*.global.yml\n"
    )


def test_without_git_there_is_no_gitignore(tmp_path):
    find_project(tmp_path).initialise("shop", None, "local")
    assert not (tmp_path / ".gitignore").exists()
