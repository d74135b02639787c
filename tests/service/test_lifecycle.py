"""The lifecycle policy at work: after a new version, once for each, and with the files as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.lifecycle import LifecyclePolicy, Rule
from beanstalk.service import lifecycle, versions
from beanstalk.service.lifecycle import apply_after, changed_policy, lifecycle_policy, set_policy


def labels(bench):
    return {each.label for each in versions.list_versions(bench.service, "shop")}


def bundle(bench, label):
    return bench.home.bundle(bench.store.versions.get("shop", label).digest)


@pytest.fixture
def full(bench):
    """v1 to v4 with a policy that keeps two besides a new one."""
    for number in range(1, 5):
        bench.version(f"v{number}")
    set_policy(bench.service, "shop", LifecyclePolicy(Rule(2, True, True)))
    return bench


def test_setting_a_policy_deletes_nothing_and_the_next_version_does(full):
    path = bundle(full, "v1")
    assert apply_after(full.service, full.store.versions.get("shop", "v4")) == ()
    assert apply_after(full.service, full.version("v5").version) == ("v1", "v2")
    assert labels(full) == {"v3", "v4", "v5"}
    assert not path.exists()
    assert full.store.latest_events()[0].message.startswith("Deleted application version v2 by the lifecycle policy")


def test_it_is_applied_once_for_a_version(full):
    made = full.version("v5").version
    apply_after(full.service, made)
    full.version("v6")
    assert apply_after(full.service, made) == ()
    assert labels(full) == {"v3", "v4", "v5", "v6"}


def test_kept_bundles_and_those_of_another_version_stay(full):
    path, other = bundle(full, "v1"), bundle(full, "v2")
    source = versions.Source(full.folder, full.folder / "zips" / "v2.zip")
    versions.create_version(full.service, "blog", source)
    apply_after(full.service, full.version("v5").version)
    assert (path.exists(), other.exists()) == (False, True)
    set_policy(full.service, "shop", changed_policy(lifecycle_policy(full.service, "shop"), keep_bundle=True))
    kept = bundle(full, "v3")
    assert apply_after(full.service, full.version("v6").version) == ("v3",)
    assert kept.exists()
    assert full.store.latest_events()[0].message.endswith("Its source bundle was kept.")


def test_what_a_deployment_goes_to_or_back_to_stays(bench):
    bench.create(label="v1")
    set_policy(bench.service, "shop", LifecyclePolicy(Rule(1, True, True)))
    from beanstalk.service import changes, updates

    made = bench.version("v2")
    changes.begin(bench.service, updates.prepare_deploy(bench.service, "prod-1", made.version))
    assert labels(bench) == {"v1", "v2"}
    bench.version("v3")
    assert apply_after(bench.service, bench.version("v4").version) == ("v3",)


def test_a_bundle_that_cannot_be_deleted_is_told_and_the_version_is_gone(full, monkeypatch):
    def refuse(self, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    made = full.version("v5").version
    monkeypatch.setattr(Path, "unlink", refuse)
    assert apply_after(full.service, made) == ("v1", "v2")
    assert "could not be deleted: Permission denied" in full.store.latest_events()[0].message


def test_the_quota_is_told_before_anything_is_packed(bench, monkeypatch):
    bench.version("v1")
    monkeypatch.setattr(versions, "QUOTA", 1)
    monkeypatch.setattr(versions, "pack_source", None)
    with pytest.raises(BeanstalkError, match="the most that fit"):
        bench.version("v2")


def test_an_application_that_is_not_there_has_no_policy(bench):
    with pytest.raises(NotFound):
        lifecycle.lifecycle_policy(bench.service, "shop")
