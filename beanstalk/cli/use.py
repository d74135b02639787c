"""`beanstalk use`: choose the default environment of a git branch."""

from __future__ import annotations

from collections.abc import Callable

import click

from beanstalk.cli.flags import no_effect_flags
from beanstalk.cli.project import NO_BRANCH
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.suggestions import complete_environment
from beanstalk.cli.terminal import write_json
from beanstalk.errors import UsageError
from beanstalk.service.place import find_environment


@click.command(cls=Command)
@click.argument("env", shell_complete=complete_environment)
@no_effect_flags(["--source="])
@pass_session
def command(session: Session, env: str) -> None:
    """Make ENV the default environment of the current git branch."""
    choose(session, lambda: find_environment(session.service, env).name)


def choose(session: Session, find: Callable[[], str]) -> None:
    """Write down what `find` finds, and tell it. Raises UsageError in a folder that is no project."""
    project = session.project
    if not project.is_initialised:
        raise UsageError("this folder is no project", hint="make it one: beanstalk init")
    name = find()
    project.choose(name)
    if session.json:
        write_json({"EnvironmentName": name, "Branch": project.branch})
    else:
        where = "this folder" if project.branch == NO_BRANCH else f"the branch {project.branch}"
        click.echo(f"{name} is the default environment of {where}.")
