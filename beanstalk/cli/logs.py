"""`beanstalk logs`: what instances wrote."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from beanstalk.agent.lines import harmless
from beanstalk.cli.environment import environment_or_last
from beanstalk.cli.flags import environment_argument, no_effect_flags
from beanstalk.cli.project import FOLDER
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import notice, paint, write_json
from beanstalk.errors import UsageError
from beanstalk.records import Environment, State
from beanstalk.service.logs import Choice, Log, all_lines, follow_logs, last_lines, list_logs, zip_logs

LINES = 100
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command(cls=Command)
@environment_argument
@flag("-a", "--all", "everything", is_flag=True, help="Whole logs, those of instances that are gone too.")
@flag("-z", "--zip", "zipped", is_flag=True, help="The same, as a ZIP file in .elasticbeanstalk/logs.")
@flag("-f", "--stream", "--follow", "stream", is_flag=True, help="Show each line as it is written, until Ctrl-C.")
@flag("-i", "--instance", metavar="ID", help="Of this instance only; the beginning of its id is enough.")
@flag("--deployment", type=click.IntRange(min=1), metavar="N", help="Of the instances of this deployment, gone or not.")
@flag("-n", "--lines", type=click.IntRange(min=0), metavar="N", default=LINES, help="So many lines; 100 by default.")
@flag("--since", metavar="TIME", help="Only logs written to since then: 90s, 10m, 2h, 1d, or 2026-11-20T23:50 (UTC).")
@flag("--grep", metavar="PATTERN", help="Only lines in which this regular expression is found.")
@no_effect_flags(["-g/--log-group=", "-cw/--cloudwatch-logs="])
@pass_session
def command(
    session: Session,
    env: str | None,
    everything: bool,
    zipped: bool,
    stream: bool,
    instance: str | None,
    deployment: int | None,
    lines: int,
    since: str | None,
    grep: str | None,
) -> None:
    """Show the last lines of every log of the instances of ENV. Logs outlive their instance.

    With --json an array, with --stream --json one object a line.
    """
    check_one_way(everything, zipped, stream)
    pattern = compiled(grep)
    target = environment_or_last(session, env)
    moment = parse_since(since, time.time()) if since else None
    choice = Choice(instance or "", deployment, moment, everything or zipped)
    if stream:
        _stream(session, target, choice, lines, pattern)
        return
    found = list_logs(session.service, target, choice)
    if not found:
        notice(f"{target.name} has no logs{' since then' if since else ''}", session.quiet)
    if zipped:
        _zip(session, target, found)
        return
    texts = [(log, matching(all_lines(log) if everything else _last(log, lines, pattern), pattern)) for log in found]
    if session.json:
        write_json([_document(log) | {"Lines": list(text)} for log, text in texts])
        return
    for log, text in texts:
        click.echo(paint(f"============= {_title(log)} =============", None, bold=True))
        for line in text:
            click.echo(harmless(line))
    if not (everything or instance or deployment):
        _tell_gone(session, target, moment, found)


def parse_since(text: str, now: float) -> float:
    """A duration before now, or a time in UTC → seconds since the epoch. Raises UsageError."""
    if matched := re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip()):
        return now - float(matched[1]) * _UNITS[matched[2]]
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text!r} is no time", hint="write 90s, 10m, 2h, 1d, or 2026-11-20T23:50") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def check_one_way(*ways: bool) -> None:
    """Raises UsageError for more than one of --all, --zip and --stream."""
    if sum(ways) > 1:
        raise UsageError("--all, --zip and --stream contradict each other", hint="choose one of them")


def compiled(text: str | None) -> re.Pattern[str] | None:
    """What --grep looks for. Raises UsageError."""
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from None


def _last(log: Log, lines: int, pattern: re.Pattern[str] | None) -> Iterable[str]:
    """The end of a log; with a pattern the last lines that match."""
    if pattern is None:
        return last_lines(log, lines)
    found = list(matching(all_lines(log), pattern))
    return found[max(0, len(found) - lines) :]


def matching(lines: Iterable[str], pattern: re.Pattern[str] | None) -> Iterable[str]:
    """All of them without a pattern."""
    return (line for line in lines if pattern is None or pattern.search(line))


def _stream(session: Session, target: Environment, choice: Choice, lines: int, pattern: re.Pattern[str] | None) -> None:
    for log, line in follow_logs(session.service, target, choice, min(lines, 10) if lines == LINES else lines):
        if pattern is not None and not pattern.search(line):
            continue
        if session.json:
            click.echo(json.dumps(_document(log) | {"Line": line}, ensure_ascii=False))
        else:
            click.echo(paint(f"[{log.instance_id} {log.name.removesuffix('.log')}]", "cyan") + f" {harmless(line)}")


def _zip(session: Session, target: Environment, found: Sequence[Log]) -> None:
    at = datetime.now(UTC).strftime("%y%m%d_%H%M%S")
    out = session.project.folder / FOLDER / "logs" / f"{target.name}-{at}.zip"
    zip_logs(found, out)
    if session.json:
        write_json({"EnvironmentName": target.name, "Path": str(out), "Files": len(found)})
    else:
        click.echo(out)


def _tell_gone(session: Session, target: Environment, since: float | None, shown: Sequence[Log]) -> None:
    known = {log.instance_id for log in list_logs(session.service, target, Choice(since=since, gone=True))}
    hidden = known - {log.instance_id for log in shown}
    if hidden:
        them = "an instance that is gone" if len(hidden) == 1 else f"{len(hidden)} instances that are gone"
        notice(f"there are also logs of {them}: --all, -i ID or --deployment N", session.quiet)


def _title(log: Log) -> str:
    deployed = f", {log.version_label} (deployment {log.deployment})" if log.deployment else ""
    return f"{log.instance_id} {log.name}{deployed}{', gone' if log.state is State.TERMINATED else ''}"


def _document(log: Log) -> dict[str, Any]:
    return {
        "InstanceId": log.instance_id,
        "File": log.name,
        "State": str(log.state),
        "DeploymentId": log.deployment,
        "VersionLabel": log.version_label or None,
    }
