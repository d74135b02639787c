"""CreateApplicationVersion and its like on AWS: bundles and versions in the account's bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from beanstalk.errors import AlreadyExists, BundleRefused, NotFound
from beanstalk.records import Application, Version
from beanstalk.service.aws.place import CloudService
from beanstalk.service.versions import Packed, check_label, default_label, describe
from beanstalk.source.bundle import Bundle, read_bundle


def version_of(
    service: CloudService, application: str, packed: Packed, label: str | None = None, description: str | None = None
) -> tuple[Version, bool]:
    """(the version that this content is or will be, whether it is a new one). Nothing is written.

    Raises InvalidInput for a bad label, AlreadyExists when the label has another content.
    """
    check_label(label)
    digest, store = packed.bundle.digest, service.store
    if label is not None:
        known = store.version(application, label)
    else:
        known = next((each for each in store.versions(application) if each.digest == digest), None)
    if known is not None and known.digest != digest:
        raise AlreadyExists(
            f"the application version {label} exists with other content",
            hint=f"choose another label, or deploy it as it is: --version {label}",
        )
    if known is not None:
        return known, False
    now = service.now()
    name = label or default_label(packed, now)
    return Version(application, name, digest, packed.bundle.size_bytes, describe(packed, description), now), True


@contextmanager
def kept_version(service: CloudService, version: Version, bundle: Bundle) -> Iterator[None]:
    """Upload its bundle and register it, both no-ops when they are there. A version that is new is taken away again
    when what it was for does not begin."""
    store = service.store
    store.create()
    store.add_application(Application(version.application, "", version.created))
    is_new = store.version(version.application, version.label) is None
    store.put_bundle(version.digest, bundle.path)
    store.add_version(version)
    try:
        yield
    except BaseException:
        if is_new:
            store.remove_version(version.application, version.label)
        raise


def find_cloud_version(service: CloudService, application: str, label: str) -> Version:
    """Raises NotFound."""
    found = service.store.version(application, label)
    if found is None:
        hint = "beanstalk appversion lists those it has"
        raise NotFound(f"the application {application} has no version {label}", hint=hint)
    return found


def fetch_bundle(service: CloudService, version: Version) -> Bundle:
    """The bundle of a version, in the service's scratch folder. Raises BundleRefused."""
    path = service.scratch / f"{version.digest}.zip"
    service.store.fetch_bundle(version.digest, path)
    bundle = read_bundle(path)
    if bundle.digest != version.digest:
        raise BundleRefused(f"what is stored for version {version.label} is not its source bundle any more")
    return bundle
