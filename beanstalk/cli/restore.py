"""`beanstalk restore`: bring a terminated environment back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.documents import time_text
from beanstalk.cli.flags import Waiting, dry_run_flag, waiting_flags
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.suggestions import complete_terminated
from beanstalk.cli.terminal import notice, table, write_json
from beanstalk.records import Environment
from beanstalk.service.environments import prepare_restore, terminated

if TYPE_CHECKING:
    from beanstalk.service.aws.state import CloudEnvironment


@click.command(cls=Command)
@click.argument("identity", required=False, metavar="[ID|ENV]", shell_complete=complete_terminated)
@dry_run_flag
@waiting_flags
@pass_session
def command(session: Session, waiting: Waiting, identity: str | None, dry_run: bool) -> None:
    """Bring a terminated environment back: its id, name, CNAME, version and settings.

    Without an ID it lists those that can be brought back.
    """
    service = session.service
    if identity is None:
        show_terminated(session, terminated(service))
        return
    known = next((each.name for each in terminated(service) if identity in (each.id, each.name)), identity)
    carry_out(session, known, lambda: prepare_restore(service, identity), waiting, dry_run)


def show_terminated(session: Session, found: Sequence[Environment | CloudEnvironment]) -> None:
    """Those of the folder's application."""
    application = session.project.application
    gone = [each for each in found if application in ("", each.application)]
    if session.json:
        write_json(
            [
                {
                    "EnvironmentId": each.id,
                    "EnvironmentName": each.name,
                    "ApplicationName": each.application,
                    "VersionLabel": each.version_label,
                    "DateTerminated": time_text(each.terminated or 0),
                }
                for each in gone
            ]
        )
    elif gone:
        rows = [(each.id, each.name, each.version_label, time_text(each.terminated or 0)) for each in gone]
        click.echo(table(("Id", "Environment", "Version", "Terminated"), rows))
    else:
        notice("no environment was terminated", session.quiet)
