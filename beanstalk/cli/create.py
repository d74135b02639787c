"""`beanstalk create`: a new environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.flags import (
    POLICIES,
    Waiting,
    as_one,
    dry_run_flag,
    envvars_flag,
    group_flag,
    modules_flag,
    no_effect_flags,
    on_failure_flag,
    option_flag,
    properties,
    tags_flag,
    waiting_flags,
)
from beanstalk.cli.init import initialise
from beanstalk.cli.packing import Chosen, Wanted, choose_version, discarded_unless_begun, version_flags
from beanstalk.cli.saved_files import find_configuration, local_file
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_platform, complete_saved
from beanstalk.cli.terminal import notice
from beanstalk.errors import NotFound, UsageError
from beanstalk.image.base import version_of_branch
from beanstalk.model import OptionSetting
from beanstalk.platform_image import DOCKER
from beanstalk.platforms import Platform, detect, find_platform
from beanstalk.service.changes import Change
from beanstalk.service.configuration import ASG, COMMAND, ENVIRONMENT, OURS, PROPERTIES
from beanstalk.service.environments import prepare_create
from beanstalk.service.manifest import Base, manifest_of, platform_names
from beanstalk.service.operations import Result
from beanstalk.service.tags import parse_tags
from beanstalk.source.environment_parts import TIERS, WEB, Tier
from beanstalk.source.manifest import FILE_NAME, Manifest
from beanstalk.source.saved import SavedConfiguration
from beanstalk.worker import WORKER

_AWS_ONLY = [
    "-i/--instance_type=", "-it/--instance-types=", "-k/--keyname=", "-ip/--instance_profile=", "-sr/--service-role=",
    "--elb-type=", "--shared-lb=", "--shared-lb-port=", "--vpc", "--vpc.id=", "--vpc.ec2subnets=",
    "--vpc.elbsubnets=", "--vpc.elbpublic", "--vpc.publicip", "--vpc.securitygroups=", "--vpc.dbsubnets=",
    "-db/--database", "-db.engine/--database.engine=", "-db.i/--database.instance=", "-db.size/--database.size=",
    "-db.user/--database.username=", "-db.pass/--database.password=", "-db.version/--database.version=",
    "-pr/--process", "-es/--enable-spot", "-sm/--spot-max-price=", "-sb/--on-demand-base-capacity=",
    "-sp/--on-demand-above-base-capacity=", "--source=",
]  # fmt: skip


_DEFAULT = "default"


def _settings(
    single: bool,
    scale: int | None,
    min_instances: int | None,
    max_instances: int | None,
    envvars: str | None,
    policy: str | None,
    on_failure: str | None,
    options: tuple[OptionSetting, ...],
) -> list[OptionSetting]:
    """What is set on the environment directly. Raises UsageError for flags that contradict each other."""
    if scale and (single or min_instances or max_instances):
        raise UsageError("--scale contradicts --single, --min-instances and --max-instances", hint="drop one of them")
    least, most = scale or min_instances, scale or max_instances
    if most is None and least is not None and least > 4:
        most = least  # beyond the default of MaxSize
    found = [
        (ENVIRONMENT, "EnvironmentType", "SingleInstance" if single else None),
        (ASG, "MinSize", least),
        (ASG, "MaxSize", most),
        (COMMAND, "DeploymentPolicy", policy),
        (OURS, "OnFailure", on_failure),
        *((PROPERTIES, name, value) for name, value in properties(envvars)),
    ]
    given = [OptionSetting(namespace, name, str(value)) for namespace, name, value in found if value is not None]
    return [*given, *options]


_settings_flags = as_one(
    "settings",
    _settings,
    flag("-s", "--single", is_flag=True, help="One instance, whatever MinSize says."),
    flag("--scale", type=click.IntRange(min=1), metavar="N", help="The number of instances."),
    flag("-im", "--min-instances", type=click.IntRange(min=1), metavar="N", help="MinSize: the number of instances."),
    flag("-ix", "--max-instances", type=click.IntRange(min=1), metavar="N", help="MaxSize."),
    envvars_flag,
    option_flag,
    flag("--policy", type=click.Choice(POLICIES), help="The policy of later deployments."),
    on_failure_flag,
)


@click.command(
    cls=Command, epilog="Flags that only mean something on AWS (-i, -k, --vpc, ...) are accepted and told of."
)
@click.argument("env", required=False)
@flag("-c", "--cname", metavar="PREFIX", help="The name it answers at, before .localhost; by default that of ENV.")
@flag(
    "-p", "--platform", metavar="NAME", shell_complete=complete_platform,
    help="The platform; by default that of the project.",
)  # fmt: skip
@flag("-d", "--branch_default", is_flag=True, help="Make it the default environment of this git branch.")
@flag("-t", "--tier", metavar="TIER", help="webserver, which answers requests, or worker, which works off a queue.")
@group_flag
@version_flags
@flag("--sample", is_flag=True, help="Deploy the sample application of the platform.")
@flag(
    "--cfg", metavar="NAME", shell_complete=complete_saved,
    help="Begin with a saved configuration: its local file, else the one that is stored.",
)  # fmt: skip
@_settings_flags
@tags_flag
@flag("--mode", type=click.Choice(["process", "docker"]), help="As processes, or in a container of the platform.")
@dry_run_flag
@waiting_flags
@modules_flag
@no_effect_flags(_AWS_ONLY)
@pass_session
def command(
    session: Session,
    waiting: Waiting,
    wanted: Wanted,
    settings: list[OptionSetting],
    env: str | None,
    cname: str | None,
    platform: str | None,
    branch_default: bool,
    tier: str | None,
    group: str,
    sample: bool,
    cfg: str | None,
    tags: str | None,
    mode: str | None,
    dry_run: bool,
) -> None:
    """Create the environment ENV (by default that of env.yaml, else APPLICATION-dev) and deploy the project to it."""
    application = project_application(session, platform, dry_run)
    saved = _saved(session, application, cfg)
    base = Base(saved=saved, tags=parse_tags(tags) if tags else None, tier=_tier(tier))
    platform = platform or _known(session, saved, "the saved configuration")
    its_sample = _sample(session, platform) if sample else None
    chosen = choose_version(session, application, replace(wanted, sample=its_sample))
    with discarded_unless_begun(session, chosen) as keep:
        given = {each.name for each in settings if each.namespace == PROPERTIES}
        base = replace(base, manifest=manifest_of(chosen.bundle, group, env or "", cname or "", given))
        name = env or (base.manifest.environment_name if base.manifest else "") or default_name(application)
        known = its_sample.name if its_sample else _platform(session, platform, base.manifest, chosen, mode)
        remembered = _remembered(mode, platform or session.project.platform, known, session)
        default = _BranchDefault(session, name, branch_default, group)

        def prepare() -> Change:
            where = session.service, name, chosen.version, chosen.bundle
            return prepare_create(*where, [*remembered, *settings], cname, known, mode, base)

        def begun() -> None:
            keep()
            default.take()

        carry_out(session, name, prepare, waiting, dry_run, begun, default.give_back)


def default_name(application: str) -> str:
    """APPLICATION-dev, as far as an environment can be called so."""
    sound = re.sub(r"[^A-Za-z0-9]+", "-", application).strip("-") or "app"
    return f"{sound[:36].rstrip('-')}-dev"


def project_application(session: Session, platform: str | None, dry_run: bool) -> str:
    """The project's application. A folder that is no project yet becomes one."""
    project = session.project
    if project.application:
        return project.application
    if dry_run:
        return project.folder.name
    made = initialise(session, project, None, platform)
    notice(f"made {made.file} for the application {made.application}", session.quiet)
    return made.application


