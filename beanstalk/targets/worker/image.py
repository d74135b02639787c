"""The image of the daemon: a Python with this program in it, made of the installed package itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import beanstalk
from beanstalk.container_groups.images import mirrored
from beanstalk.containers import ImageBuild

BASE = "python:3.12-slim"
_NEEDS = ("boto3>=1.28", "click>=8.1", "PyYAML>=6.0")
_NOT_NEEDED = ("_platforms", "cli/aws", "service", "agent", "__pycache__")
_FOLDER = "beanstalk"


def daemon_build(mirror: str = "") -> ImageBuild:
    """What the image is made of; another version of this program makes another one. mirror: of Docker Hub."""
    text = daemon_dockerfile(mirrored(BASE, mirror))
    made_of = hashlib.sha256(text.encode())
    for name, path in sorted(_files().items()):
        made_of.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return ImageBuild(key=made_of.hexdigest(), text=text)


def daemon_dockerfile(base: str) -> str:
    needs = " ".join(f"'{each}'" for each in _NEEDS)
    return f"""\
# Made by beanstalk: the daemon of a worker environment.
FROM {base}
RUN pip install --no-cache-dir --disable-pip-version-check {needs}
COPY {_FOLDER} /opt/beanstalk/{_FOLDER}
ENV PYTHONPATH=/opt/beanstalk PYTHONUNBUFFERED=1
RUN printf '#!/bin/sh\\nexec python3 -m beanstalk "$@"\\n' >/usr/local/bin/beanstalk \\
    && chmod 755 /usr/local/bin/beanstalk
USER 65534:65534
ENTRYPOINT ["beanstalk"]
CMD ["sqsd"]
"""


@contextmanager
def daemon_context() -> Iterator[Path]:
    """A folder with what the Dockerfile copies."""
    with TemporaryDirectory(prefix="beanstalk-sqsd-") as scratch:
        for name, path in _files().items():
            to = Path(scratch) / _FOLDER / name
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
        yield Path(scratch)


def _files() -> dict[str, Path]:
    """The package's own files by their paths in it, but for what the daemon never reads."""
    root = Path(beanstalk.__file__).parent
    names = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path for name, path in names.items() if not _is_left_out(name)}


def _is_left_out(name: str) -> bool:
    return "__pycache__" in name or any(name.startswith(f"{folder}/") for folder in _NOT_NEEDED)
