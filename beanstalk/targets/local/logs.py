"""Log files of instances: they outlive their instance, are rotated by copying, and end with their environment."""

from __future__ import annotations

import re
import shutil
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path

from beanstalk.targets.local.trees import remove_tree

SCRIPTS_LOG = "eb-engine.log"
"""What the scripts of an instance said, beside the logs of its processes."""
ROTATE_BYTES = 10 * 1024 * 1024
KEPT = 50
"""Instances that are gone and whose logs are kept, per environment."""
_TAIL_BYTES = 64 * 1024


_FRAME = re.compile(r"\s+(at |File |from )|node:internal|[\s^~|]*$")
"""A line of a stack trace, or one that only points at something: it says where, not what."""
_ERROR = re.compile(r"^(\w+\.)*[A-Z]\w*(Error|Exception)\b|^(Error|error|fatal|panic)\b")
"""How the name of an error begins a line, in the languages that we know."""


def last_lines(folder: Path, lines: int) -> list[str]:
    """The `lines` last lines that say something, of the process's log that was written last in an instance's folder."""
    logs = [log for log in _logs(folder) if log.name != SCRIPTS_LOG]
    for log in sorted(logs, key=_changed, reverse=True):
        if found := tail(log, lines * 20):
            return _telling(found, lines)
    return []


def _telling(found: list[str], lines: int) -> list[str]:
    """The last lines without stack frames; the last one that names an error is among them."""
    said = [line for line in found if not _FRAME.match(line)] or found
    named = [number for number, line in enumerate(said) if _ERROR.search(line)]
    if not named or named[-1] >= len(said) - lines:
        return said[-lines:]
    return [said[named[-1]], *said[len(said) - lines + 1 :]]


def tail(log: Path, lines: int) -> list[str]:
    """The last non-empty lines of one file, [] when it cannot be read or is no file."""
    if not log.is_file():  # whoever opens a pipe waits for its other end
        return []
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - max(_TAIL_BYTES, lines * 400)))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return list(deque((line.rstrip() for line in text.splitlines() if line.strip()), lines))


def rotate(folder: Path, limit_bytes: int = ROTATE_BYTES) -> None:
    """Copy the end of a log that became too large to `NAME.log.1` and empty it. Its process keeps writing to the same
    file. On a full disk the copy is given up, and the log is emptied all the same.
    """
    for log in _logs(folder):
        with suppress(OSError), log.open("r+b") as file:
            size = file.seek(0, 2)
            if size > limit_bytes:
                _keep_end(file, size - limit_bytes, log.with_suffix(".log.1"))
                file.truncate(0)


def _keep_end(file: BufferedIOBase, start: int, place: Path) -> None:
    fresh = place.with_name(place.name + ".new")
    try:
        file.seek(start)
        with fresh.open("wb") as kept:
            file.readline(1 << 16)  # the rest of a line that is not kept whole
            shutil.copyfileobj(file, kept, 1 << 20)
        fresh.replace(place)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def forget_oldest(logs: Path, living: Collection[str], keep: int = KEPT) -> None:
    """Of the folders of instances that are gone keep the newest `keep`."""
    with suppress(OSError):
        gone = [folder for folder in logs.iterdir() if folder.name not in living]
        for folder in sorted(gone, key=_changed, reverse=True)[keep:]:
            remove_tree(folder)


def _logs(folder: Path) -> list[Path]:
    """The files: what an application puts there, a pipe for example, would hold up whoever opens it."""
    return [log for log in folder.glob("*.log") if log.is_file() and not log.is_symlink()]


def _changed(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:  # removed meanwhile
        return 0
