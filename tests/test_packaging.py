"""What is installed is what is in the checkout: packages, platforms and data files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def folders_with_code() -> set[str]:
    """Packages below `beanstalk/`, as dotted names."""
    return {".".join(init.parent.relative_to(ROOT).parts) for init in ROOT.glob("beanstalk/**/__init__.py")}


def files(folder: str) -> set[str]:
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in paths}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from a copy of what packaging needs."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("setup.cfg", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    (copy / "README.md").touch()
    for folder in ("beanstalk", "platforms"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", "out", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    [built] = (copy / "out").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_every_package_is_listed() -> None:
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    listed = set(settings["options"]["packages"].split())
    assert listed - {"beanstalk._platforms"} == folders_with_code()


def test_every_module_has_a_package_around_it() -> None:
    modules = (path for path in ROOT.glob("beanstalk/**/*.py") if "__pycache__" not in path.parts)
    assert [str(path) for path in modules if not (path.parent / "__init__.py").exists()] == []


@pytest.mark.real
def test_the_wheel_has_every_module_and_every_data_file(wheel: set[str]) -> None:
    assert files("beanstalk") - wheel == set()


@pytest.mark.real
def test_the_wheel_has_the_platforms(wheel: set[str]) -> None:
    expected = {name.replace("platforms/", "beanstalk/_platforms/", 1) for name in files("platforms")}
    assert {name for name in wheel if name.startswith("beanstalk/_platforms/")} == expected
    assert expected


@pytest.mark.real
def test_the_wheel_has_nothing_else(wheel: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"beanstalk"}
