"""`beanstalk platform`: the platforms there are."""

from __future__ import annotations

from typing import Any

import click

from beanstalk.cli.session import CommandGroup, Session, pass_session
from beanstalk.cli.suggestions import complete_platform
from beanstalk.cli.terminal import table, write_json
from beanstalk.errors import UsageError
from beanstalk.platforms import Platform, find_platform, list_platforms


@click.group(cls=CommandGroup)
def command() -> None:
    """List the platforms, or show one."""


@command.command("list")
@pass_session
def list_all(session: Session) -> None:
    """List the platforms, in the order in which they are tried on a project."""
    found = list_platforms(session.service.platforms)
    if session.json:
        write_json([document(each) for each in found])
    else:
        click.echo(table(("Name", "Version", "Title"), [(each.name, each.version, each.title) for each in found]))


@command.command()
@click.argument("name", required=False, shell_complete=complete_platform)
@pass_session
def show(session: Session, name: str | None) -> None:
    """Show the platform NAME, by default that of the project."""
    wanted = name or session.project.platform
    if not wanted:
        raise UsageError("which platform", hint="name one; beanstalk platform list tells which there are")
    found = document(find_platform(wanted, session.service.platforms))
    if session.json:
        write_json(found)
        return
    for key, value in found.items():
        text = (", ".join(value) or "-") if isinstance(value, list) else value
        click.echo(f"{key}: {text}")


def document(platform: Platform) -> dict[str, Any]:
    return {
        "PlatformName": platform.name,
        "PlatformVersion": platform.version,
        "PlatformBranchName": platform.branch,
        "Title": platform.title,
        "AlsoCalled": list(platform.also_called),
        "DetectedBy": list(platform.detect),
        "SampleFiles": [name for name, _ in platform.sample],
        "Path": str(platform.folder),
    }
