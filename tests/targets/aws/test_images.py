"""Images of a version: built on a real engine, pushed to the registry of the emulator, and run from there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from beanstalk.containers import Container, ContainerGroup, ImageBuild, ImageSource
from beanstalk.errors import CloudError, TargetError, Where
from beanstalk.image.entry import entry_program
from beanstalk.scripts import Script, ScriptPhase
from beanstalk.source.listing import list_project
from beanstalk.source.packing import pack
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.ecr import repository
from beanstalk.targets.aws.images import LABEL, build_and_push, tag_of, tags_of
from tests.registry import Silence

pytestmark = [pytest.mark.docker, pytest.mark.aws]
NAME = "beanstalk/shop"


@pytest.fixture
def cloud(emulator):
    return Cloud()


@pytest.fixture
def bundle(tmp_path):
    """bundle(text) has a Dockerfile that writes the text into an image. base: with programs, but large. The emulator
    loses what a container says in its last moment."""

    def make(text="first", base="scratch", more=""):
        folder = tmp_path / hashlib.sha256(f"{text}{more}".encode()).hexdigest()[:8]
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY said.txt /said.txt\n{more}CMD cat /said.txt; sleep 1\n")
        (folder / "said.txt").write_text(f"{text}\n")
        return pack(list_project(folder, working_tree=True), tmp_path / f"{folder.name}.zip")

    return make


@pytest.fixture
def push(emulator, engine, cloud):
    """push(group, bundle): as a deployment does it. What it makes on the engine is removed afterwards."""
    tags = set()

    def act(group, bundle, **words):
        tags.update(tags_of(group, words.get("architecture", "X86_64")))
        told = []
        words = {"registry": emulator.registry_host, **words}
        return build_and_push(cloud, group, bundle, NAME, told.append, **words), told

    yield act
    with engine.ask() as api:
        for tag in tags:
            for each in api.images(filters={"label": f"{LABEL}={tag}"}):
                api.remove_image(each["Id"], force=True)


def group(bundle, *names):
    build = ImageBuild(bundle.digest)
    containers = [Container(name, ImageSource(build=build)) for name in names or ("web",)]
    return ContainerGroup((*containers, Container("cache", ImageSource("redis:7"))), containers[0].name, 80)


def test_an_image_is_built_and_pushed_once_and_pinned_by_its_digest(emulator, cloud, bundle, push):
    made = bundle()
    images, told = push(group(made), made)
    place = repository(cloud, NAME, emulator.registry_host)
    digest = place.digest(tag_of(ImageBuild(made.digest)))
    assert digest.startswith("sha256:")
    assert images == {"web": f"{emulator.registry_host}/{NAME}@{digest}"}
    assert [each.split(" ")[0] for each in told] == ["Created", "Building", "Pushing"]
    assert push(group(made), made) == (images, [])


def test_other_content_is_another_image_in_the_same_repository(bundle, push):
    first, second = bundle("first"), bundle("second")
    one, _ = push(group(first), first)
    other, told = push(group(second), second)
    assert one["web"] != other["web"] and not any(each.startswith("Created") for each in told)


def test_containers_of_the_same_build_share_an_image(cloud, bundle, push):
    made = bundle()
    images, told = push(group(made, "web", "worker"), made)
    assert images["web"] == images["worker"] and len(told) == 3
    assert len(cloud.client("ecr").describe_images(repositoryName=NAME)["imageDetails"]) == 1


def test_the_repository_is_scanned_its_tags_are_final_and_only_what_has_no_tag_expires(cloud, bundle, push):
    made = bundle()
    push(group(made), made)
    api = cloud.client("ecr")
    [found] = api.describe_repositories(repositoryNames=[NAME])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE" and found["imageScanningConfiguration"] == {"scanOnPush": True}
    [rule] = json.loads(api.get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"


def test_a_repository_that_is_there_stays_as_it_is(cloud, bundle, push):
    api = cloud.client("ecr")
    api.create_repository(repositoryName=NAME, imageTagMutability="MUTABLE")
    made = bundle()
    push(group(made), made)
    assert api.describe_repositories(repositoryNames=[NAME])["repositories"][0]["imageTagMutability"] == "MUTABLE"
    with pytest.raises(CloudError):
        api.get_lifecycle_policy(repositoryName=NAME)


def test_what_nobody_needs_is_deleted(emulator, cloud, bundle, push):
    first, second = bundle("first"), bundle("second")
    for each in (first, second):
        push(group(each), each)
    place = repository(cloud, NAME, emulator.registry_host)
    place.delete([*tags_of(group(first)), "never-was"])
    assert place.digest(tags_of(group(first))[0]) == ""
    assert place.digest(tags_of(group(second))[0]) != ""
    repository(cloud, "beanstalk/never-was").delete(["a"])


def test_a_task_runs_the_image_that_was_pushed(emulator, cloud, bundle, push, python_image):
    made = bundle("what was pushed", python_image)
    images, _ = push(group(made), made)
    assert emulator.run_once(images["web"]) == (0, ["what was pushed"])


def test_scripts_run_in_the_container_before_what_its_image_would_run(emulator, cloud, bundle, push, python_image):
    made = bundle("said", python_image, "WORKDIR /srv\nENV A=1\nUSER 1000\n")
    at = Where(".ebextensions/a.config", 1)
    first = Script(ScriptPhase.COMMANDS, "01", at, "pwd; cat said.txt; echo $A; echo kept > new.txt; id -u")
    last = Script(ScriptPhase.COMMANDS, "02", at, "cat new.txt")
    plain = group(made).containers[0].image.build
    build = replace(plain, key=hashlib.sha256(b"with entry").hexdigest(), entry=entry_program([first, last], [], 80))
    containers = (Container("web", ImageSource(build=build)),)
    images, _ = push(ContainerGroup(containers, "web", 80), made)
    code, lines = emulator.run_once(images["web"])
    assert code == 0
    assert [each for each in lines if not each.startswith("beanstalk: ")] == [
        "/var/app/current", "said", "1", "1000", "kept", "said",
    ]  # fmt: skip


def test_a_build_that_fails_says_where_and_what_it_said(bundle, push, python_image):
    made = bundle(base=python_image, more="RUN echo too bad >&2; exit 3\n")
    with pytest.raises(TargetError, match=r"the image of web cannot be built: Dockerfile:3: RUN .*too bad"):
        push(group(made), made)


def test_progress_gets_the_lines_of_builds_and_pushes(bundle, push):
    made, progress = bundle(), Silence()
    push(group(made), made, progress=progress)
    assert any("COPY said.txt" in each for each in progress.lines)
    assert any(each.startswith("pushing") for each in progress.lines)


def test_an_image_for_other_processors_is_not_pushed(cloud, bundle, push):
    made = bundle()
    with pytest.raises(TargetError, match=r"is for amd64, and its tasks are to run on arm64"):
        push(group(made), made, architecture="ARM64")


def test_without_an_engine_the_remedy_is_told_and_what_is_there_still_deploys(monkeypatch, bundle, push):
    made, other = bundle("first"), bundle("second")
    images, _ = push(group(made), made)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert push(group(made), made)[0] == images
    with pytest.raises(TargetError, match="the image of web has to be built, and ") as caught:
        push(group(other), other)
    assert "deploy from a machine that has one" in caught.value.hint


def test_the_token_of_the_registry_is_nowhere_to_be_seen(emulator, cloud, bundle, push):
    login = repository(cloud, NAME).login()
    assert login.password and login.password not in repr(login)
    made, progress = bundle(), Silence()
    _, told = push(group(made), made, progress=progress)
    assert not any(login.password in each for each in [*told, *progress.lines, *progress.nows])
    config = Path("~/.docker/config.json").expanduser()
    assert not config.exists() or emulator.registry_host not in config.read_text()


def test_tags_tell_content_and_processors_apart():
    build = ImageBuild("AB" * 32)
    assert tag_of(build) == "ab" * 20
    assert tag_of(build, "ARM64") == f"{'ab' * 20}-arm64"
    other = replace(build, key="cd" * 32)
    web = Container("web", ImageSource(build=build))
    containers = (web, replace(web, name="again"), Container("other", ImageSource(build=other)))
    assert tags_of(ContainerGroup(containers, "web", 80)) == ("ab" * 20, "cd" * 20)


def test_the_registry_of_an_account_has_its_name():
    class Known(Cloud):
        account = "123456789012"

    assert repository(Known("cn-north-1"), "a").host == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
