import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, BundleRefused, InvalidInput
from beanstalk.source import content, packing_worker, workers
from beanstalk.source.bundle import read_bundle, read_text, unpack_bundle
from beanstalk.source.listing import list_project
from beanstalk.source.packing import pack, pack_folder
from beanstalk.source.packing_worker import SMALL, pack_one
from beanstalk.source.zipwriter import ZipWriter
from tests.source.test_listing import commit, git, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Files of every kind: small, empty, larger than a worker takes (with and without a pattern), program, link."""
    folder = tmp_path / "project"
    write(folder, "Procfile", "lib/grün.py", "lib/run.sh")
    (folder / "lib/run.sh").chmod(0o744)
    (folder / "empty").touch()
    (folder / "large.txt").write_bytes(b"0123456789" * (SMALL // 5))
    (folder / "large.bin").write_bytes(os.urandom(2 * SMALL))
    (folder / "run").symlink_to("lib/run.sh")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    kinds = {path: bytes(path.readlink()) if path.is_symlink() else path.read_bytes() for path in paths}
    return {path.relative_to(folder).as_posix(): data for path, data in kinds.items()}


def test_what_is_packed_is_what_is_read_and_unpacked(project: Path, tmp_path: Path) -> None:
    listing, bundle = pack_folder(project, tmp_path / "app.zip")
    assert read_bundle(tmp_path / "app.zip") == bundle
    assert {entry.path: entry.mode for entry in bundle.entries if entry.mode != 0o644} == {
        "lib/run.sh": 0o755,
        "run": 0o120777,
    }
    unpack_bundle(bundle, tmp_path / "unpacked")
    assert tree(tmp_path / "unpacked") == tree(project)
    assert [file.path for file in listing.files] == [entry.path for entry in bundle.entries]


def test_what_is_compressed_already_is_stored_and_the_rest_is_not(project: Path, tmp_path: Path) -> None:
    (project / "image").write_bytes(os.urandom(100_000))
    (project / "noise-first").write_bytes(os.urandom(20_000) + b"text " * 20_000)
    pack_folder(project, tmp_path / "app.zip")
    with zipfile.ZipFile(tmp_path / "app.zip") as archive:
        how = {info.filename: info.compress_type for info in archive.infolist()}
    assert {name for name, method in how.items() if method == zipfile.ZIP_DEFLATED} == {"large.txt", "noise-first"}
    assert how["image"] == how["large.bin"] == how["empty"] == zipfile.ZIP_STORED


def test_other_tools_can_read_it(project: Path, tmp_path: Path) -> None:
    pack_folder(project, tmp_path / "app.zip")
    with zipfile.ZipFile(tmp_path / "app.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(tree(project))
    subprocess.run(["unzip", "-q", "app.zip", "-d", "unzipped"], cwd=tmp_path, check=True)
    assert tree(tmp_path / "unzipped") == tree(project)
    assert os.access(tmp_path / "unzipped/lib/run.sh", os.X_OK)


def test_the_same_content_gives_the_same_bytes_whatever_the_times_and_workers(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, *(f"many/{number}" for number in range(workers.ITEMS_FOR_WORKERS)))
    pack_folder(project, tmp_path / "one.zip")
    for path in project.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    monkeypatch.setattr(workers, "ITEMS_FOR_WORKERS", 10**9)
    pack_folder(project, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_workers_are_started_for_many_files_and_are_gone_afterwards(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = workers._start

    def watched(count: int) -> list[subprocess.Popen[bytes]]:
        started.extend(start(count))
        return started

    monkeypatch.setattr(workers, "_start", watched)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    write(project, *(f"many/{number}" for number in range(workers.ITEMS_FOR_WORKERS)))
    pack_folder(project, tmp_path / "app.zip")
    assert len(started) == 2 and all(worker.returncode is not None for worker in started)


def test_a_worker_that_dies_is_an_error_and_leaves_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "ITEMS_FOR_WORKERS", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(packing_worker, "__file__", str(tmp_path / "project/empty"))
    with pytest.raises(BeanstalkError, match="ended by itself"):
        pack_folder(project, tmp_path / "app.zip", working_tree=True)
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_head_index_and_working_tree_of_a_clean_repository_have_one_digest(project: Path, tmp_path: Path) -> None:
    (project / "lib/run.sh").chmod(0o755)
    commit(project)
    packed = [
        pack_folder(project, tmp_path / "app.zip", **flags)[1]
        for flags in ({}, {"staged": True}, {"working_tree": True})
    ]
    assert len({bundle.digest for bundle in packed}) == 1
    assert {entry.path for entry in packed[0].entries} == set(tree(project)) - {
        path for path in tree(project) if path.startswith(".git/")
    }


def test_head_is_packed_and_not_what_lies_in_the_folder(project: Path, tmp_path: Path) -> None:
    commit(project)
    for name in ("Procfile", "large.txt"):
        (project / name).write_text("changed")
    _, bundle = pack_folder(project, tmp_path / "app.zip")
    with zipfile.ZipFile(bundle.path) as archive:
        assert archive.read("Procfile") == b"Procfile"
        assert len(archive.read("large.txt")) == SMALL // 5 * 10


def test_all_links_that_lead_away_are_told_together(project: Path, tmp_path: Path) -> None:
    (project / "away").symlink_to("../../etc/passwd")
    (project / "root").symlink_to("/")
    (project / "x" / "loop").parent.mkdir()
    (project / "x" / "loop").symlink_to("loop")
    with pytest.raises(InvalidInput) as caught:
        pack_folder(project, tmp_path / "app.zip")
    assert sorted(problem.text.split("'")[1] for problem in caught.value.problems) == ["away", "root", "x/loop"]
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_a_file_that_is_gone_or_another_thing_when_it_is_read_is_told(project: Path, tmp_path: Path) -> None:
    listing = list_project(project)
    (project / "Procfile").unlink()
    (project / "empty").unlink()
    (project / "empty").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput) as caught:
        pack(listing, tmp_path / "app.zip")
    assert str(caught.value).startswith("Procfile: cannot be read: No such file")
    assert "empty: is not a file any more" in str(caught.value)


def test_content_that_git_filters_is_packed_filtered(project: Path, tmp_path: Path) -> None:
    write(project, "app/a.txt", "app/Procfile")
    (project / ".gitattributes").write_text("*.txt filter=upper\n")
    commit(project)
    git(project, "config", "filter.upper.smudge", "tr a-z A-Z")
    _, bundle = pack_folder(project / "app", tmp_path / "app.zip")
    assert (read_text(bundle, "a.txt"), read_text(bundle, "Procfile")) == ("APP/A.TXT", "app/Procfile")


def test_a_pointer_of_git_lfs_is_refused(project: Path, tmp_path: Path) -> None:
    (project / ".gitattributes").write_text("*.psd filter=nobody-has-this\n")
    (project / "a.psd").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    commit(project)
    with pytest.raises(InvalidInput, match=r"a\.psd: is kept in Git LFS"):
        pack_folder(project, tmp_path / "app.zip")


def test_names_that_our_reader_would_refuse_are_not_packed(project: Path, tmp_path: Path) -> None:
    write(project, "back\\slash", "new\nline")
    (project / os.fsdecode(b"latin\xe9")).touch()
    with pytest.raises(InvalidInput) as caught:
        pack_folder(project, tmp_path / "app.zip")
    assert len(caught.value.problems) == 3


def test_a_project_inside_one_folder_is_refused_with_the_folder_to_pack(tmp_path: Path) -> None:
    write(tmp_path / "project", "app/Procfile", "app/lib/x")
    with pytest.raises(BundleRefused, match="inside the folder app/") as caught:
        pack_folder(tmp_path / "project", tmp_path / "app.zip")
    assert str(tmp_path / "project/app") in caught.value.hint


@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_BYTES", SMALL), ("MOST_UNPACKED_BYTES", SMALL), ("MOST_ENTRIES", 3)]
)
def test_a_bundle_that_becomes_too_large_is_refused_and_the_old_zip_stays(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    (tmp_path / "app.zip").write_text("old")
    monkeypatch.setattr(content, limit, value)
    with pytest.raises(BundleRefused, match="the bundle"):
        pack_folder(project, tmp_path / "app.zip")
    assert (tmp_path / "app.zip").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.zip", "project"]


def test_the_zip_being_made_is_not_part_of_itself(project: Path) -> None:
    first = pack_folder(project, project / "app.zip")[1]
    listing, second = pack_folder(project, project / "app.zip")
    assert first.digest == second.digest
    assert [row.why for row in listing.rows if row.path == "app.zip"] == ["the zip being made"]


def test_more_than_65535_members_need_zip64_and_are_read_back(tmp_path: Path) -> None:
    """Members are added as a worker would hand them over, without the files."""
    with (tmp_path / "app.zip").open("xb+") as file:
        writer = ZipWriter(file)
        for number in range(65_536):
            record, header, packed = pack_one(b"%d" % number, 0o644, b"")
            writer.add(str(number), record, header + packed)
        writer.close()
    assert read_bundle(tmp_path / "app.zip").digest == content.digest(writer.entries)
    with zipfile.ZipFile(tmp_path / "app.zip") as archive:
        assert len(archive.namelist()) == 65_536


NAMES = st.text(st.sampled_from("aZ0._-é ü"), min_size=1, max_size=5).filter(lambda name: not name.startswith("."))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.tuples(st.binary(max_size=300), st.booleans()), min_size=1))
def test_any_small_project_is_read_back_with_the_digest_it_was_packed_with(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, tuple[bytes, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name, (data, program) in files.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o700 if program else 0o600)
    _, bundle = pack_folder(folder, folder / "out.zip")
    assert read_bundle(folder / "out.zip").digest == bundle.digest
    assert {entry.path: entry.mode == 0o755 for entry in bundle.entries} == {
        name: program for name, (_, program) in files.items()
    }
