"""`beanstalk doctor`: what this machine has and lacks."""

from __future__ import annotations

from collections.abc import Mapping

import click

from beanstalk.cli.exits import ERROR
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import notice, paint, table, write_json
from beanstalk.service.check import Check, State
from beanstalk.service.doctor import examine

_COLOUR = {State.LACKING: "yellow", State.NEEDED: "red"}


@click.command(cls=Command)
@pass_session
def command(session: Session) -> None:
    """Tell what this machine has and lacks, and the command that mends it.

    The exit code is 1 when an environment that is there needs something that is missing.
    """
    tell_checks(session, examine(session.service), {"Home": str(session.service.home.folder)})


def tell_checks(session: Session, checks: tuple[Check, ...], more: Mapping[str, object]) -> None:
    """Write them, and exit with the code. more: for the document, beside them."""
    needed = [each for each in checks if each.state is State.NEEDED]
    if session.json:
        write_json({**more, "Healthy": not needed, "Checks": [_document(each) for each in checks]})
    else:
        _show(checks)
    for each in needed:
        notice(f"{each.name} is needed by {', '.join(each.needed_by)}", session.quiet)
    if needed:
        raise click.exceptions.Exit(ERROR)


def _show(checks: tuple[Check, ...]) -> None:
    rows = [(each.name, str(each.state), each.serves, each.found, each.remedy) for each in checks]
    heading, *lines = table(("Part", "State", "For", "Found", "Mend it with"), rows).splitlines()
    click.echo(heading)
    for check, line in zip(checks, lines, strict=True):
        click.echo(paint(line, _COLOUR.get(check.state)))


def _document(check: Check) -> dict[str, object]:
    return {
        "Check": check.name,
        "State": str(check.state),
        "For": check.serves,
        "Found": check.found,
        "Mend": check.remedy or None,
        "NeededBy": list(check.needed_by) if check.state is State.NEEDED else [],
    }
