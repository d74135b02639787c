"""`beanstalk list` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.documents import cloud_document
from beanstalk.cli.aws.environment import living_on_aws
from beanstalk.cli.list import show_list
from beanstalk.cli.session import Session


def perform(session: Session, everything: bool) -> None:
    found = session.cloud_service.memory.living() if everything else living_on_aws(session)
    show_list(session, [cloud_document(each) for each in found])
