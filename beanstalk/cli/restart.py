"""`beanstalk restart`: new instances of the same version."""

from __future__ import annotations

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import Waiting, dry_run_flag, environment_argument, waiting_flags
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.service.updates import prepare_restart


@click.command(cls=Command)
@environment_argument
@dry_run_flag
@waiting_flags
@pass_session
def command(session: Session, waiting: Waiting, env: str | None, dry_run: bool) -> None:
    """Replace the instances of ENV by new ones of the same version, by its deployment policy."""
    name = environment_name(session, env)
    carry_out(session, name, lambda: prepare_restart(session.service, name), waiting, dry_run)
