"""`beanstalk doctor` on AWS."""

from __future__ import annotations

from beanstalk.cli.doctor import tell_checks
from beanstalk.cli.session import Session
from beanstalk.errors import BeanstalkError
from beanstalk.service.aws.doctor import denied, examine_on_aws
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.doctor_containers import look_at_containers
from beanstalk.targets.aws.permissions import policy


def perform(session: Session) -> None:
    service = session.cloud_service
    checks = (*examine_on_aws(service, _environment(session)), *look_at_containers(session.service, []))
    logged_in = not any(each.name == "credentials" and each.remedy for each in checks)
    more = {"Denied": list(denied(service)) if logged_in else [], "Policy": policy()} if session.json else {}
    tell_checks(session, checks, more)


def _environment(session: Session) -> CloudEnvironment | None:
    """The project's, as far as anything is known of it."""
    name = session.project.environment
    try:
        return session.cloud_service.memory.environment(name) if name else None
    except BeanstalkError:
        return None
