"""`beanstalk rebuild` on AWS."""

from __future__ import annotations

from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.errors import UsageError


def perform(session: Session, waiting: Waiting, env: str | None, dry_run: bool) -> None:
    """Nothing of a stack ages: tasks are made anew by `restart`."""
    hint = "beanstalk restart makes all tasks anew; for a new stack, beanstalk terminate and then beanstalk restore"
    raise UsageError("rebuild is for the local target in this version", hint=hint)
