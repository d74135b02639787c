"""`beanstalk render`: print what is generated."""

from __future__ import annotations

from pathlib import Path

import click

from beanstalk.cli.session import CommandGroup, Session, flag, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.service.agent import balancer as load_balancer


@click.group(cls=CommandGroup)
def command() -> None:
    """Print a generated artefact."""


@command.command()
@flag("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
@pass_session
def balancer(session: Session, out: Path | None) -> None:
    """The configuration of the load balancer of this machine; names and instances are no part of it."""
    found = load_balancer(session.service)
    text = found.configuration()
    if out:
        out.write_text(text)
    if session.json:
        write_json({"Balancer": found.name, "Path": str(out) if out else None, "Configuration": text})
    elif not out:
        click.echo(text, nl=not text.endswith("\n"))