def _tier(named: str | None) -> Tier | None:
    """As the EB CLI takes them. Raises UsageError for another one."""
    match (named or "").lower().partition("-")[0]:
        case "":
            return None
        case "web" | "webserver":
            return WEB
        case "worker":
            return Tier(WORKER, TIERS[WORKER])
    raise UsageError(f"there is no tier {named}", hint="there are webserver and worker")


def _saved(session: Session, application: str, named: str | None) -> SavedConfiguration | None:
    """The saved configuration to begin with; the local file of one called `default` is taken unasked, as by eb."""
    if named is None and (path := local_file(session, _DEFAULT)) is not None:
        notice(f"beginning with the saved configuration {_DEFAULT}: {path}", session.quiet)
        named = _DEFAULT
    return find_configuration(session, application, named) if named else None


def _platform(
    session: Session, named: str | None, manifest: Manifest | None, chosen: Chosen, mode: str | None
) -> str | None:
    """The platform that was named, by flags, the project or env.yaml; one that is not known here gives way to the next,
    at the end to what the code says."""
    if named:
        return find_platform(named, session.service.platforms).name
    wanted = session.project.platform
    if not wanted:
        return _known(session, manifest, FILE_NAME)
    try:
        return find_platform(wanted, session.service.platforms).name
    except NotFound:
        if known := _known(session, manifest, FILE_NAME):
            return known
        found = detect(chosen.bundle, session.service.platforms, mode)
        notice(f"the platform {wanted} is not known here; taking {found.reason}", session.quiet)
        return found.platform.name


def _remembered(mode: str | None, named: str | None, known: str | None, session: Session) -> list[OptionSetting]:
    """What later deployments have to know: the mode, and the version of the language in the name of a branch of Elastic
    Beanstalk ("Python 3.11 running on ...")."""
    if mode is None:
        return []
    found = [OptionSetting(OURS, "Mode", mode)]
    section = find_platform(known, session.service.platforms).image if known else None
    version = version_of_branch(section, named) if section and named else ""
    return [*found, OptionSetting(DOCKER, "Version", version)] if version and mode == "docker" else found


def _known(session: Session, said: SavedConfiguration | Manifest | None, who: str) -> str | None:
    """The platform that a file names, when there is such a one here."""
    for name in platform_names(said):
        try:
            return find_platform(name, session.service.platforms).name
        except NotFound:
            notice(f"the platform {name} of {who} is not known here", session.quiet)
    return None


def _sample(session: Session, named: str | None) -> Platform:
    wanted = named or session.project.platform
    if not wanted:
        raise UsageError("of which platform is the sample to be", hint="add --platform NAME")
    return find_platform(wanted, session.service.platforms)


@dataclass
class _BranchDefault:
    """Whether a new environment becomes the default of the git branch: when the branch has none that lives, or when
    that is wanted. group: remembered beside it, as by eb."""

    session: Session
    name: str
    wanted: bool
    group: str
    taken: bool = False

    def take(self) -> None:
        project = self.session.project
        current = project.environment
        has_one = current and self.session.service.store.environment(current)
        if project.is_initialised and (self.wanted or not has_one):
            project.choose(self.name, self.group or None)
            self.taken = True

    def give_back(self, found: Result) -> None:
        """When the environment was removed again, because its first deployment failed."""
        if self.taken and found.environment.terminated is not None:
            self.session.project.forget(self.name)
