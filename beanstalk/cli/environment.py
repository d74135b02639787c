"""Which application and environment a command is about when nobody names one."""

from __future__ import annotations

from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice
from beanstalk.errors import NotFound, UsageError
from beanstalk.records import Environment
from beanstalk.service.place import find_environment


def environment_name(session: Session, named: str | None) -> str:
    """The environment that was named, else the branch's, else the only one of the application.

    Raises UsageError, which names those there are, NotFound when there is none.
    """
    if named:
        return named
    session.check_target()
    project = session.project
    if chosen := project.environment:
        return chosen
    there = [each.name for each in living(session)]
    if there and not project.application:
        hint = f"name the environment: {', '.join(there)}"
        raise UsageError("which environment? This folder is no project", hint=hint)
    if len(there) == 1:
        notice(f"the environment is {there[0]}, the only one", session.quiet)
        return there[0]
    if there:
        hint = f"name one of {', '.join(there)}, or choose a default: beanstalk use NAME"
        raise UsageError("which environment? This branch has no default one", hint=hint)
    raise NotFound("there is no environment yet", hint="make one: beanstalk create")


def environment(session: Session, named: str | None) -> Environment:
    """As `environment_name`. Raises NotFound, UsageError."""
    return find_environment(session.service, environment_name(session, named))


def environment_or_last(session: Session, named: str | None) -> Environment:
    """As `environment`; when none of this name lives, the one terminated last: its events are there."""
    name = environment_name(session, named)
    try:
        return find_environment(session.service, name)
    except NotFound:
        gone = session.service.store.environments.where("name = ? ORDER BY created DESC LIMIT 1", name)
        if not gone:
            raise
        return gone[0]


def living(session: Session) -> list[Environment]:
    """The environments of this folder's application; all there are when it has none."""
    application = session.project.application
    return [each for each in session.service.store.living() if application in ("", each.application)]


def tell_unwatched(session: Session) -> None:
    """Say so when what is shown is only the last that the agent saw, because somebody stopped it."""
    from beanstalk.agent.daemon import agent_pid

    if agent_pid(session.service.home) is None:
        notice("the agent does not run: this is the last that it saw (any operation starts it again)", session.quiet)
