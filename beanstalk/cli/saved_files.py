"""The local files of saved configurations: where they are looked for, as by the EB CLI, and how they are written."""

from __future__ import annotations

import os
from pathlib import Path

from beanstalk.cli.project import FOLDER
from beanstalk.cli.session import Session
from beanstalk.errors import NotFound
from beanstalk.service.saved import find_saved, read_checked
from beanstalk.source.saved import SUFFIX, SavedConfiguration

PRIVATE = "saved_configs"
"""The folder in .elasticbeanstalk that git ignores."""


def find_configuration(session: Session, application: str, name: str) -> SavedConfiguration:
    """What `--cfg` takes: a local file first, then what is stored. Raises NotFound, InvalidInput."""
    path = local_file(session, name)
    if path is not None:
        return read_checked(str(path), path.read_bytes())
    content = find_saved(session.service, application, name).content
    return read_checked(name + SUFFIX, content.encode())


def file_to_put(session: Session, name: str) -> tuple[str, Path]:
    """(name of the configuration, its file), of a name or a path. Raises NotFound."""
    path = local_file(session, name)
    if path is None:
        bare = Path(name).name.removesuffix(SUFFIX)
        hint = f"put it into {FOLDER}/{PRIVATE}/{bare}{SUFFIX}, or name the file"
        raise NotFound(f"there is no file of the saved configuration {name}", hint=hint)
    return path.name.removesuffix(SUFFIX) if _is_path(name) else name, path


def local_file(session: Session, name: str) -> Path | None:
    """The file of a saved configuration: named by its path, private, or committed."""
    if _is_path(name):
        return Path(name) if Path(name).is_file() else None
    folder = session.project.folder / FOLDER
    candidates = (_private(session, name), folder / f"{name}{SUFFIX}")
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None and found.is_relative_to(Path.cwd()):
        return found.relative_to(Path.cwd())
    return found


def write_file(session: Session, name: str, text: str) -> Path:
    """Readable by its owner alone: environment properties may be secrets."""
    path = _private(session, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
    return path


def delete_file(session: Session, name: str) -> None:
    """The private one; what is committed stays."""
    _private(session, name).unlink(missing_ok=True)


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(SUFFIX)


def _private(session: Session, name: str) -> Path:
    return session.project.folder / FOLDER / PRIVATE / f"{name}{SUFFIX}"
