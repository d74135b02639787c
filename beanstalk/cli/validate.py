"""`beanstalk validate`: all problems of a project at once, and what becomes of it here."""

from __future__ import annotations

from pathlib import Path

import click

from beanstalk.cli.exits import DONE, ERROR
from beanstalk.cli.findings import as_json, as_sarif, as_text
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.errors import UsageError
from beanstalk.service.validation_homes import AWS, LOCAL
from beanstalk.service.validation_input import validate_path


@click.command(cls=Command)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@flag(
    "--mode",
    type=click.Choice(["process", "docker"]),
    help="What local runs it as; by default what it asks for.",
)
@flag(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text",
    help="text, json (as --json) or sarif.",
)  # fmt: skip
@click.pass_context
@pass_session
def command(session: Session, context: click.Context, path: Path | None, mode: str | None, form: str) -> None:
    """Tell every mistake in PATH: a folder, a zip or one file; by default the project.

    And what becomes of it on --target local or aws. Exits with 1 when something is wrong; warnings alone do not count.
    """
    place = path or session.project.folder
    target = session.target or (LOCAL if path else session.project.target)
    if target not in (LOCAL, AWS):
        raise UsageError(f"there is no target {target}", hint=f"write --target {LOCAL} or {AWS}")
    if mode and target == AWS:
        raise UsageError("--mode is for --target local", hint="drop one of the two")
    report = validate_path(place, target, mode or "")
    if form == "sarif":
        write_json(as_sarif(report, place))
    elif form == "json" or session.json:
        write_json(as_json(report, str(place)))
    else:
        click.echo(as_text(report))
    context.exit(DONE if report.is_right else ERROR)
