"""Application versions: known by label and content, and never lost to somebody who deletes or damages another."""

from __future__ import annotations

import pytest

from beanstalk.errors import AlreadyExists, BeanstalkError, BundleRefused, InvalidInput, NotFound
from beanstalk.service import versions
from beanstalk.service.versions import QUOTA, Source, create_application, create_version, delete_version, find_version
from tests.apps import write_app
from tests.bundles import make_bundle


def test_a_version_is_found_with_its_bundle(bench):
    made = bench.version("v1")
    assert made.is_new
    assert find_version(bench.service, "shop", "v1") == made.version
    assert versions.bundle_of(bench.service, made.version).digest == made.version.digest


def test_the_same_content_is_the_same_version_unless_it_is_given_another_label(bench):
    first = bench.version("v1")
    archive = Source(bench.folder, bench.folder / "zips" / "v1.zip")
    again = create_version(bench.service, "shop", archive)
    assert (again.version, again.is_new) == (first.version, False)
    other = create_version(bench.service, "shop", archive, "v1-again")
    assert (other.version.digest, other.is_new) == (first.version.digest, True)


def test_a_label_means_one_content_for_ever(bench):
    bench.version("v1")
    other = make_bundle(bench.folder / "zips", {"Procfile": "web: other\n"}, "other.zip").path
    with pytest.raises(AlreadyExists, match="with other content"):
        create_version(bench.service, "shop", Source(bench.folder, other), "v1")
    assert create_version(bench.service, "blog", Source(bench.folder, other), "v1").is_new


@pytest.mark.parametrize("label", ["", "a/b", "x" * 101, "new\nline", "\x1b[2J", "\x7f"])
def test_what_is_no_label_is_refused(bench, label):
    bench.version("v1")
    archive = Source(bench.folder, bench.folder / "zips" / "v1.zip")
    with pytest.raises(InvalidInput, match="version label"):
        create_version(bench.service, "shop", archive, label)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 101, " shop", "shop ", "new\nline", "a\0b"])
def test_what_is_no_application_name_is_refused(bench, name):
    with pytest.raises(InvalidInput, match="application name"):
        create_application(bench.service, name)
    assert bench.store.applications.where("1") == []


def test_an_application_is_made_once_and_keeps_its_description(bench):
    first = create_application(bench.service, "shop", "sells things")
    assert create_application(bench.service, "shop", "something else") == first


def test_a_folder_is_packed_and_labelled_by_the_time(bench):
    folder = write_app(bench.folder / "app")
    made = create_version(bench.service, "shop", Source(folder, working_tree=True))
    assert made.version.label.startswith("app-")
    assert {entry.path for entry in made.packed.bundle.entries} == {"Procfile", "app.py", "version.txt"}


def test_a_refused_bundle_leaves_nothing(bench):
    (bench.folder / "broken.zip").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(BundleRefused):
        create_version(bench.service, "shop", Source(bench.folder, bench.folder / "broken.zip"), "v1")
    assert list(bench.home.bundles.iterdir()) == []
    assert bench.store.versions.where("1") == []


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_bundle_is_told_and_mended_by_deploying_from_the_project_again(bench, damage):
    made = bench.version("v1")
    place = bench.home.bundle(made.version.digest)
    if damage == "cut":
        place.write_bytes(b"cut short")
    else:
        place.write_bytes(make_bundle(bench.folder / "zips", {"Procfile": "web: evil\n"}, "evil.zip").path.read_bytes())
    with pytest.raises(BundleRefused):
        versions.bundle_of(bench.service, made.version)
    assert not bench.version("v1").is_new
    assert versions.bundle_of(bench.service, made.version).digest == made.version.digest


def test_a_zip_that_changes_while_it_is_read_is_refused(bench, monkeypatch):
    read = versions.read_bundle

    def read_and_change(path):
        found = read(path)
        make_bundle(bench.folder / "zips", {"Procfile": "web: something else\n"}, "v1.zip")
        return found

    monkeypatch.setattr(versions, "read_bundle", read_and_change)
    with pytest.raises(BundleRefused, match="changed while it was read"):
        bench.version("v1")
    assert list(bench.home.bundles.iterdir()) == []


def test_a_version_is_deleted_with_its_bundle_unless_another_has_the_same(bench):
    first = bench.version("v1").version
    archive = Source(bench.folder, bench.folder / "zips" / "v1.zip")
    create_version(bench.service, "blog", archive, "same")
    delete_version(bench.service, "shop", "v1")
    assert bench.home.bundle(first.digest).exists()
    delete_version(bench.service, "blog", "same")
    assert not bench.home.bundle(first.digest).exists()
    with pytest.raises(NotFound):
        find_version(bench.service, "shop", "v1")


def test_a_version_that_runs_or_is_about_to_is_not_deleted(bench):
    bench.create(finished=False)
    with pytest.raises(BeanstalkError, match="deployed to prod-1"):
        delete_version(bench.service, "shop", "v1")
    bench.finish(bench.store.open_operations()[0])
    with pytest.raises(BeanstalkError, match="deployed to prod-1"):
        delete_version(bench.service, "shop", "v1")
    bench.terminated("prod-1")
    delete_version(bench.service, "shop", "v1")


def test_who_registers_what_somebody_deletes_at_that_moment_is_told(bench):
    packed = bench.version("v1").packed
    delete_version(bench.service, "shop", "v1")
    with pytest.raises(BundleRefused, match="deleted meanwhile"):
        versions.register(bench.service, "shop", packed, "v2")


def test_there_is_a_quota(bench, monkeypatch):
    assert QUOTA == 1000
    monkeypatch.setattr(versions, "QUOTA", 2)
    bench.version("v1"), bench.version("v2")
    with pytest.raises(BeanstalkError, match="the most that fit"):
        bench.version("v3")
    assert not bench.version("v2").is_new


def test_the_newest_version_is_the_first(bench):
    for label in ("v1", "v2", "v3"):
        bench.version(label)
    assert [each.label for each in versions.list_versions(bench.service, "shop")] == ["v3", "v2", "v1"]
