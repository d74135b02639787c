"""`beanstalk create`: a new environment."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.config import find_configuration
from beanstalk.cli.flags import (
    POLICIES,
    Waiting,
    dry_run_flag,
    envvars_flag,
    no_effect_flags,
    not_yet_flags,
    on_failure_flag,
    option_flag,
    properties,
    waiting_flags,
)
from beanstalk.cli.init import initialise
from beanstalk.cli.packing import Chosen, Wanted, choose_version, discarded_unless_begun
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.terminal import notice
from beanstalk.errors import NotFound, UsageError
from beanstalk.model import OptionSetting
from beanstalk.platforms import Platform, detect, find_platform
from beanstalk.service.changes import Change
from beanstalk.service.configuration import ASG, COMMAND, ENVIRONMENT, OURS, PROPERTIES
from beanstalk.service.environments import prepare_create
from beanstalk.service.operations import Result
from beanstalk.service.saved import platform_names, prepare_create_saved
from beanstalk.service.tags import check_tags, parse_tags
from beanstalk.source.saved import SavedConfiguration

_AWS_ONLY = [
    "-i/--instance_type=", "-it/--instance-types=", "-k/--keyname=", "-ip/--instance_profile=", "-sr/--service-role=",
    "--elb-type=", "--shared-lb=", "--shared-lb-port=", "--vpc", "--vpc.id=", "--vpc.ec2subnets=",
    "--vpc.elbsubnets=", "--vpc.elbpublic", "--vpc.publicip", "--vpc.securitygroups=", "--vpc.dbsubnets=",
    "-db/--database", "-db.engine/--database.engine=", "-db.i/--database.instance=", "-db.size/--database.size=",
    "-db.user/--database.username=", "-db.pass/--database.password=", "-db.version/--database.version=",
    "-pr/--process", "-es/--enable-spot", "-sm/--spot-max-price=", "-g/--env-group-suffix=", "--source=",
]  # fmt: skip


@click.command(
    cls=Command, epilog="Flags that only mean something on AWS (-i, -k, --vpc, ...) are accepted and told of."
)
@click.argument("env", required=False)
@flag("-c", "--cname", metavar="PREFIX", help="The name it answers at, before .localhost; by default that of ENV.")
@flag("-p", "--platform", metavar="NAME", help="The platform; by default that of the project.")
@flag("-d", "--branch_default", is_flag=True, help="Make it the default environment of this git branch.")
@flag("-s", "--single", is_flag=True, help="One instance, whatever MinSize says.")
@flag("--scale", type=click.IntRange(min=1), metavar="N", help="The number of instances.")
@flag("-im", "--min-instances", type=click.IntRange(min=1), metavar="N", help="MinSize: the number of instances.")
@flag("-ix", "--max-instances", type=click.IntRange(min=1), metavar="N", help="MaxSize.")
@flag("-t", "--tier", metavar="TIER", help="webserver, the only tier in this version.")
@flag("--version", metavar="LABEL", silent=True, help="Deploy this application version.")
@flag("--sample", is_flag=True, help="Deploy the sample application of the platform.")
@flag("--archive", type=click.Path(path_type=Path), metavar="DIR|ZIP", help="Deploy this instead of the project.")
@flag("-l", "--label", metavar="LABEL", help="The label of the new version.")
@flag("-m", "--message", metavar="TEXT", help="The description of the new version.")
@flag("--staged", is_flag=True, help="Take the git index instead of HEAD.")
@flag("--working-tree", is_flag=True, help="Take the files as they are, committed or not.")
@flag("--cfg", metavar="NAME", help="Begin with a saved configuration: its local file, else the one that is stored.")
@envvars_flag
@option_flag
@flag("--tags", metavar="K=V,K=V", help="Tags of the environment, instead of those of the saved configuration.")
@flag("--policy", type=click.Choice(POLICIES), help="The policy of later deployments.")
@on_failure_flag
@flag("--mode", type=click.Choice(["process", "docker"]), help="process, the only mode in this version.")
@dry_run_flag
@waiting_flags
@not_yet_flags("--modules")
@no_effect_flags(_AWS_ONLY)
@pass_session
def command(
    session: Session,
    waiting: Waiting,
    env: str | None,
    cname: str | None,
    platform: str | None,
    branch_default: bool,
    single: bool,
    scale: int | None,
    min_instances: int | None,
    max_instances: int | None,
    tier: str | None,
    version: str | None,
    sample: bool,
    archive: Path | None,
    label: str | None,
    message: str | None,
    staged: bool,
    working_tree: bool,
    cfg: str | None,
    envvars: str | None,
    options: tuple[OptionSetting, ...],
    tags: str | None,
    policy: str | None,
    on_failure: str | None,
    mode: str | None,
    dry_run: bool,
) -> None:
    """Create the environment ENV (by default APPLICATION-dev) and deploy the project to it."""
    if mode == "docker":
        raise UsageError("containers (--mode docker) are not in this version", hint="--mode process, or leave it out")
    if tier and tier.lower() not in ("web", "webserver"):
        raise UsageError(f"the tier {tier} is not in this version", hint="there is: webserver")
    if scale and (single or min_instances or max_instances):
        raise UsageError("--scale contradicts --single, --min-instances and --max-instances", hint="drop one of them")
    application = _application(session, platform, dry_run)
    name = env or default_name(application)
    sizes = (scale or min_instances, scale or max_instances)
    settings = [*_settings(single, *sizes), *_policy(policy, on_failure)]
    settings += [OptionSetting(PROPERTIES, key, value) for key, value in properties(envvars)]
    saved = find_configuration(session, application, cfg) if cfg else None
    platform = platform or _platform_of(session, saved)
    its_tags = _tags(tags, saved)
    its_sample = _sample(session, platform) if sample else None
    wanted = Wanted(version, label, message, staged, working_tree, archive, its_sample)
    chosen = choose_version(session, application, wanted)
    chose = False

    def prepare() -> Change:
        known = its_sample.name if its_sample else _platform(session, platform, chosen, mode)
        where, given = (chosen.version, chosen.bundle), [*settings, *options]
        if saved is not None:
            change = prepare_create_saved(session.service, name, *where, saved, given, cname, known, mode)
        else:
            change = prepare_create(session.service, name, *where, given, cname, known, mode)
        return replace(change, tags=its_tags)

    def begun() -> None:
        nonlocal chose
        keep()
        chose = _choose(session, name, branch_default)

    def forget_if_removed(found: Result) -> None:
        if chose and found.environment.terminated is not None:
            session.project.forget(name)

    with discarded_unless_begun(session, chosen) as keep:
        carry_out(session, name, prepare, waiting, dry_run, begun, forget_if_removed)


def default_name(application: str) -> str:
    """APPLICATION-dev, as far as an environment can be called so."""
    sound = re.sub(r"[^A-Za-z0-9]+", "-", application).strip("-") or "app"
    return f"{sound[:36].rstrip('-')}-dev"


def _application(session: Session, platform: str | None, dry_run: bool) -> str:
    """The project's application. A folder that is no project yet becomes one."""
    session.check_target()
    project = session.project
    if project.application:
        return project.application
    if dry_run:
        return project.folder.name
    made = initialise(session, project, None, platform)
    notice(f"made {made.file} for the application {made.application}", session.quiet)
    return made.application


