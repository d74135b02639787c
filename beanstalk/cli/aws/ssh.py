"""`beanstalk ssh` on AWS: a shell, by ECS Exec."""

from __future__ import annotations

from beanstalk.cli.aws import exec as inside
from beanstalk.cli.session import Session


def perform(
    session: Session, env: str | None, line: str | None, instance: str, number: int | None, container: str
) -> None:
    """Two words reach the task as they stand; a line is the shell's."""
    inside.perform(session, (line,) if line else ("/bin/sh", "-i"), env, instance, number, container)
