"""Copy and remove the folders of applications, which may hold anything: links, read-only folders, very deep ones."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_CANNOT_SHARE = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF)
"""What systems say that have no copy_file_range, or not between these two places."""


def copy_tree(source: Path, target: Path) -> None:
    """A writable copy; the data is shared with the original where the file system can (reflinks), until written.

    Links are copied as links. Raises OSError; `target` must not exist.
    """
    waiting = [(str(source), str(target))]
    while waiting:
        original, copy = waiting.pop()
        os.mkdir(copy)  # noqa: PTH102 - there may be very many
        with os.scandir(original) as entries:
            for entry in entries:
                place = f"{copy}/{entry.name}"
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), place)  # noqa: PTH115, PTH211
                elif entry.is_dir():
                    waiting.append((entry.path, place))
                else:
                    _copy_file(entry.path, place)


def remove_tree(folder: Path) -> None:
    """Remove a folder, read-only ones in it too; never what a link leads to. What cannot be removed stays."""
    for inside in _folders(str(folder)):
        with suppress(OSError):
            os.chmod(inside, 0o700)  # noqa: PTH101
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _folders(top: str) -> Iterator[str]:
    """`top` and all folders in it, each before it is looked into."""
    waiting = [top] if os.path.isdir(top) and not os.path.islink(top) else []  # noqa: PTH112, PTH114
    while waiting:
        folder = waiting.pop()
        yield folder
        with suppress(OSError), os.scandir(folder) as entries:
            waiting.extend(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))


def _copy_file(source: str, target: str) -> None:
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        info = os.fstat(reading)
        mode = stat.S_IMODE(info.st_mode) & 0o777 | 0o200
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            if not _share(reading, writing, info.st_size):
                while block := os.read(reading, 1 << 20):
                    _write(writing, block)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _share(reading: int, writing: int, left: int) -> bool:
    """Have the system copy. False: it cannot, or stopped early; go on from where both files stand now."""
    try:
        while left > 0 and (done := os.copy_file_range(reading, writing, left)):
            left -= done
    except OSError as error:
        if error.errno not in _CANNOT_SHARE:
            raise
    return left <= 0


def _write(writing: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(writing, view) :]
