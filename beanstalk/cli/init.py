"""`beanstalk init`: make a folder a project."""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from beanstalk.cli.dispatch import LOCAL
from beanstalk.cli.flags import modules_flag, no_effect_flags
from beanstalk.cli.project import FOLDER, Project
from beanstalk.cli.session import Command, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_platform
from beanstalk.cli.terminal import notice, write_json
from beanstalk.errors import BeanstalkError, NotFound, UsageError
from beanstalk.platforms import detect, find_platform
from beanstalk.service.manifest import platform_names, read_manifest_of
from beanstalk.service.versions import create_application
from beanstalk.source.packing import pack_folder


@click.command(cls=Command)
@click.argument("app", required=False)
@flag(
    "-p", "--platform", metavar="NAME", shell_complete=complete_platform,
    help="The platform; by default the one that the code looks like.",
)  # fmt: skip
@flag("-e", "--environment-name", metavar="ENV", silent=True, help="The default environment of this git branch.")
@no_effect_flags(["-k/--keyname=", "-i/--interactive", "--tags=", "--source="])
@modules_flag
@pass_session
def command(session: Session, app: str | None, platform: str | None, environment_name: str | None) -> None:
    """Make this folder a project of the application APP (by default the folder's name).

    Writes .elasticbeanstalk/config.yml, keeping what is in it, and has git ignore the files beside it.
    """
    session.check_target()
    here = Project(Path.cwd(), (Path.cwd() / FOLDER).is_dir())
    if session.project.is_initialised and session.project.folder != here.folder:
        notice(f"this folder becomes a project of its own, inside that of {session.project.folder}", session.quiet)
    project = initialise(session, here, app, platform)
    if environment_name:
        project.choose(environment_name)
    if session.json:
        write_json(
            {
                "ApplicationName": project.application,
                "PlatformName": project.platform or None,
                "Target": project.target,
                "Path": str(project.file),
            }
        )
    else:
        platform = project.platform or "not known yet"
        click.echo(f"{project.file} says: application {project.application}, platform {platform}")


def initialise(session: Session, project: Project, app: str | None, platform: str | None) -> Project:
    """Write the configuration and make the application. Raises InvalidInput for a bad name, NotFound for a platform."""
    name = app or project.application or project.folder.name
    if not name:
        raise UsageError("this folder has no name to take for the application", hint="name it: beanstalk init APP")
    if platform:
        chosen: str | None = find_platform(platform, session.service.platforms).name
    else:
        chosen = None if project.platform else _detected(session, project.folder)
    target = session.target or project.target
    if target == LOCAL:  # on AWS its first environment or version makes it: nothing is asked of an account here
        create_application(session.service, name)
    session.project = project.initialise(name, chosen, target, session.region, session.profile)
    return session.project


def _detected(session: Session, folder: Path) -> str | None:
    """The platform that env.yaml names, else the one that the files look like, whether they are committed or not; None
    with a notice when none does."""
    search = session.service.platforms
    try:
        with TemporaryDirectory() as scratch:
            _, bundle = pack_folder(folder, Path(scratch) / "bundle.zip", working_tree=True)
            for name in platform_names(read_manifest_of(bundle)):
                with contextlib.suppress(NotFound):
                    platform = find_platform(name, search)
                    notice(f"platform: {platform.title}, because of env.yaml", session.quiet)
                    return platform.name
            found = detect(bundle, search)
    except BeanstalkError as error:
        notice(f"the platform is not known yet: {error.problem}", session.quiet)
        if error.hint:
            notice(f"hint: {error.hint}", session.quiet)
        return None
    notice(f"platform: {found.reason}", session.quiet)
    return found.platform.name
