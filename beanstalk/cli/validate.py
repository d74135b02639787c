"""`beanstalk validate`: all problems of a project at once, and what becomes of it here."""

from __future__ import annotations

from pathlib import Path

import click

from beanstalk.cli.exits import DONE, ERROR
from beanstalk.cli.findings import as_json, as_sarif, as_text
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.service.validation_input import validate_path


@click.command(cls=Command)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@flag(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text",
    help="text, json (as --json) or sarif.",
)  # fmt: skip
@click.pass_context
@pass_session
def command(session: Session, context: click.Context, path: Path | None, form: str) -> None:
    """Tell every mistake in PATH: a folder, a zip or one file; by default the project.

    Exits with 1 when something is wrong; warnings alone do not count.
    """
    place = path or session.project.folder
    report = validate_path(place)
    if form == "sarif":
        write_json(as_sarif(report))
    elif form == "json" or session.json:
        write_json(as_json(report, str(place)))
    else:
        click.echo(as_text(report))
    context.exit(DONE if report.is_right else ERROR)
