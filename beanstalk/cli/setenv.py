"""`beanstalk setenv`: environment properties, and references to secrets."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment_name
from beanstalk.cli.flags import Waiting, dry_run_flag, property_arguments, waiting_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_environment
from beanstalk.errors import InvalidInput, Problem, UsageError, Where
from beanstalk.service.updates import prepare_properties

_NAME = r"[ \t]*(?:export[ \t]+)?(?P<name>[^\s=#'\"]+)[ \t]*=[ \t]*"
_QUOTED = r"""(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)")[ \t]*(?:#[^\n]*)?"""
_PLAIN = r"""(?P<plain>(?!['"])[^\n]*)"""
_ENTRY = re.compile(rf"{_NAME}(?:{_QUOTED}|{_PLAIN})(?:\n|\Z)", re.DOTALL)
_NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_OPEN = re.compile(_NAME + r"""['"]""")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@click.command(cls=Command)
@click.argument("properties", nargs=-1, metavar="K=V...")
@flag("-e", "--environment", "env", metavar="ENV", shell_complete=complete_environment, help="The environment.")
@flag("--env-file", metavar="FILE|-", help="Read lines K=V from a file, or from stdin.")
@flag("--secret", "secrets", multiple=True, metavar="K=REFERENCE", help="A secret, read when an instance starts.")
@dry_run_flag
@waiting_flags
@pass_session
def command(
    session: Session,
    waiting: Waiting,
    properties: tuple[str, ...],
    env: str | None,
    env_file: str | None,
    secrets: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Set environment properties and replace the instances, by the environment's policy. `K=` removes one.

    Values are shown nowhere but by printenv. What is given as K=V wins over --env-file. The value of a secret is shown
    nowhere: a REFERENCE says where it is kept (an ARN of Secrets Manager or Systems Manager, file:/PATH,
    'command:PROGRAM ARGUMENT').
    """
    values, references = given_properties(properties, env_file, secrets)
    name = environment_name(session, env)
    carry_out(session, name, lambda: prepare_properties(session.service, name, values, references), waiting, dry_run)


def given_properties(
    properties: tuple[str, ...], env_file: str | None, secrets: tuple[str, ...]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(properties, those of the file first; secrets with their references). Raises UsageError when there are none."""
    values = [*(_file(env_file) if env_file else []), *property_arguments(properties)]
    references = property_arguments(secrets)
    if not values and not references:
        raise UsageError("there is nothing to set", hint="give K=V, --env-file FILE, or --secret K=REFERENCE")
    return values, references


def parse_env_file(text: str, path: str) -> list[tuple[str, str]]:
    """Lines K=V as in `.env` files: blank ones and those with # are left out, `export` may stand before, and quotes
    around the value go away (in double ones a backslash escapes); between quotes it may go over several lines. Nothing
    in a value is replaced. Raises InvalidInput with every bad line, without what stands there: it may be a secret."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    pairs, problems, position, line = list[tuple[str, str]](), list[Problem](), 0, 1
    while position < len(text):
        at = Where(path, line)
        matched = _ENTRY.match(text, position) or _NOTHING.match(text, position)
        if matched is None:
            problems.append(_problem(text, position, at))
            if _OPEN.match(text, position):
                break  # what follows may be the rest of the value
        elif matched.re is _ENTRY:
            pairs.append((matched["name"], _value(matched)))
            if "\0" in pairs[-1][1]:
                problems.append(Problem("a value that no variable can hold", at, "take the NUL byte out"))
        end = matched.end() if matched else (text.find("\n", position) + 1) or len(text)
        line += text.count("\n", position, end)
        position = end
    if problems:
        raise InvalidInput(problems)
    return pairs


def _problem(text: str, position: int, at: Where) -> Problem:
    """Why there is no line at this position."""
    if _OPEN.match(text, position):
        return Problem("a quote that is not closed, or something behind it", at, "close it, or quote all of the value")
    return Problem("not a line NAME=VALUE", at, "write NAME=VALUE, and a value of several lines between quotes")


def _value(matched: re.Match[str]) -> str:
    if matched["single"] is not None:
        return matched["single"]
    if matched["double"] is not None:
        return re.sub(r"\\(.)", lambda each: _ESCAPES.get(each[1], each[1]), matched["double"], flags=re.DOTALL)
    return re.split(r"(?:^|\s+)#", matched["plain"], maxsplit=1)[0].rstrip()


def _file(name: str) -> list[tuple[str, str]]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInput([Problem(f"cannot be read: {reason}", Where("stdin" if name == "-" else name))]) from None
    return parse_env_file(text, "stdin" if name == "-" else name)
