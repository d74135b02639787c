"""`beanstalk open` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.open import show_address
from beanstalk.cli.session import Session
from beanstalk.errors import BeanstalkError
from beanstalk.service.aws.place import find_cloud_environment


def perform(session: Session, env: str | None) -> None:
    environment = find_cloud_environment(session.cloud_service, cloud_environment_name(session, env))
    if not environment.url:
        raise BeanstalkError(
            f"{environment.name} answers no requests", hint="only web environments with a load balancer do"
        )
    show_address(session, environment.url)
