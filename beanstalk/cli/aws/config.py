"""`beanstalk config` on AWS: the option settings of an environment."""

from __future__ import annotations

from collections.abc import Callable

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.create import _saved as saved_configuration
from beanstalk.cli.aws.eb_flags import allows_replacements, price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.config import (
    check_one,
    project_application,
    save_names,
    show_configuration,
    show_saved,
    tell_deleted,
    tell_path,
    update_of,
)
from beanstalk.cli.flags import Waiting
from beanstalk.cli.saved_files import file_to_put, write_file
from beanstalk.cli.session import Session
from beanstalk.cli.terminal import notice, warn
from beanstalk.errors import UsageError
from beanstalk.service.aws.place import find_cloud_environment
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.prepare import configuration_on_aws, prepare_configure_on_aws
from beanstalk.service.aws.saved import delete_on_aws, find_saved_on_aws, put_on_aws, save_on_aws
from beanstalk.service.saved import read_checked, secrets_of, text_to_keep


def perform_show(
    session: Session,
    waiting: Waiting,
    env: str | None,
    display: bool,
    form: str | None,
    show_secrets: bool,
    update: str | None,
    cfg: str | None,
    dry_run: bool,
) -> None:
    check_one({"--display": display, "--format": form, "--update": update, "--cfg": cfg})
    name = cloud_environment_name(session, env)
    if prepare := _update(session, name, update, cfg):
        carry_out(session, name, prepare, waiting, dry_run, allows_replacements(session), prices=price_file(session))
    if dry_run:
        raise UsageError("--dry-run is for --update and --cfg", hint="add one of them")
    show_configuration(session, configuration_on_aws(session.cloud_service, name), form, show_secrets)


def _update(session: Session, name: str, update: str | None, cfg: str | None) -> Callable[[], CloudChange] | None:
    """What works the update out, None when nothing is to be changed."""
    service = session.cloud_service
    if cfg:
        saved = saved_configuration(session, find_cloud_environment(service, name).application, cfg)
        assert saved is not None
        return lambda: prepare_configure_on_aws(service, name, saved.settings)
    if update is not None:
        settings, removed = update_of(update)
        return lambda: prepare_configure_on_aws(service, name, settings, removed)
    return None


def perform_save(
    session: Session, name: str | None, env: str | None, cfg: str | None, message: str, force: bool
) -> None:
    of, wanted = save_names(name, env, cfg)
    service = session.cloud_service
    target = find_cloud_environment(service, cloud_environment_name(session, of))
    own_name = f"{target.name}-sc" if wanted is None else wanted
    kept = save_on_aws(service, target, own_name, message, force)
    if secrets := secrets_of(target.settings_json):
        notice(f"not saved, because secret: {', '.join(secrets)}", session.quiet)
    tell_path(session, own_name, f"{own_name} is saved", write_file(session, own_name, kept.content))


def perform_get(session: Session, name: str) -> None:
    kept = find_saved_on_aws(session.cloud_service, project_application(session), name)
    tell_path(session, name, f"{name} is written", write_file(session, name, kept.content))


def perform_put(session: Session, name: str) -> None:
    own_name, path = file_to_put(session, name)
    content = path.read_bytes()
    found = read_checked(str(path), content)
    text = text_to_keep(content, found)
    put_on_aws(session.cloud_service, project_application(session), own_name, found, text)
    for problem in found.warnings:
        warn(str(problem), session.quiet)
    tell_path(session, own_name, f"{own_name} is stored", path)


def perform_list(session: Session) -> None:
    show_saved(session, session.cloud_service.store.saved(project_application(session)))


def perform_delete(session: Session, name: str) -> None:
    delete_on_aws(session.cloud_service, project_application(session), name)
    tell_deleted(session, name)
