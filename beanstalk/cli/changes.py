"""What `create`, `deploy`, `setenv`, `scale` and their like share: show the plan, or carry it out and follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import click

from beanstalk.cli.documents import environment_document
from beanstalk.cli.exits import DONE
from beanstalk.cli.flags import Waiting
from beanstalk.cli.following import Done, begin_when_free, follow_to_end
from beanstalk.cli.plan import show_plan
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import write_json
from beanstalk.model import Outcome
from beanstalk.records import Kind, Operation
from beanstalk.service.changes import Change, begin


def carry_out(
    session: Session,
    name: str,
    prepare: Callable[[], Change],
    waiting: Waiting,
    dry_run: bool = False,
    begun: Callable[[], object] | None = None,
    done: Done | None = None,
) -> NoReturn:
    """Do what `prepare` works out for the environment `name`, and exit with the code of how it ended.

    prepare: called again when the environment was held and may have changed meanwhile.  begun: called when the
    operation is written down, which does not happen with `dry_run` or when nothing would change.  done: see `Done`.
    """
    if dry_run:
        show_plan(session, prepare())
        raise click.exceptions.Exit(DONE)

    def attempt() -> Operation:
        change = prepare()
        if change.unchanged:
            _tell_unchanged(session, change)
            raise click.exceptions.Exit(DONE)
        return begin(session.service, change)

    operation = begin_when_free(session, attempt, name, waiting)
    if begun is not None:
        begun()
    follow_to_end(session, operation, waiting, done)


def _tell_unchanged(session: Session, change: Change) -> None:
    name, label = change.environment.name, change.version.label
    if session.json:
        document = environment_document(session.service, change.environment)
        beginning = {"Operation": str(change.kind), "Outcome": str(Outcome.SUCCEEDED), "Unchanged": True}
        end: dict[str, Any] = {"PreviousVersionLabel": label, "DurationSeconds": 0.0, "Cause": None, "Events": []}
        kept = ("EnvironmentName", "EnvironmentId", "ApplicationName", "VersionLabel", "DeploymentId", "CNAME", "Url")
        write_json(beginning | {key: document[key] for key in kept} | end)
    elif change.kind is Kind.DEPLOY:
        click.echo(f"{name} runs {label} already; nothing to do (--force deploys it again).")
    else:
        click.echo(f"{name} is like this already; nothing to do.")
