"""From the flags of `create`, `deploy` and `appversion` to an application version on AWS, telling what is packed."""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.cli.packing import Wanted, packed_text, sample_archive, source_of
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice, warn
from beanstalk.records import Version
from beanstalk.service.aws.versions import fetch_bundle, find_cloud_version, version_of
from beanstalk.service.versions import Packed, Source, pack_into
from beanstalk.source.bundle import Bundle


@dataclass(frozen=True, slots=True)
class CloudChosen:
    """The version to deploy. A new one is registered when the operation begins, and not before."""

    version: Version
    bundle: Bundle
    is_new: bool


def choose_cloud_version(session: Session, application: str, wanted: Wanted) -> CloudChosen:
    """The version that the flags ask for; tells what was packed."""
    wanted.check()
    service = session.cloud_service
    if wanted.version:
        version = find_cloud_version(service, application, wanted.version)
        return CloudChosen(version, fetch_bundle(service, version), False)
    message = wanted.message
    if wanted.sample:
        source = Source(service.scratch, archive=sample_archive(wanted.sample, service.scratch))
        message = message or "Sample application"
    else:
        source = source_of(session, wanted)
    packed = pack_into(service.scratch, source)
    version, is_new = version_of(service, application, packed, wanted.label, message)
    _tell_packed(session, packed, version, is_new)
    return CloudChosen(version, packed.bundle, is_new)


def pack_wanted(session: Session, wanted: Wanted) -> Packed:
    """The bundle of a version that nothing deploys yet; tells what was packed."""
    packed = pack_into(session.cloud_service.scratch, source_of(session, wanted))
    for text in (*packed.notices, packed_text(packed)):
        notice(text, session.quiet)
    return packed


def _tell_packed(session: Session, packed: Packed, version: Version, is_new: bool) -> None:
    for text in packed.notices:
        notice(text, session.quiet)
    for problem in packed.bundle.warnings if session.verbose else ():
        warn(str(problem), session.quiet)
    notice(packed_text(packed), session.quiet)
    if not is_new:
        notice(f"the application version {version.label} has the same content", session.quiet)
