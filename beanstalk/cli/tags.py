"""`beanstalk tags`: labels on an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from beanstalk.cli.environment import environment
from beanstalk.cli.flags import environment_argument, no_effect_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import table, write_json
from beanstalk.errors import UsageError
from beanstalk.service.tags import all_tags, change_tags, parse_tags


@click.command(cls=Command)
@environment_argument
@flag("-l", "--list", "lists", is_flag=True, help="List them, which it does anyway.")
@flag("-a", "--add", metavar="K=V,K=V", help="Add tags that are new.")
@flag("-u", "--update", metavar="K=V,K=V", help="Change the values of tags that are there.")
@flag("-d", "--delete", metavar="K,K", help="Delete tags.")
@no_effect_flags(["--resource="])
@pass_session
def command(
    session: Session, env: str | None, lists: bool, add: str | None, update: str | None, delete: str | None
) -> None:
    """List the tags of ENV, or add, change and delete some of them at once."""
    changes = [text for text in (add, update, delete) if text is not None]
    check_list_alone(lists, changes)
    target = environment(session, env)
    if changes:
        gone = [key.strip() for key in delete.split(",")] if delete is not None else []
        added, updated = parse_tags(add) if add is not None else [], parse_tags(update) if update is not None else []
        found = change_tags(session.service, target.name, added, updated, gone)
    else:
        found = all_tags(session.service, target)
    show_tags(session, target.name, found)


def check_list_alone(lists: bool, changes: Sequence[str]) -> None:
    """Raises UsageError for --list beside a change."""
    if lists and changes:
        raise UsageError("--list contradicts --add, --update and --delete", hint="drop it")


def show_tags(session: Session, name: str, found: Mapping[str, str]) -> None:
    if session.json:
        tags = [{"Key": key, "Value": value} for key, value in found.items()]
        write_json({"EnvironmentName": name, "ResourceTags": tags})
    else:
        click.echo(table(("Key", "Value"), list(found.items())))
