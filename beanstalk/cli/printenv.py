"""`beanstalk printenv`: environment properties, and where secrets are kept."""

from __future__ import annotations

import click

from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import environment_argument
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.options.configuration import Configuration
from beanstalk.service.updates import prepare_configure


@click.command(cls=Command)
@environment_argument
@pass_session
def command(session: Session, env: str | None) -> None:
    """Show the environment properties of ENV: those that were set, and those of .ebextensions.

    Of a secret it shows where it is kept, never its value.
    """
    show_properties(session, prepare_configure(session.service, environment_name(session, env)).configuration)


def show_properties(session: Session, configuration: Configuration) -> None:
    secrets = {name: f"(secret: {reference})" for name, reference in configuration.secrets().items()}
    found = dict(sorted({**configuration.properties(), **secrets}.items()))
    if session.json:
        write_json(found)
        return
    click.echo(" Environment Variables:")
    for name, value in found.items():
        click.echo(f"     {name} = {value}")
