"""`beanstalk terminate` on AWS."""

from __future__ import annotations

from typing import Any

import click

from beanstalk.cli.aws.changes import Heard, watch, when_free
from beanstalk.cli.aws.documents import as_result, running_document
from beanstalk.cli.aws.environment import cloud_environment_name, living_on_aws
from beanstalk.cli.flags import Waiting
from beanstalk.cli.following import exit_code, tell
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice, warn, write_json
from beanstalk.cli.terminate import confirm
from beanstalk.errors import NotFound, UsageError
from beanstalk.service.aws.place import find_cloud_environment
from beanstalk.service.aws.terminating import Data, data_of, terminate_on_aws


def perform(
    session: Session,
    waiting: Waiting,
    env: str | None,
    force: bool,
    everything: bool,
    keep_data: bool,
    ignore_links: bool,
) -> None:
    names = _all(session, env) if everything else [_there(session, cloud_environment_name(session, env))]
    for name in names:
        _tell_data(session, name, data_of(session.cloud_service, name), keep_data)
    if not force:
        confirm(session.project.application if everything else names[0], everything)
    documents, codes = [], []
    for name in names:
        document, code = _terminate(session, name, waiting, keep_data)
        documents.append(document)
        codes.append(code)
    if session.json:
        write_json(documents if everything else documents[0])
    raise click.exceptions.Exit(max(codes))


def _terminate(session: Session, name: str, waiting: Waiting, keep_data: bool) -> tuple[dict[str, Any], int]:
    heard = Heard(session, name)
    running = when_free(
        session, lambda tell_it: terminate_on_aws(session.cloud_service, name, tell_it, keep_data), heard, waiting
    )
    interrupted = watch(session, running, heard, waiting)
    if running.environment.terminated is not None and session.project.is_initialised:
        session.project.forget(name)
    found = as_result(running)
    if not session.json:
        tell(session, found, waiting, "")
    return running_document(running, heard.of(running)), exit_code(found, interrupted, waiting)


def _tell_data(session: Session, name: str, data: tuple[Data, ...], keep_data: bool) -> None:
    """What dies, before anybody is asked."""
    for each in data:
        if each.fate == "dies" and not keep_data:
            warn(f"{name}: {each.text} is deleted with its data (--keep-data keeps it)", session.quiet)
        elif each.fate == "leaves a snapshot" and not keep_data:
            notice(f"{name}: {each.text} is deleted and leaves a snapshot", session.quiet)
        else:
            notice(f"{name}: {each.text} stays in the account, and is paid for", session.quiet)


def _there(session: Session, name: str) -> str:
    return find_cloud_environment(session.cloud_service, name).name


def _all(session: Session, env: str | None) -> list[str]:
    if env:
        raise UsageError("--all terminates every environment, so name none", hint="drop --all or the name")
    application = session.project.application
    if not application:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP, or name the environment")
    found = [each.name for each in living_on_aws(session)]
    if not found:
        raise NotFound(f"the application {application} has no environment")
    return found
