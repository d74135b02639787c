"""`beanstalk list`: the environments."""

from __future__ import annotations

from typing import Any

import click

from beanstalk.cli.documents import environment_document
from beanstalk.cli.environment import living
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import notice, table, write_json


@click.command(cls=Command)
@flag("-a", "--all", "everything", is_flag=True, help="Those of all applications.")
@pass_session
def command(session: Session, everything: bool) -> None:
    """List the environments of the application, one a line; the default of this branch is marked with *.

    With -v a table. In a folder of no application all environments are listed.
    """
    service = session.service
    found = service.store.living() if everything else living(session)
    show_list(session, [environment_document(service, each) for each in found])


def show_list(session: Session, documents: list[dict[str, Any]]) -> None:
    """documents: of the environments, see cli/documents.py."""
    if session.json:
        write_json(documents)
        return
    current = session.project.environment
    plain = [each["EnvironmentName"] for each in documents]
    names = [f"* {name}" if name == current else name for name in plain]
    if session.verbose and documents:
        header = ("Environment", "Application", "Version", "Status", "Health", "URL")
        keys = ("ApplicationName", "VersionLabel", "Status", "HealthStatus", "Url")
        rows = [[name, *(str(each[key] or "-") for key in keys)] for name, each in zip(names, documents, strict=True)]
        click.echo(table(header, rows))
        return
    for name in names:
        click.echo(name)
    if not documents:
        notice("there are no environments: beanstalk create makes one", session.quiet)
