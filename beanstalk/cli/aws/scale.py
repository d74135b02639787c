"""`beanstalk scale` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import allows_replacements, price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.flags import Waiting
from beanstalk.cli.session import Session
from beanstalk.errors import BeanstalkError
from beanstalk.model import OptionSetting
from beanstalk.records import Kind
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.prepare import prepare_configure_on_aws, prepare_scale_on_aws
from beanstalk.service.configuration import ASG, ENVIRONMENT


def perform(session: Session, waiting: Waiting, number: int, env: str | None, force: bool, dry_run: bool) -> None:
    name = cloud_environment_name(session, env)
    allowed = allows_replacements(session)

    def prepare() -> CloudChange:
        return _prepare(session, name, number, force)

    carry_out(session, name, prepare, waiting, dry_run, allowed, prices=price_file(session))


def _prepare(session: Session, name: str, number: int, force: bool) -> CloudChange:
    service = session.cloud_service
    change = prepare_scale_on_aws(service, name, number)
    if change.configuration.text(ENVIRONMENT, "EnvironmentType") != "SingleInstance" or number == 1:
        return change
    if not force:
        raise BeanstalkError(f"{name} is a single-instance environment", hint="add --force to make it one that scales")
    settings = [OptionSetting(ASG, option, str(number)) for option in ("MinSize", "MaxSize")]
    settings.append(OptionSetting(ENVIRONMENT, "EnvironmentType", "LoadBalanced"))
    return prepare_configure_on_aws(service, name, settings, kind=Kind.SCALE)
