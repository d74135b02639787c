"""What containers write, followed into files of the home, so that it is found where that of processes is.

One thread a container. How far it came stands in a file, written behind the log itself: whoever comes after a killed
agent cuts off what was not noted, and goes on at the very entry. An entry is found by its time and, of those
with the same time, by its number. The log files are rotated by the agent, as all others.
"""

from __future__ import annotations

import calendar
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from beanstalk.errors import TargetError
from beanstalk.targets.local.engine import Engine, EngineRefused

_AGAIN_S = 1.0
"""After an engine that went away."""
_GONE, _NOT_READABLE = 404, (400, 500, 501)
"""Answers of an engine: there is no such container; its log driver gives nothing back."""


@dataclass(frozen=True, slots=True)
class Source:
    """A container, the log file it gets, and the file that says how far that goes."""

    container_id: str
    log: Path
    note: Path


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a log was read. at: the engine's time of the last entry, "" for none.  number: how many entries of that
    time there were.  size: of the log file then, in bytes."""

    container_id: str
    at: str = ""
    number: int = 0
    size: int = 0

    def __str__(self) -> str:
        return f"{self.container_id} {self.at or '-'} {self.number} {self.size}\n"

    @classmethod
    def read(cls, text: str, container_id: str) -> Mark:
        """Nothing was read when the text is of another container, or no mark."""
        match text.split():
            case [found, at, number, size, *_] if found == container_id and number.isdigit() and size.isdigit():
                return cls(found, "" if at == "-" else at, int(number), int(size))
        return cls(container_id)

    @property
    def since(self) -> float:
        """Seconds since the epoch, a little before `at`; 0.0 for everything."""
        if not self.at:
            return 0.0
        whole, _, fraction = self.at.rstrip("Z").partition(".")
        return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction or 0}") - 1e-5

    def after(self, at: str, size: int) -> Mark:
        """With one more entry. Two streams may hand in theirs a little out of order; the later time counts."""
        if at > self.at:
            return replace(self, at=at, number=1, size=size)
        return replace(self, number=self.number + (at == self.at), size=size)


class ContainerLogs:
    """All containers of a home."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._followed: dict[str, _Follower] = {}

    def follow(self, source: Source) -> None:
        """Have it followed until it ends, unless it is already."""
        known = self._followed.get(source.container_id)
        if known is None:
            known = self._followed[source.container_id] = _Follower(self._engine, source)
            known.start()

    def is_followed(self, container_id: str) -> bool:
        return container_id in self._followed

    def is_complete(self, container_id: str) -> bool:
        """Whether all that a container wrote before it ended is in its file."""
        known = self._followed.get(container_id)
        return known is not None and known.done.is_set()

    def forget(self, container_id: str) -> None:
        """It was removed, or is started again: then it is to be followed anew, unless it still is."""
        if self.is_complete(container_id):
            del self._followed[container_id]


class _Follower(threading.Thread):
    def __init__(self, engine: Engine, source: Source) -> None:
        super().__init__(name=f"logs-{source.container_id[:12]}", daemon=True)
        self._engine, self._source = engine, source
        self.done = threading.Event()

    def run(self) -> None:
        over = False
        while not over:
            with suppress(OSError), _Target(self._source) as target:  # a full disk, for example
                over = self._follow(target)
            if not over:
                time.sleep(_AGAIN_S)
        self.done.set()

    def _follow(self, target: _Target) -> bool:
        """Until the container ends. False: the engine went away, and it is not known."""
        try:
            for follow in (True, False):  # and once more: the end of a stream may come before the last entry
                known = target.mark
                for at, text in self._entries(known.since, follow):
                    known = target.write(at, text, known)
            return not self._is_running()
        except EngineRefused as error:
            return error.status == _GONE or error.status in _NOT_READABLE
        except TargetError:
            return False

    def _entries(self, since: float, follow: bool) -> Iterator[tuple[str, bytes]]:
        """(time, text) of each, from `since` on."""
        name = self._source.container_id
        with self._engine.ask() as api:
            terminal = api.inspect_container(name)["Config"]["Tty"]
            found: Any = api.logs(name, stream=True, follow=follow, timestamps=True, since=since or None)
            for entry in _lines(found) if terminal else found:
                at, _, text = entry.partition(b" ")
                yield at.decode("ascii", "replace"), text

    def _is_running(self) -> bool:
        with self._engine.ask() as api:
            return bool(api.inspect_container(self._source.container_id)["State"]["Running"])


class _Target:
    """The two files, open. What an application puts in the place of a log, a link for example, is removed."""

    def __init__(self, source: Source) -> None:
        for folder in (source.log.parent, source.note.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self._note = _open(source.note)
        self._log = os.fdopen(_open(source.log, os.O_APPEND), "ab")
        self.mark = Mark.read(os.pread(self._note, 4096, 0).decode("utf-8", "replace"), source.container_id)
        if self.mark.at and os.fstat(self._log.fileno()).st_size > self.mark.size:
            self._log.truncate(self.mark.size)

    def __enter__(self) -> _Target:
        return self

    def __exit__(self, *error: object) -> None:
        self._log.close()
        os.close(self._note)

    def write(self, at: str, text: bytes, known: Mark) -> Mark:
        """Unless it is one of those that `known` counts. Returns what of these may still come."""
        if at < known.at:
            return known
        if at == known.at and known.number:
            return replace(known, number=known.number - 1)
        self._log.write(text)
        self._log.flush()
        self.mark = self.mark.after(at, os.fstat(self._log.fileno()).st_size)
        os.pwrite(self._note, str(self.mark).encode(), 0)
        return known


def _open(file: Path, flags: int = 0) -> int:
    """A file, made when it is missing or something else is there."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(file.lstat().st_mode):
            file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
    found = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | flags, 0o600)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise OSError(f"{file} is no file")
    return found


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Of a terminal, whose output comes in pieces of any size."""
    begun = b""
    for piece in pieces:
        begun += piece
        *whole, begun = begun.split(b"\n")
        yield from (line + b"\n" for line in whole)
    if begun:
        yield begun
