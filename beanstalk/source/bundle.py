"""A source bundle: a zip that was found to be harmless and whole, and its way onto the disk.

`read_bundle` reads every byte once and refuses what could hurt (see `content.py` for the rules, `archive.py` for the
format). `unpack_bundle` believes nothing it has read before: the file may be another one by then.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from beanstalk.errors import AlreadyExists, BeanstalkError, BundleRefused, NotFound, Problem, Where
from beanstalk.source import content
from beanstalk.source.archive import Member, read_bytes, read_members
from beanstalk.source.content import EXECUTABLE, FILE, LINK, Entry

__all__ = [
    "LONGEST_TEXT", "Bundle", "Entry", "read_bundle", "read_heads", "read_text", "remove_unpacked", "text_of",
    "unpack_bundle",
]  # fmt: skip

LONGEST_TEXT = 1 << 20
_REMAKE = "make the zip again, for example with `beanstalk package`"
_CHANGED = "pack it again; nothing may change a bundle while it is used"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A validated bundle. `digest` is over the content (see content.digest), `size_bytes` is of the zip itself."""

    path: Path
    digest: str
    size_bytes: int
    entries: tuple[Entry, ...]
    warnings: tuple[Problem, ...] = ()


def read_bundle(path: Path) -> Bundle:
    """Validate the zip at `path` completely. Raises NotFound, or BundleRefused with the first and worst reason."""
    with _open(path) as file, _told_of(path):
        entries = _read(file, None)
        size_bytes = file.seek(0, os.SEEK_END)
        if single := content.check_root(entry.path for entry in entries):
            hint = f"zip what is inside {single}/, not the folder itself; sub-folders are fine"
            raise BundleRefused(f"everything is inside the folder {single}/", hint=hint)
    warnings = content.warnings(size_bytes, str(path))
    return Bundle(path, content.digest(entries), size_bytes, tuple(entries), warnings)


def unpack_bundle(bundle: Bundle, into: Path) -> None:
    """Write the files of `bundle` to the new folder `into`, read-only (files 0444 or 0555, folders 0555).

    The folder appears complete or not at all. Raises AlreadyExists, NotFound, and BundleRefused when the zip is not
    any more what it was when `bundle` was read.
    """
    if os.path.lexists(into):
        raise AlreadyExists("the folder to unpack into exists", Where(str(into)), "name one that does not exist")
    into.parent.mkdir(parents=True, exist_ok=True)
    with _open(bundle.path) as file, _told_of(bundle.path):
        scratch = Path(tempfile.mkdtemp(prefix=f".{into.name[:100]}.", dir=into.parent))
        try:
            tree = _Tree(scratch)
            if content.digest(_read(file, tree)) != bundle.digest:
                raise BundleRefused("the zip was changed after it was read", hint=_CHANGED)
            tree.close()
            try:
                scratch.rename(into)
            except OSError:
                hint = "name one that does not exist"
                raise AlreadyExists("the folder to unpack into exists", Where(str(into)), hint) from None
        except BaseException:
            remove_unpacked(scratch)
            raise


def read_text(bundle: Bundle, name: str) -> str | None:
    """The text file `name` out of the zip, decoded as UTF-8 with or without byte order mark. None: no such file.

    Raises BundleRefused when it is a link, larger than 1 MiB, or not UTF-8.
    """
    entry = next((entry for entry in bundle.entries if entry.path == name), None)
    if entry is None:
        return None
    _refuse_as_text(name, entry.mode, entry.size)
    with _open(bundle.path) as file, _told_of(bundle.path):
        for member in read_members(file, content.MOST_ENTRIES):
            if member.name.removeprefix("./") == name:
                if member.size != entry.size:
                    break
                data = b"".join(read_bytes(file, member))
                if hashlib.sha256(data).hexdigest() != entry.sha256:
                    break
                return text_of(name, entry.mode, data)
        raise BundleRefused("the zip was changed after it was read", hint=_CHANGED)


