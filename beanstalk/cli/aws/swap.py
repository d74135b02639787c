"""`beanstalk swap` on AWS."""

from __future__ import annotations

import click

from beanstalk.cli.aws.changes import Heard, finish, when_free
from beanstalk.cli.aws.environment import cloud_environment_name, living_on_aws
from beanstalk.cli.exits import DONE
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.cli.swap import show_swap
from beanstalk.cli.terminal import notice
from beanstalk.errors import UsageError
from beanstalk.service.aws.place import find_cloud_environment
from beanstalk.service.aws.swapping import plan_swap, swap_on_aws


def perform(session: Session, waiting: Waiting, env: str | None, destination_name: str | None, dry_run: bool) -> None:
    name = cloud_environment_name(session, env)
    other = destination_name or _only_other(session, name)
    if dry_run:
        show_swap(session, name, plan_swap(session.cloud_service, name, other).after)
        raise click.exceptions.Exit(DONE)
    heard = Heard(session, name)
    running = when_free(
        session, lambda tell_it: swap_on_aws(session.cloud_service, name, other, tell_it), heard, waiting
    )
    finish(session, running, heard, waiting)


def _only_other(session: Session, name: str) -> str:
    application = find_cloud_environment(session.cloud_service, name).application
    there = [each for each in living_on_aws(session) if each.name != name]
    others = [each.name for each in there if each.application == application]
    if len(others) == 1:
        notice(f"the other environment is {others[0]}", session.quiet)
        return others[0]
    names = ", ".join(others or [each.name for each in there])
    hint = f"add -n with one of {names}" if names else "make another one: beanstalk clone"
    raise UsageError(f"with which environment is {name} to be swapped", hint=hint)
