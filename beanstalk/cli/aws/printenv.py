"""`beanstalk printenv` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.printenv import show_properties
from beanstalk.cli.session import Session
from beanstalk.service.aws.prepare import configuration_on_aws


def perform(session: Session, env: str | None) -> None:
    name = cloud_environment_name(session, env)
    show_properties(session, configuration_on_aws(session.cloud_service, name))
