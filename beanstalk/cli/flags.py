"""Flags and arguments that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from beanstalk.cli.session import Function, Session, flag
from beanstalk.cli.terminal import notice
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


def complete_environment(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names for completion in a shell."""
    try:
        living = ctx.find_root().ensure_object(Session).service.store.living()
    except Exception:
        return []
    return [each.name for each in living if each.name.startswith(incomplete)]


def environment_argument(function: Function) -> Function:
    return click.argument("env", required=False, shell_complete=complete_environment)(function)


def waiting_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """-nh, --timeout and --wait-lock, as one argument `waiting`."""
    nohang = flag("-nh", "--nohang", is_flag=True, help="Return at once; the operation goes on.")
    timeout = flag(
        "--timeout", type=click.FloatRange(min=0), metavar="MINUTES",
        help="Stop waiting after so many minutes (exit code 5); the operation goes on.",
    )  # fmt: skip
    lock = flag(
        "--wait-lock", type=click.FloatRange(min=0), metavar="SECONDS", default=0.0,
        help="Wait so long for another operation to end, instead of giving up at once (exit code 6).",
    )  # fmt: skip

    def with_waiting(*arguments: Any, nohang: bool, timeout: float | None, wait_lock: float, **others: Any) -> Any:
        seconds = None if timeout is None else timeout * 60
        waiting = Waiting(nohang or timeout == 0, seconds, wait_lock)
        return function(*arguments, waiting=waiting, **others)

    with_waiting.__doc__ = function.__doc__
    with_waiting.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    with_waiting.__name__ = function.__name__
    return nohang(timeout(lock(with_waiting)))


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

dry_run_flag = flag("--dry-run", is_flag=True, help="Print the plan and change nothing.")

on_failure_flag = flag(
    "--on-failure", type=click.Choice(["rollback", "stop"]),
    help="What a failing deployment does: go back to the old version (default), or stay as it is.",
)  # fmt: skip

envvars_flag = flag("--envvars", metavar="K=V,K=V", help="Environment properties.")


def no_effect_flags(names: Sequence[str]) -> Callable[[Function], Function]:
    """Flags of the EB CLI that only mean something on AWS: each is accepted and told of. "-db/--database" takes no
    value, "-k/--keyname=" takes one."""

    def add(function: Function) -> Function:
        for name in names:
            takes_value = name.endswith("=")
            declarations = name.removesuffix("=").split("/")
            own_name = re.sub("[^a-z]", "_", declarations[-1].lstrip("-"))
            function = flag(
                own_name, *declarations, silent=True, hidden=True, expose_value=False, is_flag=not takes_value,
                callback=_tell_no_effect, help="Has no effect on the local target.",
            )(function)  # fmt: skip
        return function

    return add


def _tell_no_effect(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        longest = max(parameter.opts, key=len)
        session = context.find_root().ensure_object(Session)
        notice(f"{longest} has no effect on the local target", session.quiet)


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


_DEFERRED = {
    "--cfg": "saved configurations are not in this version",
    "--modules": "several applications at once (--modules) are not in this version",
}


def not_yet_flags(*names: str) -> Callable[[Function], Function]:
    """Flags of the EB CLI that this version does not have: using one is an error that says so."""

    def add(function: Function) -> Function:
        for name in names:
            function = flag(
                name, silent=True, hidden=True, expose_value=False, callback=_refuse, help="Not in this version."
            )(function)
        return function

    return add


def _refuse(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        raise UsageError(_DEFERRED[parameter.opts[-1]])
