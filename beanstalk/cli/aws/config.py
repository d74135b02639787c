"""`beanstalk config` on AWS: the option settings of an environment."""

from __future__ import annotations

from collections.abc import Callable

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.create import _saved as saved_configuration
from beanstalk.cli.aws.eb_flags import allows_replacements, price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.config import check_one, show_configuration, update_of
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.errors import UsageError
from beanstalk.service.aws.place import find_cloud_environment
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.prepare import configuration_on_aws, prepare_configure_on_aws


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
