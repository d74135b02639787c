"""`beanstalk terminate`: remove an environment."""

from __future__ import annotations

import sys
from functools import partial

import click

from beanstalk.cli.documents import operation_document
from beanstalk.cli.environment import environment, living
from beanstalk.cli.flags import Waiting, environment_argument, waiting_flags
from beanstalk.cli.following import begin_when_free, exit_code, tell, watch
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.errors import NotFound, UsageError
from beanstalk.records import Environment
from beanstalk.service.environments import terminate


@click.command(cls=Command)
@environment_argument
@flag("--force", "--yes", "force", is_flag=True, help="Do not ask.")
@flag("--all", "everything", is_flag=True, help="All environments of the application.")
@flag("--keep-data", is_flag=True, help="Keep the logs; on AWS what holds data.")
@flag("--ignore-links", is_flag=True, help="Also when other environments reach it through a link.")
@waiting_flags
@pass_session
def command(
    session: Session,
    waiting: Waiting,
    env: str | None,
    force: bool,
    everything: bool,
    keep_data: bool,
    ignore_links: bool,
) -> None:
    """Terminate ENV: its instances end and its name is free; `beanstalk restore` can bring it back.

    Asks for the environment's name on a terminal; elsewhere it needs --force.
    """
    targets = _all(session, env) if everything else [environment(session, env)]
    if not force:
        confirm(session.project.application if everything else targets[0].name, everything)
    service, unlinked = session.service, ignore_links or everything
    operations = [
        begin_when_free(session, partial(terminate, service, each.name, keep_data, unlinked), each.name, waiting)
        for each in targets
    ]
    documents, codes = [], []
    for operation in operations:
        found, interrupted = watch(session, operation, waiting)
        codes.append(exit_code(found, interrupted, waiting))
        documents.append(operation_document(service, found))
        if found.environment.terminated is not None:
            session.project.forget(found.environment.name)
        if not session.json:
            tell(session, found, waiting)
        if interrupted:
            break
    if session.json:
        write_json(documents if everything else documents[0])
    raise click.exceptions.Exit(max(codes))


def _all(session: Session, env: str | None) -> list[Environment]:
    if env:
        raise UsageError("--all terminates every environment, so name none", hint="drop --all or the name")
    application = session.project.application
    if not application:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP, or name the environment")
    found = living(session)
    if not found:
        raise NotFound(f"the application {application} has no environment")
    return found


def confirm(name: str, everything: bool) -> None:
    """Raises UsageError when nobody says yes."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"terminating {name} has to be confirmed, and nobody is there to ask", hint="add --force")
    what = f"all environments of the application {name}" if everything else f"the environment {name}"
    question = f"This terminates {what}. To confirm, type its name"
    answer = click.prompt(question, err=True, default="", show_default=False)
    if answer.strip() != name:
        raise UsageError(f"that is not {name}; nothing was terminated")
