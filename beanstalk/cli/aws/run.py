"""`beanstalk run` on AWS: a task of its own."""

from __future__ import annotations

import click

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice
from beanstalk.service.aws.programs import run_once_on_aws


def perform(session: Session, words: tuple[str, ...], env: str | None, container: str) -> None:
    name = cloud_environment_name(session, env)

    def tell(text: str) -> None:
        notice(text, session.quiet)

    raise click.exceptions.Exit(run_once_on_aws(session.cloud_service, name, words, container, click.echo, tell))
