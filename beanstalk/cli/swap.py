"""`beanstalk swap`: exchange the CNAMEs of two environments."""

from __future__ import annotations

from collections.abc import Sequence

import click

from beanstalk.agent.pools import host_of
from beanstalk.cli.environment import environment, living
from beanstalk.cli.exits import DONE
from beanstalk.cli.flags import Waiting, dry_run_flag, environment_argument, waiting_flags
from beanstalk.cli.following import begin_when_free, follow_to_end
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_environment
from beanstalk.cli.terminal import notice, write_json
from beanstalk.errors import InvalidInput, Problem, UsageError
from beanstalk.records import Environment, Kind
from beanstalk.service.environments import swap
from beanstalk.service.place import find_environment


@click.command(cls=Command)
@environment_argument
@flag("-n", "--destination_name", metavar="OTHER", shell_complete=complete_environment, help="The other environment.")
@dry_run_flag
@waiting_flags
@pass_session
def command(session: Session, waiting: Waiting, env: str | None, destination_name: str | None, dry_run: bool) -> None:
    """Exchange the CNAMEs of ENV and OTHER in one change: no request is lost."""
    service = session.service
    one = environment(session, env)
    other = find_environment(service, destination_name) if destination_name else _only_other(session, one)
    if one.id == other.id:
        raise InvalidInput([Problem(f"{one.name} cannot be swapped with itself", hint="name another one: -n OTHER")])
    if dry_run:
        show_swap(session, one.name, [(host_of(other.cname), one.name), (host_of(one.cname), other.name)])
        raise click.exceptions.Exit(DONE)
    operation = begin_when_free(session, lambda: swap(service, one.name, other.name), one.name, waiting)
    follow_to_end(session, operation, waiting)


def show_swap(session: Session, name: str, after: Sequence[tuple[str, str]]) -> None:
    """name: of the environment that was asked for.  after: (host, environment that it would point to)."""
    if session.json:
        steps = [{"Step": "PointCNAME", "CNAME": host, "EnvironmentName": each} for host, each in after]
        write_json({"Operation": str(Kind.SWAP), "EnvironmentName": name, "Steps": steps, "RollBack": []})
        return
    for host, each in after:
        click.echo(f"{host} would point to {each}")


def _only_other(session: Session, one: Environment) -> Environment:
    others = [each for each in session.service.store.living() if each.application == one.application and each != one]
    if len(others) == 1:
        notice(f"the other environment is {others[0].name}", session.quiet)
        return others[0]
    names = ", ".join(each.name for each in (others or living(session)) if each != one)
    hint = f"add -n with one of {names}" if names else "make another one: beanstalk clone"
    raise UsageError(f"with which environment is {one.name} to be swapped", hint=hint)
