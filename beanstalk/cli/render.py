"""`beanstalk render`: print what is generated."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from beanstalk.cli.flags import option_flag
from beanstalk.cli.packing import Wanted, pack
from beanstalk.cli.session import CommandGroup, Session, flag, pass_session
from beanstalk.cli.terminal import notice, warn, write_json
from beanstalk.model import OptionSetting
from beanstalk.service.agent import balancer as load_balancer
from beanstalk.service.aws.drafting import Draft
from beanstalk.service.aws.ejecting import render_template
from beanstalk.service.aws.rendering import render_task_definition
from beanstalk.service.rendering import render_dockerfile
from beanstalk.source.yaml_writer import write_yaml
from beanstalk.targets.aws.blueprint import Tier


@click.group(cls=CommandGroup)
def command() -> None:
    """Print a generated artefact."""


@command.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@flag("-p", "--platform", metavar="NAME", help="The platform; by default that of the project.")
@option_flag
@flag("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
@pass_session
def dockerfile(
    session: Session, path: Path | None, platform: str | None, options: tuple[OptionSetting, ...], out: Path | None
) -> None:
    """The Dockerfile of the project, or of the folder or zip PATH, as --mode docker would build it."""
    packed = pack(session, Wanted(archive=path))
    named = platform or (None if path else session.project.platform)
    found = render_dockerfile(session.service, packed.bundle, named, options)
    for problem in found.warnings:
        warn(str(problem), session.quiet)
    if out:
        out.write_text(found.text)
    if session.json:
        write_json({"PlatformName": found.platform, "Path": str(out) if out else None, "Dockerfile": found.text})
    elif not out:
        click.echo(found.text, nl=False)


@command.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@flag("-p", "--platform", metavar="NAME", help="The platform; by default that of the project.")
@option_flag
@flag("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
@pass_session
def taskdef(
    session: Session, path: Path | None, platform: str | None, options: tuple[OptionSetting, ...], out: Path | None
) -> None:
    """The task definition of the project, or of the folder or zip PATH, as Amazon ECS gets it; no account is asked."""
    packed, project = pack(session, Wanted(archive=path)), session.project
    named = project.application or "application"
    draft = Draft(
        packed.bundle, platform or (None if path else project.platform), options,
        named, project.environment or named,
    )  # fmt: skip
    found = render_task_definition(draft, _region(session), session.platform_folders())
    for problem in found.warnings:
        warn(str(problem), session.quiet)
    for sentence in (*found.why, *found.to_do):
        notice(sentence, session.quiet)
    text = json.dumps(found.document, indent=2, ensure_ascii=False)
    if out:
        out.write_text(text + "\n")
    if session.json:
        where = str(out) if out else None
        write_json({"TaskDefinition": found.document, "Path": where, "ToDo": found.to_do, "Why": found.why})
    elif not out:
        click.echo(text)


@command.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@flag("-p", "--platform", metavar="NAME", help="The platform; by default that of the project.")
@flag("-t", "--tier", type=click.Choice(["webserver", "worker"]), default="webserver", help="webserver or worker.")
@option_flag
@flag("--format", "form", type=click.Choice(["json", "yaml"]), default="json", help="json or yaml.")
@flag("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
@pass_session
def cloudformation(
    session: Session, path: Path | None, platform: str | None, tier: str, options: tuple[OptionSetting, ...],
    form: str, out: Path | None,
) -> None:  # fmt: skip
    """The stack of the project, or of the folder or zip PATH, as AWS CloudFormation gets it; no account is asked."""
    packed, project = pack(session, Wanted(archive=path)), session.project
    named = project.application or "application"
    draft = Draft(
        packed.bundle, platform or (None if path else project.platform), options, named,
        project.environment or named, tier=Tier.WORKER if tier == "worker" else Tier.WEB_SERVER,
    )  # fmt: skip
    found = render_template(draft, session.platform_folders())
    for problem in found.warnings:
        warn(str(problem), session.quiet)
    for sentence in (*found.why, *found.to_do):
        notice(sentence, session.quiet)
    text = json.dumps(found.body, indent=2, ensure_ascii=False) + "\n" if form == "json" else write_yaml(found.body)
    if out:
        out.write_text(text)
    if session.json:
        where = str(out) if out else None
        write_json({
            "Template": found.body, "Path": where, "Parameters": found.needed, "ToDo": found.to_do, "Why": found.why,
        })  # fmt: skip
    elif not out:
        click.echo(text, nl=False)


def _region(session: Session) -> str:
    """That of the flag, of the project or of the environment variables of AWS's own tools; "" when nobody says one."""
    project = session.project
    said = session.region or project.settings.of_branch(project.branch, "default_region")
    return said or os.environ.get("AWS_REGION", "") or os.environ.get("AWS_DEFAULT_REGION", "")


@command.command()
@flag("-o", "--output", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there.")
@pass_session
def balancer(session: Session, out: Path | None) -> None:
    """The configuration of the load balancer of this machine; names and instances are no part of it."""
    found = load_balancer(session.service)
    text = found.configuration()
    if out:
        out.write_text(text)
    if session.json:
        write_json({"Balancer": found.name, "Path": str(out) if out else None, "Configuration": text})
    elif not out:
        click.echo(text, nl=not text.endswith("\n"))
