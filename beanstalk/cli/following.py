"""Begin an operation, show its events until it ends, and tell how it ended: the second half of every command that
changes an environment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

import click

from beanstalk.cli.documents import operation_document, url_of
from beanstalk.cli.exits import DONE, INTERRUPTED, code_of_outcome
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import Lines, count_text, duration_text, notice, paint, write_json
from beanstalk.errors import EnvironmentBusy
from beanstalk.model import Outcome
from beanstalk.records import Kind, Operation
from beanstalk.service.operations import Result, follow, result, when_free

TITLES = {
    Kind.CREATE: "Creating {}",
    Kind.DEPLOY: "Deploying to {}",
    Kind.CONFIGURE: "Configuring {}",
    Kind.SCALE: "Scaling {}",
    Kind.RESTART: "Restarting {}",
    Kind.REBUILD: "Rebuilding {}",
    Kind.RESTORE: "Restoring {}",
    Kind.ROLLBACK: "Rolling {} back",
    Kind.SWAP: "Swapping {}",
    Kind.BLUE_GREEN: "Deploying blue/green to {}",
    Kind.TERMINATE: "Terminating {}",
}
"""What an operation does, with room for the environment."""

Done = Callable[[Result], None]
"""Called with the result before anything is written about it."""


def begin_when_free(session: Session, attempt: Callable[[], Operation], name: str, waiting: Waiting) -> Operation:
    """`attempt`, again and again while another operation holds the environment and there is time to wait."""
    told = False

    def attempt_and_tell() -> Operation:
        nonlocal told
        try:
            return attempt()
        except EnvironmentBusy as busy:
            if waiting.lock_s and not told:
                notice(f"waiting: {busy.problem}", session.quiet)
                told = True
            raise

    return when_free(session.service, attempt_and_tell, name, waiting.lock_s)


def watch(session: Session, operation: Operation, waiting: Waiting, since_ms: int = 0) -> tuple[Result, bool]:
    """Show the events of an operation until it ends or the time is over. True: somebody pressed Ctrl-C.

    since_ms: older events are not shown.
    """
    service = session.service
    if waiting.nohang:
        return result(service, operation.id), False
    footer = " -- Events -- (safe to Ctrl+C)"
    if operation.kind not in (Kind.TERMINATE, Kind.SWAP):
        name = result(service, operation.id).environment.name
        footer += f' Use "beanstalk abort {name}" to cancel the command.'
    lines = Lines(session.quiet, footer)
    try:
        for event in follow(service, operation.id, waiting.timeout_s):
            if event.at_ms >= since_ms:
                lines.show(event)
    except KeyboardInterrupt:
        lines.end()
        return result(service, operation.id), True
    lines.end()
    return result(service, operation.id), False


def follow_to_end(session: Session, operation: Operation, waiting: Waiting, done: Done | None = None) -> NoReturn:
    """Watch an operation, write how it ended, and exit with the code of its outcome."""
    found, interrupted = watch(session, operation, waiting)
    if done is not None:
        done(found)
    if session.json:
        write_json(operation_document(session.service, found))
    else:
        tell(session, found, waiting)
    raise click.exceptions.Exit(exit_code(found, interrupted, waiting))


def exit_code(found: Result, interrupted: bool, waiting: Waiting) -> int:
    if found.outcome is None and interrupted:
        return INTERRUPTED
    if found.outcome is None and waiting.nohang:
        return DONE
    return code_of_outcome(found.outcome)


def tell(session: Session, found: Result, waiting: Waiting, url: str | None = None) -> None:
    """The last lines of a command, on stdout. url: where it answers, "" for nowhere; None: as on this machine."""
    name = found.environment.name
    title = TITLES[found.operation.kind].format(name)
    took = duration_text(found.seconds)
    match found.outcome:
        case None:
            if not waiting.nohang:
                click.echo(f"{title} goes on; this command has stopped waiting after {took}.")
            else:
                click.echo(f"{title} has begun.")
            notice(f"follow it: beanstalk events {name} -f    abort it: beanstalk abort {name}", session.quiet)
        case Outcome.SUCCEEDED:
            if url is None:
                url = url_of(session.service, found.environment) or ""
            click.echo(_success(found, took, url))
        case Outcome.ABORTED | Outcome.ROLLED_BACK:
            word = "was aborted" if found.outcome is Outcome.ABORTED else "failed"
            click.echo(paint(f"{title} {word} after {took}: {found.cause.rstrip('.')}.", "red"))
            click.echo(as_before(found))
        case Outcome.FAILED:
            click.echo(paint(f"{title} failed after {took}: {found.cause.rstrip('.')}.", "red"))
            notice(f"see how it is: beanstalk health {name}    and why: beanstalk logs {name} --all", session.quiet)


def as_before(found: Result) -> str:
    """What the environment is after going back."""
    name = found.environment.name
    if found.environment.terminated is not None:
        return f"There is no environment {name}, as before."
    return f"{name} runs {found.previous_label or found.environment.version_label}, as before."


def _success(found: Result, took: str, url: str) -> str:
    environment = found.environment
    match found.operation.kind:
        case Kind.TERMINATE:
            return f"{environment.name} is terminated, after {took}."
        case Kind.SWAP:
            return f"{environment.name} now answers at {url}"
        case _:
            size = count_text(environment.size, "instance")
            line = f"{environment.name} runs {found.version_label} on {size}, after {took}."
            return f"{line}\n{url}".rstrip()


def now_ms() -> int:
    return int(time.time() * 1000)
