"""What was found, in three forms: text for people, our JSON, and SARIF 2.1.0 for code scanning and editors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from beanstalk import __version__
from beanstalk.cli.terminal import count_text, paint
from beanstalk.errors import Problem, Where
from beanstalk.service.validation_report import RULES, Effect, Finding, Report, Severity

_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(report: Report) -> str:
    """Findings first, then what becomes of the project; the last line counts."""
    lines = [line for finding in report.findings for line in _finding_lines(finding)]
    if report.platform is not None:
        winner = report.platform.winner or "none"
        lines += ["", f"platform: {winner} ({report.platform.because})"]
    for title, effects in (("applied here:", report.applied), ("not applied here:", report.ignored)):
        if effects:
            lines += [title, *(f"  {_place(each)}{each.what}: {each.why}" for each in effects)]
    errors, warnings = report.count(Severity.ERROR), report.count(Severity.WARNING)
    counted = [count_text(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    return "\n".join([*lines, *([""] if lines else []), ", ".join(counted) or "nothing is wrong"]).lstrip("\n")


def as_json(report: Report, path: str) -> dict[str, Any]:
    """Our own document; path: what was looked at."""
    platform = report.platform
    return {
        "Path": path,
        "Platform": None
        if platform is None
        else {
            "Kind": str(platform.winner) if platform.winner else None,
            "Because": platform.because,
            "Signs": [{"Kind": str(each.kind), "Path": each.path} for each in platform.present],
        },
        "Findings": [
            {"Severity": str(each.severity), "Rule": each.rule, "Message": each.problem.text}
            | _at(each.problem.at)
            | {"Hint": each.problem.hint}
            for each in report.findings
        ],
        "Applied": [_effect(each) for each in report.applied],
        "Ignored": [_effect(each) for each in report.ignored],
    }


def as_sarif(report: Report) -> dict[str, Any]:
    """One run. What is ignored on this machine is a note."""
    ids = list(RULES)
    notes = [Problem(f"{each.what}: {each.why}", each.at) for each in report.ignored]
    rules = [{"id": rule, "shortDescription": {"text": text}} for rule, text in RULES.items()]
    driver = {"name": "beanstalk", "version": __version__, "rules": rules}
    results = [_result(each.rule, str(each.severity), each.problem, ids) for each in report.findings]
    results += [_result("ignored-here", "note", each, ids) for each in notes]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(rule: str, level: str, problem: Problem, ids: list[str]) -> dict[str, Any]:
    at = problem.at or Where(".")
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(at.path, safe="/")}}
    if at.line:
        place["region"] = {"startLine": at.line} | ({"startColumn": at.column} if at.column else {})
    text = problem.text + (f" Hint: {problem.hint}" if problem.hint else "")
    return {
        "ruleId": rule,
        "ruleIndex": ids.index(rule),
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _finding_lines(finding: Finding) -> Iterator[str]:
    problem = finding.problem
    severity = paint(str(finding.severity), _COLOUR[finding.severity], sys.stdout)
    yield f"{problem.at}: {severity}: {problem.text}" if problem.at else f"{severity}: {problem.text}"
    for line in problem.hint.splitlines():
        yield f"  hint: {line}"


def _place(effect: Effect) -> str:
    return f"{effect.at}: " if effect.at and effect.at.path != effect.what else ""


def _effect(effect: Effect) -> dict[str, Any]:
    return {"What": effect.what, "Why": effect.why} | _at(effect.at)


def _at(at: Where | None) -> dict[str, Any]:
    return {"Path": at.path if at else "", "Line": at.line if at else 0, "Column": at.column if at else 0}
