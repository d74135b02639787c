"""`beanstalk setenv` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import allows_replacements, price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.cli.setenv import given_properties
from beanstalk.service.aws.prepare import prepare_properties_on_aws


def perform(
    session: Session,
    waiting: Waiting,
    properties: tuple[str, ...],
    env: str | None,
    env_file: str | None,
    secrets: tuple[str, ...],
    dry_run: bool,
) -> None:
    values, references = given_properties(properties, env_file, secrets)
    name = cloud_environment_name(session, env)
    service, allowed = session.cloud_service, allows_replacements(session)
    carry_out(
        session, name, lambda: prepare_properties_on_aws(service, name, values, references), waiting, dry_run, allowed,
        prices=price_file(session),
    )  # fmt: skip
