"""`beanstalk restore` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import price_file
from beanstalk.cli.flags import Waiting
from beanstalk.cli.restore import show_terminated
from beanstalk.cli.session import Session
from beanstalk.service.aws.cloning import prepare_restore_on_aws, terminated_on_aws


def perform(session: Session, waiting: Waiting, identity: str | None, dry_run: bool) -> None:
    service = session.cloud_service
    gone = terminated_on_aws(service)
    if identity is None:
        show_terminated(session, gone)
        return
    name = next((each.name for each in gone if identity in (each.id, each.name)), identity)
    carry_out(
        session, name, lambda: prepare_restore_on_aws(service, identity), waiting, dry_run, prices=price_file(session)
    )
