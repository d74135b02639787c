"""`beanstalk events` on AWS."""

from __future__ import annotations

import json
import sys

import click

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.documents import event_document
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import event_line, write_json
from beanstalk.records import Event, Severity
from beanstalk.service.aws.seeing import events_on_aws, follow_events

_SHOWN_BEFORE = 20


def perform(session: Session, env: str | None, follow: bool, number: int | None) -> None:
    name, service = cloud_environment_name(session, env), session.cloud_service
    if follow:
        for event in follow_events(service, name, number or _SHOWN_BEFORE):
            if _is_shown(session, event):
                click.echo(json.dumps(event_document(event)) if session.json else event_line(event, sys.stdout))
        return
    found = [each for each in events_on_aws(service, name, number or 1000) if _is_shown(session, each)]
    if session.json:
        write_json([event_document(event) for event in found])
    else:
        for event in found:
            click.echo(event_line(event, sys.stdout))


def _is_shown(session: Session, event: Event) -> bool:
    """What goes on behind the scenes only with -v."""
    return session.verbose or event.severity not in (Severity.TRACE, Severity.DEBUG)
