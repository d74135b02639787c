"""The group of all commands. The module of a command is imported when it runs, so that help and completion are fast.

The names and one-line helps stand here; the module `beanstalk/cli/NAME.py` has the rest in `command`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from beanstalk import __version__
from beanstalk.cli.exits import INTERRUPTED, report
from beanstalk.cli.session import WithGlobalFlags, global_flags
from beanstalk.errors import UsageError

SECTIONS = {
    "Start": {
        "init": "Make a folder a project: application and platform, in .elasticbeanstalk/config.yml.",
        "create": "Create an environment and deploy to it.",
        "deploy": "Deploy a new version by a deployment policy.",
        "open": "Print the address of an environment and open it.",
    },
    "See": {
        "status": "Tell what an environment runs and how it is.",
        "health": "Show the health of each instance.",
        "events": "Show what happened.",
        "logs": "Show what instances wrote.",
        "list": "List the environments.",
        "use": "Choose the default environment of this git branch.",
    },
    "Configure": {
        "setenv": "Set or remove environment properties.",
        "printenv": "Show the environment properties.",
        "config": "Show the option settings and where each comes from.",
        "why": "Tell why an option has its value.",
        "scale": "Change the number of instances.",
        "tags": "List or change the tags of an environment.",
    },
    "Operate": {
        "clone": "Create an environment like another one.",
        "swap": "Exchange the CNAMEs of two environments.",
        "abort": "Abort what goes on in an environment.",
        "rollback": "Go back to the deployment before this one.",
        "restart": "Replace the instances by new ones of the same version.",
        "rebuild": "Make all instances anew at once; there is an outage.",
        "run": "Run a program once, with the environment's version and properties.",
        "exec": "Run a program inside an instance.",
        "ssh": "Open a shell inside an instance.",
        "terminate": "Terminate an environment.",
        "restore": "Bring a terminated environment back.",
    },
    "Versions and platforms": {
        "appversion": "List, create or delete application versions.",
        "package": "Make the source bundle that a deploy would make.",
        "validate": "Tell every mistake in a project, a bundle or a file.",
        "platform": "List the platforms, or show one.",
        "render": "Print a generated artefact.",
    },
    "Elsewhere": {
        "ci": "Write the pipeline that deploys from a CI service.",
        "sqsd": "Post the messages of a queue to an application.",
    },
    "This machine": {
        "agent": "See, stop or run the agent of this machine.",
        "doctor": "Tell what this machine has and lacks.",
        "completion": "Print the completion script of a shell.",
    },
}
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}


class Root(WithGlobalFlags, click.Group):
    """Loads commands lazily and turns what they raise into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"beanstalk.cli.{cmd_name}").command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, 1)
            hint = f"did you mean {close[0]}?" if close else "beanstalk --help lists those there are"
            raise UsageError(f"there is no command {args[0]}", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        commands = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return commands if not incomplete.startswith("-") else click.Command.shell_complete(self, ctx, incomplete)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run a command and exit. Every error of every command passes here."""
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(given, prog_name, complete_var, False, **extra)
        except (Exception, click.Abort) as error:
            code = report(error, _asked(given, "json"), _asked(given, "debug"))
        except KeyboardInterrupt:
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)


def _asked(given: Sequence[str], flag: str) -> bool:
    """Whether a global flag is there; told from the words, because parsing them may be what failed."""
    words = given[: given.index("--")] if "--" in given else given
    return f"--{flag}" in words or os.environ.get(f"BEANSTALK_{flag.upper()}", "").lower() in ("1", "true", "yes", "on")


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="beanstalk %(version)s", help="Show the version of this program and exit.")
def cli() -> None:
    """A local-first Elastic Beanstalk: run and update an application without losing a request.

    ENV, where a command takes it, is by default the environment of the current git branch.
    """


cli.params.extend(global_flags())
