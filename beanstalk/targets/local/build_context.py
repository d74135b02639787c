"""What an engine gets to build an image from: the folder of the bundle as a tar, and the Dockerfile.

Files and folders belong to root and can be written by their owner, as after a `git clone`: the unpacked version is
read-only, and an application that writes into its own folder would find that in its image.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from beanstalk.containers import ImageBuild
from beanstalk.errors import TargetError, Where

IGNORE_FILE = ".dockerignore"
_ADDED = ".beanstalk.Dockerfile"
"""Name in the tar of a Dockerfile that is generated or lies outside of the context. COPY does not see it."""
_LARGEST_DOCKERFILE = 1 << 20


@dataclass(frozen=True, slots=True)
class BuildContext:
    """folder: the context, an absolute path.  text: of the Dockerfile.  path: of the Dockerfile, as a person knows it,
    from the root of the bundle.  inside: its name in the context, "" when it is generated or outside.  left_out: as in
    ImageBuild."""

    folder: Path
    text: str
    path: str
    inside: str
    left_out: tuple[str, ...] = ()

    @property
    def dockerfile(self) -> str:
        """Its name in the tar."""
        return self.inside or _ADDED


def open_context(image: ImageBuild, version: Path) -> BuildContext:
    """Raises TargetError when context or Dockerfile are missing, or a link leads out of the folder `version`."""
    root = version.resolve()
    folder = _within(root, root / image.context, image.context or ".")
    if not folder.is_dir():
        raise TargetError("the context of the build is no folder", Where(image.context), "look at what names it")
    if image.text:
        return BuildContext(folder, image.text, image.dockerfile, "", image.left_out)
    named = os.path.normpath(os.path.join(image.context, image.dockerfile))  # noqa: PTH118 - the name, not the file
    file = _within(root, folder / image.dockerfile, named)
    try:
        with file.open("rb") as opened:
            text = opened.read(_LARGEST_DOCKERFILE).decode("utf-8-sig")
    except OSError as error:
        raise TargetError(f"cannot be read: {error.strerror}", Where(named)) from None
    except UnicodeDecodeError:
        raise TargetError("is not UTF-8", Where(named), "save the file as UTF-8") from None
    inside = os.path.normpath(image.dockerfile)
    return BuildContext(folder, text, named, "" if inside.startswith("..") else inside)


def pack(context: BuildContext, ignore_file: str = IGNORE_FILE) -> IO[bytes]:
    """The tar, in a file without a name, at its beginning. What `ignore_file` of the context excludes is not in it.

    Links are packed as links. Raises TargetError.
    """
    from docker.utils.build import exclude_paths

    ignored = "\n".join(context.left_out) or _read_ignored(context.folder / ignore_file)
    patterns = [line for line in map(str.strip, ignored.splitlines()) if line and not line.startswith("#")]
    added = {} if context.inside else {_ADDED: context.text, IGNORE_FILE: _with_added(ignored)}
    try:
        packed = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.addfile(_root())
            for name in sorted(exclude_paths(str(context.folder), patterns, context.dockerfile)):
                if name not in added:
                    _add(tar, context.folder / name, name)
            for name, text in added.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text.encode())
                tar.addfile(entry, io.BytesIO(text.encode()))
        packed.seek(0)
    except OSError as error:
        raise TargetError(f"the context of the build cannot be packed: {error}") from None
    return packed


def _root() -> tarfile.TarInfo:
    """The docker command takes for a tar only what begins with a plain entry; a file may have a long or odd name."""
    entry = tarfile.TarInfo(".")
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tar.gettarinfo(path, name)
    if not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
        return  # docker, too, leaves out sockets and the like
    entry.mode |= 0o200
    entry.mtime = int(entry.mtime)
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    if entry.isreg():
        with path.open("rb") as file:
            tar.addfile(entry, file)
    else:
        tar.addfile(entry)


def _with_added(ignored: str) -> str:
    """Patterns that also hide what is added: that is how docker itself does it."""
    return f"{ignored or IGNORE_FILE}\n{_ADDED}\n"


def _read_ignored(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return ""
    except OSError as error:
        raise TargetError(f"cannot be read: {error.strerror}", Where(path.name)) from None


def _within(root: Path, path: Path, name: str) -> Path:
    """Where it really is. A link that leads out of the bundle could send any file of this machine into an image."""
    found = path.resolve()
    if not found.is_relative_to(root):
        raise TargetError("is outside of the source bundle", Where(name), "put it into the bundle")
    return found
