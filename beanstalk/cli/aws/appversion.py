"""`beanstalk appversion` on AWS."""

from __future__ import annotations

from beanstalk.cli.appversion import (
    application_of,
    check_lifecycle,
    deployed_to,
    show_deleted,
    show_policy,
    show_version,
    show_versions,
)
from beanstalk.cli.aws.packing import pack_wanted
from beanstalk.cli.packing import Wanted
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice
from beanstalk.service.aws.appversions import delete_version_on_aws, policy_verdicts, register_on_aws
from beanstalk.service.lifecycle import changed_policy


def perform(session: Session, application: str, wanted: Wanted, create: bool, delete: str | None) -> None:
    service = session.cloud_service
    if create:
        packed = pack_wanted(session, wanted)
        version, is_new, deleted = register_on_aws(service, application, packed, wanted.label, wanted.message)
        if deleted:
            notice(f"deleted by the lifecycle policy: {', '.join(deleted)}", session.quiet)
        show_version(session, version, is_new, deployed_to(service.memory.living(), application))
    elif delete:
        delete_version_on_aws(service, application, delete)
        show_deleted(session, application, delete)
    else:
        there = service.store.versions(application)
        show_versions(session, application, there, deployed_to(service.memory.living(), application))


def perform_lifecycle(
    session: Session,
    _print: bool,
    application: str | None,
    max_count: int | None,
    max_age: int | None,
    keep_bundle: bool,
    off: bool,
    dry_run: bool,
) -> None:
    name = application_of(session, application)
    check_lifecycle(off, max_count, max_age, keep_bundle)
    store = session.cloud_service.store
    before = store.policy(name)
    policy = changed_policy(before, max_count, max_age, keep_bundle, off)
    if policy != before and not dry_run:
        store.set_policy(name, policy)
    show_policy(session, name, policy, policy_verdicts(session.cloud_service, name, policy) if dry_run else None)
