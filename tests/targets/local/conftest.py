"""What the tests of images share: a home with images on the engine, swept at the end, and a look into an image."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Callable

import pytest

from beanstalk.store.home import Home
from beanstalk.targets.local.builds import Pending
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.images import Images

PATIENCE_S = 120


class Bench:
    """One home on the engine. version: a folder that stands for an unpacked bundle.  docker: the user's docker folder,
    at first without a login."""

    def __init__(self, folder, engine):
        self.engine, self.home = engine, Home(folder / "home")
        self.version, self.docker = folder / "version", folder / "docker"
        self.version.mkdir(parents=True)
        self.docker.mkdir()
        self.log_in("{}")
        self.environment = {**os.environ, "DOCKER_CONFIG": str(self.docker), "AWS_EC2_METADATA_DISABLED": "true"}

    @property
    def images(self):
        """A new object each time: nothing may be kept in memory."""
        return Images(self.home, self.engine, self.environment)

    def log_in(self, config):
        (self.docker / "config.json").write_text(config)

    def write(self, files):
        for name, text in files.items():
            (self.version / name).parent.mkdir(parents=True, exist_ok=True)
            (self.version / name).write_text(text)

    def make(self, source, attempt="one"):
        """As the agent does: ask again and again."""

        def done():
            self.images.start(source, self.version, attempt)
            return not isinstance(self.images.state(source), Pending)

        wait_until(done)
        return self.images.state(source)

    def place(self, source):
        return self.home.folder / "images" / self.images.name(source).partition("/")[2]

    def log(self, source):
        return (self.place(source) / "work/job/output.log").read_text()

    def names(self):
        """Of the images that this home has."""
        with self.engine.ask() as client:
            found = client.images(f"beanstalk-{Labels.of(self.home).home_id}/*")
        return sorted(tag.removesuffix(":latest") for each in found for tag in each["RepoTags"])


@pytest.fixture
def bench(tmp_path, engine):
    bench = Bench(tmp_path / "bench", engine)
    yield bench
    bench.images.sweep([])
    assert bench.names() == []


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def look_into(engine, image, path):
    """{name: text} of the files of a file or folder of an image, and {name: TarInfo} of all else."""
    with _archive(engine, image, path) as tar:
        return {each.name: tar.extractfile(each).read().decode() if each.isreg() else each for each in tar}


def headers(engine, image, path):
    """{name: TarInfo}"""
    with _archive(engine, image, path) as tar:
        return {each.name: each for each in tar}


def _archive(engine, image, path):
    """Without running anything: an image of the tests may have nothing to run."""
    with engine.ask() as client:
        container = client.create_container(image, ["none"])["Id"]
        try:
            stream, _ = client.get_archive(container, path)
            data = b"".join(stream)
        finally:
            client.remove_container(container)
    return tarfile.open(fileobj=io.BytesIO(data))
