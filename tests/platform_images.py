"""Applications of platforms as containers on a real engine, for tests: built as the agent builds, run by the SDK."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beanstalk.containers import ContainerGroup, MountKind
from beanstalk.model import OptionSetting
from beanstalk.options.resolve import Layer, resolve
from beanstalk.platform_image import platform_group
from beanstalk.platforms import find_platform
from beanstalk.source.bundle import unpack_bundle
from beanstalk.source.ebextensions import read_extensions
from beanstalk.store.home import Home
from beanstalk.targets.local.builds import Failed, Pending
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.images import Images
from tests.bundles import make_bundle

PATIENCE_S = 300
Settings = list[tuple[str, str, str]]


@dataclass
class Running:
    """A container that runs. name: of its image."""

    engine: Engine
    name: str
    id: str
    address: str
    port: int

    def get(self, path: str = "/") -> str:
        """What it answers, as soon as it does."""
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://{self.address}:{self.port}{path}", timeout=5) as answer:
                    return str(answer.read().decode())
            except OSError:
                assert self._state()["Running"] and time.monotonic() < until, self.logs()
                time.sleep(0.05)

    def status(self, path: str) -> int:
        """Of the answer to a request; call when it answers."""
        try:
            with urllib.request.urlopen(f"http://{self.address}:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def run(self, command: str, user: str = "") -> tuple[int, str]:
        """(exit code, output) of a command line in it."""
        with self.engine.ask() as client:
            made = client.exec_create(self.id, ["/bin/sh", "-c", command], user=user)
            said = client.exec_start(made["Id"]).decode()
            return int(client.exec_inspect(made["Id"])["ExitCode"]), said

    def stop(self) -> int:
        """SIGTERM, then its exit code; 137 when it did not listen."""
        with self.engine.ask() as client:
            client.stop(self.id, timeout=15)
            return int(self._state()["ExitCode"])

    def wait(self) -> int:
        with self.engine.ask() as client:
            return int(client.wait(self.id, timeout=60)["StatusCode"])

    def logs(self) -> str:
        with self.engine.ask() as client:
            return str(client.logs(self.id).decode())

    def _state(self) -> dict[str, Any]:
        with self.engine.ask() as client:
            return dict(client.inspect_container(self.id)["State"])


class Shop:
    """Builds images of applications for one home, and runs them."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder, self.engine = folder, engine
        self.images = Images(Home(folder / "home"), engine)
        self._count = 0

    def group(
        self, platform: str, files: Mapping[str, str | bytes], base: str = "", settings: Settings | None = None
    ) -> tuple[ContainerGroup, Path]:
        """(what runs, the unpacked bundle)."""
        self._count += 1
        place = self.folder / str(self._count)
        bundle = make_bundle(place, files)
        unpack_bundle(bundle, place / "unpacked")
        said = [*(settings or []), *([("beanstalk:docker", "BaseImage", base)] if base else [])]
        extensions = read_extensions([
            (path, text.encode() if isinstance(text, str) else text)
            for path, text in files.items()
            if path.startswith(".ebextensions/") and path.endswith(".config")
        ])  # fmt: skip
        layers = {Layer.ENVIRONMENT: [OptionSetting(*each) for each in said], Layer.EBEXTENSIONS: extensions.settings}
        made, _ = platform_group(bundle, resolve(layers), find_platform(platform), extensions)
        return made, place / "unpacked"

    def build(self, group: ContainerGroup, version: Path) -> str:
        """Name of the image. Fails with the log of the build."""
        source = group.containers[0].image
        until = time.monotonic() + PATIENCE_S
        while isinstance(state := self._state(source, version), Pending):
            assert time.monotonic() < until, "the build takes too long"
            time.sleep(0.05)
        assert not isinstance(state, Failed), "\n".join(state.tail)
        return self.images.name(source)

    def _state(self, source: Any, version: Path) -> Any:
        self.images.start(source, version, "one")
        return self.images.state(source)

    @contextmanager
    def run(
        self, platform: str, files: Mapping[str, str | bytes], base: str = "", settings: Settings | None = None
    ) -> Iterator[Running]:
        group, version = self.group(platform, files, base, settings)
        name = self.build(group, version)
        web = group.containers[0]
        volumes = [mount.target for mount in web.mounts if mount.kind is MountKind.VOLUME]
        with self.engine.ask() as client:
            made = client.create_container(name, environment=dict(web.environment), volumes=volumes)["Id"]
        try:
            with self.engine.ask() as client:
                client.start(made)
                network = client.inspect_container(made)["NetworkSettings"]
            yield Running(self.engine, name, made, network["IPAddress"], group.port)
        finally:
            with self.engine.ask() as client:
                client.remove_container(made, force=True, v=True)

    def close(self) -> None:
        self.images.sweep([])
