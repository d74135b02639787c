"""Make a version ready to run on this machine: unpacked once, read-only, with its dependencies built once."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from beanstalk.errors import BeanstalkError, BundleRefused, TargetError
from beanstalk.source.bundle import read_bundle, unpack_bundle
from beanstalk.store.home import Home
from beanstalk.targets.local.builds import Builds, Failed, Ready
from beanstalk.workload import Workload

_SHOWN_LINES = 4


class LocalPreparer:
    """Asked again and again until it is done; everything that counts is on disk, so anyone may go on asking."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._builds = Builds(home.builds)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="unpack")
        self._unpacking: dict[str, Future[None]] = {}

    def prepare(self, digest: str, workload_json: str, attempt: str) -> str | None:
        """None while it goes on, "" when it is ready, else one sentence about why it cannot be."""
        if not self._home.unpacked(digest).is_dir():
            return self._unpack(digest)
        build = _workload(workload_json).build
        if build is None:
            return ""
        try:
            self._builds.start(build, self._home.unpacked(digest), attempt)
            state = self._builds.state(build)
        except BeanstalkError as error:
            return error.problem
        except (OSError, ValueError) as error:
            return f"the dependencies cannot be built: {error}"
        match state:
            case Ready():
                return ""
            case Failed(code, lines):
                shown = " / ".join(line.strip()[:200] for line in lines[-_SHOWN_LINES:])
                return f"the build failed with exit code {code}; its last lines: {shown}"
        return None

    def cancel(self, digest: str, workload_json: str) -> None:
        build = _workload(workload_json).build
        if build is not None:
            self._builds.cancel(build)

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

    def sweep(self, keys_in_use: set[str]) -> None:
        self._builds.sweep(keys_in_use)

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


def _workload(workload_json: str) -> Workload:
    return Workload.from_json(json.loads(workload_json))
