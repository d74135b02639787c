"""Folders of applications are copied and removed as they are, and nothing outside of them is ever touched."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from beanstalk.targets.local.trees import copy_tree, remove_tree


@pytest.fixture
def source(tmp_path):
    source = tmp_path / "source"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "deep" / "er" / "data").write_bytes(os.urandom(3_000_000))
    (source / "empty").write_bytes(b"")
    (source / "run").write_text("#!/bin/sh\n")
    (source / "run").chmod(0o555)
    (source / "out").symlink_to("/")
    (source / "dangling").symlink_to("nowhere")
    for folder in ("deep/er", "deep", "."):
        (source / folder).chmod(0o555)
    yield source
    remove_tree(source)


def test_a_copy_has_the_same_files_modes_and_links_and_can_be_written(source, tmp_path):
    copy_tree(source, tmp_path / "copy")
    copy = tmp_path / "copy"
    assert (copy / "deep/er/data").read_bytes() == (source / "deep/er/data").read_bytes()
    assert stat.S_IMODE((copy / "run").stat().st_mode) == 0o755
    assert stat.S_IMODE((copy / "deep/er").stat().st_mode) & 0o200
    assert ((copy / "out").readlink(), (copy / "dangling").readlink()) == (Path("/"), Path("nowhere"))
    assert sorted(path.name for path in copy.iterdir()) == ["dangling", "deep", "empty", "out", "run"]


@pytest.mark.parametrize("trouble", [errno.EXDEV, errno.ENOSYS, 0])
def test_a_copy_is_whole_where_the_system_cannot_share(source, tmp_path, monkeypatch, trouble):
    real = os.copy_file_range

    def copy_file_range(reading, writing, count):
        if trouble:
            raise OSError(trouble, "not here")
        return real(reading, writing, 1000) if os.fstat(writing).st_size == 0 else 0

    monkeypatch.setattr(os, "copy_file_range", copy_file_range)
    copy_tree(source, tmp_path / "copy")
    assert (tmp_path / "copy/deep/er/data").read_bytes() == (source / "deep/er/data").read_bytes()


def test_a_full_disk_is_an_error_and_no_short_file(source, tmp_path, monkeypatch):
    def copy_file_range(reading, writing, count):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "copy_file_range", copy_file_range)
    with pytest.raises(OSError, match="full"):
        copy_tree(source, tmp_path / "copy")


def test_removing_never_follows_a_link(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data").write_text("mine")
    (tmp_path / "precious").chmod(0o555)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path / "precious")
    remove_tree(folder)
    remove_tree(tmp_path / "precious" / "data")
    assert not folder.exists()
    assert (tmp_path / "precious" / "data").read_text() == "mine"
    assert stat.S_IMODE((tmp_path / "precious").stat().st_mode) == 0o555


def test_a_link_in_the_place_of_the_folder_is_not_followed_either(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data").write_text("mine")
    (tmp_path / "folder").symlink_to(tmp_path / "precious")
    remove_tree(tmp_path / "folder")
    assert (tmp_path / "precious" / "data").exists()


REMOVE_AS_NOBODY = """
import os, sys
from pathlib import Path
from beanstalk.targets.local.trees import remove_tree
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
top = Path(sys.argv[1]) / "top"
(top / "read-only" / "closed").mkdir(parents=True)
(top / "read-only" / "closed" / "file").write_text("x")
(top / "read-only" / "closed").chmod(0)
(top / "read-only").chmod(0o555)
remove_tree(top)
sys.exit(os.path.lexists(top))
"""


def test_folders_that_cannot_be_written_or_read_are_removed_by_an_ordinary_user(tmp_path):
    with tempfile.TemporaryDirectory() as open_to_all:  # those of pytest are their owner's alone
        Path(open_to_all).chmod(0o777)
        subprocess.run([sys.executable, "-c", REMOVE_AS_NOBODY, open_to_all], check=True, timeout=60)


def test_a_very_deep_folder_is_copied_and_removed(tmp_path):
    depth, place = 1100, tmp_path / "source"
    place.mkdir()
    here = os.open(place, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("a", dir_fd=here)
        below = os.open("a", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    copy_tree(place, tmp_path / "copy")
    assert (tmp_path / "copy").joinpath(*["a"] * depth).is_dir()
    for folder in (place, tmp_path / "copy"):
        remove_tree(folder)
        assert not folder.exists()
