"""`beanstalk deploy` on AWS."""

from __future__ import annotations

from beanstalk.cli.aws.changes import carry_out
from beanstalk.cli.aws.eb_flags import allows_replacements, price_file
from beanstalk.cli.aws.environment import cloud_environment_name
from beanstalk.cli.aws.packing import choose_cloud_version
from beanstalk.cli.deploy import once_settings
from beanstalk.cli.flags import Waiting
from beanstalk.cli.packing import Wanted
from beanstalk.cli.session import Session
from beanstalk.errors import NotFound, UsageError
from beanstalk.model import OptionSetting
from beanstalk.service.aws.place import find_cloud_environment
from beanstalk.service.aws.prepare import prepare_deploy_on_aws
from beanstalk.service.manifest import manifest_of


def perform(
    session: Session,
    waiting: Waiting,
    wanted: Wanted,
    env: str | None,
    policy: str | None,
    batch_size: str | None,
    options: tuple[OptionSetting, ...],
    on_failure: str | None,
    group: str,
    force: bool,
    blue_green: bool,
    terminate_old: bool,
    dry_run: bool,
) -> None:
    if blue_green or terminate_old:
        hint = (
            "do it in steps: beanstalk clone ENV, deploy to the clone, beanstalk swap, terminate ENV; or take "
            "--policy Immutable, which is a blue/green deployment within the environment"
        )
        raise UsageError("--blue-green is for the local target in this version", hint=hint)
    once = once_settings(policy, batch_size, on_failure)
    wanted.check()
    name = None if group and not env else cloud_environment_name(session, env)
    chosen = choose_cloud_version(session, _application(session, name), wanted)
    if name is None:
        manifest = manifest_of(chosen.bundle, group)
        assert manifest is not None  # a group without env.yaml is an error already
        name = manifest.environment_name
    target = name
    carry_out(
        session,
        target,
        lambda: prepare_deploy_on_aws(
            session.cloud_service, target, chosen.version, chosen.bundle, options, once, force
        ),
        waiting,
        dry_run,
        allows_replacements(session),
        prices=price_file(session),
    )


def _application(session: Session, name: str | None) -> str:
    """That of the environment, which has to be the project's: the code of one is kept out of the other."""
    own = session.project.application
    if name is None and not own:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP, or name the environment")
    if name is None:
        return own
    target = find_cloud_environment(session.cloud_service, name)
    if own and own != target.application:
        raise NotFound(
            f"{target.name} belongs to the application {target.application}, and this project is {own}",
            hint=f"deploy it from a folder of {target.application}",
        )
    return target.application
