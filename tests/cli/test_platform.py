"""`platform` and `render dockerfile`, and environments in images of their platform."""

from __future__ import annotations

import json

import pytest

MODE = "beanstalk:deployment:Mode"


def workload(shop, name):
    environment = shop.store.environment(name)
    return json.loads(shop.store.deployments.get(environment.deployment_id).workload_json)


def test_a_new_platform_is_one_and_is_found(shop):
    made = shop.json("platform", "init", "erlang")
    folder = shop.folder / ".elasticbeanstalk/platforms/erlang"
    assert (made["PlatformName"], made["Path"]) == ("erlang", str(folder))
    assert {path.name for path in folder.iterdir()} == set(made["Files"])
    found = shop.json("platform", "show", "erlang")
    assert (found["Modes"], found["BaseImages"]) == (["process", "docker"], ["debian:{{version}}-slim"])
    assert "erlang" in [each["PlatformName"] for each in shop.json("platform", "list")]
    assert "web: while" in (folder / "sample.Procfile").read_text()


def test_a_new_platform_goes_into_the_folder_of_platforms(shop, tmp_path):
    shop.ok("platform", "init", "erlang", "--platforms", tmp_path / "mine")
    shown = shop.ok("platform", "show", tmp_path / "mine/erlang")
    assert shown.splitlines()[0] == f"PlatformName: {tmp_path}/mine/erlang"


@pytest.mark.parametrize(
    ("name", "said"),
    [("erlang", "the folder exists"), ("../up", "'../up' is no name for a platform"), ("A b", "'A b' is no name")],
)
def test_a_platform_that_cannot_be_is_told(shop, name, said):
    shop.ok("platform", "init", "erlang")
    done = shop("platform", "init", name)
    assert done.exit_code == 1 and said in done.stderr


def test_a_mistake_in_a_template_is_told_with_its_line(shop):
    shop.ok("platform", "init", "erlang")
    template = shop.folder / ".elasticbeanstalk/platforms/erlang/Dockerfile.j2"
    template.write_text("FROM {{ base }}\n{{ systm }}\n")
    assert f"{template}:2: the template is given no systm" in shop("platform", "show", "erlang").stderr
    template.write_text("FROM {{ base }}\n{% if %}\n")
    assert f"{template}:2: Expected an expression" in shop("platform", "show", "erlang").stderr


def test_the_dockerfile_is_printed_or_written(shop, tmp_path):
    text = shop.ok("render", "dockerfile", "--option", "beanstalk:docker:BaseImage=mine:1")
    assert text.splitlines()[1] == "FROM mine:1" and text.endswith('ENTRYPOINT ["/opt/beanstalk/start"]\n')
    found = shop.json("render", "dockerfile", "-p", "static", "-o", tmp_path / "Dockerfile")
    assert (found["PlatformName"], found["Path"]) == ("static", str(tmp_path / "Dockerfile"))
    assert found["Dockerfile"] == (tmp_path / "Dockerfile").read_text()


def test_a_bundle_with_a_dockerfile_of_its_own_has_none_that_is_made(shop, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/Dockerfile").write_text("FROM a\n")
    done = shop("render", "dockerfile", tmp_path / "own")
    assert done.exit_code == 2 and "the bundle describes its containers itself" in done.stderr


def test_the_mode_is_remembered_and_why_tells_it(shop):
    shop.ok("create", "second", "--mode", "docker", "--label", "one")
    shop.change("v3")
    shop.ok("deploy", "second")
    assert [each["name"] for each in workload(shop, "second")["group"]["containers"]] == ["web"]
    assert workload(shop, "shop-dev")["group"] is None
    found = shop.json("why", MODE, "second")
    assert (found["Value"], found["Layer"]) == ("docker", "environment")


def test_the_version_in_the_name_of_a_branch_is_remembered(shop):
    branch = "Python 3.11 running on 64bit Amazon Linux 2023"
    shop.ok("create", "second", "--mode", "docker", "--sample", "-p", branch)
    assert (
        "FROM python:3.11-slim-bookworm" in workload(shop, "second")["group"]["containers"][0]["image"]["build"]["text"]
    )
    assert shop.json("why", "beanstalk:docker:Version", "second")["Value"] == "3.11"


def test_an_environment_can_change_its_mode(shop):
    shop.ok("deploy", "--option", f"{MODE}=docker")
    assert workload(shop, "shop-dev")["group"] is not None
    shop.ok("deploy", "--option", f"{MODE}=process")
    assert workload(shop, "shop-dev")["group"] is None


def test_a_platform_for_containers_only_says_so(shop, tmp_path):
    (tmp_path / "php").mkdir()
    (tmp_path / "php/index.php").write_text("<?php")
    done = shop("create", "second", "--archive", tmp_path / "php", "-p", "php")
    assert done.exit_code == 2 and "this platform runs in containers only: add --mode docker" in done.stderr
    shop.ok("create", "second", "--archive", tmp_path / "php", "-p", "php", "--mode", "docker")


def test_what_describes_containers_cannot_be_processes(shop, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/Dockerfile").write_text("FROM a\nEXPOSE 80\n")
    done = shop("create", "second", "--archive", tmp_path / "own", "-p", "docker", "--option", f"{MODE}=process")
    assert done.exit_code == 1 and "what is for the platform docker runs in containers only" in done.stderr
