"""`beanstalk tags` on AWS: those of the stack and of everything in it."""

from __future__ import annotations

from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.session import Session
from beanstalk.cli.tags import check_list_alone, show_tags
from beanstalk.errors import UsageError
from beanstalk.service.aws.place import find_cloud_environment


def perform(
    session: Session, env: str | None, lists: bool, add: str | None, update: str | None, delete: str | None
) -> None:
    changes = [text for text in (add, update, delete) if text is not None]
    check_list_alone(lists, changes)
    target = find_cloud_environment(session.cloud_service, cloud_environment_name(session, env))
    if changes:
        hint = "they are set when an environment is made: beanstalk create --tags, beanstalk clone --tags"
        raise UsageError("tags are changed on the local target alone in this version", hint=hint)
    show_tags(session, target.name, dict(sorted(target.all_tags.items())))
