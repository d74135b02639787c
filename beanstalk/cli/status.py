"""`beanstalk status`: what an environment runs and how it is."""

from __future__ import annotations

from typing import Any

import click

from beanstalk.cli.documents import status_document
from beanstalk.cli.environment import environment, tell_unwatched
from beanstalk.cli.flags import environment_argument
from beanstalk.cli.session import Command, Session, pass_session
from beanstalk.cli.terminal import HEALTH_COLOUR, paint, table, write_json

FEW = 10
"""So many instances are always listed."""


@click.command(cls=Command)
@environment_argument
@pass_session
def command(session: Session, env: str | None) -> None:
    """Tell what ENV runs, where it answers and how it is; -v lists all instances, however many."""
    document = status_document(session.service, environment(session, env))
    tell_unwatched(session)
    if session.json:
        write_json(document)
    else:
        click.echo(status_text(document, session.verbose))


def status_text(document: dict[str, Any], verbose: bool) -> str:
    """As `eb status`, and the address and the instances."""
    rows = {
        "Application name": document["ApplicationName"],
        "Deployed Version": document["VersionLabel"],
        "Deployment": document["DeploymentId"],
        "Environment ID": document["EnvironmentId"],
        "Platform": document["SolutionStackName"],
        "Tier": "{Name}-{Type}-{Version}".format(**document["Tier"]),
        "CNAME": document["CNAME"],
        "URL": document["Url"],
        "Queue": document.get("QueueUrl"),
        "Links": _links(document),
        "Updated": document["DateUpdated"].replace("T", " ").replace("Z", " UTC"),
        "Status": document["Status"],
        "Health": f"{document['Health']} ({document['HealthStatus']})",
        "Operation": document.get("Operation"),
    }
    colour = HEALTH_COLOUR[document["Health"]]
    lines = [f"Environment details for: {document['EnvironmentName']}"]
    for key, value in rows.items():
        if value is not None:
            lines.append(f"  {key}: {paint(str(value), colour) if key == 'Health' else value}")
        if key == "Health":
            lines += [f"    {cause}" for cause in document["Causes"]]
    instances = document["Instances"]
    lines.append(f"  Instances: {len(instances)}")
    if instances and (verbose or len(instances) <= FEW):
        header = ("Instance", "State", "Version", "Deployment", "Address", "Pid")
        cells = [
            [str(each[key] or "-") for key in ("InstanceId", "State", "VersionLabel", "DeploymentId", "Address", "Pid")]
            for each in instances
        ]
        lines += [f"    {line}" for line in table(header, cells).splitlines()]
        lines += _ports(instances)
    elif instances:
        lines.append("    -v lists them")
    return "\n".join(lines)


def _ports(instances: list[dict[str, Any]]) -> list[str]:
    """Where containers are reached on their other ports than the one that gets the requests."""
    found = [
        (each["InstanceId"], port["Container"], f"{port['ContainerPort']}/{port['Protocol']}", port["Address"])
        for each in instances
        for port in each["Ports"]
        if len(each["Ports"]) > 1
    ]
    lines = table(("Instance", "Container", "Port", "Address"), found).splitlines() if found else []
    return [f"    {line}" for line in ("", *lines)] if lines else []


def _links(document: dict[str, Any]) -> str | None:
    """Which properties lead to which environments."""
    told = [f"{each['LinkName']} to {each['EnvironmentName']}" for each in document["EnvironmentLinks"]]
    return ", ".join(told) or None
