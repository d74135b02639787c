"""`beanstalk ssh`: a shell inside an instance."""

from __future__ import annotations

import click

from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import environment_argument, no_effect_flags
from beanstalk.cli.passing import Passing
from beanstalk.cli.session import Session, flag, pass_session
from beanstalk.service.programs import run_inside


@click.command(cls=Passing)
@environment_argument
@flag("-c", "--command", "line", metavar="LINE", help="Run this line of the shell instead of an interactive one.")
@flag("-i", "--instance", default="", metavar="ID", help="Which one; the beginning of its id is enough.")
@flag("-n", "--number", type=click.IntRange(min=1), metavar="N", help="The Nth, counted as `health` shows them.")
@no_effect_flags(["-e/--custom=", "-o/--keep_open", "--setup", "--force"])
@flag("--container", default="", metavar="NAME", help="Of an instance of several containers, which one.")
@pass_session
def command(
    session: Session, env: str | None, line: str | None, instance: str, number: int | None, container: str
) -> None:
    """Open a shell inside a running instance of ENV, with what its processes were given.

    Nothing of SSH is involved on this machine: no key, no port. Errors of ours exit with 125.
    """
    words = (line,) if line else ("/bin/sh", "-i")
    name = environment_name(session, env)
    raise click.exceptions.Exit(run_inside(session.service, name, words, instance, number or 0, container))
