"""Which environment on AWS a command is about when nobody names one."""

from __future__ import annotations

from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice
from beanstalk.errors import NotFound, UsageError
from beanstalk.service.aws.state import CloudEnvironment


def cloud_environment_name(session: Session, named: str | None) -> str:
    """The environment that was named, else the branch's, else the only one of the application.

    Raises UsageError, which names those there are, NotFound when there is none.
    """
    if named:
        return named
    project = session.project
    if chosen := project.environment:
        return chosen
    there = [each.name for each in living_on_aws(session)]
    if there and not project.application:
        hint = f"name the environment: {', '.join(there)}"
        raise UsageError("which environment? This folder is no project", hint=hint)
    if len(there) == 1:
        notice(f"the environment is {there[0]}, the only one", session.quiet)
        return there[0]
    if there:
        hint = f"name one of {', '.join(there)}, or choose a default: beanstalk use NAME"
        raise UsageError("which environment? This branch has no default one", hint=hint)
    hint = "make one: beanstalk create; or choose another --region"
    raise NotFound(f"there is no environment in {session.cloud_service.cloud.region} yet", hint=hint)


def living_on_aws(session: Session) -> list[CloudEnvironment]:
    """The environments of this folder's application; all there are when it has none."""
    application = session.project.application
    return [each for each in session.cloud_service.memory.living() if application in ("", each.application)]
