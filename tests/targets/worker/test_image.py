"""The image of the daemon: made of this package, and really run."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from beanstalk.containers import ImageSource
from beanstalk.targets.local.imaging import Spec, make
from beanstalk.targets.worker.image import daemon_build, daemon_context, daemon_dockerfile
from tests.engine import build_image

NEEDED = ("boto3", "botocore", "click", "yaml", "jmespath", "s3transfer", "urllib3", "dateutil", "six")


def test_the_image_holds_the_program_and_not_what_it_never_reads():
    with daemon_context() as folder:
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"beanstalk/cli/sqsd.py", "beanstalk/worker.py", "beanstalk/targets/worker/daemon.py"} <= there
    assert not [name for name in there if "__pycache__" in name or name.startswith("beanstalk/agent/")]


def test_the_same_program_makes_the_same_image_and_a_mirror_another():
    assert daemon_build() == daemon_build()
    mirrored = daemon_build("mirror.example")
    assert "FROM mirror.example/library/python:3.12-slim\n" in mirrored.text
    assert mirrored.key != daemon_build().key


def packages() -> dict[str, bytes]:
    """What pip would have fetched, without the models of services other than the queue's (20 MB)."""
    found = {}
    for name in NEEDED:
        origin = Path(find_spec(name).origin)  # type: ignore[union-attr,arg-type]
        files = origin.parent.rglob("*") if origin.name == "__init__.py" else [origin]
        root = origin.parent.parent if origin.name == "__init__.py" else origin.parent
        for file in files:
            path = file.relative_to(root)
            is_other = "data" in path.parts and len(path.parts) > 3 and path.parts[2] != "sqs"
            if file.is_file() and "__pycache__" not in path.parts and not is_other:
                found[f"packages/{path}"] = file.read_bytes()
    return found


@pytest.mark.docker
def test_the_image_runs_the_daemon(engine, python_image, tmp_path):
    place = sysconfig.get_path("purelib", vars={"base": sys.base_prefix})
    lines = [f"FROM {python_image}", f"COPY packages {place}/", "COPY pip /usr/local/bin/pip"]
    files = {"Dockerfile": "\n".join(lines).encode(), "pip": b"#!/bin/sh\nexit 0\n", **packages()}
    base = build_image(engine, "beanstalk-tests/sqsd-base", files)
    build = daemon_build()
    build = replace(build, text=daemon_dockerfile(base))
    with daemon_context() as folder:
        make(Spec(ImageSource(build=build), "beanstalk-tests/sqsd", {}, folder, tmp_path, engine.url), Silent())
    with engine.ask() as api:
        made = api.create_container("beanstalk-tests/sqsd", labels={"beanstalk.test": "sqsd"})["Id"]
        try:
            api.start(made)
            code, told = api.wait(made)["StatusCode"], api.logs(made).decode()
        finally:
            api.remove_container(made, force=True)
            api.remove_image("beanstalk-tests/sqsd")
    assert (code, told.splitlines()[0]) == (2, "error: which queue?"), told


class Silent:
    def line(self, text: str) -> None: ...
    def now(self, text: str) -> None: ...
