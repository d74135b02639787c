"""Make a version ready to run on this machine: unpacked once, read-only, its dependencies and its images made once."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from beanstalk.containers import ImageSource
from beanstalk.errors import BeanstalkError, BundleRefused, TargetError
from beanstalk.source.bundle import read_bundle, unpack_bundle
from beanstalk.store.home import Home
from beanstalk.targets.local.builds import Builds, Failed, Pending
from beanstalk.workload import Workload

_SHOWN_LINES = 4


class ImageStore(Protocol):
    """What `Images` of images.py does."""

    def start(self, source: ImageSource, version: Path, attempt: str) -> None: ...
    def state(self, source: ImageSource) -> object: ...
    def name(self, source: ImageSource) -> str: ...
    def progress(self, source: ImageSource) -> str | None: ...
    def cancel(self, source: ImageSource) -> None: ...
    def sweep(self, keys_in_use: set[str], versions: Collection[str]) -> object: ...


class LocalPreparer:
    """Asked again and again until it is done; everything that counts is on disk or in the engine, so anyone may go on
    asking."""

    def __init__(self, home: Home, images: Callable[[], ImageStore]) -> None:
        """images: finds the engine; called when the first container is wanted."""
        self._home, self._find_images = home, images
        self._images: ImageStore | None = None
        self._builds = Builds(home.builds)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="unpack")
        self._unpacking: dict[str, Future[None]] = {}

    def prepare(self, digest: str, workload_json: str, attempt: str) -> str | None:
        """None while it goes on, "" when it is ready, else one sentence about why it cannot be."""
        if not self._home.unpacked(digest).is_dir():
            return self._unpack(digest)
        workload = _workload(workload_json)
        try:
            if workload.group is not None:
                return self._prepare_images(workload, self._home.unpacked(digest), attempt)
            if workload.build is None:
                return ""
            self._builds.start(workload.build, self._home.unpacked(digest), attempt)
            return _told(self._builds.state(workload.build), "the build")
        except BeanstalkError as error:
            return f"{error.problem} ({error.hint})" if error.hint else error.problem
        except (OSError, ValueError) as error:
            return f"the dependencies cannot be built: {error}"

    def _prepare_images(self, workload: Workload, version: Path, attempt: str) -> str | None:
        """All at once; the first that cannot be made is the cause."""
        images, waiting = self.images, False
        for name, source in _sources(workload):
            images.start(source, version, attempt)
            match images.state(source):
                case Pending():
                    waiting = True
                case Failed(_, lines):
                    return f"the image of {name} cannot be made: {image_trouble(lines)}"
        return None if waiting else ""

    def progress(self, workload_json: str) -> str:
        """What goes on while `prepare` gives None, for a person; "" when there is nothing to tell."""
        for name, source in _sources(_workload(workload_json)):
            if told := self.images.progress(source):
                return f"Image of {name}: {told}"
        return ""

    @property
    def images(self) -> ImageStore:
        if self._images is None:
            self._images = self._find_images()
        return self._images

    def cancel(self, digest: str, workload_json: str) -> None:
        workload = _workload(workload_json)
        if workload.build is not None:
            self._builds.cancel(workload.build)
        for _, source in _sources(workload):
            self.images.cancel(source)

    def environment(self, workload_json: str) -> dict[str, str]:
        """PATH of the instances' processes: the folders of the build, then the user's property PATH, else our own."""
        workload = _workload(workload_json)
        path = dict(workload.environment).get("PATH") or os.environ.get("PATH", os.defpath)
        return self._builds.environment(workload.build, path)

    def link(self, workload_json: str, folder: Path) -> None:
        build = _workload(workload_json).build
        if build is not None:
            try:
                self._builds.link(build, folder)
            except OSError as error:
                raise TargetError(f"what was built cannot be linked into the instance's folder: {error}") from None

    def sweep_builds(self, workloads_in_use: Sequence[str]) -> None:
        """Remove the built dependencies that none of these workloads needs."""
        used = [_workload(each) for each in workloads_in_use]
        self._builds.sweep({workload.build.key for workload in used if workload.build})

    def sweep_images(self, workloads_in_use: Sequence[str], versions: Collection[str]) -> None:
        """The same for images. versions: digests; what theirs were is remembered."""
        if self._images is not None or (self._home.folder / "images").is_dir():
            used = [_workload(each) for each in workloads_in_use]
            with contextlib.suppress(TargetError):  # an engine that does not answer is asked again later
                self.images.sweep({source.key for workload in used for _, source in _sources(workload)}, versions)

    def _unpack(self, digest: str) -> str | None:
        job = self._unpacking.get(digest)
        if job is None:
            self._unpacking[digest] = self._threads.submit(self._unpack_now, digest)
            return None
        if not job.done():
            return None
        del self._unpacking[digest]
        try:
            job.result()
        except Exception as error:  # whatever a bundle does to us, it is the deployment that fails, not the agent
            return f"the source bundle cannot be unpacked: {error}"
        return None

    def _unpack_now(self, digest: str) -> None:
        bundle = read_bundle(self._home.bundle(digest))
        if bundle.digest != digest:
            raise BundleRefused(f"{bundle.path} has other content than its name says")
        unpack_bundle(bundle, self._home.unpacked(digest))


def _sources(workload: Workload) -> list[tuple[str, ImageSource]]:
    """Every image once, with the first container that runs it."""
    found: dict[str, tuple[str, ImageSource]] = {}
    for container in workload.group.containers if workload.group else ():
        found.setdefault(container.image.key, (container.name, container.image))
    return list(found.values())


def image_trouble(lines: Sequence[str]) -> str:
    """From the end of the job's log: what is wrong, what to do, and what the failing step said last."""
    errors = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    if not errors:
        return " / ".join(line.strip()[:200] for line in lines[-_SHOWN_LINES:])
    at = errors[-1]
    after = [line.strip() for line in lines[at + 1 :]]
    hints = [line.removeprefix("hint: ") for line in after if line.startswith("hint: ")]
    said = [line.strip()[:200] for line in lines[:at] if line.strip() and not line.startswith("Step ")]
    text = lines[at].removeprefix("error: ") + "".join(f" ({hint})" for hint in hints)
    return text if hints or not said else f"{text}; it said: {' / '.join(said[-_SHOWN_LINES:])}"


def _told(state: object, what: str) -> str | None:
    """state: of a build."""
    match state:
        case Pending():
            return None
        case Failed(code, lines):
            shown = " / ".join(line.strip()[:200] for line in lines[-_SHOWN_LINES:])
            return f"{what} failed with exit code {code}; its last lines: {shown}"
    return ""


def _workload(workload_json: str) -> Workload:
    return Workload.from_json(json.loads(workload_json))
