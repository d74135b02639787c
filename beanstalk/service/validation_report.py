"""What `validate` finds, as values: findings with their rules, and what becomes of a project on the local target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from beanstalk.errors import MOST_TOLD, Problem, Where
from beanstalk.service.validation_homes import Home
from beanstalk.source.recognise import Recognised


class Severity(StrEnum):
    """An error keeps a deployment from working as it is written; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


RULES = {
    "bundle": "What can be in a source bundle: names, links, sizes, and a zip that is whole.",
    "recognition": "A file at the root whose name nobody looks for.",
    "ebextensions": "A configuration file of .ebextensions.",
    "option": "An option setting: its namespace, name, value, and what it needs beside it.",
    "dockerrun": "Dockerrun.aws.json.",
    "compose": "docker-compose.yml.",
    "dockerfile": "A Dockerfile, as far as an environment depends on it.",
    "env-file": "The variables of .env.",
    "procfile": "Procfile.",
    "buildfile": "Buildfile.",
    "cron": "cron.yaml, the periodic tasks of a worker environment.",
    "manifest": "env.yaml, the environment manifest.",
    "saved-configuration": "A saved configuration.",
    "platform-yaml": "platform.yaml.",
    "hook": "A program below .platform/hooks or .platform/confighooks.",
    "platform-folder": "A file of .platform that nobody reads, or a folder of Amazon Linux 1.",
    "project-file": "A file of .elasticbeanstalk about the project: its application, its branches, its artifact.",
    "ignored-here": "What is right, and without effect where the project shall live.",
}
"""Every kind of finding by its id; the last one is only for what is told beside the findings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """rule: one of RULES."""

    severity: Severity
    rule: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Effect:
    """Something written by the user, and in one sentence what becomes of it where it shall live."""

    what: str
    at: Where | None
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """findings: by place.  platform: None for a single file, and when there was nothing to look at.

    named: what the project itself calls its platform, "" when it does not.  home: where it shall live, with platform.
    """

    findings: tuple[Finding, ...]
    platform: Recognised | None = None
    named: str = ""
    home: Home | None = None
    applied: tuple[Effect, ...] = ()
    ignored: tuple[Effect, ...] = ()

    def count(self, severity: Severity) -> int:
        return sum(each.severity is severity for each in self.findings)

    @property
    def is_right(self) -> bool:
        """Whether there is no error."""
        return not self.count(Severity.ERROR)


@dataclass(slots=True)
class Findings:
    """Collects them."""

    all: list[Finding] = field(default_factory=list)

    def add(self, rule: str, problems: Iterable[Problem] = (), warnings: Iterable[Problem] = ()) -> None:
        self.all += [Finding(Severity.ERROR, rule, problem) for problem in problems]
        self.all += [Finding(Severity.WARNING, rule, problem) for problem in warnings]

    def sorted(self) -> tuple[Finding, ...]:
        """Each once, by place; what has no place goes first. Of more than MOST_TOLD the last one counts the others."""
        found = sorted(dict.fromkeys(self.all), key=lambda each: (each.problem.at or Where(""), each.severity))
        told, others = found[:MOST_TOLD], found[MOST_TOLD:]
        if others:
            worst = min(each.severity for each in others)
            text = f"{len(others):,} more findings from here on are not told"
            told.append(Finding(worst, others[0].rule, Problem(text, others[0].problem.at, "mend the others first")))
        return tuple(told)


def printable(report: Report, path: str = "") -> Report:
    """The same with names that can be printed anywhere. path: what the user calls the only file, if it is one."""
    findings = [replace(each, problem=_problem(each.problem, path)) for each in report.findings]
    return replace(
        report,
        findings=tuple(findings),
        applied=_effects(report.applied, path),
        ignored=_effects(report.ignored, path),
    )


def escaped(text: str) -> str:
    """Without what steers a terminal, or is no character."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode() for each in text
    )


def _problem(problem: Problem, path: str) -> Problem:
    return Problem(escaped(problem.text), _place(problem.at, path), escaped(problem.hint))


def _effects(effects: Sequence[Effect], path: str) -> tuple[Effect, ...]:
    return tuple(Effect(escaped(each.what), _place(each.at, path), escaped(each.why)) for each in effects)


def _place(at: Where | None, path: str) -> Where | None:
    return None if at is None else replace(at, path=escaped(path or at.path))
