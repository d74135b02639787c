"""Flags and arguments that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import click

from beanstalk.cli.dispatch import Part, composed
from beanstalk.cli.session import Function, Session, flag
from beanstalk.cli.suggestions import complete_environment
from beanstalk.errors import UsageError
from beanstalk.model import OptionSetting, Policy

POLICIES = [policy.value for policy in Policy if policy is not Policy.RESIZE]
"""What --policy takes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long to wait. nohang: not at all.  timeout_s: for the end, None: as long as it takes.  lock_s: for another
    operation to end."""

    nohang: bool
    timeout_s: float | None
    lock_s: float


def environment_argument(function: Function) -> Function:
    return click.argument("env", required=False, shell_complete=complete_environment)(function)


def as_one(argument: str, make: Callable[..., Any], *flags: Callable[[Any], Any]) -> Callable[[Function], Function]:
    """Several flags that the command gets as one argument: what `make`, which takes them by name, makes of them."""

    def add(function: Function) -> Function:
        def with_one(*arguments: Any, **others: Any) -> Any:
            return function(*arguments, **composed([Part(argument, names, make)], others))

        parameters: list[click.Option] = getattr(function, "__click_params__", [])
        those_before = len(parameters)
        with_one.__doc__, with_one.__name__ = function.__doc__, function.__name__
        with_one.__click_params__ = parameters  # type: ignore[attr-defined]
        for each in reversed(flags):
            each(with_one)
        names = tuple(str(each.name) for each in parameters[those_before:])
        with_one.parts = [Part(argument, names, make), *getattr(function, "parts", [])]  # type: ignore[attr-defined]
        return cast(Function, with_one)

    return add


def _waiting(nohang: bool, timeout: float | None, wait_lock: float) -> Waiting:
    return Waiting(nohang or timeout == 0, None if timeout is None else timeout * 60, wait_lock)


waiting_flags = as_one(
    "waiting",
    _waiting,
    flag("-nh", "--nohang", is_flag=True, help="Return at once; the operation goes on."),
    flag(
        "--timeout", type=click.FloatRange(min=0), metavar="MINUTES",
        help="Stop waiting after so many minutes (exit code 5); the operation goes on.",
    ),
    flag(
        "--wait-lock", type=click.FloatRange(min=0), metavar="SECONDS", default=0.0,
        help="Wait so long for another operation to end, instead of giving up at once (exit code 6).",
    ),
)  # fmt: skip
"""As the argument `waiting`."""


class Setting(click.ParamType[OptionSetting]):
    """NAMESPACE:NAME=VALUE. Several in BEANSTALK_OPTION stand on lines of their own."""

    name = "NS:NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> OptionSetting:
        if isinstance(value, OptionSetting):
            return value
        from beanstalk.options.resolve import parse_option

        return parse_option(value)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [line.strip() for line in rv.splitlines() if line.strip()]


option_flag = flag(
    "--option", "options", type=Setting(), multiple=True, help="Set an option of the environment; can be repeated."
)


def dry_run_flag(function: Function) -> Function:
    """With the flags that belong to plans on AWS."""
    only = "only for --target aws."
    for add in (
        flag(
            "--prices",
            metavar="FILE",
            expose_value=False,
            callback=_keep_for_aws,
            help=f"With --dry-run, tell what it costs by this price file; {only}",
        ),
        flag(
            "--allow-replace",
            is_flag=True,
            expose_value=False,
            callback=_keep_for_aws,
            help=f"Replace even what holds data or serves requests; {only}",
        ),
        flag("--dry-run", is_flag=True, help="Print the plan and change nothing."),
    ):
        function = add(function)
    return function


on_failure_flag = flag(
    "--on-failure", type=click.Choice(["rollback", "stop"]),
    help="What a failing deployment does: go back to the old version (default), or stay as it is.",
)  # fmt: skip

envvars_flag = flag("--envvars", metavar="K=V,K=V", help="Environment properties.")

tags_flag = flag("--tags", metavar="K=V,K=V", help="Tags of the environment, in the place of all others.")

group_flag = flag(
    "-g", "--group", "--env-group-suffix", "group", metavar="NAME", default="",
    help="What takes the place of a + at the end of names in env.yaml.",
)  # fmt: skip


def no_effect_flags(names: Sequence[str]) -> Callable[[Function], Function]:
    """Flags of the EB CLI that only mean something on AWS; on the local target each is accepted and told of.
    "-db/--database" takes no value, "-k/--keyname=" takes one."""

    def add(function: Function) -> Function:
        for name in names:
            takes_value = name.endswith("=")
            declarations = name.removesuffix("=").split("/")
            own_name = re.sub("[^a-z]", "_", declarations[-1].lstrip("-"))
            function = flag(
                own_name, *declarations, silent=True, hidden=True, expose_value=False, is_flag=not takes_value,
                callback=_keep_for_aws, help="Has no effect on the local target.",
            )(function)  # fmt: skip
        return function

    return add


def _keep_for_aws(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        context.find_root().ensure_object(Session).of_aws[max(parameter.opts, key=len)] = value


def properties(text: str | None) -> list[tuple[str, str]]:
    """`K=V,K=V` → pairs. A comma that is not followed by another K= belongs to the value. Raises UsageError."""
    if not text:
        return []
    return [_property(each) for each in re.split(r",(?=\s*[^\s,=]+=)", text)]


def _property(text: str) -> tuple[str, str]:
    name, equals, value = text.strip().partition("=")
    if not equals or not name.strip():
        # what was written may be a value, and a secret
        raise UsageError("an environment property has no name or no =", hint="write it as NAME=VALUE")
    return name.strip(), value


def property_arguments(texts: Sequence[str]) -> list[tuple[str, str]]:
    """The same for words of the command line, one property each."""
    return [_property(text) for text in texts]


def _refuse_modules(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        raise UsageError("several applications at once (--modules) are not in this version")


modules_flag = flag(
    "--modules", silent=True, hidden=True, expose_value=False, callback=_refuse_modules, help="Not in this version."
)
"""Of the EB CLI: using it is an error that says so."""
