"""`beanstalk completion`: completion in a shell."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import write_json
from beanstalk.errors import UsageError

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@pass_session
@click.pass_context
def command(context: click.Context, session: Session, shell: str | None) -> None:
    """Print the completion script of a shell (by default yours): eval "$(beanstalk completion bash)"."""
    wanted = shell or Path(os.environ.get("SHELL", "")).name
    found = get_completion_class(wanted) if wanted in SHELLS else None
    if found is None:
        raise UsageError(f"for which shell, {', '.join(SHELLS)}", hint="beanstalk completion bash")
    text = found(context.find_root().command, {}, "beanstalk", "_BEANSTALK_COMPLETE").source()
    if session.json:
        write_json({"Shell": wanted, "Script": text})
    else:
        click.echo(text)
