"""Fetches what `validate` looks at: a project folder as it would be packed, a zip, or a single file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from beanstalk.errors import BeanstalkError, BundleRefused, InvalidInput, NotFound, Problem, UsageError, Where
from beanstalk.service.validation import (
    LONGEST,
    PROJECT_FILES,
    SAVED_FOLDER,
    Finding,
    Findings,
    Report,
    SourceFile,
    validate,
    wanted_bytes,
)
from beanstalk.service.validation import validate_file as validate_content
from beanstalk.service.validation_files import kind_of
from beanstalk.service.validation_homes import LOCAL
from beanstalk.service.validation_report import printable
from beanstalk.source import content
from beanstalk.source.archive import read_bytes, read_members
from beanstalk.source.bundle import LONGEST_TEXT, Bundle, read_bundle, read_heads
from beanstalk.source.ebextensions import FOLDER as EXTENSIONS_FOLDER
from beanstalk.source.listing import list_project
from beanstalk.source.project_file import FOLDER as PROJECT_FOLDER
from beanstalk.source.saved import SUFFIX

_MOST = 64 << 20
_PARTS = (EXTENSIONS_FOLDER, PROJECT_FOLDER, ".platform")
"""Folders that are looked into as parts of the project around them: alone nothing in them would be found."""


@dataclass(slots=True)
class _Room:
    """How much may still be read, so that no project fills the memory."""

    findings: Findings = field(default_factory=Findings)
    left: int = _MOST

    def take(self, path: str, pieces: Iterator[bytes]) -> bytes:
        found, most = b"", wanted_bytes(path) or LONGEST
        for piece in pieces:
            found += piece
            if len(found) >= most or len(found) >= self.left:
                break
        if len(found) >= self.left:
            text = f"more than {_MOST >> 20} MiB of configuration: this file and those after it were not looked into"
            self.findings.add("bundle", [Problem(text, Where(path), "keep large content in files of its own")])
        self.left = max(0, self.left - min(len(found), most))
        return found[:most]


def validate_path(path: Path, target: str = LOCAL, mode: str = "") -> Report:
    """Whatever is at `path`, for a target and a mode (see `home_of`), which a single file does not have.

    Raises NotFound for nothing, UsageError for a file that nothing reads and for a folder that is a part of a project.
    """
    try:
        state = path.stat().st_mode
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}", hint="name a folder, a zip or a file") from None
    if stat.S_ISDIR(state):
        if path.absolute().name in _PARTS:
            raise UsageError(
                f"{path} is a part of a project", hint=f"name the folder it is in: {path.absolute().parent}"
            )
        return validate(*_folder(path), target, mode, partial(_fetched, path))
    if not stat.S_ISREG(state):
        raise NotFound(f"{path} is neither a folder nor a file", hint="name a folder, a zip or a file")
    try:
        if _is_zip(path):
            return _zip(path, target, mode)
        kind = kind_of(str(path.absolute()))  # its folder may say what it is
        return validate_content(str(path), b"".join(_blocks(path)), kind)
    except OSError as error:
        raise BeanstalkError(f"{path} cannot be read: {error.strerror}", hint="make it readable") from None


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix.lower() in (".zip", ".war", ".jar") or file.read(4) == b"PK\3\4"


def _folder(folder: Path) -> tuple[list[SourceFile], list[Finding]]:
    """The files that are packed from the working tree, committed or not, and what the EB CLI has beside them."""
    room, files, total = _Room(), list[SourceFile](), 0
    try:
        listing = list_project(folder, working_tree=True)
    except InvalidInput as error:
        return [], _only(_relative(each, folder) for each in error.problems)
    except BeanstalkError as error:
        return [], _only([_relative(Problem(error.problem, error.at, error.hint), folder)])
    for path in [*(file.path for file in listing.files), *_beside(folder)]:
        try:
            state = (folder / path).lstat()
            files.append(_file(folder, path, state.st_mode, room))
        except OSError as error:
            problem = Problem(f"cannot be read: {error.strerror}", Where(path), "make it readable, or leave it out")
            room.findings.add("bundle", [problem])
            continue
        total += state.st_size
    if too_large := content.check_sizes(min(total, content.MOST_BYTES), total, len(files)):
        room.findings.add("bundle", [Problem(too_large, hint=content.SMALLER)])
    return files, room.findings.all


def _file(folder: Path, path: str, mode: int, room: _Room) -> SourceFile:
    if stat.S_ISLNK(mode):
        return SourceFile(path, content.LINK, os.fsencode((folder / path).readlink()))
    text = room.take(path, _blocks(folder / path, wanted_bytes(path))) if wanted_bytes(path) and room.left else b""
    return SourceFile(path, content.EXECUTABLE if mode & 0o100 else content.FILE, text)


def _fetched(folder: Path, path: str) -> bytes:
    """What a folder has there, or more than anybody takes for a text."""
    try:
        return b"".join(_blocks(folder / path, LONGEST_TEXT + 1))
    except OSError as error:
        raise BundleRefused(f"cannot be read: {error.strerror}", Where(path), "make it readable") from None


def _beside(folder: Path) -> list[str]:
    """The files of the EB CLI that have a reader, which are never packed."""
    own, saved = folder / PROJECT_FOLDER, folder / SAVED_FOLDER
    paths = [folder / name for name in PROJECT_FILES]
    paths += sorted([*own.glob(f"*{SUFFIX}"), *saved.glob(f"*{SUFFIX}")])
    return [path.relative_to(folder).as_posix() for path in paths if path.is_file() and not path.is_symlink()]


def _blocks(path: Path, most: int = LONGEST) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(most)


def _zip(path: Path, target: str, mode: str) -> Report:
    try:
        bundle = read_bundle(path)
        files, found = _members(bundle)
    except BeanstalkError as error:
        problem = Problem(error.problem, error.at or Where(str(path)), error.hint)
        return printable(Report(tuple(_only([problem]))))
    found.add("bundle", (), bundle.warnings)
    return validate(files, found.all, target, mode, lambda name: read_heads(bundle, [name], LONGEST_TEXT + 1)[name])


def _members(bundle: Bundle) -> tuple[list[SourceFile], Findings]:
    """Its files, after everything about the zip was found harmless; what is not looked into stays empty."""
    room, modes = _Room(), {entry.path: entry.mode for entry in bundle.entries}
    files = {path: SourceFile(path, mode) for path, mode in modes.items()}
    with bundle.path.open("rb") as zipped:
        for member in read_members(zipped, content.MOST_ENTRIES):
            path = member.name.removeprefix("./")
            if path not in modes:
                continue
            if modes[path] == content.LINK or (wanted_bytes(path) and room.left):
                files[path] = SourceFile(path, modes[path], room.take(path, read_bytes(zipped, member)))
    if not files:
        raise BundleRefused("the zip has no file in it", Where(str(bundle.path)))
    return list(files.values()), room.findings


def _only(problems: Iterator[Problem] | list[Problem]) -> list[Finding]:
    findings = Findings()
    findings.add("bundle", problems)
    return findings.all


def _relative(problem: Problem, folder: Path) -> Problem:
    """The folder itself is "." to somebody who is told of paths in it."""
    if problem.at and problem.at.path == str(folder):
        return Problem(problem.text, Where("."), problem.hint)
    return problem
