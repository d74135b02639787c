"""`beanstalk rollback`: back to an earlier deployment."""

from __future__ import annotations

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import Waiting, dry_run_flag, environment_argument, waiting_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_version
from beanstalk.service.updates import prepare_rollback


@click.command(cls=Command)
@environment_argument
@flag(
    "--to", "label", metavar="LABEL", shell_complete=complete_version,
    help="Back to the last deployment of this version.",
)  # fmt: skip
@dry_run_flag
@waiting_flags
@pass_session
def command(session: Session, waiting: Waiting, env: str | None, label: str | None, dry_run: bool) -> None:
    """Go back to the deployment of ENV before this one: its version and settings, by the policy of that time."""
    name = environment_name(session, env)
    carry_out(session, name, lambda: prepare_rollback(session.service, name, label), waiting, dry_run)
