import contextlib
import os
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beanstalk.errors import AlreadyExists, BeanstalkError, BundleRefused, NotFound
from beanstalk.source import content
from beanstalk.source.bundle import Entry, read_bundle, read_text, remove_unpacked, unpack_bundle
from tests.source.zips import LINK, Raw, honest_zip, raw_zip


def names_in(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir())


Files = dict[str, bytes | tuple[bytes, int]]
APP: Files = {"Procfile": b"web: ./serve\n", "bin/serve": (b"#!/bin/sh\n", stat.S_IFREG | 0o755)}


def test_reading_gives_every_file_with_mode_size_and_hash(tmp_path: Path) -> None:
    bundle = read_bundle(honest_zip(tmp_path / "app.zip", {**APP, "now": (b"bin/serve", LINK), "logs/": b""}))
    assert [(entry.path, entry.mode, entry.size) for entry in bundle.entries] == [
        ("Procfile", 0o644, 13),
        ("bin/serve", 0o755, 10),
        ("now", 0o120777, 9),
    ]
    assert bundle.entries[0].sha256 == "4c1ed738f96e490a74704a00766c6ed3fe15caa9ec3777b91a1e125630a5b833"
    assert bundle.size_bytes == (tmp_path / "app.zip").stat().st_size


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([Raw(b"../evil")], "climbs out"),
        ([Raw(b"a/../../evil")], "climbs out"),
        ([Raw(b"/etc/passwd")], "absolute"),
        ([Raw(b"C:/evil")], "drive letter"),
        ([Raw(b"a\\..\\evil")], "backslash"),
        ([Raw(b"a\0b")], "control character"),
        ([Raw(b"a\nb")], "control character"),
        ([Raw(b"\x1b[2J")], "control character"),
        ([Raw(b"a//b")], "empty part"),
        ([Raw(b"")], "empty part"),
        ([Raw(b"x" * 256)], "too long"),
        ([Raw(b"x" * 9000)], "a name of 9000 bytes"),
        ([Raw(b"\xff\xfe", flags=1 << 11)], "not UTF-8"),
        ([Raw(b"a"), Raw(b"a")], "there twice"),
        ([Raw(b"a"), Raw(b"./a")], "there twice"),
        ([Raw(b"a"), Raw(b"a/b")], "a file and also a folder"),
        ([Raw(b"a/"), Raw(b"a")], "a file and also a folder"),
        ([Raw(b"a", b"x", LINK, 0), Raw(b"a/b")], "a file and also a folder"),
        ([Raw(b"a", b"../x", LINK, 0)], "leaves the bundle"),
        ([Raw(b"d/a", b"../../x", LINK, 0)], "leaves the bundle"),
        ([Raw(b"a", b"/etc/passwd", LINK, 0)], "leaves the bundle (an absolute path)"),
        ([Raw(b"d/a", b"..", LINK, 0), Raw(b"b", b"d/a/../x", LINK, 0)], "leaves the bundle"),
        ([Raw(b"a", b"b", LINK, 0), Raw(b"b", b"a", LINK, 0)], "goes in circles"),
        ([Raw(b"a", b"", LINK, 0)], "no usable target"),
        ([Raw(b"a", b"x" * 5000, LINK, 0)], "no usable target"),
        ([Raw(b"a", mode=stat.S_IFIFO)], "neither a file nor a folder"),
        ([Raw(b"a", mode=stat.S_IFCHR)], "neither a file nor a folder"),
        ([Raw(b"a/", mode=stat.S_IFLNK)], "a folder and something else"),
        ([Raw(b"a", flags=1)], "encrypted"),
        ([Raw(b"a", method=99)], "encrypted"),
        ([Raw(b"a", method=14)], "compressed with LZMA"),
        ([Raw(b"a", b"text", crc=1)], "wrong checksum"),
        ([Raw(b"a", b"text", packed=b"\xff\xff")], "cannot be decompressed"),
        ([Raw(b"a", b"text", packed=b"")], "cut short"),
        ([Raw(b"a", b"x" * 4000, size=10)], "holds more than the 10 bytes"),
        ([Raw(b"a", b"x", size=10)], "has 1 bytes and claims 10"),
        ([Raw(b"a", own_name=b"b")], "two stories"),
        ([Raw(b"a", b"text"), Raw(b"a", b"text", header_at=0)], "overlaps"),
        ([Raw(b"a", b"0" * (34 << 20))], "grows more than 200 times"),
        ([Raw(b"a", size=4_000_000_001)], "unpacks to more than 4000 MB"),
        ([Raw(b"app/a"), Raw(b"app/b/c")], "everything is inside the folder app/"),
        ([], "no file in it"),
        ([Raw(b"d/", mode=stat.S_IFDIR)], "no file in it"),
    ],
)
def test_a_hostile_zip_is_refused_with_one_line_and_leaves_nothing(
    tmp_path: Path, members: list[Raw], said: str
) -> None:
    path = raw_zip(tmp_path / "app.zip", members)
    with pytest.raises(BundleRefused) as caught:
        read_bundle(path)
    first, *hints = str(caught.value).split("\n")
    assert first.startswith(f"{path}: ") and said in first and len(hints) == 1
    assert names_in(tmp_path) == ["app.zip"]


