"""What every command shares: the global flags, accepted before and after the command's name, and the door to the home.

Every flag can also come from the variable BEANSTALK_<FLAG>: --batch-size is BEANSTALK_BATCH_SIZE.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from beanstalk.cli.dispatch import AWS, check_target, composed, is_everywhere, performer

if TYPE_CHECKING:
    from beanstalk.cli.project import Project
    from beanstalk.service.aws.place import CloudService
    from beanstalk.service.place import Service

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass
class Session:
    """One run of the program. command: its name, for others who find an environment busy; never its arguments, which
    may hold secrets.  of_aws: flags of the EB CLI that only mean something on AWS, as they were given."""

    json: bool = False
    verbose: bool = False
    debug: bool = False
    quiet: bool = False
    region: str = ""
    profile: str = ""
    target: str = ""
    platforms: str = ""
    command: str = "beanstalk"
    of_aws: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def project(self) -> Project:
        from beanstalk.cli.project import find_project

        return find_project()

    @property
    def is_on_aws(self) -> bool:
        """Raises UsageError for a target that there is not."""
        self.check_target()
        return (self.target or self.project.target) == AWS

    @cached_property
    def service(self) -> Service:
        """The home of this machine; commands that are the same on every target have it, too."""
        from beanstalk.service.place import Service
        from beanstalk.store.home import find_home

        return Service(find_home(), self.command, self.platform_folders())

    @cached_property
    def cloud_service(self) -> CloudService:
        """An account of AWS: the region and profile of the flags, else of the project (`default_region`, `profile`)."""
        from beanstalk.service.aws.place import CloudService

        usual = {
            key: self.project.settings.of_branch(self.project.branch, key) for key in ("default_region", "profile")
        }
        where = self.region, self.profile, usual["default_region"], usual["profile"]
        return CloudService(*where, self.command, self.platform_folders())

    def platform_folders(self) -> list[Path]:
        """Folders of platforms that go before ours: --platforms, then the project's own."""
        own = self.project.folder / ".elasticbeanstalk" / "platforms"
        return [*([Path(self.platforms)] if self.platforms else []), *([own] if own.is_dir() else [])]

    def check_target(self) -> None:
        """Raises UsageError for a target that there is not."""
        said = "" if self.target else f" ({self.project.file} says beanstalk: target)"
        check_target(self.target or self.project.target, said)


pass_session = click.make_pass_decorator(Session, ensure=True)


class Flag(click.Option):
    """An option that can also come from BEANSTALK_<FLAG>. silent: without such a variable."""

    def __init__(self, *names: Any, silent: bool = False, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        longest = max(self.opts, key=len)
        if longest.startswith("--") and not silent:
            self.envvar = "BEANSTALK_" + longest.removeprefix("--").replace("-", "_").upper()


def flag(*names: str, **attributes: Any) -> Callable[[Function], Function]:
    """`click.option` for a `Flag`."""
    return click.option(*names, cls=Flag, **attributes)


def global_flags() -> list[click.Option]:
    """New ones for each command."""
    texts = {
        "--json": "Write one JSON document to stdout.",
        "--quiet": "Show no events and notices.",
        "--debug": "Show where in the program an error happens.",
    }
    made = [Flag([name], is_flag=True, help=text, **_KEPT) for name, text in texts.items()]
    return [
        *made,
        Flag(["-v", "--verbose"], is_flag=True, help="Show more.", **_KEPT),
        Flag(["--platforms"], help="A folder of platforms of your own, searched first.", metavar="DIR", **_KEPT),
        Flag(["--target"], help="Where environments run: local or aws.", metavar="TARGET", **_KEPT),
        Flag(["-r", "--region"], help="The region of AWS; only for --target aws.", metavar="REGION", **_KEPT),
        Flag(["--profile"], help="The profile of AWS credentials; only for --target aws.", metavar="NAME", **_KEPT),
        Flag(["--no-verify-ssl"], is_flag=True, help="Has no effect.", hidden=True, **_KEPT),
    ]


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Store a global flag, unless it was not given here: it may have been given before the command's name."""
    session = context.find_root().ensure_object(Session)
    if value and parameter.name and hasattr(session, parameter.name):
        setattr(session, parameter.name, value)


_KEPT: dict[str, Any] = {"expose_value": False, "callback": _keep}


class WithGlobalFlags(click.Command):
    """Shows the global flags in a section of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                (shared if parameter.callback is _keep else own).append(record)
        for title, rows in (("Options", own), ("Global options", shared)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


class Command(WithGlobalFlags):
    """One command, with the global flags."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params.extend(global_flags())

    def invoke(self, ctx: click.Context) -> Any:
        session = ctx.find_root().ensure_object(Session)
        session.command = ctx.command_path
        if not is_everywhere(ctx.command_path) and session.is_on_aws:
            parameters = composed(getattr(self.callback, "parts", ()), ctx.params)
            return performer(ctx.command_path)(session, **parameters)
        if not session.quiet:
            for name in session.of_aws:
                click.echo(f"{name} has no effect on the local target", err=True)
        return super().invoke(ctx)


class CommandGroup(WithGlobalFlags, click.Group):
    """A command that has commands of its own (`agent status`)."""

    command_class = Command

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params.extend(global_flags())
