"""`beanstalk restart` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.service.aws.prepare import prepare_restart_on_aws


def perform(session: Session, waiting: Waiting, env: str | None, dry_run: bool = False) -> None:
    name = cloud_environment_name(session, env)
    carry_out(session, name, lambda: prepare_restart_on_aws(session.cloud_service, name), waiting, dry_run)
