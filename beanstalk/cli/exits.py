"""From what happened to the exit code and to what is written about it: the only place that knows the codes.

The codes are a promise to scripts: docs/commands.md.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from beanstalk.errors import BeanstalkError, EnvironmentBusy, InvalidInput, Problem, ProgramRefused, UsageError
from beanstalk.model import Outcome

DONE = 0
ERROR = 1
USAGE = 2
AS_BEFORE = 3
NEEDS_ATTENTION = 4
TIMED_OUT = 5
BUSY = 6
OF_OURS = 125
"""Of commands that otherwise exit with the code of what they ran."""
INTERRUPTED = 130

IN_PROGRESS = "InProgress"
"""`Outcome` in JSON of an operation that goes on."""


def code_of_outcome(outcome: Outcome | None) -> int:
    """The exit code of a command that followed an operation. None: it goes on, and waiting has timed out."""
    match outcome:
        case Outcome.SUCCEEDED:
            return DONE
        case Outcome.ROLLED_BACK | Outcome.ABORTED:
            return AS_BEFORE
        case Outcome.FAILED:
            return NEEDS_ATTENTION
        case None:
            return TIMED_OUT


def code_of_abort(outcome: Outcome) -> int:
    """The exit code of `abort` for the operation that it was to end. A success came too late to abort it."""
    return {Outcome.SUCCEEDED: ERROR, Outcome.FAILED: NEEDS_ATTENTION}.get(outcome, DONE)


def code_of_error(error: BaseException) -> int:
    match error:
        case EnvironmentBusy():
            return BUSY
        case ProgramRefused(code=code):
            return code
        case UsageError() | click.UsageError():
            return USAGE
        case click.exceptions.Exit():
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return INTERRUPTED
        case _:
            return ERROR


def report(error: BaseException, as_json: bool, debug: bool) -> int:
    """Tell what went wrong, on stderr and with --json as a document on stdout too; returns the exit code."""
    code = code_of_error(error)
    if code == INTERRUPTED:
        return code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return code
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    problems = _problems(error)
    for problem in problems:
        click.echo(f"error: {problem.at}: {problem.text}" if problem.at else f"error: {problem.text}", err=True)
        for line in problem.hint.splitlines():
            click.echo(f"hint: {line}", err=True)
    if as_json:
        click.echo(json.dumps(_document(problems, code), indent=2, ensure_ascii=False))
    return code


def _problems(error: BaseException) -> Sequence[Problem]:
    match error:
        case InvalidInput(problems=problems):
            return problems
        case BeanstalkError(problem=problem, at=at, hint=hint):
            return [Problem(problem, at, hint)]
        case click.UsageError():
            return [Problem(_sentence(error.format_message()), hint=_usage_hint(error))]
        case click.ClickException():
            return [Problem(_sentence(error.format_message()))]
        case OSError(filename=str(name), strerror=str(reason)):
            return [Problem(f"{name}: {reason}")]
        case _:
            text = f"unexpected {type(error).__name__}: {error}"
            return [Problem(text, hint="this is a mistake of ours; run it again with --debug to see where it happens")]


def _sentence(text: str) -> str:
    text = text.strip().removesuffix(".")
    return text[:1].lower() + text[1:] if text[:2] != text[:2].upper() else text


def _usage_hint(error: click.UsageError) -> str:
    context = error.ctx
    return f"{context.command_path} --help tells what it takes" if context else ""


def _document(problems: Sequence[Problem], code: int) -> dict[str, Any]:
    first = problems[0]
    document: dict[str, Any] = {"Error": first.text, "Hint": first.hint, "ExitCode": code}
    if len(problems) > 1 or first.at:
        document["Problems"] = [
            {
                "Problem": each.text,
                "Path": each.at.path if each.at else "",
                "Line": each.at.line if each.at else 0,
                "Column": each.at.column if each.at else 0,
                "Hint": each.hint,
            }
            for each in problems
        ]
    return document