def test_the_number_of_entries_is_limited_before_they_are_read(tmp_path: Path) -> None:
    path = raw_zip(tmp_path / "app.zip", [Raw(b"a")], count=0xFFFE)
    with pytest.raises(BundleRefused, match="directory of the zip is damaged"):
        read_bundle(path)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(BundleRefused, match="65534 entries, and at most 1000"):
        patch.setattr(content, "MOST_ENTRIES", 1000)
        read_bundle(path)


def test_a_zip_above_512_mib_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "app.zip").open("wb") as file:
        file.truncate((512 << 20) + 1)
    with pytest.raises(BundleRefused, match="larger than 512 MiB"):
        read_bundle(tmp_path / "app.zip")


def test_a_zip_above_500_mb_is_accepted_with_a_warning(tmp_path: Path) -> None:
    assert content.warnings(500_000_000, "app.zip") == ()
    [warning] = content.warnings(510_000_000, "app.zip")
    assert "510 MB" in str(warning)


@pytest.mark.parametrize("cut", [1, 30, 60, 90])
def test_a_truncated_zip_is_refused(tmp_path: Path, cut: int) -> None:
    whole = honest_zip(tmp_path / "app.zip", APP).read_bytes()
    (tmp_path / "app.zip").write_bytes(whole[:-cut])
    with pytest.raises(BundleRefused, match="cut short"):
        read_bundle(tmp_path / "app.zip")


def test_what_is_not_a_zip_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    os.mkfifo(tmp_path / "pipe")
    for name in ("text", "pipe", "."):
        with pytest.raises(BundleRefused, match="no zip file"):
            read_bundle(tmp_path / name)
    with pytest.raises(NotFound, match="no such bundle"):
        read_bundle(tmp_path / "absent.zip")


@pytest.mark.parametrize("folder", [".ebextensions", ".platform"])
def test_a_zip_of_settings_alone_is_no_single_folder(tmp_path: Path, folder: str) -> None:
    assert read_bundle(honest_zip(tmp_path / "app.zip", {f"{folder}/a": b""})).entries[0].path == f"{folder}/a"


