"""`beanstalk deploy`: a new version by a deployment policy."""

from __future__ import annotations

import re

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.environment import environment
from beanstalk.cli.flags import (
    POLICIES,
    Waiting,
    dry_run_flag,
    environment_argument,
    group_flag,
    modules_flag,
    no_effect_flags,
    on_failure_flag,
    option_flag,
    waiting_flags,
)
from beanstalk.cli.following import watch
from beanstalk.cli.packing import Wanted, choose_version, discarded_unless_begun, version_flags
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import notice
from beanstalk.errors import NotFound, UsageError
from beanstalk.model import OptionSetting, Outcome
from beanstalk.records import Environment
from beanstalk.service.changes import Change
from beanstalk.service.configuration import COMMAND, OURS
from beanstalk.service.manifest import manifest_of
from beanstalk.service.operations import Result
from beanstalk.service.updates import prepare_blue_green, prepare_deploy
from beanstalk.source.bundle import Bundle
from beanstalk.source.manifest import FILE_NAME as MANIFEST


@click.command(cls=Command)
@environment_argument
@version_flags
@flag("--policy", type=click.Choice(POLICIES), help="The policy of this deployment.")
@flag("--batch-size", metavar="N|N%", help="Instances a batch, of this deployment.")
@option_flag
@on_failure_flag
@group_flag
@flag("--force", is_flag=True, help="Deploy even when nothing changed.")
@flag("--blue-green", is_flag=True, help="Deploy to a second environment, then exchange the CNAMEs.")
@flag("--terminate-old", is_flag=True, help="With --blue-green: terminate the old environment afterwards.")
@dry_run_flag
@waiting_flags
@modules_flag
@no_effect_flags(["-p/--process", "--source="])
@pass_session
def command(
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
    """Deploy the project to ENV as a new version, or the version LABEL that is there.

    What is packed: of a git repository the files of HEAD, else the folder; see `beanstalk package --list --why`.
    """
    once = once_settings(policy, batch_size, on_failure)
    if blue_green and once:
        raise UsageError("--blue-green takes no policy, batch size and --on-failure", hint="drop them")
    if terminate_old and not blue_green:
        raise UsageError("--terminate-old is for --blue-green", hint="add --blue-green")
    wanted.check()
    target = None if group and not env else environment(session, env)
    chosen = choose_version(session, _application(session, target), wanted)
    service = session.service
    with discarded_unless_begun(session, chosen) as begun:
        name = target.name if target else _name_by_group(session, chosen.bundle, group)

        def prepare() -> Change:
            where = service, name, chosen.version, chosen.bundle, options
            if blue_green:
                return prepare_blue_green(*where, terminate_old, group)
            return prepare_deploy(*where, once, force, group)

        def moved(found: Result) -> None:
            if blue_green and found.outcome is Outcome.SUCCEEDED:
                _tell_moved(session, name, found, waiting)

        carry_out(session, name, prepare, waiting, dry_run, begun, moved)


def once_settings(policy: str | None, batch_size: str | None, on_failure: str | None) -> list[OptionSetting]:
    """The flags that hold for one deployment, as settings. Raises UsageError for a bad batch size."""
    settings = [OptionSetting(COMMAND, "DeploymentPolicy", policy)] if policy else []
    if batch_size:
        matched = re.fullmatch(r"([1-9][0-9]*)(%?)", batch_size.strip())
        if not matched:
            raise UsageError(f"{batch_size!r} is no batch size", hint="it is a number (2) or a share (30%)")
        settings.append(OptionSetting(COMMAND, "BatchSizeType", "Percentage" if matched[2] else "Fixed"))
        settings.append(OptionSetting(COMMAND, "BatchSize", matched[1]))
    return settings + ([OptionSetting(OURS, "OnFailure", on_failure)] if on_failure else [])


def _application(session: Session, target: Environment | None) -> str:
    """That of the environment, which has to be the project's: the code of one is kept out of the other."""
    own = session.project.application
    if target is None and not own:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP, or name the environment")
    if target is None:
        return own
    if own and own != target.application:
        raise NotFound(
            f"{target.name} belongs to the application {target.application}, and this project is {own}",
            hint=f"deploy it from a folder of {target.application}",
        )
    return target.application


def _name_by_group(session: Session, bundle: Bundle, group: str) -> str:
    """The environment that env.yaml names for a group. Raises NotFound when there is none of this name."""
    found = manifest_of(bundle, group)
    assert found is not None  # a group without env.yaml is an error already
    name = found.environment_name
    if session.service.store.environment(name) is None:
        hint = f"make it: beanstalk create --group {group}"
        raise NotFound(f"there is no environment {name}, which {MANIFEST} names for the group {group}", hint=hint)
    return name


def _tell_moved(session: Session, old: str, found: Result, waiting: Waiting) -> None:
    """Afterwards the other environment has the name that people use; the old one may be terminated now."""
    project, new = session.project, found.environment.name
    notice(f"the CNAME of {old} now points to {new}", session.quiet)
    if project.is_initialised and project.environment == old:
        project.choose(new)
        notice(f"{new} is now the default environment of this branch", session.quiet)
    following = session.service.store.operations.where("parent_id = ?", found.operation.id)
    for operation in following:
        watch(session, operation, waiting)
        project.forget(old)
    rest = "is terminated" if following else "keeps running under the other CNAME"
    notice(f"{old} {rest}", session.quiet)
