"""What git knows about a project folder, asked with plumbing commands whose output is made for programs.

The folder may be below the top of the repository; all paths here are relative to the folder, with "/".
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beanstalk.errors import BeanstalkError, NotFound, Where

COMMAND = ("git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false")

_LOCAL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Set inside git's hooks; they would make git answer for another repository than the folder's."""


@dataclass(frozen=True, slots=True)
class Repository:
    """`folder` is the project; `prefix` where it lies in the repository: "" or ending in "/"."""

    folder: Path
    prefix: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A tracked file. `mode` as git has it: 0o100644, 0o100755, 0o120000 (link), 0o160000 (submodule)."""

    path: str
    mode: int
    blob: str


def is_submodule(blob: Blob) -> bool:
    return blob.mode == 0o160000


@dataclass(frozen=True, slots=True)
class Change:
    """A row of `git status`: `index` and `tree` are its two letters, "?" untracked, "!" ignored."""

    path: str
    index: str
    tree: str


def environment() -> dict[str, str]:
    """The environment for git: no other repository, no locks, messages that can be compared."""
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def find_repository(folder: Path) -> Repository | None:
    """The repository whose working tree has `folder` in it; None when there is none.

    Raises BeanstalkError when there is one that cannot be used (git is missing, or refuses it).
    """
    try:
        done = _run(folder, "rev-parse", "--is-inside-work-tree", "--show-prefix")
    except FileNotFoundError:
        if any((above / ".git").exists() for above in (folder, *folder.parents)):
            raise NotFound(
                "the project is a git repository, but there is no git to read it", Where(str(folder)), "install git"
            ) from None
        return None
    if done.returncode == 0:
        inside, _, prefix = done.stdout.decode(errors="surrogateescape").partition("\n")
        return Repository(folder, prefix.removesuffix("\n")) if inside == "true" else None
    if b"not a git repository" in done.stderr:
        return None
    raise _failure(folder, done.stderr)


def has_commits(repository: Repository) -> bool:
    return _run(repository.folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode == 0


def describe_head(repository: Repository) -> tuple[str, str, str]:
    """Short commit id, first line of its message (at most 200 characters), `git describe --always --abbrev=4`."""
    log = ("log", "-1", "--no-show-signature", "--no-color", "--format=%h%x00%s")
    revision, _, subject = _ask(repository.folder, *log).decode(errors="replace").rstrip("\n").partition("\0")
    describe = _ask(repository.folder, "describe", "--always", "--abbrev=4").decode(errors="replace").strip()
    return revision, subject[:200], describe


def is_ignored(repository: Repository) -> bool:
    """Whether the project folder itself is ignored by the repository around it."""
    return bool(repository.prefix) and _run(repository.folder, "check-ignore", "-q", ".").returncode == 0


def files_of_commit(folder: Path, commit: str = "HEAD") -> Iterator[Blob]:
    """The tracked files of a commit below `folder`, submodules as one row each."""
    for row in _split(_ask(folder, "ls-tree", "-r", "-z", commit)):
        about, _, path = row.partition("\t")
        mode, _, blob = about.split(" ")
        yield Blob(path, int(mode, 8), blob)


def files_of_index(repository: Repository) -> Iterator[Blob]:
    """The files of the index; of a file in conflict no row. `git add -N` files have no content yet: no row either."""
    for row in _split(_ask(repository.folder, "ls-files", "--stage", "-z")):
        about, _, path = row.partition("\t")
        mode, blob, stage = about.split(" ")
        if stage == "0":
            yield Blob(path, int(mode, 8), blob)


def files_of_tree(repository: Repository) -> Iterator[str]:
    """Tracked files, and untracked ones that are not ignored. May name files that are gone, or folders (submodules)."""
    listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    yield from _split(_ask(repository.folder, *listed))


def changes(repository: Repository) -> Iterator[Change]:
    """What differs from HEAD, untracked files one by one, and ignored files and folders (those end in "/")."""
    status = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching", "--", ".")
    for row in _split(_ask(repository.folder, *status)):
        path = row[3:].removeprefix(repository.prefix)
        if path:
            yield Change(path, row[0], row[1])


def ignoring_rules(repository: Repository, paths: Iterable[str]) -> dict[str, str]:
    """For each ignored path the rule that ignores it, as `.gitignore:3: *.log`."""
    asked = "".join(f"{path}\0" for path in paths).encode(errors="surrogateescape")
    done = _run(repository.folder, "check-ignore", "-z", "-v", "--stdin", stdin=asked)
    if done.returncode > 1:
        raise _failure(repository.folder, done.stderr)
    fields = done.stdout.decode(errors="surrogateescape").split("\0")
    rows = zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False)
    return {path: f"{source}:{line}: {pattern}" for source, line, pattern, path in rows}


def attributes(repository: Repository, paths: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Of `paths` those that `.gitattributes` keeps out of archives (export-ignore, also by a folder above them), and
    those whose content is not in git as it is (a filter: Git LFS and the like)."""
    folders = {f"{path[:at]}/" for path in paths for at, char in enumerate(path) if char == "/"}
    asked = "".join(f"{path}\0" for path in (*paths, *folders)).encode(errors="surrogateescape")
    done = _run(repository.folder, "check-attr", "-z", "--stdin", "export-ignore", "filter", stdin=asked)
    if done.returncode:
        raise _failure(repository.folder, done.stderr)
    fields = done.stdout.decode(errors="surrogateescape").split("\0")
    rows = list(zip(fields[0::3], fields[1::3], fields[2::3], strict=False))
    ignored = {path for path, name, value in rows if name == "export-ignore" and value == "set"}
    inside = tuple(path for path in ignored if path.endswith("/"))
    kept_out = frozenset(path for path in paths if path in ignored or path.startswith(inside))
    off = ("unspecified", "unset", "set")
    return kept_out, frozenset(path for path, name, value in rows if name == "filter" and value not in off)


def sizes(folder: Path, blobs: Iterable[str]) -> Iterator[int]:
    """The size of each blob in bytes, in order. Raises BeanstalkError when one is missing (a partial clone)."""
    asked = "".join(f"{blob}\n" for blob in blobs).encode()
    done = _run(folder, "cat-file", "--batch-check=%(objectsize)", "--buffer", stdin=asked)
    if done.returncode:
        raise _failure(folder, done.stderr)
    for row in done.stdout.decode().splitlines():
        if not row.isdecimal():
            raise BeanstalkError(f"git has no content for {row}", Where(str(folder)), "fetch it with `git fetch`")
        yield int(row)


def _run(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "-C", str(folder), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment(), check=False)


def _ask(folder: Path, *arguments: str) -> bytes:
    done = _run(folder, *arguments)
    if done.returncode:
        raise _failure(folder, done.stderr)
    return done.stdout


def _failure(folder: Path, stderr: bytes) -> BeanstalkError:
    said = [line for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    first = said[0].removeprefix("fatal: ") if said else "no reason given"
    return BeanstalkError(f"git cannot read the project: {first}", Where(str(folder)), "try `git status` there")


def _split(output: bytes) -> Iterator[str]:
    yield from output.decode(errors="surrogateescape").split("\0")[:-1]
