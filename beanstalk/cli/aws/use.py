"""`beanstalk use` on AWS."""

from __future__ import annotations

from beanstalk.cli.session import Session
from beanstalk.cli.use import choose
from beanstalk.service.aws.place import find_cloud_environment


def perform(session: Session, env: str) -> None:
    choose(session, lambda: find_cloud_environment(session.cloud_service, env).name)
