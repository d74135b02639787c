"""A platform's `Dockerfile.j2` -> the text of a Dockerfile. Its mistakes are told with their line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from beanstalk.errors import InvalidInput, Problem, Where
from beanstalk.platform_section import TEMPLATE

if TYPE_CHECKING:
    from jinja2 import Environment

PIECES = ("base", "version", "system", "dependencies", "application", "start")
HELPERS = ("has", "run", "file", "image", "values")
"""What every template is given; docs/platforms.md explains them."""


def render_template(folder: Path, given: Mapping[str, object]) -> str:
    """Raises InvalidInput with the line of the template."""
    from jinja2 import TemplateError

    path = folder / TEMPLATE
    environment = _environment()
    try:
        text = environment.from_string(_read(path)).render(**given)
    except TemplateError as error:
        raise InvalidInput([Problem(f"{error.message}", Where(str(path), _line(error)), _remedy())]) from None
    lines = [line.rstrip() for line in text.splitlines()]
    wanted = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(wanted).strip("\n") + "\n"


def check_template(folder: Path) -> tuple[Problem, ...]:
    """What can be wrong with a template without any application: its syntax, and names that nobody gives it."""
    from jinja2 import TemplateSyntaxError, meta

    path = folder / TEMPLATE
    try:
        parsed = _environment().parse(_read(path))
    except TemplateSyntaxError as error:
        return (Problem(f"{error.message}", Where(str(path), error.lineno), _remedy()),)
    except InvalidInput as error:
        return error.problems
    unknown = sorted(meta.find_undeclared_variables(parsed) - {*PIECES, *HELPERS})
    lines = _read(path).splitlines()
    return tuple(
        Problem(
            f"the template is given no {name}",
            Where(str(path), next((number for number, line in enumerate(lines, start=1) if name in line), 0)),
            _remedy(),
        )
        for name in unknown
    )


def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput([Problem(f"cannot be read: {error}", Where(str(path)))]) from None


def _line(error: Exception) -> int:
    """Where in the template it happened: the traceback has its lines."""
    line = getattr(error, "lineno", 0)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return int(line)


def _remedy() -> str:
    return f"a template is given {', '.join((*PIECES, *HELPERS))}; docs/platforms.md explains them"
