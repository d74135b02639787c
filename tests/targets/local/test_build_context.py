"""The tar of a build: what is in it, who owns it, and what never gets there."""

from __future__ import annotations

import os
import tarfile

import pytest

from beanstalk.containers import ImageBuild
from beanstalk.errors import TargetError
from beanstalk.targets.local.build_context import open_context, pack


@pytest.fixture
def version(tmp_path):
    """A folder like an unpacked bundle."""
    (tmp_path / "version").mkdir()

    def write(**files):
        for name, text in files.items():
            path = tmp_path / "version" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "version"

    write(Dockerfile="FROM scratch\n")
    return write


def packed(version, **image):
    """{name: TarInfo, or the text of a file}"""
    with pack(open_context(ImageBuild("0" * 64, **image), version)) as file, tarfile.open(fileobj=file) as tar:
        return {each.name: tar.extractfile(each).read().decode() if each.isreg() else each for each in tar}


def entries(version, **image):
    with pack(open_context(ImageBuild("0" * 64, **image), version)) as file, tarfile.open(fileobj=file) as tar:
        return {each.name: each for each in tar}


def test_everything_of_the_bundle_is_in_it(version):
    folder = version(**{"app/main.py": "print()", "naïve name": "x"})
    assert sorted(packed(folder)) == [".", "Dockerfile", "app", "app/main.py", "naïve name"]
    assert packed(folder)["app/main.py"] == "print()"


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("*.log\n", {"app", "app/main.py", "app/deep.log"}),
        ("**/*.log\n", {"app", "app/main.py"}),
        ("# app\n\n  app  \n", {"top.log"}),
        ("\ufeffapp\n", {"top.log"}),
        ("*\n!app/main.py\n", {"app/main.py"}),
        ("Dockerfile\n.dockerignore\n", {"app", "app/main.py", "app/deep.log", "top.log"}),
    ],
)
def test_what_dockerignore_excludes_is_not_in_it(version, ignored, left):
    folder = version(**{"app/main.py": "", "app/deep.log": "", "top.log": "", ".dockerignore": ignored})
    # The engine wants both of these, and leaves them out itself when they are excluded.
    assert set(packed(folder)) == left | {".", "Dockerfile", ".dockerignore"}


def test_files_are_those_of_root_and_can_be_written(version):
    folder = version(**{"app/run": "#!/bin/sh\n", "app/data": ""})
    (folder / "app/run").chmod(0o555)
    (folder / "app/data").chmod(0o444)
    (folder / "app").chmod(0o555)
    found = entries(folder)
    (folder / "app").chmod(0o755)
    assert {name: found[name].mode for name in ("app", "app/run", "app/data")} == {
        "app": 0o755, "app/run": 0o755, "app/data": 0o644
    }  # fmt: skip
    assert {(each.uid, each.gid, each.uname) for each in found.values()} == {(0, 0, "")}


def test_links_stay_links_and_other_things_are_left_out(version):
    folder = version(**{"app/main.py": ""})
    (folder / "link").symlink_to("app/main.py")
    (folder / "nowhere").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    found = entries(folder)
    assert (found["link"].type, found["link"].linkname) == (tarfile.SYMTYPE, "app/main.py")
    assert found["nowhere"].linkname == "/etc/passwd"
    assert "pipe" not in found


def test_the_context_is_a_folder_of_the_bundle(version):
    folder = version(**{"web/Dockerfile": "FROM web\n", "web/x": "", "worker/y": ""})
    assert sorted(packed(folder, context="web")) == [".", "Dockerfile", "x"]


def test_a_dockerfile_beside_the_context_comes_along_and_is_hidden(version):
    folder = version(
        **{"docker/web.Dockerfile": "FROM web\n", "web/x": "", "web/.dockerignore": "*.md\n", "web/a.md": ""}
    )
    context = open_context(ImageBuild("0" * 64, "web", "../docker/web.Dockerfile"), folder)
    assert (context.path, context.inside, context.text) == ("docker/web.Dockerfile", "", "FROM web\n")
    found = packed(folder, context="web", dockerfile="../docker/web.Dockerfile")
    assert sorted(found) == [".", ".beanstalk.Dockerfile", ".dockerignore", "x"]
    assert found[context.dockerfile] == "FROM web\n"
    assert found[".dockerignore"].split() == ["*.md", ".beanstalk.Dockerfile"]


def test_a_generated_dockerfile_goes_before_that_of_the_bundle(version):
    found = packed(version(), text="FROM made\n")
    assert found[".beanstalk.Dockerfile"] == "FROM made\n"
    assert found[".dockerignore"].split() == [".dockerignore", ".beanstalk.Dockerfile"]


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ({"context": ".."}, "..: is outside of the source bundle"),
        ({"context": "out"}, "out: is outside of the source bundle"),
        ({"context": "nowhere"}, "nowhere: the context of the build is no folder"),
        ({"dockerfile": "out/secret"}, "out/secret: is outside of the source bundle"),
        ({"dockerfile": "../../secret"}, "../../secret: is outside of the source bundle"),
        ({"dockerfile": "Nowhere"}, "Nowhere: cannot be read: No such file or directory"),
        ({"dockerfile": "latin"}, "latin: is not UTF-8"),
    ],
)
def test_what_cannot_be_built_from_is_told(version, tmp_path, image, told):
    folder = version()
    (folder / "out").symlink_to(tmp_path)
    (tmp_path / "secret").write_text("FROM secret\n")
    (folder / "latin").write_bytes("FROM naïve\n".encode("latin-1"))
    with pytest.raises(TargetError) as refused:
        open_context(ImageBuild("0" * 64, **image), folder)
    assert str(refused.value).startswith(told)
