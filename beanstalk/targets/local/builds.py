"""The dependencies of applications, built once on this machine and shared by every version that has the same ones.

A build has a folder of its own, where it stays: virtual environments cannot be moved. Beside it is the job of the
runner that makes it; the build is complete only when that job wrote exit code 0. So nothing is kept in memory: an
agent that comes back finds a build that goes on without it, or one that was lost and is made again.

    KEY-MACHINE/root/     the build folder: Ready.folder
    KEY-MACHINE/job/      see runner.py
    KEY-MACHINE/attempt   who asked for it; a failure counts for the one who asked
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from beanstalk.errors import TargetError
from beanstalk.targets.local import runner
from beanstalk.workload import Build

TIMEOUT_S = 1800.0
"""Longest build. The deployment's own Timeout is usually shorter; this one ends what nobody waits for any more."""

TAIL_LINES = 40
"""What a failure tells of its log."""

MISSING_TOOL = 127
"""Exit code when a tool the platform needs is not on this machine, as a shell has it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not there yet: it is being made, or nobody has started it, or what was there is unusable."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Complete and whole in `folder`."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Failed:
    """code: of the command that failed.  tail: the last lines of its log, for a person."""

    code: int
    tail: tuple[str, ...]


State = Pending | Ready | Failed


class Builds:
    """All builds below `folder`. Nothing is kept here but what `identify` said: make a new object at any time.

    environment: that of the build commands, under what the build itself says; the agent's own unless given.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder.absolute()
        self._environment = dict(os.environ if environment is None else environment)
        self._machines: dict[tuple[str, ...], str] = {}

    def start(self, build: Build, version: Path, attempt: str | None = None) -> None:
        """Have it made from the files of `version`, unless it is there or somebody is making it. Returns at once.

        attempt: who asks, such as the id of a deployment. A failure stays a failure for the same attempt, so that it
        may ask again and again; another one, or None, has it tried once more.
        Raises TargetError when files of `version` cannot be read or the disk refuses.
        """
        place = self._place(build)
        match self.state(build):
            case Ready():
                return
            case Pending() if isinstance(runner.state(place / "job"), runner.Running):
                return
            case Failed() if attempt is not None and _read(place / "attempt") == attempt:
                return
        self._remove(place)
        try:
            self._begin(build, place, version, attempt or "")
        except OSError as error:
            raise TargetError(f"the dependencies cannot be built: {error}") from error

    def state(self, build: Build) -> State:
        """Only looks. Ready when the job ended well and what it made is whole."""
        place = self._place(build)
        missing = _read(place / "missing")
        if missing is not None:
            return Failed(MISSING_TOOL, tuple(missing.splitlines()))
        match runner.state(place / "job"):
            case runner.Ended(0):
                root = place / "root"
                return Ready(root) if _is_whole(build, root) else Pending()
            case runner.Ended(code):
                return Failed(code, tuple(runner.tail(place / "job", TAIL_LINES)))
            case _:
                return Pending()

    def cancel(self, build: Build) -> None:
        """End the job that makes it, and remove what it made so far. A complete build stays."""
        if not isinstance(self.state(build), Ready):
            self._remove(self._place(build))

    def environment(self, build: Build | None, path: str) -> dict[str, str]:
        """What the processes of an instance get: PATH, with the build's folders before `path`. None: nothing built."""
        folders = [str(self._place(build) / "root" / each) for each in build.path] if build else []
        return {"PATH": os.pathsep.join([*folders, runner.absolute_path(path)])}

    def link(self, build: Build, instance: Path) -> None:
        """Make what was built appear in an instance's folder. What stands there under such a name is replaced."""
        root = self._place(build) / "root"
        for name, target in build.links:
            if name == "*":
                for made in sorted((root / target).iterdir()):
                    if not os.path.lexists(instance / made.name):
                        (instance / made.name).symlink_to(made)
            else:
                _replace_by_link(instance / name, root / target)

    def sweep(self, keys_in_use: Collection[str]) -> list[str]:
        """Remove all builds with other keys, running ones too. Gives the names of the removed folders."""
        places = sorted(place for place in self._folder.glob("*") if place.is_dir())
        names = {_short(key) for key in keys_in_use}
        gone = [place for place in places if place.name.partition("-")[0] not in names]
        for place in gone:
            self._remove(place)
        return [place.name for place in gone]

    def _begin(self, build: Build, place: Path, version: Path, attempt: str) -> None:
        root = place / "root"
        root.mkdir(parents=True)
        (place / "attempt").write_text(attempt, encoding="utf-8")
        visible = self._visible(build, root)
        for program, remedy in build.tools:
            if shutil.which(program, path=visible["PATH"]) is None:
                text = f"{program} was not found on this machine\nhint: {remedy}"
                (place / "missing").write_text(text, encoding="utf-8")
                return
        for name in build.files:
            _copy(version / name, root / name)
        runner.start(place / "job", build.commands, root, visible, TIMEOUT_S)

    def _visible(self, build: Build, root: Path | None) -> dict[str, str]:
        """What the commands see: our environment, then the build's, which wins."""
        merged = {**self._environment, **dict(build.environment)}
        folders = [str(root / each) for each in build.path] if root else []
        # The folder of our own interpreter is the last resort: it has tools we depend on.
        path = runner.absolute_path(self._environment.get("PATH", os.defpath))
        return {**merged, "PATH": os.pathsep.join([*folders, path, _own_programs()])}

    def _place(self, build: Build) -> Path:
        return self._folder / f"{_short(build.key)}-{self._machine(build)}"

    def _machine(self, build: Build) -> str:
        """A digest of what `identify` says here. Asked once: a new interpreter is seen by the next agent."""
        if build.identify not in self._machines:
            visible = self._visible(build, None)
            said = [_output(command, visible) for command in build.identify]
            self._machines[build.identify] = hashlib.sha256("\0".join(said).encode()).hexdigest()[:12]
        return self._machines[build.identify]

    def _remove(self, place: Path) -> None:
        """First out of the way under another name, so that no half of it is ever taken for a build."""
        runner.cancel(place / "job")
        if place.exists():
            doomed = place.with_name(f"removed-{uuid4().hex}")
            place.rename(doomed)
            _remove_tree(doomed)


def _is_whole(build: Build, root: Path) -> bool:
    """Whether everything the build is for is still there; an interpreter that was removed leaves dangling links."""
    needed = [root, *(root / target for _, target in build.links)]
    if not all(each.exists() for each in needed):
        return False
    folders = [root / each for each in build.path if (root / each).is_dir()]
    return all(entry.exists() for folder in folders for entry in folder.iterdir())


def _short(key: str) -> str:
    """Enough of a digest. The folder's path stands in the first line of scripts, whose length systems limit."""
    return key[:20]


def _own_programs() -> str:
    return str(Path(sys.executable).parent)


def _output(command: str, environment: Mapping[str, str]) -> str:
    """What one identifying command says; its failure is an answer, too."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=dict(environment), cwd="/", stdin=subprocess.DEVNULL,
            capture_output=True, timeout=30, text=True, errors="replace", check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return f"{done.returncode} {done.stdout}"


def _copy(source: Path, target: Path) -> None:
    """A writable copy: an unpacked version is read-only, and tools rewrite their files. Links stay links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)


def _replace_by_link(place: Path, target: Path) -> None:
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        _remove_tree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def _remove_tree(folder: Path) -> None:
    """Also read-only folders, which some package managers leave."""
    for inside, _, _ in os.walk(folder):
        Path(inside).chmod(0o755)
    shutil.rmtree(folder)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
