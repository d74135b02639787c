"""`beanstalk events`: what happened to an environment."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import click

from beanstalk.cli.documents import event_document
from beanstalk.cli.environment import environment_or_last
from beanstalk.cli.flags import environment_argument
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import event_line, write_json
from beanstalk.records import Environment, Event

_POLL_S = 0.1
_SHOWN_BEFORE = 20


@click.command(cls=Command)
@environment_argument
@flag("-f", "--follow", is_flag=True, help="Show the last ones, then each as it comes, until Ctrl-C.")
@flag("-n", "--number", type=click.IntRange(min=1), metavar="N", help="Show the last N; by default the last 1000.")
@pass_session
def command(session: Session, env: str | None, follow: bool, number: int | None) -> None:
    """Show the events of ENV, the latest last; also of one that was terminated.

    With --json an array, with --follow --json one object a line.
    """
    target = environment_or_last(session, env)
    if follow:
        for event in _follow(session, target, number or _SHOWN_BEFORE):
            click.echo(json.dumps(event_document(event)) if session.json else event_line(event, sys.stdout))
        return
    found = session.service.store.latest_events(target.id, number or 1000)[::-1]
    if session.json:
        write_json([event_document(event) for event in found])
    else:
        for event in found:
            click.echo(event_line(event, sys.stdout))


def _follow(session: Session, target: Environment, before: int) -> Iterator[Event]:
    """The last `before` events and then all that come."""
    store = session.service.store
    last = 0
    for event in store.latest_events(target.id, before)[::-1]:
        last = event.at_ms
        yield event
    while True:
        for event in store.events_after(last, target.id):
            last = event.at_ms
            yield event
        time.sleep(_POLL_S)
