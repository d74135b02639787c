"""`beanstalk health`: the health of each instance."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from beanstalk.cli.documents import environment_document, instances, time_text
from beanstalk.cli.environment import environment_name, tell_unwatched
from beanstalk.cli.flags import environment_argument, no_effect_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import HEALTH_COLOUR, count_text, duration_text, paint, size_text, table, write_json
from beanstalk.errors import UsageError
from beanstalk.records import Health, State
from beanstalk.rollout.health import COLOUR
from beanstalk.service.environments import describe
from beanstalk.service.place import find_environment
from beanstalk.targets.local.machine import local_host
from beanstalk.targets.local.processes import identities

if TYPE_CHECKING:
    from rich.text import Text

_SAMPLE_S = 0.2
_REFRESH_S = 1.0
_OF_STATE = {
    State.PENDING: Health.PENDING,
    State.IN_SERVICE: Health.OK,
    State.UNHEALTHY: Health.SEVERE,
    State.DRAINING: Health.INFO,
    State.STOPPING: Health.INFO,
}
_HEADER = ("Instance", "Health", "State", "Version", "Deployment", "Up", "CPU", "Memory")


@dataclass(frozen=True, slots=True)
class Usage:
    """at: of the sample.  cpu_s: of each instance, {id: seconds of processor time}."""

    at: float
    cpu_s: dict[str, float]


@click.command(cls=Command)
@environment_argument
@flag("--refresh", is_flag=True, help="Show it every second, until Ctrl-C; on a terminal only.")
@no_effect_flags(["--mono", "--view="])
@pass_session
def command(session: Session, env: str | None, refresh: bool) -> None:
    """Show the health of ENV, its causes, and each instance with what it uses."""
    name = environment_name(session, env)
    usage: Usage | None = None

    def look() -> dict[str, Any]:
        nonlocal usage
        document, usage = _measure(session, name, usage)
        return document

    if refresh:
        live(session, look, _REFRESH_S)
        return
    look()
    time.sleep(_SAMPLE_S)
    document = look()
    if session.json:
        write_json(document)
    else:
        tell_unwatched(session)
        colour = HEALTH_COLOUR[document["Color"]]
        heading, *rest = health_lines(document)
        click.echo("\n".join([paint(heading, colour), *rest]))


def _measure(session: Session, name: str, before: Usage | None) -> tuple[dict[str, Any], Usage]:
    """The document of now. before: what the share of the processor is told from."""
    service = session.service
    description = describe(service, find_environment(service, name))
    environment = environment_document(service, description.environment)
    now = time.time()
    rows, cpu_s, host = [], {}, local_host(service.home)
    for row, each in zip(instances(service, description), description.instances, strict=True):
        memory, cpu = host.usage(identities(each))
        cpu_s[each.id] = cpu
        percent = None
        if before and each.id in before.cpu_s and now > before.at:
            percent = round(max(0.0, cpu - before.cpu_s[each.id]) / (now - before.at) * 100, 1)
        health = _OF_STATE.get(each.state, Health.UNKNOWN)
        rows.append(
            {
                "InstanceId": each.id,
                "HealthStatus": str(health),
                "Color": COLOUR[health],
                "State": row["State"],
                "VersionLabel": row["VersionLabel"],
                "DeploymentId": row["DeploymentId"],
                "Ports": row["Ports"],
                "LaunchedAt": time_text(each.started or each.created),
                "UptimeSeconds": round(now - (each.started or each.created), 1),
                "CPUPercent": percent,
                "MemoryBytes": memory,
            }
        )
    counts = Counter(row["HealthStatus"] for row in rows)
    document = {
        "EnvironmentName": name,
        "Status": environment["Status"],
        "Color": environment["Health"],
        "HealthStatus": environment["HealthStatus"],
        "Causes": environment["Causes"],
        "InstancesHealth": {str(each): counts[str(each)] for each in Health},
        "RefreshedAt": time_text(now),
        "Instances": rows,
    }
    return document, Usage(now, cpu_s)


def health_lines(document: dict[str, Any]) -> list[str]:
    """For people. The first one is to be painted."""
    rows = document["Instances"]
    lines = [f"{document['EnvironmentName']}: {document['HealthStatus']} ({document['Color']}), {document['Status']}"]
    lines += [f"  {cause}" for cause in document["Causes"]]
    there = ", ".join(f"{count} {health}" for health, count in document["InstancesHealth"].items() if count)
    lines += [f"  {count_text(len(rows), 'instance')}{': ' if there else ''}{there}"]
    averages = [(noun, document.get(key)) for noun, key in (("CPU", "CPUPercent"), ("memory", "MemoryPercent"))]
    used = [f"{percent} % of the {noun}" for noun, percent in averages if percent is not None]
    if used:
        lines.append(f"  on average {' and '.join(used)} is used")
    lines.append("")
    cells = [
        (
            row["InstanceId"],
            row["HealthStatus"],
            row["State"],
            row["VersionLabel"] or "-",
            str(row["DeploymentId"] or "-"),
            duration_text(row["UptimeSeconds"]),
            "-" if row["CPUPercent"] is None else f"{row['CPUPercent']:.0f} %",
            "-" if row["MemoryBytes"] is None else size_text(row["MemoryBytes"]),
        )
        for row in rows
    ]
    return [*lines, *table(_HEADER, cells).splitlines()] if cells else lines


def live(session: Session, look: Callable[[], dict[str, Any]], pause_s: float) -> None:
    """Show what `look` gives again and again, until Ctrl-C."""
    from rich.console import Console
    from rich.live import Live

    console = Console()
    if not console.is_terminal or session.json:
        raise UsageError("--refresh needs a terminal", hint="without it the health is shown once")
    with Live(_text(look()), console=console, auto_refresh=False, screen=True) as shown:
        while True:
            time.sleep(pause_s)
            shown.update(_text(look()), refresh=True)


def _text(document: dict[str, Any]) -> Text:
    from rich.text import Text

    colour = {"Green": "green", "Yellow": "yellow", "Red": "red"}.get(document["Color"], "")
    heading, *rest = health_lines(document)
    return Text.assemble((heading, colour), "\n" + "\n".join(rest), "\n\nCtrl-C ends this view.")
