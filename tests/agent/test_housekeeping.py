"""What is tidied up, and above all what is not."""

from __future__ import annotations

import json
import os

import pytest

from beanstalk.agent.housekeeping import keep_house
from beanstalk.model import OnFailure, Policy
from beanstalk.records import Version


@pytest.fixture
def world(scene):
    scene.agent._world.home.create()
    return scene.agent._world


def unpack(world, *digests):
    for digest in digests:
        world.home.unpacked(digest).mkdir(parents=True, exist_ok=True)


def unpacked(world):
    return sorted(path.name for path in (world.home.folder / "unpacked").iterdir())


def test_what_no_recent_deployment_used_goes(scene, world):
    unpack(world, "v1", "other", ".half")
    keep_house(world, scene.machine.now)
    assert unpacked(world) == [".half", "v1"]


def test_what_runs_stays_however_many_deployments_failed_since(scene, world, monkeypatch):
    kept = []
    monkeypatch.setattr(world.preparer, "sweep_builds", kept.append)
    build = {"build": {"key": "k1"}}
    row = scene.store.deployments.get(1)
    scene.machine.bad = {f"bad-{number}" for number in range(12)}
    for label in sorted(scene.machine.bad):
        scene.deploy(label, Policy.IMMUTABLE)
        scene.rest()
    scene.store.deployments.change(1, workload_json=json.dumps(json.loads(row.workload_json) | build))
    unpack(world, "v1")
    keep_house(world, scene.machine.now)
    assert unpacked(world) == ["v1"]
    assert any("k1" in workload for workload in kept[-1])


@pytest.fixture
def images(world, monkeypatch):
    """The last (labels whose images are needed, digests of the versions that are there)."""
    told = []

    def sweep(workloads, versions):
        told.append(([json.loads(each)["group"] for each in workloads], versions))

    monkeypatch.setattr(world.preparer, "sweep_images", sweep)
    return told


def name_images(scene):
    """The image of each deployment is called as its version."""
    for each in scene.store.deployments.where("1"):
        workload = json.loads(each.workload_json) | {"group": each.version_label}
        scene.store.deployments.change(each.id, workload_json=json.dumps(workload))


def test_the_image_of_a_version_that_was_deleted_goes_unless_it_runs(scene, world, images):
    for label in ("v2", "v3"):
        scene.deploy(label, Policy.IMMUTABLE)
        scene.rest()
    name_images(scene)
    store = scene.store
    for label in ("v1", "v2"):
        store.versions.remove("shop", label)
        store.versions.add(Version("shop", label, label, 1, "", 0.0))
    keep_house(world, scene.machine.now)
    assert images[-1] == (["v2", "v1", "v3"], {"v1", "v2"})
    store.versions.remove("shop", "v1")
    keep_house(world, scene.machine.now)
    assert images[-1] == (["v2", "v3"], {"v2"})


def test_with_the_last_environment_its_images_go(scene, world, images):
    name_images(scene)
    scene.store.environments.change("e-shop", terminated=scene.machine.now)
    scene.agent.finish()
    assert images[-1][0] == []


def test_what_a_half_deployed_fleet_runs_stays(scene, world):
    scene.deploy("v2", Policy.ROLLING, on_failure=OnFailure.STOP)
    scene.turn_until(lambda: scene.versions().count("v2") == 2)
    unpack(world, "v1", "v2")
    keep_house(world, scene.machine.now)
    assert unpacked(world) == ["v1", "v2"]


def test_folders_of_environments_that_do_not_live_go(scene, world):
    for name in ("e-shop", "e-gone"):
        world.home.instance(name, "i-1").mkdir(parents=True)
        world.home.instance(name, "i-1").chmod(0o555)
    keep_house(world, scene.machine.now)
    assert [path.name for path in (world.home.folder / "environments").iterdir()] == ["e-shop"]


def test_scratch_of_a_killed_packing_goes_when_it_is_old(scene, world):
    for folder in (world.home.bundles, world.home.folder / "unpacked"):
        for name, age in ((".old", 7200), (".new", 0)):
            (folder / name).mkdir()
            (folder / name / "half").write_text("x")
            at = (folder / name).stat().st_mtime - age
            os.utime(folder / name, (at, at))
    (world.home.bundles / "v1.zip").write_text("a bundle")
    keep_house(world, scene.machine.now)
    assert sorted(path.name for path in world.home.bundles.iterdir()) == [".new", "v1.zip"]
    assert unpacked(world) == [".new"]


def test_long_logs_of_the_living_are_rotated(scene, world, monkeypatch):
    monkeypatch.setattr("beanstalk.agent.housekeeping.rotate", lambda folder: rotated.append(folder.name))
    rotated = []
    keep_house(world, scene.machine.now)
    assert sorted(rotated) == sorted(each.id for each in scene.instances())


def test_events_of_six_weeks_stay(scene, world):
    before = len(scene.events())
    keep_house(world, scene.machine.now + 41 * 86400)
    assert len(scene.events()) == before
    keep_house(world, scene.machine.now + 43 * 86400)
    assert scene.events() == []


@pytest.mark.parametrize("broken", ["sweep_environments", "_sweep_versions", "_sweep_scratch", "_tend_logs"])
def test_what_cannot_be_tidied_does_not_keep_the_rest_from_it(scene, world, monkeypatch, broken):
    def refuse(world):
        raise PermissionError("read-only")

    monkeypatch.setattr(f"beanstalk.agent.housekeeping.{broken}", refuse)
    keep_house(world, scene.machine.now + 43 * 86400)
    assert scene.events() == []
    assert len(scene.serving()) == 3
