"""`doctor`: every part with its remedy, exit code 1 only for what an environment that is there needs."""

from __future__ import annotations

import json
import os
import socket

import pytest

from beanstalk.containers import Container, ContainerGroup, ImageSource
from beanstalk.errors import TargetError
from beanstalk.service import doctor, doctor_containers
from beanstalk.service.place import Service
from beanstalk.store.home import find_home

MANIFEST = "AWSConfigurationTemplateVersion: 1.1.0.0\n"


@pytest.fixture
def port(monkeypatch):
    """One that is free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        number = listener.getsockname()[1]
    monkeypatch.setenv("BEANSTALK_HTTP_PORT", str(number))
    return number


def checks(command_line, code=0):
    found = command_line.json("doctor", code=code)
    assert found["Healthy"] is (code == 0)
    return {each["Check"]: each for each in found["Checks"]}


def with_agent(monkeypatch):
    monkeypatch.setattr(doctor, "agent_pid", lambda home: os.getpid())


def test_without_a_home_it_looks_and_makes_nothing(beanstalk, port):
    found = checks(beanstalk)
    assert not find_home().folder.exists()
    assert found["home"]["Found"].endswith("(not made yet)")
    assert (found["port"]["State"], found["agent"]["State"], found["python"]["State"]) == ("good",) * 3


def test_what_is_not_good_has_a_remedy_and_what_is_good_has_none(shop, port):
    for each in shop.json("doctor", code=1)["Checks"]:
        assert bool(each["Mend"]) is (each["State"] != "good"), each
        assert bool(each["NeededBy"]) is (each["State"] == "needed"), each


def test_an_agent_that_environments_need_and_is_not_there_is_told(shop, port, monkeypatch):
    found = checks(shop, code=1)["agent"]
    assert (found["State"], found["NeededBy"], found["Mend"]) == ("needed", ["shop-dev"], "beanstalk agent run")
    assert "agent is needed by shop-dev" in shop("doctor").stderr
    with_agent(monkeypatch)
    assert checks(shop)["agent"]["State"] == "good"


def test_a_program_is_needed_by_environments_of_its_platform_alone(shop, port, monkeypatch):
    with_agent(monkeypatch)
    monkeypatch.setattr(doctor, "find_program", lambda name: None)
    found = checks(shop)
    assert (found["node"]["State"], found["uv"]["State"]) == ("lacking",) * 2
    shop.store.environments.change(shop.store.environment("shop-dev").id, platform="node")
    found = checks(shop, code=1)
    assert (found["node"]["NeededBy"], found["npm"]["State"], found["uv"]["State"]) == (
        ["shop-dev"],
        "needed",
        "lacking",
    )


def test_without_any_balancer_environments_miss_one(shop, port, monkeypatch):
    def none(service):
        raise TargetError("there is none")

    with_agent(monkeypatch)
    for name in ("caddy_program", "haproxy_program"):
        monkeypatch.setattr(doctor, name, lambda: None)
    monkeypatch.setattr(doctor, "balancer", none)
    found = checks(shop, code=1)
    assert (found["caddy"]["State"], found["haproxy"]["State"]) == ("needed", "needed")


def test_a_port_that_is_taken_is_told_with_its_owner(shop, port, monkeypatch):
    with_agent(monkeypatch)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        found = checks(shop, code=1)["port"]
    assert f"(pid {os.getpid()})" in found["Found"]
    assert found["Mend"] == f"export BEANSTALK_HTTP_PORT={port + 1}"


def look_at_containers():
    return {each.name: each for each in doctor_containers.look_at_containers(Service(find_home()), ())}


def test_an_engine_that_is_not_there_is_told_with_its_place_and_who_chose_it(beanstalk, port, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such.sock")
    found = checks(beanstalk)["container engine"]
    assert found["State"] == "lacking"
    assert (found["Found"], found["Mend"]) == (
        "no container engine answers at unix:///no/such.sock", "unset DOCKER_HOST",
    )  # fmt: skip


def test_the_engine_is_needed_by_environments_of_containers_alone(shop, port, monkeypatch):
    with_agent(monkeypatch)
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such.sock")
    assert checks(shop)["container engine"]["State"] == "lacking"
    running = shop.store.environment("shop-dev").deployment_id
    workload = json.loads(shop.store.deployments.get(running).workload_json)
    group = ContainerGroup((Container("web", ImageSource("shop:1")),), "web", 80)
    shop.store.deployments.change(running, workload_json=json.dumps(workload | {"group": group.to_json()}))
    assert checks(shop, code=1)["container engine"]["NeededBy"] == ["shop-dev"]


def test_the_engine_that_the_home_used_is_the_one_that_counts(shop, port):
    find_home().engine.write_text("unix:///its/own.sock")
    found = look_at_containers()["container engine"]
    assert (found.found, found.remedy) == (
        "no container engine answers at unix:///its/own.sock: start it again; instances of this home are there",
        "docker context ls",
    )


@pytest.mark.docker
def test_an_engine_that_answers_is_told_with_version_place_and_rights(beanstalk, port, engine):
    found = checks(beanstalk)["container engine"]
    assert found["State"] == "good"
    rights = "rootless" if engine.facts.rootless else "with root's rights"
    assert found["Found"].startswith(f"{engine.facts.version} at {engine.url}, by DOCKER_HOST, {rights}")
    assert not find_home().folder.exists()


@pytest.mark.parametrize(
    ("version", "plugin", "said"),
    [
        ("Docker version 20.10.24+dfsg1, build 297e128", 1, "part of the docker command"),
        ("Docker version 28.2.2, build e6534b4", 0, "buildx 0.24.0"),
        ("Docker version 28.2.2, build e6534b4", 1, "the plugin buildx is not installed"),
    ],
)
def test_buildkit_is_in_the_docker_command_or_beside_it(beanstalk, tmp_path, monkeypatch, version, plugin, said):
    program = tmp_path / "docker"
    program.write_text(f"""#!/bin/sh
