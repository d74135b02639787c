"""The images of a version: built by this machine's container engine and pushed to the account's registry.

The tag of an image says what it is made of. One that the registry has is neither built nor pushed, so that a second
deployment of the same content needs no engine. What comes out is pinned by its digest.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from beanstalk.containers import ContainerGroup, ImageBuild, ImageSource
from beanstalk.errors import TargetError
from beanstalk.source.bundle import Bundle, remove_unpacked, unpack_bundle
from beanstalk.targets.aws.cloud import Cloud
from beanstalk.targets.aws.ecr import Repository, repository
from beanstalk.targets.aws.image_entry import add_entry
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.engine_away import EngineAway
from beanstalk.targets.local.imaging import Spec, make
from beanstalk.targets.local.preparing import image_trouble
from beanstalk.targets.local.transfers import Report, push
from beanstalk.targets.worker.image import daemon_build, daemon_context

PROCESSORS = {"X86_64": "amd64", "ARM64": "arm64"}
"""What an engine calls the architectures of ECS."""
LABEL = "beanstalk.image"
"""On every image that is built here, with its tag."""
_LONGEST_KEY = 40
_KEPT_LINES = 40
_NO_ENGINE = "start a container engine here, or deploy from a machine that has one, such as your CI"
Tell = Callable[[str], None]


def build_and_push(
    cloud: Cloud,
    group: ContainerGroup,
    bundle: Bundle,
    repository_name: str,
    tell: Tell,
    registry: str = "",
    architecture: str = "X86_64",
    progress: Report | None = None,
) -> dict[str, str]:
    """{container: its image by digest}, of the containers whose image is built.

    registry: another host than the account's (`RegistryHost`).  architecture: of the tasks.  tell: gets sentences.
    progress: gets every line of builds and pushes. Raises TargetError, with what a failing build said last.
    """
    builds = {each.name: each.image.build for each in group.containers if each.image.build}
    return push_images(cloud, builds, bundle, repository_name, tell, registry, architecture, progress)


def push_daemon(
    cloud: Cloud,
    name: str,
    repository_name: str,
    tell: Tell,
    registry: str = "",
    architecture: str = "X86_64",
    mirror: str = "",
) -> dict[str, str]:
    """{name: the image of the daemon of worker environments}, as `build_and_push`. mirror: of Docker Hub."""
    with daemon_context() as folder:
        return push_images(cloud, {name: daemon_build(mirror)}, folder, repository_name, tell, registry, architecture)


def push_images(
    cloud: Cloud,
    builds: Mapping[str, ImageBuild],
    bundle: Bundle | Path,
    repository_name: str,
    tell: Tell,
    registry: str = "",
    architecture: str = "X86_64",
    progress: Report | None = None,
) -> dict[str, str]:
    """As `build_and_push`, for builds by any names. bundle: or the folder with the files."""
    place = repository(cloud, repository_name, registry)
    tags = {name: tag_of(build, architecture) for name, build in builds.items()}
    digests = {tag: place.digest(tag) for tag in sorted(set(tags.values()))}
    missing = {tags[name]: (name, build) for name, build in builds.items() if not digests[tags[name]]}
    if missing:
        engine = _engine(sorted(name for name, _ in missing.values()))
        if place.create():
            tell(f"Created the repository {place.name} in Amazon ECR.")
        with _unpacked(bundle) as folder:
            for tag, (name, build) in sorted(missing.items()):
                work = _Work(engine, place, tag, name, architecture, tell, progress)
                work.build(build, folder)
                digests[tag] = work.push()
    return {name: place.pinned(digests[tag]) for name, tag in tags.items()}


def tag_of(build: ImageBuild, architecture: str = "X86_64") -> str:
    """What its image is called in the repository."""
    return build.key[:_LONGEST_KEY].lower() + ("" if architecture == "X86_64" else f"-{PROCESSORS[architecture]}")


def tags_of(group: ContainerGroup, architecture: str = "X86_64") -> tuple[str, ...]:
    """Of all images of a group that are built: they go with the last version that needs them."""
    return tuple(sorted({tag_of(each.image.build, architecture) for each in group.containers if each.image.build}))


def _engine(names: list[str]) -> Engine:
    engine = Engine()
    try:
        engine.look()
    except EngineAway as error:
        problem = f"the image of {', '.join(names)} has to be built, and {error.problem}"
        raise TargetError(problem, hint=_NO_ENGINE + (f" ({error.hint})" if error.hint else "")) from None
    return engine


@contextmanager
def _unpacked(bundle: Bundle | Path) -> Iterator[Path]:
    if isinstance(bundle, Path):
        yield bundle
        return
    with tempfile.TemporaryDirectory(prefix="beanstalk-image-") as scratch:
        folder = Path(scratch) / bundle.digest
        unpack_bundle(bundle, folder)
        try:
            yield folder
        finally:
            remove_unpacked(folder)


class _Work:
    """One image from its files to the registry."""

    def __init__(
        self, engine: Engine, place: Repository, tag: str, name: str, architecture: str, tell: Tell,
        progress: Report | None,
    ) -> None:  # fmt: skip
        self._engine, self._place, self._tag, self._name, self._tell = engine, place, tag, name, tell
        self._processor, self._log = PROCESSORS[architecture], _Log(progress)
        self._local = f"beanstalk-aws/{tag}"

    def build(self, build: ImageBuild, folder: Path) -> None:
        """Raises TargetError, also when the engine is one for other processors than those of the tasks."""
        self._tell(f"Building the image of {self._name}.")
        labels = {LABEL: self._tag}
        name = f"{self._local}-below" if build.entry else self._local
        try:
            make(Spec(ImageSource(build=build), name, labels, folder, folder, self._engine.url), self._log)
            if build.entry:
                add_entry(self._engine, build, name, self._local, labels, folder, self._log)
        except TargetError as error:
            lines = [*self._log.lines, f"error: {error}"]
            raise TargetError(f"the image of {self._name} cannot be built: {image_trouble(_split(lines))}") from None
        with self._engine.ask() as client:
            found = client.inspect_image(self._local)["Architecture"]  # type: ignore[no-untyped-call]
        if found != self._processor:
            raise TargetError(
                f"the image of {self._name} is for {found}, and its tasks are to run on {self._processor}",
                hint="build on such a machine, or change beanstalk:aws:Architecture",
            )

    def push(self) -> str:
        """Gives the digest. Raises TargetError."""
        reference = f"{self._place.host}/{self._place.name}:{self._tag}"
        self._tell(f"Pushing the image of {self._name} to {self._place.host}/{self._place.name}.")
        try:
            pushed = push(self._engine, self._local, reference, self._place.login(), self._log)
        except TargetError:
            # Tags are immutable: another client may have pushed the same one a moment ago.
            if there := self._place.digest(self._tag):
                return there
            raise
        return pushed or self._place.digest(self._tag)


class _Log:
    """Remembers the last lines, and hands everything on."""

    def __init__(self, to: Report | None) -> None:
        self._to = to
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def line(self, text: str) -> None:
        self.lines.append(text)
        if self._to is not None:
            self._to.line(text)

    def now(self, text: str) -> None:
        if self._to is not None:
            self._to.now(text)


def _split(lines: list[str]) -> list[str]:
    """As they stand in a log, where a hint is a line of its own."""
    return [line.strip() if line.startswith("  hint: ") else line for each in lines for line in each.splitlines()]
