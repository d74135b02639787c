"""Commands that pass on the exit code of what they ran: there our own errors are 125, as with `docker run`.

A program that a container does not have is none of them: that is 127, or 126, as a shell has it.
"""

from __future__ import annotations

from typing import Any

import click

from beanstalk.cli.exits import INTERRUPTED, OF_OURS, report
from beanstalk.cli.session import Command, Session
from beanstalk.errors import ProgramRefused

words_argument = click.argument("words", nargs=-1, required=True, metavar="CMD...", type=click.UNPROCESSED)


class Passing(Command):
    """Everything from the first word of CMD on is CMD's."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        settings = {"allow_interspersed_args": not any(each.name == "words" for each in attributes.get("params", ()))}
        super().__init__(*arguments, context_settings=settings, **attributes)

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **extra)
        except click.UsageError as error:
            raise click.exceptions.Exit(self._report(error, Session())) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except Exception as error:
            raise click.exceptions.Exit(self._report(error, ctx.find_root().ensure_object(Session))) from None

    def _report(self, error: Exception, session: Session) -> int:
        code = report(error, session.json, session.debug)
        return code if code == INTERRUPTED or isinstance(error, ProgramRefused) else OF_OURS