case $1 in
--version) echo '{version}' ;;
buildx) echo github.com/docker/buildx v0.24.0; exit {plugin} ;;
esac
""")
    program.chmod(0o755)
    monkeypatch.setattr(doctor_containers, "find_program", lambda name: program)
    found = look_at_containers()
    assert (found["buildkit"].found, bool(found["buildkit"].remedy)) == (said, "not installed" in said)
    assert version.split()[2].rstrip(",") in found["docker"].found


def test_without_the_docker_command_nobody_asks_it_for_buildkit(beanstalk, monkeypatch):
    monkeypatch.setattr(doctor_containers, "find_program", lambda name: None)
    found = look_at_containers()
    assert ("buildkit" in found, "docker.io" in found["docker"].remedy) == (False, True)


def test_a_home_that_others_can_read_a_full_disk_and_few_files_are_told(shop, port, monkeypatch):
    with_agent(monkeypatch)
    find_home().folder.chmod(0o755)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: _Usage(10**6))
    monkeypatch.setattr(doctor.resource, "getrlimit", lambda which: (256, 512))
    found = checks(shop, code=1)
    assert found["home"]["Mend"] == f"chmod 700 '{find_home().folder}'"
    assert (found["disk"]["State"], found["open files"]["State"]) == ("needed", "lacking")


class _Usage:
    def __init__(self, free):
        self.free = free


def test_a_process_that_belongs_to_no_instance_is_told(shop, port, monkeypatch):
    with_agent(monkeypatch)
    strays = {"i-gone": {"web": (4711, 1.0)}, shop.store.living_instances()[0].id: {"web": (4712, 1.0)}}
    monkeypatch.setattr(doctor.ProcessHost, "strays", lambda self: strays)
    found = checks(shop)["stray processes"]
    assert (found["State"], found["Mend"]) == ("lacking", "kill 4711")


def test_names_that_no_program_finds_are_needed_by_environments_with_links(shop, port, monkeypatch):
    with_agent(monkeypatch)
    monkeypatch.setattr(doctor, "names_are_found", lambda: False)
    found = checks(shop)["names"]
    assert (found["State"], "libnss-myhostname" in found["Mend"]) == ("lacking", True)
    (shop.folder / "env.yaml").write_text(f"{MANIFEST}EnvironmentLinks: {{API: shop-dev}}\n")
    shop.ok("create", "front")
    assert checks(shop, code=1)["names"]["NeededBy"] == ["front"]
    monkeypatch.setattr(doctor, "names_are_found", lambda: True)
    assert checks(shop)["names"]["State"] == "good"


def test_a_store_that_cannot_be_read_is_told_and_the_rest_too(shop, port):
    shop.store._db.execute("PRAGMA user_version = 99")
    found = checks(shop, code=1)
    assert "newer beanstalk" in found["store"]["Found"]
    assert found["python"]["State"] == "good"


def test_for_people_it_is_one_table(shop, port, monkeypatch):
    with_agent(monkeypatch)
    lines = shop.ok("doctor").splitlines()
    assert lines[0].split() == ["Part", "State", "For", "Found", "Mend", "it", "with"]
    assert len(lines) == len(shop.json("doctor")["Checks"]) + 1
