"""What a bundle runs beside its application, as one program of /bin/sh: on AWS nobody starts each by itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from beanstalk.scripts import Script


def shell_text(scripts: Iterable[Script]) -> str:
    """The scripts one after another; it ends with the first that fails."""
    return "\n".join(["set -e", *(_one(script) for script in scripts)])


def _one(script: Script) -> str:
    """In a shell of its own, so that nothing of it is left for the next one."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in script.environment]
    if script.cwd:
        lines.append(f"cd {shlex.quote(script.cwd)}")
    if script.test:
        lines.append(f"if ! ( {script.test} ); then exit 0; fi")
    lines.append(_command(script))
    return "(\n" + "\n".join(lines) + "\n)" + (" || true" if script.ignore_errors else "")


def _command(script: Script) -> str:
    if not isinstance(script.command, str):
        return shlex.join(script.command)
    return f"./{shlex.quote(script.command)}" if script.is_hook else script.command