def _settings(single: bool, least: int | None, most: int | None) -> list[OptionSetting]:
    settings = [OptionSetting(ENVIRONMENT, "EnvironmentType", "SingleInstance")] if single else []
    if least is not None:
        settings.append(OptionSetting(ASG, "MinSize", str(least)))
    if most is None and least is not None and least > 4:
        most = least  # beyond the default of MaxSize
    if most is not None:
        settings.append(OptionSetting(ASG, "MaxSize", str(most)))
    return settings


def _policy(policy: str | None, on_failure: str | None) -> list[OptionSetting]:
    settings = [OptionSetting(COMMAND, "DeploymentPolicy", policy)] if policy else []
    return settings + ([OptionSetting(OURS, "OnFailure", on_failure)] if on_failure else [])


def _platform(session: Session, named: str | None, chosen: Chosen, mode: str | None) -> str | None:
    """The platform that was named, else the project's; one that is not known here gives way to what the code says."""
    if named:
        return find_platform(named, session.service.platforms).name
    if not session.project.platform:
        return None
    try:
        return find_platform(session.project.platform, session.service.platforms).name
    except NotFound:
        found = detect(chosen.bundle, session.service.platforms, mode)
        notice(f"the platform {session.project.platform} is not known here; taking {found.reason}", session.quiet)
        return found.platform.name


def _platform_of(session: Session, saved: SavedConfiguration | None) -> str | None:
    """The platform that a saved configuration names, when there is such a one here."""
    for name in platform_names(saved) if saved else ():
        try:
            return find_platform(name, session.service.platforms).name
        except NotFound:
            notice(f"the platform {name} of the saved configuration is not known here", session.quiet)
    return None


def _tags(text: str | None, saved: SavedConfiguration | None) -> tuple[tuple[str, str], ...]:
    """Raises UsageError, InvalidInput."""
    pairs = parse_tags(text) if text else list(saved.tags) if saved else []
    check_tags(pairs)
    return tuple(pairs)


def _sample(session: Session, named: str | None) -> Platform:
    wanted = named or session.project.platform
    if not wanted:
        raise UsageError("of which platform is the sample to be", hint="add --platform NAME")
    return find_platform(wanted, session.service.platforms)


def _choose(session: Session, name: str, wanted: bool) -> bool:
    """Make a new environment the branch's default when it has none that lives, or when that is wanted."""
    project = session.project
    current = project.environment
    if not project.is_initialised or (current and not wanted and session.service.store.environment(current)):
        return False
    project.choose(name)
    return True
