"""`beanstalk exec` and `beanstalk ssh`: a program, or a shell, inside an instance."""

from __future__ import annotations

import click

from beanstalk.cli.environment import environment_name
from beanstalk.cli.passing import Passing, words_argument
from beanstalk.cli.session import Session, flag, pass_session
from beanstalk.cli.suggestions import complete_environment
from beanstalk.service.programs import run_inside


@click.command(cls=Passing)
@words_argument
@flag("-e", "--environment", "env", metavar="ENV", shell_complete=complete_environment, help="The environment.")
@flag("-i", "--instance", default="", metavar="ID", help="Which one; the beginning of its id is enough.")
@flag("-n", "--number", type=click.IntRange(min=1), metavar="N", help="The Nth, counted as `health` shows them.")
@flag("--container", default="", metavar="NAME", help="Of an instance of several containers, which one.")
@pass_session
def command(
    session: Session, words: tuple[str, ...], env: str | None, instance: str, number: int | None, container: str
) -> None:
    """Run CMD inside a running instance, with what its processes were given, and exit with its code.

    Several words are a program and its arguments, one is a line for the shell. By default it is the oldest instance in
    service, and of several containers the one that gets the requests; containers need the docker command. Flags of
    ours stand before CMD. Errors of ours exit with 125.
    """
    name = environment_name(session, env)
    raise click.exceptions.Exit(run_inside(session.service, name, words, instance, number or 0, container))
