"""Which files of a project folder go into its source bundle, and for each of them why.

| the project | what is packed |
|---|---|
| has an `.ebignore` | the working tree without what `.ebignore` leaves out; git is not asked (EB CLI) |
| is in a git repository | the files of HEAD; with `staged` those of the index |
| is in none | the working tree without what `.gitignore` leaves out (the EB CLI reads it only with git; we say so) |
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from beanstalk.errors import BeanstalkError, InvalidInput, NotFound, Problem, UsageError, Where
from beanstalk.source import git
from beanstalk.source.never import virtual_environments, why_never_path
from beanstalk.source.walk import Seen, Walk

EBIGNORE, GITIGNORE = ".ebignore", ".gitignore"


class Origin(StrEnum):
    """Where the content of the bundle is taken from."""

    HEAD = "git HEAD"
    STAGED = "git index"
    FOLDER = "working tree"


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of `package --list --why`. A folder that was not entered is one row, `path` ending in "/"."""

    path: str
    included: bool
    why: str


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file to pack, below the listing's folder. `link`: it is a symbolic link."""

    path: str
    link: bool = False


@dataclass(frozen=True, slots=True)
class InGit:
    """A file to pack out of git: `blob` is its object id, `mode` 0o644, 0o755 or 0o120777, `repository` a folder.

    `filtered`: its path from the top of the repository when git has to filter its content (Git LFS), else "".
    """

    path: str
    mode: int
    blob: str
    repository: Path
    filtered: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What goes into a bundle of `folder`.

    revision: short commit id, "" without git.  subject: first line of its message, at most 200 characters.
    describe: `git describe --always --abbrev=4`.  left_out: files with changes that are not in the bundle because
    they are not committed (or, for the index, not staged); always 0 for the working tree.  files: to pack, sorted by
    path, all from one origin.  rows: those and what was left out, sorted.  notices: sentences for the user.
    """

    folder: Path
    origin: Origin
    revision: str
    subject: str
    describe: str
    left_out: int
    files: tuple[OnDisk | InGit, ...]
    rows: tuple[Listed, ...]
    notices: tuple[str, ...] = ()


def list_project(folder: Path, *, staged: bool = False, working_tree: bool = False) -> Listing:
    """List what a bundle of `folder` holds.

    Raises NotFound (no such folder), UsageError (the flags contradict each other or the project), InvalidInput
    (nothing to pack, unreadable folders, broken patterns) and BeanstalkError when git fails.
    """
    if not folder.is_dir():
        raise NotFound("no such folder", Where(str(folder)), "name the folder of your project")
    if staged and working_tree:
        raise UsageError("the index or the working tree, not both", Where(str(folder)), "drop one of the two flags")
    repository = git.find_repository(folder)
    if (folder / EBIGNORE).is_file():
        notices = [f"{EBIGNORE} decides: the working tree is packed, with what is not committed"] if repository else []
        if staged:
            notices = [f"{EBIGNORE} decides: the working tree is packed, not the git index"]
        return _walked(folder, EBIGNORE, repository, notices)
    tracked: list[git.Blob] = []
    if repository and not working_tree:
        tracked = list(_tracked(repository, staged))
    if repository and not tracked and git.is_ignored(repository):
        repository = None
    if repository is None:
        if staged:
            hint = "run `git init` and `git add`, or drop --staged"
            raise UsageError("--staged needs a git repository, and the project is in none", Where(str(folder)), hint)
        return _walked(folder, GITIGNORE, None, [])
    if working_tree:
        return _of_tree(repository)
    return _of_git(repository, tracked, Origin.STAGED if staged else Origin.HEAD)


def _walked(folder: Path, rules_in: str, repository: git.Repository | None, notices: list[str]) -> Listing:
    walk = Walk(folder, rules_in)
    seen = list(walk.files())
    if walk.ignore_files and rules_in == GITIGNORE:
        notices = [*notices, f"no git repository and no {EBIGNORE}: {GITIGNORE} says what is left out"]
    return _listing(folder, Origin.FOLDER, repository, seen, walk.problems, notices)


def _of_tree(repository: git.Repository) -> Listing:
    """The working tree as git sees it: tracked files and new ones, without what git ignores."""
    folder = repository.folder
    walk = Walk(folder, GITIGNORE)
    seen = _ignored(repository, git.changes(repository))
    paths = list(git.files_of_tree(repository))
    environments = virtual_environments(paths)
    for path in paths:
        place = folder / path
        try:
            mode = place.lstat().st_mode
        except OSError:
            continue  # tracked, and deleted in the working tree
        if why := why_never_path(path.rstrip("/"), environments):
            seen.append(Seen(path, False, why))
        elif stat.S_ISDIR(mode):  # a repository of its own
            seen.extend(walk.files(f"{path.rstrip('/')}/"))
        elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            seen.append(Seen(path, True, "git does not ignore it", stat.S_ISLNK(mode)))
        else:
            seen.append(Seen(path, False, "neither a file nor a symbolic link"))
    return _listing(folder, Origin.FOLDER, repository, seen, walk.problems, [])


def _of_git(repository: git.Repository, tracked: list[git.Blob], origin: Origin) -> Listing:
    folder = repository.folder
    changes = list(git.changes(repository))
    rows = [Listed(seen.path, False, seen.why) for seen in _ignored(repository, changes)]
    stale: set[str] = set()
    for change in changes:
        if change.tree == "!" or (origin is Origin.STAGED and change.tree == " "):
            continue
        stale.add(change.path)
    if not tracked:
        text = f"{origin} has no file of this project"
        raise InvalidInput([Problem(text, Where(str(folder)), "commit your files, or pack the working tree")])
    paths = [blob.path for blob in tracked]
    environments = virtual_environments(paths)
    kept_out, filtered = frozenset[str](), frozenset[str]()
    if repository.prefix or any(path.endswith(".gitattributes") for path in paths):
        kept_out, filtered = git.attributes(repository, paths)
    files: list[OnDisk | InGit] = []
    why = {Origin.HEAD: "committed in HEAD", Origin.STAGED: "in the git index"}[origin]
    for blob, place in _with_submodules(folder, tracked):
        if never := why_never_path(blob.path, environments):
            rows.append(Listed(blob.path, False, never))
            continue
        newer = blob.path in stale
        stale.discard(blob.path)
        if blob.path in kept_out:
            rows.append(Listed(blob.path, False, "export-ignore in .gitattributes"))
            continue
        rows.append(Listed(blob.path, True, f"{why}; newer changes stay out" if newer else why))
        mode = 0o120777 if stat.S_ISLNK(blob.mode) else 0o755 if blob.mode & 0o100 else 0o644
        through = repository.prefix + blob.path if blob.path in filtered and mode != 0o120777 else ""
        files.append(InGit(blob.path, mode, blob.blob, place, through))
    # stale now has what differs and is not packed at all; what never goes in is not missed.
    missed = [path for path in stale if not why_never_path(path.rstrip("/"), environments)]
    rows.extend(Listed(path, False, f"not in {origin}") for path in missed)
    packed_older = sum(row.included and row.why.endswith("stay out") for row in rows)
    files.sort(key=lambda file: file.path)
    revision, subject, describe = _described(repository)
    left_out = len(missed) + packed_older
    return Listing(folder, origin, revision, subject, describe, left_out, _not_empty(folder, files), _sorted(rows))


def _tracked(repository: git.Repository, staged: bool) -> Iterable[git.Blob]:
    if staged:
        return git.files_of_index(repository)
    if git.has_commits(repository):
        return git.files_of_commit(repository.folder)
    return ()


def _with_submodules(folder: Path, blobs: Iterable[git.Blob]) -> Iterable[tuple[git.Blob, Path]]:
    """Each file with the repository that has its content; a submodule is replaced by the files of its commit."""
    for blob in blobs:
        if not git.is_submodule(blob):
            yield blob, folder
            continue
        place = folder / blob.path
        if not (place / ".git").exists():
            hint = "fetch it with `git submodule update --init --recursive`"
            raise BeanstalkError("the submodule is not here, so it cannot be packed", Where(blob.path), hint)
        for inner, where in _with_submodules(place, git.files_of_commit(place, blob.blob)):
            yield git.Blob(f"{blob.path}/{inner.path}", inner.mode, inner.blob), where


def _ignored(repository: git.Repository, changes: Iterable[git.Change]) -> list[Seen]:
    paths = [change.path for change in changes if change.tree == "!"]
    rules = git.ignoring_rules(repository, paths) if paths else {}
    return [Seen(path, False, rules.get(path, "ignored by git")) for path in paths]


def _listing(
    folder: Path,
    origin: Origin,
    repository: git.Repository | None,
    seen: list[Seen],
    problems: list[Problem],
    notices: list[str],
) -> Listing:
    if problems:
        raise InvalidInput(problems)
    files: list[OnDisk | InGit] = [OnDisk(one.path, one.link) for one in seen if one.included]
    files.sort(key=lambda file: file.path)
    rows = _sorted(Listed(one.path, one.included, one.why) for one in seen)
    revision, subject, describe = _described(repository)
    return Listing(folder, origin, revision, subject, describe, 0, _not_empty(folder, files), rows, tuple(notices))


def _described(repository: git.Repository | None) -> tuple[str, str, str]:
    return git.describe_head(repository) if repository and git.has_commits(repository) else ("", "", "")


def _sorted(rows: Iterable[Listed]) -> tuple[Listed, ...]:
    return tuple(sorted(rows, key=lambda row: row.path))


def _not_empty(folder: Path, files: list[OnDisk | InGit]) -> tuple[OnDisk | InGit, ...]:
    if not files:
        hint = f"look at the patterns in {EBIGNORE} or {GITIGNORE}, if there are files"
        raise InvalidInput([Problem("nothing to pack: no file is left", Where(str(folder)), hint)])
    return tuple(files)
