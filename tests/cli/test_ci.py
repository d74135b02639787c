"""`beanstalk ci init`: where the pipeline is written, and what is asked for when it is not known."""

from __future__ import annotations

import subprocess

import pytest
import yaml


def test_the_pipeline_is_written_for_the_branch_and_its_environment(shop):
    found = shop.json("ci", "init", "github", "shop-prod", "--region", "eu-central-1", "--branch", "trunk")
    assert found["Files"] == [str(shop.folder / ".github/workflows/beanstalk-shop-prod.yml")]
    workflow = yaml.safe_load((shop.folder / ".github/workflows/beanstalk-shop-prod.yml").read_text())
    assert workflow["on"]["push"] == {"branches": ["trunk"]}


def test_a_project_in_a_folder_of_its_repository_has_its_pipeline_at_the_root(shop):
    root = shop.folder.parent
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    shop.ok("ci", "init", "codebuild", "shop-prod", "--region", "eu-central-1")
    assert f"cd '{shop.folder.name}'" in (root / "buildspec.yml").read_text()


def test_it_can_be_printed_instead(shop):
    text = shop.ok("ci", "init", "gitlab", "shop-prod", "--region", "eu-central-1", "-o", "-")
    assert "beanstalk deploy shop-prod" in yaml.safe_load(text) and not (shop.folder / ".gitlab").exists()


def test_a_bundle_that_only_names_an_image_needs_no_engine_in_the_pipeline(shop):
    asked = "ci", "init", "gitlab", "shop-prod", "--region", "eu-central-1", "-o", "-"
    assert "dind" in shop.ok(*asked)
    (shop.folder / "Dockerrun.aws.json").write_text("{}")
    assert "dind" not in shop.ok(*asked)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("shop-prod",), "which region?"), (("shop-prod", "--region", "x"), "'x' is no region")],
)
def test_what_is_missing_or_wrong_is_told(shop, arguments, said):
    done = shop("ci", "init", "github", *arguments)
    assert done.exit_code in (1, 2) and said in done.stderr
