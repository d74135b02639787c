"""`beanstalk open`: the address of an environment."""

from __future__ import annotations

import sys

import click

from beanstalk.cli.documents import url_of
from beanstalk.cli.environment import environment
from beanstalk.cli.flags import environment_argument
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.errors import UsageError


@click.command(cls=Command)
@environment_argument
@pass_session
def command(session: Session, env: str | None) -> None:
    """Print the address of ENV and, on a terminal, open it in the browser."""
    found = environment(session, env)
    url = url_of(session.service, found)
    if url is None:
        hint = "its messages come from a queue, which beanstalk status tells"
        raise UsageError(f"{found.name} is a worker, which has no address", hint=hint)
    show_address(session, url)


def show_address(session: Session, url: str) -> None:
    if session.json:
        write_json({"Url": url})
        return
    click.echo(url)
    if sys.stdout.isatty():
        import webbrowser

        webbrowser.open(url)
