"""`beanstalk run`: a program once, in the version that an environment runs."""

from __future__ import annotations

import click

from beanstalk.cli.environment import environment_name
from beanstalk.cli.passing import Passing, words_argument
from beanstalk.cli.session import Session, flag, pass_session
from beanstalk.cli.suggestions import complete_environment
from beanstalk.service.programs import run_once


@click.command(cls=Passing)
@words_argument
@flag("-e", "--environment", "env", metavar="ENV", shell_complete=complete_environment, help="The environment.")
@flag("--container", default="", metavar="NAME", help="Of an instance of several containers, which one.")
@pass_session
def command(session: Session, words: tuple[str, ...], env: str | None, container: str) -> None:
    """Run CMD once in a fresh copy of what an environment runs, with its properties, and exit with its code.

    Several words are a program and its arguments: beanstalk run python manage.py migrate. One word is a line for the
    shell: beanstalk run "./a && ./b". Flags of ours stand before CMD. Errors of ours exit with 125.
    """
    raise click.exceptions.Exit(run_once(session.service, environment_name(session, env), words, container))
