"""`beanstalk config`: the option settings of an environment, and saved configurations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from beanstalk.cli.changes import carry_out
from beanstalk.cli.documents import time_text
from beanstalk.cli.environment import environment, environment_name
from beanstalk.cli.flags import Waiting, dry_run_flag, environment_argument, waiting_flags
from beanstalk.cli.project import FOLDER
from beanstalk.cli.session import CommandGroup, Session, flag, pass_session
from beanstalk.cli.terminal import notice, table, warn, write_json
from beanstalk.errors import NotFound, UsageError
from beanstalk.options.configuration import Layer, Resolved
from beanstalk.service.saved import (
    delete_saved,
    find_saved,
    list_saved,
    put_configuration,
    read_checked,
    read_update,
    save_configuration,
)
from beanstalk.service.updates import prepare_configure
from beanstalk.source.saved import SUFFIX, SavedConfiguration, read_saved

PRIVATE = "saved_configs"
"""The folder in .elasticbeanstalk that git ignores."""


class _Config(CommandGroup):
    """`config ENV` is `config show ENV`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((word for word in args if not word.startswith("-")), "")
        if first not in self.commands and (first or not {"-h", "--help"} & {*args}):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Config)
def command() -> None:
    """Show or update the option settings of an environment; save, get and put configurations.

    Without a command it is show.
    """


@command.command()
@environment_argument
@flag("-d", "--display", is_flag=True, help="Show the settings, which it does anyway.")
@flag("-u", "--update", metavar="file:PATH|TEXT", help="Apply OptionSettings in YAML or JSON; null removes an option.")
@dry_run_flag
@waiting_flags
@pass_session
def show(session: Session, waiting: Waiting, env: str | None, display: bool, update: str | None, dry_run: bool) -> None:
    """Show the option settings of ENV and where each comes from; with -v the defaults, too. Or update them."""
    name = environment_name(session, env)
    if update is not None:
        path, content = _update(update)
        settings, removed = read_update(path, content)
        carry_out(session, name, lambda: prepare_configure(session.service, name, settings, removed), waiting, dry_run)
    if dry_run:
        raise UsageError("--dry-run is for --update", hint="add --update")
    change = prepare_configure(session.service, name)
    found = [item for item in change.configuration.all() if session.verbose or item.layer is not Layer.DEFAULT]
    if session.json:
        write_json(
            [
                {
                    "Namespace": item.namespace,
                    "OptionName": item.name,
                    "Value": item.value,
                    "Layer": str(item.layer),
                    "At": str(item.winner.at) if item.winner.at else None,
                    "Because": item.winner.because or None,
                }
                for item in found
            ]
        )
    else:
        click.echo(_text(found))


@command.command()
@click.argument("name")
@environment_argument
@flag("-m", "--message", metavar="TEXT", default="", help="The description.")
@flag("--force", is_flag=True, help="Replace a saved configuration of this name.")
@pass_session
def save(session: Session, name: str, env: str | None, message: str, force: bool) -> None:
    """Save what is set on ENV as NAME, and write it to .elasticbeanstalk/saved_configs."""
    kept = save_configuration(session.service, environment(session, env), name, message, force)
    _tell(session, name, f"{name} is saved", _write(session, name, kept.content))


@command.command()
@click.argument("name")
@pass_session
def get(session: Session, name: str) -> None:
    """Write the saved configuration NAME to .elasticbeanstalk/saved_configs."""
    kept = find_saved(session.service, _application(session), name)
    _tell(session, name, f"{name} is written", _write(session, name, kept.content))


@command.command()
@click.argument("name")
@pass_session
def put(session: Session, name: str) -> None:
    """Check the local file of NAME, or a file NAME.cfg.yml anywhere, and store it."""
    application = _application(session)
    path = local_file(session, name)
    if path is None:
        hint = f"put it into {FOLDER}/{PRIVATE}/{name}{SUFFIX}, or name the file"
        raise NotFound(f"there is no file of the saved configuration {name}", hint=hint)
    own_name = path.name.removesuffix(SUFFIX) if _is_path(name) else name
    found = put_configuration(session.service, application, own_name, str(path), path.read_bytes())
    for problem in found.warnings:
        warn(str(problem), session.quiet)
    _tell(session, own_name, f"{own_name} is stored", path)


@command.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the saved configurations of the application."""
    found = list_saved(session.service, _application(session))
    described = [(each, read_saved(each.name + SUFFIX, each.content.encode()).description) for each in found]
    if session.json:
        write_json(
            [
                {
                    "ApplicationName": each.application,
                    "TemplateName": each.name,
                    "Description": description,
                    "DateCreated": time_text(each.created),
                    "DateUpdated": time_text(each.modified),
                }
                for each, description in described
            ]
        )
    elif not found:
        notice("there are no saved configurations", session.quiet)
    else:
        rows = [
            (each.name, time_text(each.modified)[:19].replace("T", " "), description) for each, description in described
        ]
        click.echo(table(("Saved configuration", "Updated (UTC)", "Description"), rows))


@command.command()
@click.argument("name")
@pass_session
def delete(session: Session, name: str) -> None:
    """Delete the saved configuration NAME, and its file in .elasticbeanstalk/saved_configs."""
    delete_saved(session.service, _application(session), name)
    (_private(session) / f"{name}{SUFFIX}").unlink(missing_ok=True)
    if session.json:
        write_json({"TemplateName": name, "Deleted": True})
    else:
        click.echo(f"{name} is deleted.")


def find_configuration(session: Session, application: str, name: str) -> SavedConfiguration:
    """What `create --cfg` takes: a local file first, as the EB CLI does, then what is stored. Raises NotFound."""
    path = local_file(session, name)
    if path is not None:
        return read_checked(str(path), path.read_bytes())
    content = find_saved(session.service, application, name).content
    return read_checked(name + SUFFIX, content.encode())


def local_file(session: Session, name: str) -> Path | None:
    """The file of a saved configuration: named by its path, private, or committed."""
    if _is_path(name):
        return Path(name) if Path(name).is_file() else None
    folder = session.project.folder / FOLDER
    candidates = (_private(session) / f"{name}{SUFFIX}", folder / f"{name}{SUFFIX}")
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None and found.is_relative_to(Path.cwd()):
        return found.relative_to(Path.cwd())
    return found


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(SUFFIX)


def _private(session: Session) -> Path:
    return session.project.folder / FOLDER / PRIVATE


def _write(session: Session, name: str, text: str) -> Path:
    """Readable by its owner alone: environment properties may be secrets."""
    path = _private(session) / f"{name}{SUFFIX}"
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
    return path


def _tell(session: Session, name: str, text: str, path: Path) -> None:
    if session.json:
        write_json({"TemplateName": name, "Path": str(path)})
    else:
        click.echo(f"{text}: {path}")


def _application(session: Session) -> str:
    session.check_target()
    if not session.project.application:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP")
    return session.project.application


def _update(text: str) -> tuple[str, bytes]:
    """(what to call it in messages, content)"""
    if not text.startswith("file:"):
        return "--update", text.encode()
    path = text.removeprefix("file:").removeprefix("//")
    try:
        return path, Path(path).read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", hint="write --update file:PATH") from None


def _text(found: Sequence[Resolved]) -> str:
    lines = []
    for namespace, items in groupby(found, key=lambda item: item.namespace):
        lines.append(f"{namespace}:")
        for item in items:
            at = f" {item.winner.at or item.winner.because}".rstrip()
            where = at.strip() if item.layer is Layer.EBEXTENSIONS and at else f"{item.layer}{at}"
            lines.append(f"  {item.name}: {item.value}    ({where})")
    return "\n".join(lines)