def text_of(name: str, mode: int, data: bytes) -> str:
    """The same of a file that is not in a zip yet. data: all of it, or more than LONGEST_TEXT. Raises as read_text."""
    _refuse_as_text(name, mode, len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BundleRefused(f"is not UTF-8 (byte {error.start})", Where(name), "save the file as UTF-8") from None


def read_heads(bundle: Bundle, names: Collection[str], most: int) -> dict[str, bytes]:
    """The first `most` bytes of each of these files; of a link, of its target. Raises BundleRefused as read_bundle."""
    heads = dict.fromkeys(names, b"")
    with _open(bundle.path) as file, _told_of(bundle.path):
        for member in read_members(file, content.MOST_ENTRIES):
            name = member.name.removeprefix("./")
            if name in heads:
                for piece in read_bytes(file, member):
                    heads[name] += piece[: most - len(heads[name])]
                    if len(heads[name]) == most:
                        break
    return heads


def remove_unpacked(folder: Path) -> None:
    """Remove a folder that unpack_bundle made, read-only as it is. Nothing happens when it is not there."""
    with suppress(FileNotFoundError):
        for inside, _, _ in os.walk(folder):
            Path(inside).chmod(0o755)
        shutil.rmtree(folder)


def _refuse_as_text(name: str, mode: int, size: int) -> None:
    if mode == LINK:
        raise BundleRefused("is a symbolic link", Where(name), "put the file itself there")
    if size > LONGEST_TEXT:
        raise BundleRefused("is larger than 1 MiB", Where(name), "make it smaller")


class _Tree:
    """A new folder that is being filled from a zip whose names and links were found harmless."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._folders = {"": self._root}

    def folder(self, path: str) -> str:
        """Make the folder `path` and those above it; gives its place on the disk."""
        if (place := self._folders.get(path)) is None:
            above, _, name = path.rpartition("/")
            place = f"{self.folder(above)}/{name}"
            os.mkdir(place, 0o755)  # noqa: PTH102
            self._folders[path] = place
        return place

    def create(self, path: str, mode: int) -> BinaryIO:
        """A new read-only file, open for its only writing."""
        folder, _, name = path.rpartition("/")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(f"{self.folder(folder)}/{name}", flags, 0o600)
        os.fchmod(descriptor, mode & 0o555)
        return os.fdopen(descriptor, "wb")

    def link(self, path: str, target: str) -> None:
        folder, _, name = path.rpartition("/")
        os.symlink(target, f"{self.folder(folder)}/{name}")  # noqa: PTH211

    def close(self) -> None:
        """Make the folders read-only, the inner ones first."""
        for place in sorted(self._folders.values(), key=len, reverse=True):
            os.chmod(place, 0o555)  # noqa: PTH101


def _read(file: BinaryIO, tree: _Tree | None) -> list[Entry]:
    """Validate everything but the single folder; with `tree`, fill it."""
    size_bytes = file.seek(0, os.SEEK_END)
    if too_large := content.check_sizes(size_bytes, 0, 0):
        raise BundleRefused(too_large, hint=content.SMALLER)
    members = read_members(file, content.MOST_ENTRIES)
    kinds = [(member, _path(member), _mode(member)) for member in members]
    files = [(member, path, mode) for member, path, mode in kinds if mode is not None]
    folders = [path for _, path, mode in kinds if mode is None and path]
    if not files:
        raise BundleRefused("the zip has no file in it", hint="pack the folder that has your application")
    if too_large := content.check_sizes(size_bytes, sum(member.size for member in members), len(members)):
        raise BundleRefused(too_large, hint=content.SMALLER)
    _refuse(content.check_names((path for _, path, _ in files), folders))
    links = {path: _read_target(file, member) for member, path, mode in files if mode == LINK}
    _refuse(content.check_links(links))
    for folder in folders if tree else ():
        assert tree
        tree.folder(folder)
    entries = [_read_entry(file, member, path, mode, tree) for member, path, mode in files]
    for path, target in links.items() if tree else ():
        # Last, so that no file can be written through a link.
        assert tree
        tree.link(path, target)
    return entries


def _read_entry(file: BinaryIO, member: Member, path: str, mode: int, tree: _Tree | None) -> Entry:
    sha256 = hashlib.sha256()
    if tree is None or mode == LINK:
        for piece in read_bytes(file, member):
            sha256.update(piece)
    else:
        with tree.create(path, mode) as out:
            for piece in read_bytes(file, member):
                sha256.update(piece)
                out.write(piece)
    return Entry(path, mode, member.size, sha256.hexdigest())


def _read_target(file: BinaryIO, member: Member) -> str:
    if member.size > content.LONGEST_LINK:
        raise BundleRefused(f"the link {member.name!r} has no usable target", hint=_REMAKE)
    try:
        return b"".join(read_bytes(file, member)).decode()
    except UnicodeDecodeError:
        raise BundleRefused(f"the link {member.name!r} has a target that is not UTF-8", hint=_REMAKE) from None


def _path(member: Member) -> str:
    """The name without the "./" that some tools put before it, and without the "/" at the end of a folder's."""
    return "" if member.name in (".", "./") else member.name.removeprefix("./").removesuffix("/")


def _mode(member: Member) -> int | None:
    """One of the three modes, None for a folder. Raises BundleRefused for anything else."""
    kind = stat.S_IFMT(member.unix_mode)
    if member.name.endswith("/"):
        if kind in (0, stat.S_IFDIR, stat.S_IFREG) and not member.size:
            return None
        raise BundleRefused(f"{member.name!r} is a folder and something else too", hint=_REMAKE)
    match kind:
        case 0 | stat.S_IFREG:
            return EXECUTABLE if member.unix_mode & 0o100 else FILE
        case stat.S_IFLNK:
            return LINK
        case _:
            text = f"{member.name!r} is neither a file nor a folder nor a symbolic link"
            raise BundleRefused(text, hint="leave devices, pipes and sockets out")


def _refuse(problems: Iterable[Problem]) -> None:
    """Raise BundleRefused with the first of `problems` and the number of the others, if there are any."""
    if found := list(problems):
        more = f" (and {len(found) - 1} more like it)" if len(found) > 1 else ""
        raise BundleRefused(found[0].text + more, hint=_REMAKE)


def _open(path: Path) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NotFound("no such bundle", Where(str(path)), "name a zip file") from None
    except OSError as error:
        raise BundleRefused(f"cannot be read: {error.strerror}", Where(str(path)), "make it readable") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BundleRefused("this is no zip file", Where(str(path)), "name a zip file")
    return os.fdopen(descriptor, "rb")


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Give refusals the path of the bundle, and turn the disk's errors into one."""
    try:
        yield
    except BundleRefused as error:
        raise BundleRefused(error.problem, error.at or Where(str(path)), error.hint) from None
    except OSError as error:
        place = Where(str(error.filename or path))
        hint = "free some room, or use another place"
        raise BeanstalkError(f"the disk refuses: {error.strerror}", place, hint) from error
