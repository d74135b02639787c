"""`beanstalk exec` on AWS, by ECS Exec."""

from __future__ import annotations

import click

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.session import Session
from beanstalk.service.aws.programs import run_inside_on_aws


def perform(
    session: Session, words: tuple[str, ...], env: str | None, instance: str, number: int | None, container: str
) -> None:
    name = cloud_environment_name(session, env)
    code = run_inside_on_aws(session.cloud_service, name, words, instance, number or 0, container)
    raise click.exceptions.Exit(code)
