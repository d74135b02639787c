"""`beanstalk abort`: stop what goes on in an environment."""

from __future__ import annotations

import click

from beanstalk.cli.documents import operation_document
from beanstalk.cli.environment import environment_name
from beanstalk.cli.exits import code_of_abort
from beanstalk.cli.flags import Waiting, environment_argument, waiting_flags
from beanstalk.cli.following import TITLES, as_before, exit_code, now_ms, tell, watch
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.model import Outcome
from beanstalk.service.operations import Result, abort


@click.command(cls=Command)
@environment_argument
@waiting_flags
@pass_session
def command(session: Session, waiting: Waiting, env: str | None) -> None:
    """Abort what goes on in ENV and wait until the environment is as it was before.

    The command that began it exits with 3, this one with 0 when it was aborted.
    """
    service = session.service
    since = now_ms()
    operation = abort(service, environment_name(session, env))
    found, interrupted = watch(session, operation, waiting, since)
    if session.json:
        write_json(operation_document(service, found))
    else:
        tell_end(session, found, waiting)
    code = code_of_abort(found.outcome) if found.outcome else exit_code(found, interrupted, waiting)
    raise click.exceptions.Exit(code)


def tell_end(session: Session, found: Result, waiting: Waiting, url: str | None = None) -> None:
    """How what was to be aborted has ended. url: see `following.tell`."""
    title = TITLES[found.operation.kind].format(found.environment.name)
    match found.outcome:
        case Outcome.ABORTED:
            click.echo(f"{title} was aborted.\n{as_before(found)}")
        case Outcome.ROLLED_BACK:
            click.echo(f"{title} had failed by itself: {found.cause.rstrip('.')}.\n{as_before(found)}")
        case Outcome.SUCCEEDED:
            click.echo(f"{title} had succeeded before it could be aborted.")
        case _:
            tell(session, found, waiting, url)
