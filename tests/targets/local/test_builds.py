"""Builds: made once, shared, made again when they are broken; with real uv and npm and tiny packages of our own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from beanstalk.options.resolve import resolve
from beanstalk.platforms import find_platform
from beanstalk.source.bundle import unpack_bundle
from beanstalk.targets.local import runner
from beanstalk.targets.local.builds import Builds, Failed, Pending, Ready, State
from beanstalk.workload import Build, Workload, make_workload
from tests.bundles import make_bundle

pytestmark = pytest.mark.real
PATIENCE_S = 180
PLAIN = Build("0" * 64, ("echo made > product", "echo x >> ../../count"), (), ("bin",), (("product", "product"),), ())


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[Builds]:
    made = Builds(tmp_path / "builds")
    yield made
    made.sweep([])
    assert list((tmp_path / "builds").glob("*-*")) == []


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def end_of(builds: Builds, build: Build) -> State:
    wait_until(lambda: not isinstance(builds.state(build), Pending))
    return builds.state(build)


def make(builds: Builds, build: Build, version: Path) -> Path:
    builds.start(build, version)
    made = end_of(builds, build)
    assert isinstance(made, Ready), made
    return made.folder


def times_made(tmp_path: Path) -> int:
    return len((tmp_path / "builds/count").read_text().splitlines())


def only_place(tmp_path: Path) -> Path:
    [place] = [path for path in (tmp_path / "builds").iterdir() if path.is_dir()]
    return place


def running(tmp_path: Path, builds: Builds, build: Build) -> int:
    """Start a build, wait until it has begun; the pid of its runner."""
    builds.start(build, tmp_path)
    wait_until((only_place(tmp_path) / "root/begun").exists)
    return int(json.loads((only_place(tmp_path) / "job/started.json").read_text())["pid"])


WAITING = replace(PLAIN, commands=("touch begun; while [ ! -e ../../go ]; do sleep 0.02; done", *PLAIN.commands))


def test_a_build_is_pending_until_it_is_complete_and_then_shared(tmp_path: Path, builds: Builds) -> None:
    assert builds.state(PLAIN) == Pending()
    folder = make(builds, PLAIN, tmp_path)
    assert (folder / "product").read_text() == "made\n"
    assert make(Builds(tmp_path / "builds"), PLAIN, tmp_path) == folder
    assert times_made(tmp_path) == 1


def test_two_that_ask_for_the_same_key_share_one_job(tmp_path: Path, builds: Builds) -> None:
    pid = running(tmp_path, builds, WAITING)
    other = Builds(tmp_path / "builds")
    assert running(tmp_path, other, WAITING) == pid
    (tmp_path / "builds/go").touch()
    assert end_of(builds, WAITING) == end_of(other, WAITING)
    assert times_made(tmp_path) == 1


def test_a_build_whose_runner_was_killed_is_made_again(tmp_path: Path, builds: Builds) -> None:
    pid = running(tmp_path, builds, WAITING)
    os.kill(pid, 9)
    wait_until(lambda: runner.state(only_place(tmp_path) / "job") == runner.Lost())
    assert builds.state(WAITING) == Pending()
    assert running(tmp_path, builds, WAITING) != pid
    (tmp_path / "builds/go").touch()
    assert isinstance(end_of(builds, WAITING), Ready)
    assert times_made(tmp_path) == 1


@pytest.mark.parametrize("breakage", ["product", "bin/tool", "root"])
def test_a_complete_build_that_was_broken_is_made_again(tmp_path: Path, builds: Builds, breakage: str) -> None:
    build = replace(PLAIN, commands=(*PLAIN.commands, "mkdir bin; touch real; ln -s ../real bin/tool"))
    folder = make(builds, build, tmp_path)
    match breakage:
        case "product":
            (folder / "product").unlink()
        case "bin/tool":
            (folder / "real").unlink()
        case _:
            shutil.rmtree(folder)
    assert builds.state(build) == Pending()
    make(builds, build, tmp_path)
    assert times_made(tmp_path) == 2


def test_a_folder_without_a_finished_job_is_no_build(tmp_path: Path, builds: Builds) -> None:
    folder = make(builds, PLAIN, tmp_path)
    (folder.parent / "job/ended.json").unlink()
    wait_until(lambda: runner.state(folder.parent / "job") == runner.Lost())
    assert builds.state(PLAIN) == Pending()
    make(builds, PLAIN, tmp_path)
    assert times_made(tmp_path) == 2


def test_a_failure_says_the_code_and_the_end_of_the_log(tmp_path: Path, builds: Builds) -> None:
    build = replace(PLAIN, commands=("echo why", "exit 7"))
    builds.start(build, tmp_path)
    expected = ("$ echo why", "why", "$ exit 7", "failed with exit code 7")
    assert end_of(builds, build) == Failed(7, expected)


@pytest.mark.parametrize(("again", "times"), [("deploy-1", 1), ("deploy-2", 2), (None, 2)])
def test_a_failure_stays_for_the_same_attempt_and_is_tried_again_by_another(
    tmp_path: Path, builds: Builds, again: str | None, times: int
) -> None:
    build = replace(PLAIN, commands=("echo x >> ../../count; exit 7",))
    for attempt in ("deploy-1", again):
        builds.start(build, tmp_path, attempt)
        assert isinstance(end_of(builds, build), Failed)
    assert times_made(tmp_path) == times


def test_a_missing_tool_is_one_clear_error_with_the_remedy(tmp_path: Path, builds: Builds) -> None:
    build = replace(PLAIN, tools=(("no-such-npm", "install Node.js"),))
    builds.start(build, tmp_path)
    expected = ("no-such-npm was not found on this machine", "hint: install Node.js")
    assert builds.state(build) == Failed(127, expected)
    assert not (tmp_path / "builds/count").exists()


def test_cancel_ends_the_job_and_removes_what_it_made_but_nothing_complete(tmp_path: Path, builds: Builds) -> None:
    running(tmp_path, builds, WAITING)
    builds.cancel(WAITING)
    assert list((tmp_path / "builds").iterdir()) == []
    folder = make(builds, PLAIN, tmp_path)
    builds.cancel(PLAIN)
    assert builds.state(PLAIN) == Ready(folder)


def test_sweep_removes_what_no_key_in_use_names(tmp_path: Path, builds: Builds) -> None:
    other = replace(PLAIN, key="1" * 64)
    folder = make(builds, PLAIN, tmp_path)
    make(builds, other, tmp_path)
    assert [name.partition("-")[0] for name in builds.sweep({PLAIN.key})] == ["1" * 20]
    assert (builds.state(PLAIN), builds.state(other)) == (Ready(folder), Pending())


def test_another_interpreter_is_another_build(tmp_path: Path, builds: Builds) -> None:
    (tmp_path / "version").write_text("3.11")
    build = replace(PLAIN, identify=(f"cat {tmp_path}/version",))
    folder = make(builds, build, tmp_path)
    (tmp_path / "version").write_text("3.12")
    assert make(Builds(tmp_path / "builds"), build, tmp_path) != folder


def test_files_of_a_read_only_version_are_copied_writable_and_executable_ones_stay_so(
    tmp_path: Path, builds: Builds
) -> None:
    version = tmp_path / "version"
    (version / "bin").mkdir(parents=True)
    (version / "bin/run").write_text("#!/bin/sh\necho ran >> lib.txt\n")
    (version / "lib.txt").write_text("")
    (version / "bin/run").chmod(0o555)
    (version / "lib.txt").chmod(0o444)
    (version / "link").symlink_to("lib.txt")
    build = replace(PLAIN, commands=("bin/run", "cp lib.txt product"), files=("bin/run", "lib.txt", "link"))
    folder = make(builds, build, version)
    assert (folder / "product").read_text() == (folder / "link").read_text() == "ran\n"
    assert (version / "lib.txt").read_text() == ""


def test_instances_get_links_and_keep_their_own_files_under_a_star(tmp_path: Path, builds: Builds) -> None:
    build = replace(PLAIN, commands=("echo made > product", "mkdir dist; echo build > app.js"), links=(
        ("product", "product"), ("deep/product", "product"), ("*", "."),
    ))  # fmt: skip
    folder = make(builds, build, tmp_path)
    instance = tmp_path / "instance"
    (instance / "product").mkdir(parents=True)
    (instance / "app.js").write_text("own")
    for _ in range(2):
        builds.link(build, instance)
    assert (instance / "product").read_text() == (instance / "deep/product").read_text() == "made\n"
    assert (instance / "dist").resolve() == folder / "dist"
    assert (instance / "app.js").read_text() == "own"


def test_the_path_of_processes_begins_with_the_build_and_holds_nothing_relative(tmp_path: Path, builds: Builds) -> None:
    folder = make(builds, replace(PLAIN, commands=("mkdir bin; touch product",)), tmp_path)
    assert builds.environment(PLAIN, ".:/usr/bin::venv/bin:/bin") == {"PATH": f"{folder}/bin:/usr/bin:/bin"}
    assert builds.environment(None, "/usr/bin:.") == {"PATH": "/usr/bin"}


WHEEL_SETUP = "from setuptools import setup\nsetup(name='tiny', version='1', py_modules=['tiny'])\n"


def workload(tmp_path: Path, platform: str, files: dict[str, str]) -> tuple[Workload, Path]:
    """The workload of an application and where its version is unpacked."""
    bundle = make_bundle(tmp_path, files)
    unpack_bundle(bundle, tmp_path / "version")
    return make_workload(bundle, resolve({}), find_platform(platform)), tmp_path / "version"


def output(builds: Builds, made: Workload, cwd: Path, command: str) -> str:
    visible = {**os.environ, **builds.environment(made.build, os.environ["PATH"])}
    return subprocess.run(command, shell=True, cwd=cwd, env=visible, capture_output=True, text=True).stdout


PYTHON_APP = {
    "requirements.txt": "-r more/base.txt\n",
    "more/base.txt": "./tiny\n",
    "tiny/setup.py": WHEEL_SETUP,
    "tiny/tiny.py": "SAID = 'tiny'",
    "application.py": "",
}


def test_uv_installs_what_requirements_say_and_gunicorn(tmp_path: Path, builds: Builds) -> None:
    made, version = workload(tmp_path, "python", PYTHON_APP)
    assert made.build is not None
    folder = make(builds, made.build, version)
    assert output(builds, made, version, "python -c 'import tiny; print(tiny.SAID)'") == "tiny\n"
    assert output(builds, made, version, "serve-wsgi --version").startswith("gunicorn")
    assert "uv cannot be run here, so venv and pip are used" not in runner.tail(folder.parent / "job", 100)


def test_venv_and_pip_do_it_where_uv_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/uv").chmod(0o755)
    builds = Builds(tmp_path / "builds", {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})
    made, version = workload(tmp_path, "python", {**PYTHON_APP, "Procfile": "web: python application.py"})
    assert made.build is not None
    folder = make(builds, made.build, version)
    assert output(builds, made, version, "python -c 'import tiny; print(tiny.SAID)'") == "tiny\n"
    assert "uv cannot be run here, so venv and pip are used" in runner.tail(folder.parent / "job", 100)


@pytest.mark.parametrize("file", ["Pipfile.lock", "Pipfile"])
def test_pipenvs_files_are_installed_by_what_they_lock(tmp_path: Path, builds: Builds, file: str) -> None:
    pipfile = '[packages]\ntiny = {path = "./tiny"}\n'
    lock = {
        "_meta": {"hash": {"sha256": "0" * 64}, "pipfile-spec": 6, "requires": {}, "sources": []},
        "default": {"tiny": {"path": "./tiny"}},
        "develop": {},
    }
    text = pipfile if file == "Pipfile" else json.dumps(lock)
    sources = {name: PYTHON_APP[name] for name in ("tiny/setup.py", "tiny/tiny.py")}
    made, version = workload(tmp_path, "python", {file: text, "Procfile": "web: x", **sources})
    assert made.build is not None
    make(builds, made.build, version)
    assert output(builds, made, version, "python -c 'import tiny; print(tiny.SAID)'") == "tiny\n"


NODE_APP = {
    "package.json": json.dumps({"name": "app", "version": "1.0.0", "dependencies": {"tiny": "file:./tiny"},
                                "devDependencies": {"dev": "file:./dev"}}),
    "tiny/package.json": json.dumps({"name": "tiny", "version": "1.0.0", "bin": {"tiny-tool": "index.js"}}),
    "tiny/index.js": "#!/usr/bin/env node\nmodule.exports = 'tiny'; if (require.main === module) console.log('tool');",
    "dev/package.json": json.dumps({"name": "dev", "version": "1.0.0"}),
    "app.js": "console.log(require('tiny'))",
}  # fmt: skip


def instance_of(tmp_path: Path, builds: Builds, made: Workload, version: Path) -> Path:
    assert made.build is not None
    make(builds, made.build, version)
    instance = tmp_path / "instance"
    shutil.copytree(version, instance)
    instance.chmod(0o755)
    builds.link(made.build, instance)
    return instance


@pytest.mark.parametrize("locked", [True, False])
def test_npm_installs_what_the_application_needs_and_instances_find_it(
    tmp_path: Path, builds: Builds, locked: bool
) -> None:
    files = dict(NODE_APP)
    if locked:
        scratch = tmp_path / "scratch"
        unpack_bundle(make_bundle(tmp_path, files), scratch)
        scratch.chmod(0o755)
        subprocess.run(["npm", "install", "--package-lock-only"], cwd=scratch, check=True, capture_output=True)
        files["package-lock.json"] = (scratch / "package-lock.json").read_text()
    made, version = workload(tmp_path, "node", files)
    instance = instance_of(tmp_path, builds, made, version)
    assert output(builds, made, instance, "node app.js") == "tiny\n"
    assert output(builds, made, instance, "tiny-tool") == "tool\n"
    assert not (instance / "node_modules/dev").exists()
    log = runner.tail((instance / "node_modules").resolve().parents[1] / "job", 100)
    assert any("npm ci" in line for line in log)


def test_what_a_postinstall_script_makes_at_the_top_is_in_the_instances(tmp_path: Path, builds: Builds) -> None:
    package = {"name": "app", "version": "1.0.0", "scripts": {"postinstall": "node make.js"}}
    source = "const fs = require('fs'); fs.mkdirSync('dist'); fs.writeFileSync('dist/app.js', 'console.log(1)')"
    made, version = workload(tmp_path, "node", {"package.json": json.dumps(package), "make.js": source, "app.js": ""})
    instance = instance_of(tmp_path, builds, made, version)
    assert output(builds, made, instance, "node dist/app.js") == "1\n"
