"""`beanstalk clone`: an environment like another one."""

from __future__ import annotations

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import (
    Waiting,
    dry_run_flag,
    environment_argument,
    envvars_flag,
    no_effect_flags,
    option_flag,
    properties,
    tags_flag,
    waiting_flags,
)
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.model import OptionSetting
from beanstalk.service.changes import Change
from beanstalk.service.configuration import ASG, PROPERTIES
from beanstalk.service.environments import clone_name as default_name
from beanstalk.service.environments import prepare_clone
from beanstalk.service.tags import parse_tags


@click.command(cls=Command)
@environment_argument
@flag("-n", "--clone_name", metavar="NAME", help="The name of the new one; by default ENV-clone.")
@flag("-c", "--cname", metavar="PREFIX", help="The name it answers at, before .localhost; by default its name.")
@flag("--scale", type=click.IntRange(min=1), metavar="N", help="The number of instances; by default that of ENV.")
@envvars_flag
@option_flag
@tags_flag
@dry_run_flag
@waiting_flags
@no_effect_flags(["--exact"])
@pass_session
def command(
    session: Session,
    waiting: Waiting,
    env: str | None,
    clone_name: str | None,
    cname: str | None,
    scale: int | None,
    envvars: str | None,
    options: tuple[OptionSetting, ...],
    tags: str | None,
    dry_run: bool,
) -> None:
    """Create an environment with the version, the settings, the size and the tags of ENV."""
    original = environment_name(session, env)
    settings = clone_settings(envvars, scale, options)
    name = clone_name or default_name(original)
    given = parse_tags(tags) if tags else None

    def prepare() -> Change:
        return prepare_clone(session.service, original, name, cname, settings, given)

    carry_out(session, name, prepare, waiting, dry_run)


def clone_settings(envvars: str | None, scale: int | None, options: tuple[OptionSetting, ...]) -> list[OptionSetting]:
    """What --envvars, --scale and --option set on the new one."""
    settings = [OptionSetting(PROPERTIES, key, value) for key, value in properties(envvars)]
    if scale:
        settings += [OptionSetting(ASG, option, str(scale)) for option in ("MinSize", "MaxSize")]
    return [*settings, *options]
