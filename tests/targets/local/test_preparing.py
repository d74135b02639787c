"""A version is made ready once, and what cannot be is a sentence and never an end of the agent."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local.preparing import LocalPreparer, image_trouble
from beanstalk.workload import Build
from tests.agent.memory_world import WORKLOAD
from tests.bundles import make_bundle

pytestmark = pytest.mark.real
PATIENCE_S = 120
BUILD = Build("0" * 64, ("echo made > product",), (), ("bin",), (("product", "product"),), ())


def no_engine():
    raise TargetError("no engine is wanted")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


@pytest.fixture
def preparer(home):
    preparer = LocalPreparer(home, no_engine)
    yield preparer
    preparer.sweep_builds([])


@pytest.fixture
def digest(home):
    bundle = make_bundle(home.bundles, {"Procfile": "web: serve\n"})
    bundle.path.rename(home.bundle(bundle.digest))
    return bundle.digest


def workload(build=None, **environment):
    return json.dumps(replace(WORKLOAD, build=build, environment=tuple(environment.items())).to_json())


def prepared(preparer, digest, text, attempt="1"):
    deadline = time.monotonic() + PATIENCE_S
    while (state := preparer.prepare(digest, text, attempt)) is None:
        assert time.monotonic() < deadline, "it is never ready"
        time.sleep(0.01)
    return state


def test_a_version_is_unpacked_once_and_read_only(preparer, home, digest):
    assert prepared(preparer, digest, workload()) == ""
    assert (home.unpacked(digest) / "Procfile").read_text() == "web: serve\n"
    assert home.unpacked(digest).stat().st_mode & 0o222 == 0
    home.bundle(digest).unlink()
    assert LocalPreparer(home, no_engine).prepare(digest, workload(), "2") == ""


@pytest.mark.parametrize("damage", ["gone", "cut", "other"])
def test_a_bundle_that_is_gone_or_damaged_is_a_sentence(preparer, home, digest, damage):
    place = home.bundle(digest)
    place.unlink()
    if damage == "cut":
        place.write_bytes(b"PK\x03\x04")
    if damage == "other":
        make_bundle(home.bundles, {"Procfile": "web: evil\n"}).path.rename(place)
    state = prepared(preparer, digest, workload())
    assert state.startswith("the source bundle cannot be unpacked: ")
    assert not home.unpacked(digest).exists()


def test_dependencies_are_built_and_linked_into_the_instance(preparer, digest, tmp_path):
    assert prepared(preparer, digest, workload(BUILD)) == ""
    (tmp_path / "instance").mkdir()
    preparer.link(workload(BUILD), tmp_path / "instance")
    assert (tmp_path / "instance" / "product").read_text() == "made\n"


def test_a_build_that_fails_says_its_last_lines(preparer, digest):
    text = workload(replace(BUILD, commands=("echo first; echo it does not work; exit 3",)))
    state = prepared(preparer, digest, text)
    assert state.startswith("the build failed with exit code 3; its last lines: ")
    assert "it does not work" in state


def test_a_build_whose_files_are_gone_is_a_sentence(preparer, digest):
    state = prepared(preparer, digest, workload(replace(BUILD, files=("requirements.txt",))))
    assert "requirements.txt" in state


def test_a_folder_that_cannot_be_linked_into_is_a_target_error(preparer, digest, tmp_path):
    prepared(preparer, digest, workload(BUILD))
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match="cannot be linked"):
        preparer.link(workload(BUILD), tmp_path / "file")


def test_the_path_is_the_builds_then_the_users_and_only_without_that_our_own(preparer, home, monkeypatch):
    monkeypatch.setenv("PATH", "/ours:relative:")
    assert preparer.environment(workload())["PATH"] == "/ours"
    assert preparer.environment(workload(PATH="/users:/usr/bin"))["PATH"] == "/users:/usr/bin"
    built, rest = preparer.environment(workload(BUILD, PATH="/users"))["PATH"].split(":")
    assert built.startswith(str(home.builds))
    assert rest == "/users"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["Step 3/7 : RUN x", "no x here", "error: Dockerfile:3: RUN x: failed with exit code 3"],
         "Dockerfile:3: RUN x: failed with exit code 3; it said: no x here"),
        (["trying again", "error: Dockerfile:1: nobody answers", "  hint: look at the network"],
         "Dockerfile:1: nobody answers (look at the network)"),
        (["error: there is no such image"], "there is no such image"),
        (["killed"], "killed"),
    ],
)  # fmt: skip
def test_why_an_image_cannot_be_made_is_one_sentence(lines, told):
    assert image_trouble(lines) == told
