"""`beanstalk platform`: the platforms there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beanstalk.cli.project import FOLDER
from beanstalk.cli.session import CommandGroup, Session, pass_session
from beanstalk.cli.suggestions import complete_platform
from beanstalk.cli.terminal import table, write_json
from beanstalk.errors import UsageError
from beanstalk.platforms import Platform, find_platform, list_platforms
from beanstalk.service.platform_folders import check_platform, make_platform_folder


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
    platform = find_platform(wanted, session.service.platforms)
    check_platform(platform)
    found = document(platform)
    if session.json:
        write_json(found)
        return
    for key, value in found.items():
        text = (", ".join(value) or "-") if isinstance(value, list) else value
        click.echo(f"{key}: {text}")


@command.command()
@click.argument("name")
@pass_session
def init(session: Session, name: str) -> None:
    """Write a platform NAME of your own to start from: into --platforms DIR, else into the project."""
    into = Path(session.platforms) if session.platforms else session.project.folder / FOLDER / "platforms"
    made = make_platform_folder(name, into)
    if session.json:
        write_json({"PlatformName": name, "Path": str(made[0].parent), "Files": [path.name for path in made]})
        return
    for path in made:
        click.echo(path)


def document(platform: Platform) -> dict[str, Any]:
    return {
        "PlatformName": platform.name,
        "PlatformVersion": platform.version,
        "PlatformBranchName": platform.branch,
        "Title": platform.title,
        "AlsoCalled": list(platform.also_called),
        "DetectedBy": list(platform.detect),
        "Modes": _modes(platform),
        "BaseImages": [base.image for base in platform.image.bases] if platform.image else [],
        "SampleFiles": [name for name, _ in platform.sample],
        "Path": str(platform.folder),
    }


def _modes(platform: Platform) -> list[str]:
    """As what its applications run."""
    if platform.containers:
        return ["docker"]
    return ["process", "docker"] if platform.image else ["process"]
