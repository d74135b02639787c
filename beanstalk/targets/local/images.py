"""The images of this home on a container engine: built or pulled once, kept as long as a version needs them.

An image is there when the engine has its name; all else is files, as in builds.py. So an agent that comes back finds
a job that goes on without it, or one that was lost and begins again.

    images/KEY/
        pin.json    what a pulled image is, as long as its version is there; see pins.py
        work        a folder: attempt, spec.json and progress of imaging.py, and job/ of runner.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from beanstalk.containers import ImageSource
from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local import imaging, runner
from beanstalk.targets.local.builds import TAIL_LINES, Failed, Pending
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.engine import Engine, EngineRefused
from beanstalk.targets.local.pins import is_only_here, pin_present, read_pin, release, unpin
from beanstalk.targets.local.transfers import image_id
from beanstalk.targets.local.trees import remove_tree

TIMEOUT_S = 3600.0
"""Longest build or pull. The deployment's own Timeout is usually shorter."""
_SHORT = 16
"""Characters of a key in the name of its image; 64 bits are enough for the images of a home."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine has it, by the name `name`."""

    name: str


State = Pending | Ready | Failed


class Images:
    """All images of `home` on `engine`. Nothing is kept here: make a new object at any time.

    Raises EngineAway wherever the engine is asked and does not answer.
    environment: that of the jobs, the agent's own unless given: where AWS and docker find who the user is.
    """

    def __init__(self, home: Home, engine: Engine, environment: Mapping[str, str] | None = None) -> None:
        self._engine, self._labels = engine, Labels.of(home)
        self._folder = home.folder.absolute() / "images"
        self._environment = dict(os.environ if environment is None else environment)

    def name(self, source: ImageSource) -> str:
        """By which instances run it. Nobody else has such names, and what one means never changes."""
        return f"{self._names}/{_short(source.key)}"

    def start(self, source: ImageSource, version: Path, attempt: str | None = None) -> None:
        """Have it built from the unpacked bundle `version`, or pulled, unless it is there or somebody is at it.

        Returns at once. attempt: as in Builds.start. Raises TargetError when the engine or the disk refuses.
        """
        place = self._place(source)
        try:
            if self._is_settled(source, place / "work", attempt):
                return
            self._stop(place)
            if source.build is None and self._pin_present(source, place, version.name):
                return
            self._begin(source, place, version, attempt or "")
        except OSError as error:
            raise TargetError(f"the image cannot be made: {error}") from error

    def state(self, source: ImageSource) -> State:
        """Only looks. A failure's `tail` ends with what is wrong, where, and what to do."""
        name = self.name(source)
        with self._engine.ask() as client:
            if image_id(client, name):
                return Ready(name)
        job = self._place(source) / "work/job"
        match runner.state(job):
            case runner.Ended(code) if code:
                return Failed(code, _said(job, code))
            case _:
                return Pending()

    def progress(self, source: ImageSource) -> str | None:
        """What goes on, such as `step 5 of 9: RUN make` or `pulling 34 of 120 MB`. None when nothing does."""
        work = self._place(source) / "work"
        running = isinstance(runner.state(work / "job"), runner.Running)
        return (_read(work / imaging.PROGRESS) or None) if running else None

    def cancel(self, source: ImageSource) -> None:
        """End the job that makes it. An image that is there stays."""
        self._stop(self._place(source))

    def sweep(self, keys_in_use: Collection[str], versions: Collection[str] = ()) -> list[str]:
        """Remove the images of this home with other keys, and end their jobs. Gives the names of those removed.

        One that a container uses stays, whoever's container that is; so does what others gave a name to, under that.
        versions: digests of those that are there: what their images were stays written down, to be pulled again.
        """
        needed = {f"{self._names}/{_short(key)}" for key in keys_in_use}
        ours = re.compile(rf"{self._names}/[0-9a-f]{{1,{_SHORT}}}:latest")
        with self._engine.ask() as client:
            tags = {each["Id"]: each["RepoTags"] or () for each in client.images()}
            used = {each["ImageID"] for each in client.containers(all=True)}
        present = {
            tag.removesuffix(":latest"): image for image, names in tags.items() for tag in names if ours.fullmatch(tag)
        }
        # One that has other names, too, loses ours alone: what a container uses is not that name.
        kept = needed | {
            name for name, image in present.items() if image in used and all(ours.fullmatch(tag) for tag in tags[image])
        }
        places = {f"{self._names}/{place.name}": place for place in self._folder.glob("*")}
        removed = []
        for name in sorted((present.keys() | places.keys()) - kept):
            place = self._folder / name.rpartition("/")[2]
            self._stop(place)
            if (name in present or self._left_something(place)) and not self._remove(name, place):
                continue
            removed += [name] if name in present else []
            if not release(place, versions):
                remove_tree(place)
        return removed

    def _left_something(self, place: Path) -> bool:
        """Whether what a pull brought is still there without our name."""
        pin = read_pin(place)
        return pin is not None and pin.brought

    def _is_settled(self, source: ImageSource, work: Path, attempt: str | None) -> bool:
        """Whether it is there, somebody is at it, or it failed for this attempt."""
        # Before the engine is asked: a job that ends between the two looks has left its image there.
        running = isinstance(runner.state(work / "job"), runner.Running)
        match self.state(source):
            case Ready():
                return True
            case Failed():
                return attempt is not None and _read(work / "attempt") == attempt
            case Pending():
                return running

    def _begin(self, source: ImageSource, place: Path, version: Path, attempt: str) -> None:
        work = place / "work"
        work.mkdir(parents=True)
        (work / "attempt").write_text(attempt, encoding="utf-8")
        labels, version = self._labels.of_home(), version.absolute()
        imaging.Spec(source, self.name(source), labels, version, place, self._engine.url).write(work)
        runner.start(work / "job", [imaging.command(work)], work, self._environment, TIMEOUT_S)

    def _pin_present(self, source: ImageSource, place: Path, version: str) -> bool:
        """Whether nothing has to be pulled; what a pin means is not asked of the registry a second time."""
        asked = source.always and not (source.or_present and is_only_here(self._engine, source.reference))
        if asked and read_pin(place) is None:
            return False
        return pin_present(self._engine, source.reference, self.name(source), place, version) is not None

    def _remove(self, name: str, place: Path) -> bool:
        """Whether the engine let it go; it may just have become the image of a container."""
        try:
            unpin(self._engine, name, place)
        except EngineRefused:
            return False
        return True

    def _stop(self, place: Path) -> None:
        runner.cancel(place / "work/job")
        remove_tree(place / "work")

    def _place(self, source: ImageSource) -> Path:
        return self._folder / _short(source.key)

    @property
    def _names(self) -> str:
        return f"beanstalk-{self._labels.home_id}"


def _short(key: str) -> str:
    return key[:_SHORT].lower()


def _said(job: Path, code: int) -> tuple[str, ...]:
    """The end of the log, without what the runner says itself."""
    lines = runner.tail(job, TAIL_LINES)
    if lines and lines[-1] == f"failed with exit code {code}":
        lines.pop()
    return tuple(line for line in lines if not line.startswith("$ exec "))


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
