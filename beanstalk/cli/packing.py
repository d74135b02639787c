"""From the flags of `create`, `deploy` and `appversion` to an application version, telling what is packed."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import click

from beanstalk.cli.flags import as_one
from beanstalk.cli.session import Session, flag
from beanstalk.cli.suggestions import complete_version
from beanstalk.cli.terminal import count_text, notice, size_text, warn
from beanstalk.errors import BeanstalkError, NotFound, UsageError, Where
from beanstalk.platforms import Platform, sample_files
from beanstalk.records import Version
from beanstalk.service.versions import (
    Created,
    Packed,
    Source,
    bundle_of,
    create_version,
    delete_version,
    find_version,
    pack_source,
)
from beanstalk.source.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Wanted:
    """The flags about the version. version: the label of one that is there.  sample: the platform's own application."""

    version: str | None = None
    label: str | None = None
    message: str | None = None
    staged: bool = False
    working_tree: bool = False
    archive: Path | None = None
    sample: Platform | None = None

    def check(self) -> None:
        """Raises UsageError for flags that contradict each other."""
        sources = {
            "--version": self.version,
            "--staged": self.staged,
            "--working-tree": self.working_tree,
            "--archive": self.archive,
            "--sample": self.sample,
        }
        given = [name for name, value in sources.items() if value]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} contradict each other", hint="drop one of them")
        if self.version and self.label:
            raise UsageError(
                "--version takes a version that is there, --label names a new one", hint="drop one of them"
            )


version_flags = as_one(
    "wanted",
    Wanted,
    flag(
        "--version", metavar="LABEL", silent=True, shell_complete=complete_version,
        help="Deploy this application version instead of the project.",
    ),
    flag("-l", "--label", metavar="LABEL", help="The label of the new version."),
    flag("-m", "--message", metavar="TEXT", help="Its description; by default the first line of the commit's message."),
    flag("--staged", is_flag=True, help="Take the git index instead of HEAD."),
    flag("--working-tree", is_flag=True, help="Take the files as they are, committed or not."),
    flag("--archive", type=click.Path(path_type=Path), metavar="DIR|ZIP", help="Deploy this instead of the project."),
)  # fmt: skip
"""As the argument `wanted`."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The version to deploy. is_new: it was registered just now."""

    version: Version
    bundle: Bundle
    is_new: bool


def choose_version(session: Session, application: str, wanted: Wanted) -> Chosen:
    """Find or make the version that the flags ask for, and tell what was packed."""
    wanted.check()
    if wanted.version:
        version = find_version(session.service, application, wanted.version)
        return Chosen(version, bundle_of(session.service, version), False)
    if wanted.sample:
        with TemporaryDirectory() as folder:
            source = Source(Path(folder), archive=sample_archive(wanted.sample, Path(folder)))
            text = wanted.message or "Sample application"
            made = create_version(session.service, application, source, wanted.label, text)
    else:
        made = create_version(session.service, application, source_of(session, wanted), wanted.label, wanted.message)
    tell_packed(session, made)
    return Chosen(made.version, made.packed.bundle, made.is_new)


def source_of(session: Session, wanted: Wanted) -> Source:
    """Where the files come from: --archive, the artifact of config.yml, or the project."""
    project = session.project
    archive = wanted.archive
    if archive is None and project.artifact is not None and not (wanted.staged or wanted.working_tree):
        archive = project.artifact
        if not archive.exists():
            at = Where(str(project.file))
            raise NotFound(f"the artifact {archive} (deploy: artifact) is not there", at, "build it first")
    if archive is not None and not archive.exists():
        raise NotFound(f"there is no {archive}", hint="--archive takes a folder or a ZIP file")
    return Source(project.folder, archive, wanted.staged, wanted.working_tree)


@contextlib.contextmanager
def discarded_unless_begun(session: Session, chosen: Chosen) -> Iterator[Callable[[], None]]:
    """Delete a version that was registered just now, unless what this yields is called: an operation has begun."""
    begun = Event()
    try:
        yield begun.set
    finally:
        if chosen.is_new and not begun.is_set():
            with contextlib.suppress(BeanstalkError):  # somebody else deployed it meanwhile
                delete_version(session.service, chosen.version.application, chosen.version.label)


def tell_packed(session: Session, made: Created) -> None:
    for text in made.packed.notices:
        notice(text, session.quiet)
    for problem in made.packed.bundle.warnings if session.verbose else ():
        warn(str(problem), session.quiet)
    notice(packed_text(made.packed), session.quiet)
    if not made.is_new:
        notice(f"the application version {made.version.label} has the same content", session.quiet)


def packed_text(packed: Packed) -> str:
    """What is in the bundle, and how much is not."""
    size = f"{count_text(len(packed.bundle.entries), 'file')}, {size_text(packed.bundle.size_bytes)}"
    listing = packed.listing
    if listing is None:
        return f"packed: {size}"
    revision = f" {listing.revision}" if listing.revision and listing.origin != "working tree" else ""
    text = f"packed: {listing.origin}{revision}, {size}"
    if listing.left_out:
        text += f"; {count_text(listing.left_out, 'uncommitted file')} left out (--working-tree takes them in)"
    return text


def pack(session: Session, wanted: Wanted) -> Packed:
    """The bundle alone, without a version."""
    return pack_source(session.service, source_of(session, wanted))


def sample_archive(platform: Platform, folder: Path) -> Path:
    """The sample application of a platform, in `folder`. Raises NotFound when it has none."""
    files = sample_files(platform)
    if not files:
        raise NotFound(f"the platform {platform.name} has no sample application", hint="choose another --platform")
    path = folder / "sample.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return path
