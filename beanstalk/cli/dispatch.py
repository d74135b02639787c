"""Which function does the work of a command: its own on the local target, one of `beanstalk/cli/aws/` on AWS.

The flags of a command are the same on both. What several flags become together (`flags.as_one`) is told in `Parts` on
its function, so that both get the very same arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from beanstalk.errors import UsageError

LOCAL, AWS = "local", "aws"
TARGETS = (LOCAL, AWS)
EVERYWHERE = frozenset({"ci", "completion", "init", "package", "platform", "render", "validate", "why"})
"""Commands that do the same on every target, or find the difference themselves."""
_PLACE = "beanstalk.cli.aws"


@dataclass(frozen=True, slots=True)
class Part:
    """Several flags that a command gets as one argument. names: of the flags, as `make` takes them."""

    argument: str
    names: tuple[str, ...]
    make: Callable[..., Any]


def composed(parts: Sequence[Part], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a command, of the parameters as they were parsed."""
    found = dict(parameters)
    for part in parts:
        own = {name: found.pop(name) for name in part.names}
        found[part.argument] = part.make(**own)
    return found


def check_target(target: str, said: str = "") -> None:
    """Raises UsageError for a target that there is not. said: where it is written, when it was no flag."""
    if target not in TARGETS:
        raise UsageError(f"there is no target {target}{said}", hint=f"write --target {' or '.join(TARGETS)}")


def is_everywhere(path: str) -> bool:
    """Whether a command is the same on every target. path: "beanstalk config save"."""
    return path.split()[1] in EVERYWHERE


def performer(path: str) -> Callable[..., Any]:
    """What does the work of a command on AWS. Raises UsageError for a command that is for the local target."""
    _, name, *below = path.split()
    module = f"{_PLACE}.{name}"
    found = getattr(import_module(module), "_".join(["perform", *below]), None) if find_spec(module) else None
    if not callable(found):
        command = " ".join([name, *below])
        hint = f"add --target {LOCAL} when an environment of this machine is meant"
        raise UsageError(f"{command} is for the local target in this version", hint=hint)
    return cast(Callable[..., Any], found)
