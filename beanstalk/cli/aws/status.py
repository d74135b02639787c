"""`beanstalk status` on AWS."""

from __future__ import annotations

import click

from beanstalk.cli.aws.documents import described_document
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.session import Session
from beanstalk.cli.status import status_text
from beanstalk.cli.terminal import write_json
from beanstalk.service.aws.seeing import describe_on_aws


def perform(session: Session, env: str | None) -> None:
    document = described_document(describe_on_aws(session.cloud_service, cloud_environment_name(session, env)))
    if session.json:
        write_json(document)
    else:
        click.echo(status_text(document, session.verbose))
