"""`.platform/hooks` and `.platform/confighooks`: the programs that run around a deployment, in their order.

Source: EB Developer Guide, "Platform hooks". Files run in the lexicographic order of their names, as root, and one that
ends with a non-zero status fails the deployment. The service sets the executable bit (platforms since 2022-04-29)
and mends Windows line ends (since 2022-12-29), so both are warnings here. What the kernel cannot start is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.source.notes import MOST_HINTS

HEAD_BYTES = 256
"""How much of the beginning of a file is enough."""

_ELF = b"\x7fELF"
_BOM = b"\xef\xbb\xbf"
_LINK = 0o120777


class Occasion(StrEnum):
    """What is deployed: a version, or only another configuration."""

    VERSION = "hooks"
    CONFIGURATION = "confighooks"


class Stage(StrEnum):
    """When in a deployment. PREBUILD and PREDEPLOY in the staging folder, POSTDEPLOY in that of the application."""

    PREBUILD = "prebuild"
    PREDEPLOY = "predeploy"
    POSTDEPLOY = "postdeploy"


@dataclass(frozen=True, slots=True)
class HookFile:
    """A file of the bundle below `.platform/`. mode: as in a bundle's entry.  head: its first HEAD_BYTES bytes."""

    path: str
    mode: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Hook:
    """One program. interpreter: what its first line names, "" for a binary.

    executable: the bit is set in the bundle.  crlf: its first line ends in CRLF, so the file has to be mended.
    """

    occasion: Occasion
    stage: Stage
    path: str
    interpreter: str
    executable: bool
    crlf: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Hooks:
    """All of them, by occasion and stage, each in the order in which it runs."""

    all: tuple[Hook, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def of(self, occasion: Occasion, stage: Stage) -> tuple[Hook, ...]:
        return tuple(hook for hook in self.all if (hook.occasion, hook.stage) == (occasion, stage))


def read_hooks(files: Sequence[HookFile]) -> Hooks:
    """Look at all files of the bundle below the two folders; other paths are passed over.

    Raises InvalidInput with every file that cannot be started.
    """
    hooks: list[Hook] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for file in sorted(files, key=_order):
        parts = file.path.split("/")
        if parts[0] != ".platform" or len(parts) < 3 or parts[1] not in list(Occasion):
            continue
        if len(parts) != 4 or parts[2] not in list(Stage):
            warnings.append(_not_run(file.path, parts, len(warnings) < MOST_HINTS))
            continue
        interpreter, why = _interpreter(file)
        if why:
            problems.append(Problem(why[0], Where(file.path, 1), why[1]))
            continue
        hook = Hook(
            Occasion(parts[1]), Stage(parts[2]), file.path, interpreter, bool(file.mode & 0o111), _is_crlf(file)
        )
        hooks.append(hook)
        warnings += _told(hook, file)
    if problems:
        raise InvalidInput(problems, warnings)
    return Hooks(tuple(hooks), tuple(warnings))


def _order(file: HookFile) -> tuple[list[int], bytes]:
    """By occasion, by stage in the order of a deployment, then by name, byte by byte."""
    parts = file.path.split("/")
    known: list[str] = [*Occasion, *Stage]
    return [known.index(part) if part in known else len(known) for part in parts[1:3]], file.path.encode(
        "utf-8", "replace"
    )


def _interpreter(file: HookFile) -> tuple[str, tuple[str, str] | None]:
    """What starts the file, or (problem, remedy)."""
    first = file.head.split(b"\n", 1)[0].rstrip(b"\r")
    if file.head.startswith(_ELF) or file.mode == _LINK:
        return "", None
    if not file.head:
        return "", ("the file is empty, and cannot be started", "write #!/bin/bash and commands, or remove it")
    if file.head.startswith(_BOM + b"#!"):
        hint = "save the file as UTF-8 without byte order mark"
        return "", ("a byte order mark before #! keeps the system from starting the file", hint)
    if not file.head.startswith(b"#!"):
        return "", ("the file has no #! line, and is no program of Linux", "begin it with #!/bin/bash, or what runs it")
    words = first[2:].decode("utf-8", "replace").split()
    if not words:
        return "", ("the #! line names no program", "write #!/bin/bash, or what runs it")
    if not words[0].startswith("/"):
        return "", (
            f"the #! line names {words[0][:60]}, which is no absolute path",
            f"write #!/usr/bin/env {words[0][:60]}",
        )
    return " ".join(words), None


def _is_crlf(file: HookFile) -> bool:
    return file.head.startswith(b"#!") and file.head.split(b"\n", 1)[0].endswith(b"\r")


def _told(hook: Hook, file: HookFile) -> list[Problem]:
    found = []
    if file.mode == _LINK:
        found.append(
            Problem("a symbolic link, which is not looked into", Where(hook.path), "put the file itself there")
        )
    elif not hook.executable:
        hint = "chmod +x, or git update-index --chmod=+x; older platforms of Elastic Beanstalk fail without"
        found.append(Problem("the file is not executable; it is run all the same", Where(hook.path), hint))
    if hook.crlf:
        hint = "save it with Unix line ends (LF); older platforms of Elastic Beanstalk fail with these"
        found.append(Problem("the lines end in CRLF; they are mended before it runs", Where(hook.path, 1), hint))
    return found


def _not_run(path: str, parts: list[str], look: bool) -> Problem:
    stages = f"{', '.join(Stage)}"
    if len(parts) == 3:
        hint = f"put it into one of the folders {stages}"
    elif parts[2] in list(Stage):
        hint = "only files directly in the folder are run; let one of them call it"
    else:
        close = get_close_matches(parts[2][:100], list(Stage), 1, 0.6) if look else []
        hint = f"did you mean {close[0]}?" if close else f"the folders are {stages}"
    return Problem("this file is not run", Where(path), hint)
