"""`beanstalk abort` on AWS."""

from __future__ import annotations

import click

from beanstalk.cli.abort import tell_end
from beanstalk.cli.aws.changes import Heard, watch
from beanstalk.cli.aws.documents import as_result, running_document
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.exits import code_of_abort
from beanstalk.cli.flags import Waiting
from beanstalk.cli.following import exit_code
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import write_json
from beanstalk.service.aws.aborting import abort_on_aws, wait_for_preparation


def perform(session: Session, waiting: Waiting, env: str | None) -> None:
    name = cloud_environment_name(session, env)
    heard = Heard(session, name)
    running = abort_on_aws(session.cloud_service, name, heard)
    if not waiting.nohang:
        wait_for_preparation(running)
    interrupted = watch(session, running, heard, waiting)
    found = as_result(running)
    if session.json:
        write_json(running_document(running, heard.of(running)))
    else:
        tell_end(session, found, waiting, running.environment.url)
    code = code_of_abort(found.outcome) if found.outcome else exit_code(found, interrupted, waiting)
    raise click.exceptions.Exit(code)
