"""`beanstalk config`: the option settings of an environment, and saved configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from beanstalk.cli.changes import carry_out
from beanstalk.cli.documents import time_text
from beanstalk.cli.environment import environment, environment_name
from beanstalk.cli.flags import Waiting, dry_run_flag, environment_argument, waiting_flags
from beanstalk.cli.saved_files import delete_file, file_to_put, find_configuration, write_file
from beanstalk.cli.session import CommandGroup, Session, flag, pass_session
from beanstalk.cli.suggestions import complete_environment, complete_saved
from beanstalk.cli.terminal import notice, table, warn, write_json
from beanstalk.errors import NotFound, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.service.changes import Change
from beanstalk.service.configuration import shown
from beanstalk.service.saved import (
    delete_saved,
    find_saved,
    list_saved,
    prepare_apply,
    put_configuration,
    read_update,
    save_configuration,
    secrets_of,
)
from beanstalk.service.updates import prepare_configure
from beanstalk.source.saved import SUFFIX, SavedConfiguration, read_saved, write_saved
from beanstalk.store.attachments import Saved


class _Config(CommandGroup):
    """`config ENV` is `config show ENV`."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        return [*super().shell_complete(ctx, incomplete), *complete_environment(ctx, self.params[0], incomplete)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((word for word in args if not word.startswith("-")), "")
        if not args and ctx.resilient_parsing:  # the shell asks what may follow
            return super().parse_args(ctx, args)
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
@flag(
    "-f", "--format", "form", type=click.Choice(["yaml", "json"]), help="Show them as --update takes them, or as JSON."
)
@flag("--show-secrets", is_flag=True, help="Show passwords, too.")
@flag("-u", "--update", metavar="file:PATH|TEXT", help="Apply OptionSettings in YAML or JSON; null removes an option.")
@flag(
    "--cfg", metavar="NAME", shell_complete=complete_saved,
    help="Apply a saved configuration: its local file, else the one that is stored.",
)  # fmt: skip
@dry_run_flag
@waiting_flags
@pass_session
def show(
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
    """Show the option settings of ENV and where each comes from; with -v the defaults, too. Or update them."""
    check_one({"--display": display, "--format": form, "--update": update, "--cfg": cfg})
    name = environment_name(session, env)
    if prepare := _update(session, name, update, cfg):
        carry_out(session, name, prepare, waiting, dry_run)
    if dry_run:
        raise UsageError("--dry-run is for --update and --cfg", hint="add one of them")
    show_configuration(session, prepare_configure(session.service, name).configuration, form, show_secrets)


def show_configuration(session: Session, configuration: Configuration, form: str | None, show_secrets: bool) -> None:
    """form: "yaml", "json" or None for text."""
    found = [item for item in configuration.all() if session.verbose or item.layer is not Layer.DEFAULT]
    if session.json or form == "json":
        write_json([_document(item, show_secrets) for item in found])
    elif form == "yaml":
        click.echo(_yaml(found, show_secrets), nl=False)
    else:
        click.echo(_text(found, show_secrets))


@command.command()
@click.argument("name", required=False)
@environment_argument
@flag("--cfg", metavar="NAME", help="NAME, as eb takes it: then what stands alone is ENV.")
@flag("-m", "--message", metavar="TEXT", default="", help="The description.")
@flag("--force", is_flag=True, help="Replace a saved configuration of this name.")
@pass_session
def save(session: Session, name: str | None, env: str | None, cfg: str | None, message: str, force: bool) -> None:
    """Save what is set on ENV as NAME (by default ENV-sc), and write it to .elasticbeanstalk/saved_configs.

    Passwords are not saved.
    """
    of, wanted = save_names(name, env, cfg)
    target = environment(session, of)
    own_name = f"{target.name}-sc" if wanted is None else wanted
    kept = save_configuration(session.service, target, own_name, message, force)
    if secrets := secrets_of(target.settings_json):
        notice(f"not saved, because secret: {', '.join(secrets)}", session.quiet)
    tell_path(session, own_name, f"{own_name} is saved", write_file(session, own_name, kept.content))


def save_names(name: str | None, env: str | None, cfg: str | None) -> tuple[str | None, str | None]:
    """(environment, name of the configuration) that `save` was given. Raises UsageError for two names."""
    if cfg and env:
        raise UsageError(f"the configuration is to be called {name} and {cfg}", hint="drop NAME or --cfg")
    return (name, cfg) if cfg else (env, name if cfg is None else cfg)


@command.command()
@click.argument("name", shell_complete=complete_saved)
@pass_session
def get(session: Session, name: str) -> None:
    """Write the saved configuration NAME to .elasticbeanstalk/saved_configs."""
    kept = find_saved(session.service, project_application(session), name)
    tell_path(session, name, f"{name} is written", write_file(session, name, kept.content))


@command.command()
@click.argument("name", shell_complete=complete_saved)
@pass_session
def put(session: Session, name: str) -> None:
    """Check the local file of NAME, or a file NAME.cfg.yml anywhere, and store it."""
    own_name, path = file_to_put(session, name)
    found = put_configuration(session.service, project_application(session), own_name, str(path), path.read_bytes())
    for problem in found.warnings:
        warn(str(problem), session.quiet)
    tell_path(session, own_name, f"{own_name} is stored", path)


@command.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the saved configurations of the application."""
    show_saved(session, list_saved(session.service, project_application(session)))


def show_saved(session: Session, found: Sequence[Saved]) -> None:
    """The list of saved configurations."""
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
@click.argument("name", shell_complete=complete_saved)
@pass_session
def delete(session: Session, name: str) -> None:
    """Delete the saved configuration NAME, and its file in .elasticbeanstalk/saved_configs."""
    delete_saved(session.service, project_application(session), name)
    tell_deleted(session, name)


def tell_deleted(session: Session, name: str) -> None:
    """Its private file goes, too."""
    delete_file(session, name)
    if session.json:
        write_json({"TemplateName": name, "Deleted": True})
    else:
        click.echo(f"{name} is deleted.")


def tell_path(session: Session, name: str, text: str, path: Path) -> None:
    """That a saved configuration is in a file."""
    if session.json:
        write_json({"TemplateName": name, "Path": str(path)})
    else:
        click.echo(f"{text}: {path}")


def project_application(session: Session) -> str:
    """Raises UsageError."""
    session.check_target()
    if not session.project.application:
        raise UsageError("this folder belongs to no application", hint="beanstalk init APP")
    return session.project.application


def check_one(flags: dict[str, object]) -> None:
    """Raises UsageError for flags that cannot be given together."""
    given = [name for name, value in flags.items() if value]
    if len(given) > 1 and {"--update", "--cfg"} & {*given}:
        raise UsageError(f"{' and '.join(given)} contradict each other", hint="drop one of them")


def _update(session: Session, name: str, update: str | None, cfg: str | None) -> Callable[[], Change] | None:
    """What works the update out, None when nothing is to be changed."""
    if cfg:
        saved = find_configuration(session, environment(session, name).application, cfg)
        return lambda: prepare_apply(session.service, name, saved)
    if update is not None:
        settings, removed = update_of(update)
        return lambda: prepare_configure(session.service, name, settings, removed)
    return None


def update_of(text: str) -> tuple[list[OptionSetting], list[tuple[str, str]]]:
    """(what --update sets, what it removes)"""
    settings, removed = read_update(*_content(text))
    return list(settings), list(removed)


def _content(text: str) -> tuple[str, bytes]:
    """(what to call it in messages, content)"""
    if not text.startswith("file:"):
        return "--update", text.encode()
    path = text.removeprefix("file:").removeprefix("//")
    try:
        return path, Path(path).read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}", hint="write --update file:PATH") from None


def _document(item: Resolved, secrets: bool) -> dict[str, str | None]:
    return {
        "Namespace": item.namespace,
        "OptionName": item.name,
        "ResourceName": item.resource_name or None,
        "Value": _value(item, secrets),
        "Layer": str(item.layer),
        "At": str(item.winner.at) if item.winner.at else None,
        "Because": item.winner.because or None,
    }


def _text(found: Sequence[Resolved], secrets: bool) -> str:
    lines = []
    for namespace, items in groupby(found, key=_home):
        lines.append(f"{namespace}:")
        for item in items:
            said = item.winner.at or f"{item.layer} {item.winner.because}".rstrip()
            lines.append(f"  {item.name}: {_value(item, secrets)}    ({said})")
    return "\n".join(lines)


def _yaml(found: Sequence[Resolved], secrets: bool) -> str:
    """As a saved configuration. Without its passwords, unless they are asked for: nobody takes "hidden" for one."""
    settings = [
        OptionSetting(item.namespace, item.name, item.value, item.resource_name)
        for item in found
        if item.value is not None and _value(item, secrets) == item.value
    ]
    return write_saved(SavedConfiguration(tuple(settings)))


def _value(item: Resolved, secrets: bool) -> str | None:
    return item.value if secrets else shown(item.namespace, item.name, item.value)


def _home(item: Resolved) -> str:
    return f"{item.resource_name}.{item.namespace}" if item.resource_name else item.namespace
