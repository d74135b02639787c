"""`beanstalk scale`: the number of instances."""

from __future__ import annotations

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import Waiting, dry_run_flag, environment_argument, waiting_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.errors import BeanstalkError
from beanstalk.model import OptionSetting
from beanstalk.records import Kind
from beanstalk.service.changes import Change
from beanstalk.service.configuration import ASG, ENVIRONMENT
from beanstalk.service.updates import prepare_configure, prepare_scale


@click.command(cls=Command)
@click.argument("number", type=click.IntRange(min=0), metavar="N")
@environment_argument
@flag("-f", "--force", is_flag=True, help="Make a single-instance environment one with a load balancer.")
@dry_run_flag
@waiting_flags
@pass_session
def command(session: Session, waiting: Waiting, number: int, env: str | None, force: bool, dry_run: bool) -> None:
    """Change the number of instances of ENV to N."""
    name = environment_name(session, env)
    carry_out(session, name, lambda: _prepare(session, name, number, force), waiting, dry_run)


def _prepare(session: Session, name: str, number: int, force: bool) -> Change:
    change = prepare_scale(session.service, name, number)
    if change.configuration.text(ENVIRONMENT, "EnvironmentType") != "SingleInstance" or number == 1:
        return change
    if not force:
        raise BeanstalkError(f"{name} is a single-instance environment", hint="add --force to make it one that scales")
    settings = [OptionSetting(ASG, option, str(number)) for option in ("MinSize", "MaxSize")]
    settings.append(OptionSetting(ENVIRONMENT, "EnvironmentType", "LoadBalanced"))
    return prepare_configure(session.service, name, settings, kind=Kind.SCALE)
