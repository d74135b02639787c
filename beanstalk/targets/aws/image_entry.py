"""An image with a program before its own first one: that of hooks and container_commands (image/entry.py).

It is built upon the finished image, whatever made that, so what it would have run is known from the engine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beanstalk.containers import ImageBuild
from beanstalk.image.entry import ENTRY
from beanstalk.image.instructions import run, words, write_file
from beanstalk.image.pieces import CURRENT, MEND_HOOKS, STAGING
from beanstalk.platform_image import LEFT_OUT
from beanstalk.targets.local.build_context import BuildContext
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.image_build import build_with_engine
from beanstalk.targets.local.transfers import Report

_NAME = "the program that runs hooks and container_commands"


def add_entry(
    engine: Engine, build: ImageBuild, below: str, name: str, labels: dict[str, str], version: Path, report: Report
) -> None:
    """Build `name` upon the image `below`. version: the unpacked bundle. Raises TargetError."""
    with engine.ask() as client:
        configuration = client.inspect_image(below)["Config"]  # type: ignore[no-untyped-call]
    has_bundle = bool(build.left_out)  # an image of a platform is made of the whole bundle
    text = entry_dockerfile(build, below, configuration, has_bundle)
    with _context(version, has_bundle) as folder:
        context = BuildContext(folder, text, _NAME, "", LEFT_OUT)
        build_with_engine(engine, ImageBuild(build.key, text=text), context, name, labels, report)


def entry_dockerfile(build: ImageBuild, below: str, configuration: dict[str, Any], has_bundle: bool) -> str:
    """configuration: of the image below, as the engine tells it.  has_bundle: the bundle is in that image already;
    otherwise it is put where scripts expect it, for they name files of it."""
    user = configuration.get("User") or ""
    first = [ENTRY, *(configuration.get("Entrypoint") or [])]
    command = configuration.get("Cmd") or []
    lines = [f"FROM {below}", "USER 0"]
    if not has_bundle:
        owner, own = (f"--chown={user} ", f" && chown {user} {CURRENT}") if user else ("", "")
        place = configuration.get("WorkingDir") or "/"
        lines += [
            f"WORKDIR {CURRENT}",
            f"COPY {owner}. {CURRENT}/",
            run(f"ln -sfn {CURRENT} {STAGING}{own}"),
            run(MEND_HOOKS),
        ]
        lines.append(f"WORKDIR {place}")
    lines.append(write_file(ENTRY, build.entry.encode(), before="mkdir -p /opt/beanstalk", after=f"chmod 755 {ENTRY}"))
    lines += [f"USER {user}"] if user else []
    lines.append(words("ENTRYPOINT", first))
    lines += [words("CMD", command)] if command else []
    return "\n".join([*lines, ""])


@contextmanager
def _context(version: Path, has_bundle: bool) -> Iterator[Path]:
    """The folder that the engine gets: an empty one when nothing of it is needed."""
    if not has_bundle:
        yield version
        return
    with tempfile.TemporaryDirectory(prefix="beanstalk-entry-") as folder:
        yield Path(folder)
