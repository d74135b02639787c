"""CreateApplication, CreateApplicationVersion, DescribeApplicationVersions, DeleteApplicationVersion."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from beanstalk.errors import AlreadyExists, BeanstalkError, BundleRefused, InvalidInput, NotFound, Problem
from beanstalk.records import Application, Severity, Version
from beanstalk.service.place import Service
from beanstalk.source.bundle import Bundle, read_bundle
from beanstalk.source.listing import Listing, list_project
from beanstalk.source.packing import pack

_LABEL = re.compile(r"[^/\x00-\x1f\x7f]{1,100}")
_DESCRIPTION = 200
QUOTA = 1000
"""Application versions, over all applications (Elastic Beanstalk's default quota)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a source bundle comes from. folder: the project.  archive: a folder or ZIP to take instead.
    staged: the git index instead of HEAD.  working_tree: the files as they are, committed or not."""

    folder: Path
    archive: Path | None = None
    staged: bool = False
    working_tree: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A bundle in the home, known by its content. listing: None when a ZIP was given."""

    bundle: Bundle
    listing: Listing | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """is_new: False when a version with this content was there, which is then `version`."""

    version: Version
    packed: Packed
    is_new: bool


def create_application(service: Service, name: str, description: str = "") -> Application:
    """The application of this name, made when it is not there. Raises InvalidInput for a bad name."""
    if not _LABEL.fullmatch(name) or not name.isprintable() or name != name.strip():
        raise InvalidInput([Problem(f"{name!r} is no application name", hint="use 1 to 100 characters without /")])
    store = service.store
    with store.transaction():
        found = store.applications.get(name)
        if found is None:
            found = Application(name, description, service.now())
            store.applications.add(found)
    return found


def pack_source(service: Service, source: Source) -> Packed:
    """Put the bundle into the home, under its digest. Raises BundleRefused, NotFound, InvalidInput."""
    service.home.create()
    if source.archive is not None and not source.archive.is_dir():
        bundle = read_bundle(source.archive)
        return Packed(_keep_copy(service, bundle), None, ())
    with tempfile.TemporaryDirectory(dir=service.home.bundles, prefix=".packing-") as folder:
        packed = pack_into(Path(folder), source)
        return replace(packed, bundle=_keep(service, packed.bundle))


def pack_into(folder: Path, source: Source) -> Packed:
    """The bundle of a source, in `folder`; a ZIP stays where it is. Raises BundleRefused, NotFound, InvalidInput."""
    if source.archive is not None and not source.archive.is_dir():
        return Packed(read_bundle(source.archive), None, ())
    if source.archive is not None:
        listing = list_project(source.archive, working_tree=True)
    else:
        listing = list_project(source.folder, staged=source.staged, working_tree=source.working_tree)
    return Packed(pack(listing, folder / "bundle.zip"), listing, listing.notices)


def create_version(
    service: Service, application: str, source: Source, label: str | None = None, description: str | None = None
) -> Created:
    """Make an application version of the source, or find the one that has this content already.

    With a `label` of its own the content is registered under it even when another label has it. Raises AlreadyExists
    when that label has another content, BeanstalkError at the quota before anything is packed.
    """
    if label is None or service.store.versions.get(application, label) is None:
        _check_quota(service)
    packed = pack_source(service, source)
    return register(service, application, packed, label, description)


def register(
    service: Service, application: str, packed: Packed, label: str | None = None, description: str | None = None
) -> Created:
    """As `create_version`, for a bundle that is in the home already."""
    create_application(service, application)
    store, digest = service.store, packed.bundle.digest
    check_label(label)
    with store.transaction():
        if not service.home.bundle(digest).is_file():  # who deletes a version with this content does it in one, too
            raise BundleRefused("the same content was deleted meanwhile", hint="try again")
        known = store.versions.get(application, label) if label else None
        if known is None and label is None:
            same = store.versions.where("application = ? AND digest = ? ORDER BY created DESC", application, digest)
            known = same[0] if same else None
        if known is not None:
            if known.digest != digest:
                raise AlreadyExists(
                    f"the application version {label} exists with other content",
                    hint=f"choose another label, or deploy it as it is: --version {label}",
                )
            return Created(known, packed, False)
        _check_quota(service)
        version = Version(
            application,
            label or default_label(packed, service.now()),
            digest,
            packed.bundle.size_bytes,
            describe(packed, description),
            service.now(),
        )
        store.versions.add(version)
        store.add_event(
            Severity.INFO,
            f"Created application version {version.label}.",
            version_label=version.label,
            now=service.now(),
        )
    return Created(version, packed, True)


def _check_quota(service: Service) -> None:
    total = len(service.store.versions.where("1"))
    if total >= QUOTA:
        raise BeanstalkError(
            f"there are {total:,} application versions, the most that fit",
            hint="delete some: beanstalk appversion -d LABEL; then have it done: beanstalk appversion lifecycle",
        )


def find_version(service: Service, application: str, label: str) -> Version:
    """Raises NotFound."""
    found = service.store.versions.get(application, label)
    if found is None:
        raise NotFound(
            f"the application {application} has no version {label}", hint="beanstalk appversion lists those it has"
        )
    return found


def list_versions(service: Service, application: str) -> list[Version]:
    """The newest first."""
    return service.store.versions.where("application = ? ORDER BY created DESC, label DESC", application)


def delete_version(service: Service, application: str, label: str) -> None:
    """Delete a version, and its bundle when no other version has it. Raises NotFound, BeanstalkError when in use."""
    version = find_version(service, application, label)
    store = service.store
    with store.transaction():
        for environment in store.living():
            open_one = store.open_deployment(environment.id)
            used = {environment.version_label, open_one.version_label if open_one else ""}
            if environment.application == application and label in used:
                raise BeanstalkError(
                    f"the version {label} is deployed to {environment.name}",
                    hint="deploy another version there first, or terminate the environment",
                )
        store.versions.remove(application, label)
        left = store.versions.where("digest = ?", version.digest)
        if not left:
            service.home.bundle(version.digest).unlink(missing_ok=True)
    if not left:
        from beanstalk.source.bundle import remove_unpacked

        if service.home.unpacked(version.digest).exists():
            remove_unpacked(service.home.unpacked(version.digest))


def bundle_of(service: Service, version: Version) -> Bundle:
    """The bundle of a version. Raises BundleRefused when somebody removed or changed its file."""
    path = service.home.bundle(version.digest)
    if not path.is_file():
        raise BundleRefused(
            f"the source bundle of version {version.label} is gone from {path}", hint="deploy from the project again"
        )
    bundle = read_bundle(path)
    if bundle.digest != version.digest:
        raise BundleRefused(
            f"{path} is not the source bundle of version {version.label} any more", hint="deploy from the project again"
        )
    return bundle


def _keep(service: Service, bundle: Bundle) -> Bundle:
    """Move a bundle to where its digest says. What is there already has the same content, unless it was damaged."""
    place = service.home.bundle(bundle.digest)
    bundle.path.chmod(0o600)
    bundle.path.replace(place)
    return Bundle(place, bundle.digest, bundle.size_bytes, bundle.entries, bundle.warnings)


def _keep_copy(service: Service, bundle: Bundle) -> Bundle:
    import shutil

    place = service.home.bundle(bundle.digest)
    with tempfile.TemporaryDirectory(dir=service.home.bundles, prefix=".copying-") as folder:
        copy = Path(folder) / "bundle.zip"
        shutil.copyfile(bundle.path, copy)
        if read_bundle(copy).digest != bundle.digest:
            raise BundleRefused(f"{bundle.path} was changed while it was read", hint="try again")
        copy.chmod(0o600)
        copy.replace(place)
    return Bundle(place, bundle.digest, bundle.size_bytes, bundle.entries, bundle.warnings)


def check_label(label: str | None) -> None:
    """Raises InvalidInput for what no version can be called. None: it is not named."""
    if label is not None and not (_LABEL.fullmatch(label) and label.isprintable()):
        raise InvalidInput([Problem(f"{label!r} is no version label", hint="use 1 to 100 characters without /")])


def describe(packed: Packed, description: str | None) -> str:
    """What was said about a version, else the first line of its commit's message."""
    return (description if description is not None else packed.listing.subject if packed.listing else "")[:_DESCRIPTION]


def default_label(packed: Packed, now: float) -> str:
    """As the EB CLI's: app-, the commit when there is one, and the time."""
    at = datetime.fromtimestamp(now, UTC).strftime("%y%m%d_%H%M%S%f")
    described = packed.listing.describe.replace(".", "_") if packed.listing else ""
    return f"app-{described}-{at}" if described else f"app-{at}"