def test_a_zip_of_the_zip_command_has_the_digest_of_the_same_files_by_zipfile(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/serve").write_text("#!/bin/sh\n")
    (folder / "bin/serve").chmod(0o775)
    (folder / "grün").write_text("x")
    (folder / "now").symlink_to("bin/serve")
    subprocess.run(["zip", "-qry", tmp_path / "one.zip", "."], cwd=folder, check=True)
    files: Files = {"now": (b"bin/serve", LINK), "grün": b"x", "bin/serve": (b"#!/bin/sh\n", stat.S_IFREG | 0o700)}
    other = honest_zip(tmp_path / "two.zip", files, zipfile.ZIP_STORED)
    assert read_bundle(tmp_path / "one.zip").digest == read_bundle(other).digest


def test_unpacking_gives_a_read_only_tree_with_links(tmp_path: Path) -> None:
    bundle = read_bundle(honest_zip(tmp_path / "app.zip", {**APP, "now": (b"bin/serve", LINK), "logs/": b""}))
    unpack_bundle(bundle, tmp_path / "versions/1")
    root = tmp_path / "versions/1"
    modes = {path.relative_to(root).as_posix(): path.lstat().st_mode & 0o777 for path in root.rglob("*")}
    assert modes == {"Procfile": 0o444, "bin": 0o555, "bin/serve": 0o555, "logs": 0o555, "now": 0o777}
    assert root.stat().st_mode & 0o777 == 0o555 and (root / "now").read_text() == "#!/bin/sh\n"
    assert names_in(tmp_path / "versions") == ["1"]


def test_an_existing_folder_is_not_unpacked_into(tmp_path: Path) -> None:
    bundle = read_bundle(honest_zip(tmp_path / "app.zip", APP))
    (tmp_path / "there").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("there", "dangling"):
        with pytest.raises(AlreadyExists):
            unpack_bundle(bundle, tmp_path / name)
    assert not names_in(tmp_path / "there")


def test_a_zip_that_was_swapped_after_it_was_read_is_not_unpacked(tmp_path: Path) -> None:
    bundle = read_bundle(honest_zip(tmp_path / "app.zip", APP))
    honest_zip(tmp_path / "app.zip", {**APP, "Procfile": b"web: ./other\n"})
    with pytest.raises(BundleRefused, match="changed after it was read"):
        unpack_bundle(bundle, tmp_path / "into")
    with pytest.raises(BundleRefused, match="changed after it was read"):
        read_text(bundle, "Procfile")
    assert names_in(tmp_path) == ["app.zip"]


def test_an_unpacked_tree_can_be_removed_though_it_is_read_only(tmp_path: Path) -> None:
    unpack_bundle(read_bundle(honest_zip(tmp_path / "app.zip", APP)), tmp_path / "into")
    remove_unpacked(tmp_path / "into")
    remove_unpacked(tmp_path / "into")
    assert names_in(tmp_path) == ["app.zip"]


def test_text_is_read_out_of_the_zip(tmp_path: Path) -> None:
    files: Files = {
        "Procfile": "\ufeffweb: ü".encode(),
        "bad": b"\xff",
        "now": (b"bad", LINK),
        "large": b"ab" * (1 << 20),
    }
    bundle = read_bundle(honest_zip(tmp_path / "app.zip", files))
    assert read_text(bundle, "Procfile") == "web: ü"
    assert read_text(bundle, "absent") is None
    for name, said in {"bad": "not UTF-8", "now": "symbolic link", "large": "larger than 1 MiB"}.items():
        with pytest.raises(BundleRefused, match=said):
            read_text(bundle, name)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)
ENTRIES = st.lists(
    st.builds(Entry, TEXT, st.sampled_from([0o644, 0o755, 0o120777]), st.integers(0), st.text("0a", min_size=2)),
    unique_by=lambda entry: entry.path,
    min_size=1,
)


@given(ENTRIES, st.data())
def test_the_digest_is_of_path_mode_and_content_but_not_of_order(entries: list[Entry], data: st.DataObject) -> None:
    first = entries[0]
    assert content.digest(data.draw(st.permutations(entries))) == content.digest(entries)
    for other in (
        Entry(first.path + "x", first.mode, first.size, first.sha256),
        Entry(first.path, first.mode ^ 1, first.size, first.sha256),
        Entry(first.path, first.mode, first.size, first.sha256 + "1"),
    ):
        assert content.digest([other, *entries[1:]]) != content.digest(entries)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mutated_zip_is_read_or_refused_and_nothing_is_written_outside(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes are overwritten, removed or repeated anywhere in a zip with a file, a link and a folder."""
    path = honest_zip(tmp_path / "app.zip", {**APP, "l": (b"bin/serve", LINK), "logs/": b""})
    zipped = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(zipped) - 1))
        zipped[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    path.write_bytes(zipped)
    into = tmp_path / "out/into"
    with contextlib.suppress(BeanstalkError):
        unpack_bundle(read_bundle(path), into)
        for place in into.rglob("*"):
            assert place.resolve().is_relative_to(into.resolve())
    assert set(names_in(tmp_path)) <= {"app.zip", "out"}
    assert not into.parent.exists() or set(names_in(into.parent)) <= {"into"}
    remove_unpacked(into)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_are_refused(tmp_path: Path, noise: bytes, with_end: bool) -> None:
    end = b"PK\5\6" + noise[:16].ljust(16, b"\0") + b"\0\0"
    (tmp_path / "app.zip").write_bytes(noise + end if with_end else noise)
    with pytest.raises(BundleRefused):
        read_bundle(tmp_path / "app.zip")
