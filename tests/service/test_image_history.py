"""Which image a version runs the second time: the one it had, and a new one only for who asks."""

from __future__ import annotations

import json

import pytest

from beanstalk.model import Outcome
from beanstalk.service import changes, environments, updates, versions
from beanstalk.service.versions import bundle_of
from tests.bundles import make_bundle

RUN = json.dumps({"AWSEBDockerrunVersion": "1", "Image": {"Name": "shop:latest"}, "Ports": [{"ContainerPort": 80}]})


@pytest.fixture
def shop(bench):
    """prod-1 runs version v1, an image of a registry."""
    begin(bench, created(bench, "prod-1", "v1"))
    return bench


def created(bench, name, label):
    made = version(bench, label)
    return environments.prepare_create(bench.service, name, made, bundle_of(bench.service, made), platform="docker")


def version(bench, label):
    files = {"Dockerrun.aws.json": RUN, "label.txt": label}
    archive = make_bundle(bench.folder / "zips", files, f"{label}.zip").path
    return versions.create_version(bench.service, "shop", versions.Source(bench.folder, archive), label).version


def begin(bench, change, outcome=Outcome.SUCCEEDED):
    bench.finish(changes.begin(bench.service, change), outcome)
    return key(change)


def key(change):
    return change.workload.group.containers[0].image.key


def deploy(bench, label, force=False, outcome=Outcome.SUCCEEDED):
    found = bench.store.versions.get("shop", label)
    return begin(bench, updates.prepare_deploy(bench.service, "prod-1", found, force=force), outcome)


def running(bench):
    return key(updates.prepare_restart(bench.service, "prod-1"))


def test_a_restart_and_other_settings_keep_the_image(shop):
    first = running(shop)
    change = updates.prepare_properties(shop.service, "prod-1", [("KEY", "new")])
    assert key(change) == first
    assert not updates.prepare_configure(shop.service, "prod-1").replaces


def test_a_deployment_by_force_asks_anew_and_that_stays(shop):
    first = running(shop)
    forced = deploy(shop, "v1", force=True)
    assert forced != first
    assert running(shop) == forced
    assert deploy(shop, "v1", force=True) not in (first, forced)


def test_a_rebuild_asks_anew(shop):
    first = running(shop)
    assert begin(shop, updates.prepare_rebuild(shop.service, "prod-1")) == running(shop) != first


def test_a_rollback_takes_what_that_deployment_ran_with(shop):
    first, forced = running(shop), deploy(shop, "v1", force=True)
    assert key(updates.prepare_rollback(shop.service, "prod-1")) == first
    version(shop, "v2")
    deploy(shop, "v2")
    assert key(updates.prepare_rollback(shop.service, "prod-1")) == forced
    assert key(updates.prepare_rollback(shop.service, "prod-1", "v1")) == forced


def test_a_version_that_comes_back_is_what_it_was_the_last_time(shop):
    forced = deploy(shop, "v1", force=True)
    version(shop, "v2")
    assert deploy(shop, "v2") != forced
    assert deploy(shop, "v1") == forced


def test_what_did_not_succeed_is_not_what_the_version_is(shop):
    first = running(shop)
    deploy(shop, "v1", force=True, outcome=Outcome.ROLLED_BACK)
    assert running(shop) == first


def test_another_environment_of_the_version_runs_the_same_image(shop):
    forced = deploy(shop, "v1", force=True)
    found = shop.store.versions.get("shop", "v1")
    bundle = bundle_of(shop.service, found)
    assert key(environments.prepare_create(shop.service, "prod-2", found, bundle)) == forced
    assert key(environments.prepare_clone(shop.service, "prod-1")) == forced


def test_an_image_that_is_built_is_built_anew_by_force_alone(bench):
    files = {"Dockerfile": "FROM scratch\nEXPOSE 80\n"}
    made = bench.version("v1", Procfile="", **files)
    change = environments.prepare_create(bench.service, "prod-1", made.version, made.packed.bundle, platform="docker")
    first = begin(bench, change)
    assert first == change.workload.group.containers[0].image.build.key
    assert running(bench) == first
    assert deploy(bench, "v1", force=True) != first
