"""`beanstalk logs` on AWS: what tasks wrote to CloudWatch Logs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.logs import check_one_way, compiled, matching, parse_since
from beanstalk.cli.project import FOLDER
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice, paint, write_json
from beanstalk.errors import UsageError
from beanstalk.records import State
from beanstalk.service.aws.logs import (
    CloudChoice,
    CloudLog,
    all_cloud_lines,
    follow_cloud_logs,
    last_cloud_lines,
    list_cloud_logs,
    zip_cloud_logs,
)


def perform(
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
    check_one_way(everything, zipped, stream)
    if deployment is not None:
        hint = "choose a task with -i, or a time with --since; beanstalk events tells when each deployment was"
        raise UsageError("CloudWatch Logs knows no deployments", hint=hint)
    pattern = compiled(grep)
    name = cloud_environment_name(session, env)
    moment = parse_since(since, time.time()) if since else None
    if stream:
        _stream(session, name, instance or "", moment, pattern)
        return
    found = list_cloud_logs(session.cloud_service, name, CloudChoice(instance or "", moment, everything or zipped))
    if not found:
        notice(f"{name} has no logs{' since then' if since else ''}", session.quiet)
    if zipped:
        _zip(session, name, found)
        return
    texts = [(log, _lines(session, log, everything, lines, pattern)) for log in found]
    if session.json:
        write_json([_document(log) | {"Lines": text} for log, text in texts])
        return
    for log, text in texts:
        gone = ", gone" if log.state is State.TERMINATED else ""
        click.echo(paint(f"============= {log.task} {log.name}{gone} =============", None, bold=True))
        for line in text:
            click.echo(line)


def _lines(session: Session, log: CloudLog, everything: bool, most: int, pattern: re.Pattern[str] | None) -> list[str]:
    """Whole, or its end; with a pattern the last lines that match."""
    if pattern is None and not everything:
        return last_cloud_lines(session.cloud_service, log, most)
    found = list(matching(all_cloud_lines(session.cloud_service, log), pattern))
    return found if everything else found[max(0, len(found) - most) :]


def _stream(session: Session, name: str, task: str, since: float | None, pattern: re.Pattern[str] | None) -> None:
    for log, line in follow_cloud_logs(session.cloud_service, name, task, since):
        if pattern is not None and not pattern.search(line):
            continue
        if session.json:
            click.echo(json.dumps(_document(log) | {"Line": line}, ensure_ascii=False))
        else:
            click.echo(paint(f"[{log.task} {log.stream.container}]", "cyan") + f" {line}")


def _zip(session: Session, name: str, found: Sequence[CloudLog]) -> None:
    at = datetime.now(UTC).strftime("%y%m%d_%H%M%S")
    out = session.project.folder / FOLDER / "logs" / f"{name}-{at}.zip"
    zip_cloud_logs(session.cloud_service, found, out)
    if session.json:
        write_json({"EnvironmentName": name, "Path": str(out), "Files": len(found)})
    else:
        click.echo(out)


def _document(log: CloudLog) -> dict[str, Any]:
    return {
        "InstanceId": log.task,
        "File": log.name,
        "State": str(log.state),
        "DeploymentId": None,
        "VersionLabel": None,
    }
