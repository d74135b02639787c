"""Packs a listing into a zip that depends on nothing but the content of its files.

Small files are read, hashed and compressed by workers (workers.py), large ones are streamed here; either way the
members are written in the order of their names, and no more than a few chunks are in memory. What our own reader of
bundles would refuse is refused before it is written.
"""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from beanstalk.errors import BeanstalkError, BundleRefused, InvalidInput, Problem, Where
from beanstalk.source import content, git
from beanstalk.source.bundle import Bundle
from beanstalk.source.content import EXECUTABLE, FILE, LINK
from beanstalk.source.listing import InGit, Listed, Listing, OnDisk, list_project
from beanstalk.source.packing_worker import LOCAL, SMALL
from beanstalk.source.workers import Ready, pack_items
from beanstalk.source.zipwriter import ZipWriter

_BLOCK, _BUFFER = 1 << 18, 1 << 20
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_MOST_TOLD = 20
_LINK = "make the link relative to something in the project, or leave it out"
_NAME = "rename it, or leave it out"
_FILE = "make it readable, or leave it out"


def pack_folder(folder: Path, out: Path, *, staged: bool = False, working_tree: bool = False) -> tuple[Listing, Bundle]:
    """List `folder` (see list_project) and pack it into the zip `out`, which is never part of itself."""
    listing = list_project(folder, staged=staged, working_tree=working_tree)
    inside = os.path.relpath(os.path.realpath(out), os.path.realpath(folder))
    kept = tuple(file for file in listing.files if isinstance(file, OnDisk) and file.path != inside)
    if kept and len(kept) < len(listing.files):
        rows = tuple(Listed(inside, False, "the zip being made") if row.path == inside else row for row in listing.rows)
        listing = replace(listing, files=kept, rows=rows)
    return listing, pack(listing, out)


def pack(listing: Listing, out: Path) -> Bundle:
    """Write the zip `out` (replaced if it is there) with the files of `listing`, complete or not at all.

    Raises InvalidInput with all files that cannot be packed, BundleRefused when everything is in one folder or too
    large, and BeanstalkError when the zip cannot be written.
    """
    _check_paths(listing)
    if out.exists() and not out.is_file():
        raise BeanstalkError("is no regular file, and stays as it is", Where(str(out)), "name another place")
    scratch = out.with_name(f".{out.name[:100]}.{secrets.token_hex(4)}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("xb+", buffering=_BUFFER) as file:
            writer = ZipWriter(file)
            if problems := _fill(writer, listing):
                raise InvalidInput(_shorten(problems))
            size_bytes = writer.close()
        if too_large := content.check_sizes(size_bytes, writer.unpacked_bytes, len(writer.entries)):
            raise BundleRefused(too_large, Where(str(listing.folder)), content.SMALLER)
        scratch.replace(out)
    except OSError as error:
        text = f"the zip cannot be written: {error.strerror}"
        raise BeanstalkError(text, Where(str(out)), "free some room, or name another place") from error
    finally:
        with suppress(OSError):
            scratch.unlink()
    entries = tuple(writer.entries)
    return Bundle(out, content.digest(entries), size_bytes, entries, content.warnings(size_bytes, str(out)))


def _check_paths(listing: Listing) -> None:
    paths = [file.path for file in listing.files]
    if problems := [Problem(problem.text, hint=_NAME) for problem in content.check_names(paths)]:
        raise InvalidInput(_shorten(problems))
    if single := content.check_root(paths):
        text = f"everything to pack is inside the folder {single}/"
        hint = f"pack {listing.folder / single}: the application has to be at the top of its bundle"
        raise BundleRefused(text, Where(str(listing.folder)), hint)
    if too_large := content.check_sizes(0, 0, len(paths)):
        raise BundleRefused(too_large, Where(str(listing.folder)), content.SMALLER)


def _fill(writer: ZipWriter, listing: Listing) -> list[Problem]:
    """Write all members. Gives what could not be packed, and links that lead out of the bundle."""
    problems: list[Problem] = []
    links: dict[str, str] = {}
    for repository, group in groupby(listing.files, _repository):
        files: list[OnDisk | InGit] = list(group)
        large = _large(repository, files) if repository else frozenset()
        small = [_item(file) for file in files if file.path not in large]
        command = [*git.COMMAND, "-C", str(repository), "cat-file", "--batch", "--buffer"] if repository else []
        with pack_items(listing.folder, small, command, git.environment() if repository else None) as ready:
            for file in files:
                if isinstance(file, InGit) and file.path in large:
                    writer.stream(file.path, file.mode, _blocks_of_blob(file, problems))
                else:
                    _add(writer, listing.folder, file, next(ready), problems, links)
    problems += (Problem(problem.text, hint=_LINK) for problem in content.check_links(links))
    return problems


def _repository(file: OnDisk | InGit) -> Path | None:
    return file.repository if isinstance(file, InGit) else None


def _large(repository: Path, files: list[OnDisk | InGit]) -> frozenset[str]:
    sizes = git.sizes(repository, (file.blob for file in files if isinstance(file, InGit)))
    return frozenset(
        file.path
        for file, size in zip(files, sizes, strict=True)
        if size > SMALL or (isinstance(file, InGit) and file.filtered)
    )


def _item(file: OnDisk | InGit) -> tuple[bytes, int, str]:
    match file:
        case OnDisk(path, link):
            return path.encode(), LINK if link else 0, ""
        case InGit(path, mode, blob):
            return path.encode(), mode, blob


def _add(
    writer: ZipWriter,
    folder: Path,
    file: OnDisk | InGit,
    ready: Ready,
    problems: list[Problem],
    links: dict[str, str],
) -> None:
    """Write a member that a worker has made; stream it if that found it too large."""
    record, member = ready
    match record:
        case str(why):
            problems.append(Problem(why, Where(file.path), _FILE))
        case None:
            try:
                with (folder / file.path).open("rb") as source:
                    mode = EXECUTABLE if os.fstat(source.fileno()).st_mode & stat.S_IXUSR else FILE
                    writer.stream(file.path, mode, iter(lambda: source.read(_BLOCK), b""))
            except OSError as error:
                if error.filename is None:
                    raise  # the zip, not the file
                problems.append(Problem(f"cannot be read: {error.strerror}", Where(file.path), _FILE))
        case packed:
            if packed[5] == LINK:
                target = bytes(member[LOCAL.size + len(file.path.encode()) :])
                links[file.path] = target.decode(errors="surrogateescape")
            writer.add(file.path, packed, member)


def _blocks_of_blob(file: InGit, problems: list[Problem]) -> Iterator[bytes]:
    how = ["--filters", f"--path={file.filtered}"] if file.filtered else ["blob"]
    command = [*git.COMMAND, "-C", str(file.repository), "cat-file", *how, file.blob]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=git.environment()) as running:
        assert running.stdout
        while block := running.stdout.read(_BLOCK):
            if file.filtered and block.startswith(_LFS_POINTER):
                hint = "run `git lfs install`, or pack the working tree"
                problems.append(Problem("is kept in Git LFS, and only its pointer is here", Where(file.path), hint))
            yield block
    if running.returncode:
        raise BeanstalkError("git cannot give its content", Where(file.path), "try `git fsck`")


def _shorten(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= _MOST_TOLD:
        return problems
    return [*problems[:_MOST_TOLD], Problem(f"and {len(problems) - _MOST_TOLD} more problems like these")]
