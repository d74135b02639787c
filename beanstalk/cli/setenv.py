"""`beanstalk setenv`: environment properties."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import Waiting, complete_environment, dry_run_flag, property_arguments, waiting_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.errors import InvalidInput, Problem, UsageError, Where
from beanstalk.service.updates import prepare_properties

_LINE = re.compile(r"(?:export\s+)?([^\s=]+)\s*=\s*(.*)")


@click.command(cls=Command)
@click.argument("properties", nargs=-1, metavar="K=V...")
@flag("-e", "--environment", "env", metavar="ENV", shell_complete=complete_environment, help="The environment.")
@flag("--env-file", metavar="FILE|-", help="Read lines K=V from a file, or from stdin.")
@dry_run_flag
@waiting_flags
@pass_session
def command(
    session: Session,
    waiting: Waiting,
    properties: tuple[str, ...],
    env: str | None,
    env_file: str | None,
    dry_run: bool,
) -> None:
    """Set environment properties and replace the instances, by the environment's policy. `K=` removes one.

    Values are shown nowhere but by printenv. What is given as K=V wins over --env-file.
    """
    values = [*(_file(env_file) if env_file else []), *property_arguments(properties)]
    if not values:
        raise UsageError("there is nothing to set", hint="give K=V, or --env-file FILE")
    name = environment_name(session, env)
    carry_out(session, name, lambda: prepare_properties(session.service, name, values), waiting, dry_run)


def parse_env_file(text: str, path: str) -> list[tuple[str, str]]:
    """Lines K=V as in `.env` files: blank ones and those with # are left out, `export` may stand before, and quotes
    around the value go away (in double ones a backslash escapes). Raises InvalidInput with every bad line."""
    pairs, problems = [], []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        matched = _LINE.fullmatch(line)
        value = _value(matched[2]) if matched else None
        if matched is None or value is None:
            problems.append(
                Problem("is no line NAME=VALUE", Where(path, number), "close the quotes, or write NAME=VALUE")
            )
        else:
            pairs.append((matched[1], value))
    if problems:
        raise InvalidInput(problems)
    return pairs


def _value(text: str) -> str | None:
    """A value without its quotes and the comment behind it; None when a quote is left open."""
    if text[:1] not in ("'", '"'):
        return re.split(r"\s+#", text, maxsplit=1)[0].rstrip()
    matched = re.fullmatch(r"""'([^']*)'\s*(?:#.*)?|"((?:[^"\\]|\\.)*)"\s*(?:#.*)?""", text)
    if matched is None:
        return None
    if matched[1] is not None:
        return matched[1]
    return re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": "\t"}.get(escape[1], escape[1]), matched[2])


def _file(name: str) -> list[tuple[str, str]]:
    if name == "-":
        return parse_env_file(sys.stdin.read(), "stdin")
    try:
        return parse_env_file(Path(name).read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInput([Problem(f"cannot be read: {reason}", Where(name))]) from None
