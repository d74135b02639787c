"""`beanstalk ci`: pipelines that deploy from a CI service."""

from __future__ import annotations

from pathlib import Path

import click

from beanstalk.cli.session import CommandGroup, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_environment
from beanstalk.cli.terminal import notice, write_json
from beanstalk.errors import UsageError
from beanstalk.service.pipelines import CiService, Pipeline, render_pipeline, write_pipeline
from beanstalk.source import git

_READY_MADE = "Dockerrun.aws.json"
_BUILT = ("Dockerfile", "docker-compose.yml")


@click.group(cls=CommandGroup)
def command() -> None:
    """Write the pipeline that deploys a project to AWS."""


@command.command()
@click.argument("service", type=click.Choice([each.value for each in CiService]))
@click.argument("env", required=False, shell_complete=complete_environment)
@flag("--branch", metavar="NAME", help="Whose commits are deployed; by default the current branch.")
@flag("--role", metavar="ARN", default="", help="The role that deploys; by default a variable of the CI service.")
@flag("--plan-role", metavar="ARN", default="", help="The role that only looks, for plans; likewise.")
@flag("--force", is_flag=True, help="Replace a file that is there.")
@flag("-o", "--output", metavar="-", type=click.Choice(["-"]), help="Print it instead.")
@pass_session
def init(
    session: Session,
    service: str,
    env: str | None,
    branch: str | None,
    role: str,
    plan_role: str,
    force: bool,
    output: str | None,
) -> None:
    """Write the pipeline of SERVICE for the environment ENV: the plan of a change, and its deployment.

    No long-lived key is needed: jobs get credentials of a role. docs/ci.md tells how to make the roles.
    """
    project = session.project
    name = env or project.environment
    if not name:
        raise UsageError("which environment? This branch has no default one", hint="name it: ci init SERVICE ENV")
    region = session.region or project.settings.region
    if not region:
        raise UsageError("which region?", hint="name it: --region eu-central-1")
    root, folder = _repository(project.folder)
    pipeline = Pipeline(name, region, branch or _branch(session), role, plan_role, _builds(project.folder), folder)
    files = render_pipeline(CiService(service), pipeline)
    if output:
        click.echo("".join(files.values()), nl=False)
        return
    written = write_pipeline(root, files, force)
    if session.json:
        write_json({"Files": [str(path) for path in written.files], "Remarks": list(written.remarks)})
        return
    for path in written.files:
        click.echo(path)
    for remark in written.remarks:
        notice(remark, session.quiet)
    notice("docs/ci.md tells how to make the roles; then commit the file", session.quiet)


def _repository(folder: Path) -> tuple[Path, str]:
    """The root of the git repository, where CI services look, and the path of the project in it."""
    found = git.find_repository(folder)
    if found is None or not found.prefix:
        return folder, ""
    prefix = found.prefix.rstrip("/")
    return folder.parents[prefix.count("/")], prefix


def _branch(session: Session) -> str:
    branch = session.project.branch
    return "main" if branch == "default" else branch


def _builds(folder: Path) -> bool:
    """Whether an image is made in the pipeline. Only a Dockerrun file alone needs none."""
    return any((folder / name).exists() for name in _BUILT) or not (folder / _READY_MADE).exists()
