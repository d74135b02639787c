"""`beanstalk clone` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.clone import clone_settings
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.model import OptionSetting
from beanstalk.service.aws.cloning import prepare_clone_on_aws
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.environments import clone_name as default_name
from beanstalk.service.tags import parse_tags


def perform(
    session: Session,
    waiting: Waiting,
    env: str | None,
    clone_name: str | None,
    cname: str | None,
    scale: int | None,
    envvars: str | None,
    options: tuple[OptionSetting, ...],
    tags: str | None,
    dry_run: bool,
) -> None:
    original = cloud_environment_name(session, env)
    settings = clone_settings(envvars, scale, options)
    name = clone_name or default_name(original)
    given = parse_tags(tags) if tags else None

    def prepare() -> CloudChange:
        return prepare_clone_on_aws(session.cloud_service, original, name, cname, settings, given)

    carry_out(session, name, prepare, waiting, dry_run, prices=price_file(session))
