"""What commands that change an environment on AWS share: show the plan, or carry it out and follow it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

import click

from beanstalk.cli.aws.documents import as_result, running_document
from beanstalk.cli.aws.plan import show_cloud_plan
from beanstalk.cli.exits import DONE
from beanstalk.cli.flags import Waiting
from beanstalk.cli.following import exit_code, tell
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import Lines, notice, write_json
from beanstalk.errors import EnvironmentBusy
from beanstalk.records import Event, Severity
from beanstalk.service.aws.deploying import carry_out_on_aws
from beanstalk.service.aws.operations import OutOfDate, Running, Tell, follow
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.state import Spoken, Stage

_BEHIND_THE_SCENES = (Severity.TRACE, Severity.DEBUG)
_AGAIN_S = 1.0


class Heard:
    """Shows events as they come, and keeps them for the document."""

    def __init__(self, session: Session, name: str) -> None:
        self._verbose, self._name = session.verbose, name
        self._lines = Lines(session.quiet, f' -- Events -- (safe to Ctrl+C) Use "beanstalk abort {name}" to cancel.')
        self.events: list[Event] = []

    def __call__(self, said: Spoken) -> None:
        if said.severity in _BEHIND_THE_SCENES and not self._verbose:
            return
        event = Event(said.at_ms, said.severity, said.message, environment=self._name)
        self.events.append(event)
        self._lines.show(event)

    def end(self) -> None:
        self._lines.end()

    def of(self, running: Running) -> list[Event]:
        """With what is known of their operation."""
        operation, environment = running.operation, running.environment
        return [
            Event(each.at_ms, each.severity, each.message, environment.application, environment.name, environment.id,
                  operation.version_label, operation.id)
            for each in self.events
        ]  # fmt: skip


def carry_out(
    session: Session,
    name: str,
    prepare: Callable[[], CloudChange],
    waiting: Waiting,
    dry_run: bool = False,
    allow_replace: bool = False,
    begun: Callable[[Running], object] | None = None,
    done: Callable[[Running], object] | None = None,
    prices: str | None = None,
) -> NoReturn:
    """Do what `prepare` works out for the environment `name`, and exit with the code of how it ended.

    begun: called when AWS has been told.  done: called before anything is written about the end.
    """
    if dry_run:
        show_cloud_plan(session, prepare(), prices)
        raise click.exceptions.Exit(DONE)
    heard = Heard(session, name)

    def attempt(tell_it: Tell) -> Running:
        return carry_out_on_aws(session.cloud_service, prepare(), tell_it, allow_replace)

    running = when_free(session, attempt, heard, waiting)
    if begun is not None:
        begun(running)
    finish(session, running, heard, waiting, done)


def when_free(session: Session, attempt: Callable[[Tell], Running], heard: Heard, waiting: Waiting) -> Running:
    """`attempt`, again and again while another operation holds the environment and there is time to wait; once more in
    any case when one had ended that nobody had seen."""
    until, told, anew = time.monotonic() + waiting.lock_s, False, False
    while True:
        try:
            return attempt(heard)
        except EnvironmentBusy as busy:
            if isinstance(busy, OutOfDate) and not anew:
                anew = True
                continue
            if time.monotonic() >= until:
                raise
            if not told:
                notice(f"waiting: {busy.problem}", session.quiet)
                told = True
            session.cloud_service.sleep(_AGAIN_S)
        finally:
            heard.end()


def watch(session: Session, running: Running, heard: Heard, waiting: Waiting) -> bool:
    """Show what happens until it ends or the time is over. True: somebody pressed Ctrl-C."""
    if waiting.nohang or running.operation.stage is not Stage.EXECUTING:
        return False
    try:
        follow(running, waiting.timeout_s)
    except KeyboardInterrupt:
        return True
    finally:
        heard.end()
    return False


def finish(
    session: Session, running: Running, heard: Heard, waiting: Waiting, done: Callable[[Running], object] | None = None
) -> NoReturn:
    """Watch an operation, write how it ended, and exit with the code of its outcome."""
    interrupted = watch(session, running, heard, waiting)
    if done is not None:
        done(running)
    found = as_result(running)
    if session.json:
        write_json(running_document(running, heard.of(running)))
    else:
        tell(session, found, waiting, running.environment.url)
    raise click.exceptions.Exit(exit_code(found, interrupted, waiting))
