"""The exception tree. `str()` of every exception here is exactly what a person reads.

An error says where (file, line, column), what is wrong and what to do. No module of the domain
prints or exits: `cli/` turns these classes into exit codes, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 1_000
"""Nobody reads more mistakes than these at once."""


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a text the user wrote. `path` as the user would type it; `line`, `column` from 1, 0 = unknown."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with something the user wrote, with the place and the remedy if there is one."""

    text: str
    at: Where | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        return place + self.text + (f"\n  hint: {self.hint}" if self.hint else "")


class BeanstalkError(Exception):
    """Something a person can cause and mend. Nothing was changed when it is raised."""

    def __init__(self, problem: str, at: Where | None = None, hint: str = "") -> None:
        super().__init__(problem, at, hint)
        self.problem, self.at, self.hint = problem, at, hint

    def __str__(self) -> str:
        return str(Problem(self.problem, self.at, self.hint))


class InvalidInput(BeanstalkError):
    """A file or value that the user wrote is wrong; `problems` has all of them, not only the first.

    warnings: what else was found there and would have been taken. `str()` leaves them out.
    """

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        first = problems[0]
        super().__init__(first.text, first.at, first.hint)
        self.problems, self.warnings = tuple(problems), tuple(warnings)

    def __str__(self) -> str:
        more = len(self.problems) - MOST_TOLD
        told = [str(problem) for problem in self.problems[:MOST_TOLD]]
        return "\n".join([*told, f"and {more:,} more: mend these first"] if more > 0 else told)


class UsageError(BeanstalkError):
    """The command cannot be understood, or needs an answer that nobody is there to give."""


class NotFound(BeanstalkError):
    """A named application, version, environment or file does not exist."""


class AlreadyExists(BeanstalkError):
    """A name that has to be new is taken."""


class BundleRefused(BeanstalkError):
    """A source bundle that is broken, hostile or too large. Nothing of it was kept."""


class EnvironmentBusy(BeanstalkError):
    """Another operation holds the environment."""


class TargetError(BeanstalkError):
    """The place where instances run cannot do what was asked."""


class ProgramRefused(TargetError):
    """What somebody wants to run cannot be started. code: as a shell has it, 127: not there, 126: not executable."""

    def __init__(self, problem: str, code: int, hint: str = "") -> None:
        super().__init__(problem, hint=hint)
        self.code = code


class CloudError(TargetError):
    """AWS refuses something, or cannot be asked.

    code: AWS's own word for it, such as "ValidationError"; "" when no service answered.  action: such as "ecs:RunTask".
    """

    def __init__(self, problem: str, code: str = "", action: str = "", hint: str = "") -> None:
        super().__init__(problem, hint=hint)
        self.code, self.action = code, action
