"""`beanstalk rollback` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import allows_replacements, price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.service.aws.prepare import prepare_rollback_on_aws


def perform(session: Session, waiting: Waiting, env: str | None, label: str | None, dry_run: bool) -> None:
    name = cloud_environment_name(session, env)
    service, allowed = session.cloud_service, allows_replacements(session)
    carry_out(
        session,
        name,
        lambda: prepare_rollback_on_aws(service, name, label),
        waiting,
        dry_run,
        allowed,
        prices=price_file(session),
    )
