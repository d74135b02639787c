"""What was found, in three forms: text for people, our JSON, and SARIF 2.1.0 for code scanning and editors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from beanstalk import __version__
from beanstalk.cli.terminal import count_text, paint
from beanstalk.errors import Problem, Where
from beanstalk.service.validation_report import RULES, Effect, Finding, Report, Severity, escaped

_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_ROOT = "%SRCROOT%"
"""The name that others give to the root of the sources, too."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(report: Report) -> str:
    """Findings first, then what becomes of the project; the last line counts."""
    lines = [line for finding in report.findings for line in _finding_lines(finding)]
    if report.platform is not None:
        winner = report.platform.winner or "none"
        named = f"; the project calls it {report.named}" if report.named else ""
        lines += ["", f"platform: {winner} ({report.platform.because}{named})"]
    if report.home is not None:
        lines.append(f"target: {report.home.title}")
    for title, effects in (("applied:", report.applied), ("not applied:", report.ignored)):
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
            "Named": report.named or None,
        },
        "Target": report.home.target if report.home else None,
        "Mode": report.home.mode or None if report.home else None,
        "Findings": [
            {"Severity": str(each.severity), "Rule": each.rule, "Message": each.problem.text}
            | _at(each.problem.at)
            | {"Hint": each.problem.hint}
            for each in report.findings
        ],
        "Applied": [_effect(each) for each in report.applied],
        "Ignored": [_effect(each) for each in report.ignored],
    }


def as_sarif(report: Report, place: Path) -> dict[str, Any]:
    """One run. What is without effect is a note.

    place: what was looked at. Places are told relative to the root of its repository, where code scanning looks for
    them, else to the folder; those inside an archive as the archive's.
    """
    root = _source_root(place.resolve())
    notes = [Problem(f"{each.what}: {each.why}", each.at) for each in report.ignored]
    driver = {"name": "beanstalk", "version": __version__, "rules": [_rule(*each) for each in RULES.items()]}
    told = [(each.rule, str(each.severity), each.problem) for each in report.findings]
    told += [("ignored-here", "note", each) for each in notes]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"uri": root.as_uri().rstrip("/") + "/"}},
                "results": [_result(*each, place, root) for each in told],
            }
        ],
    }


def _source_root(place: Path) -> Path:
    """The root of the repository that `place` is in; without one, the folder that was looked at."""
    folder = place if place.is_dir() else place.parent
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)


def _rule(rule: str, text: str) -> dict[str, Any]:
    level = "note" if rule == "ignored-here" else "error"
    return {
        "id": rule,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": f"{text} Each result says what is wrong and what to do."},
        "defaultConfiguration": {"level": level},
    }


def _result(rule: str, level: str, problem: Problem, place: Path, root: Path) -> dict[str, Any]:
    artifact, region, inside = _physical(problem.at or Where(""), place, root)
    text = (f"{inside}: " if inside else "") + problem.text + (f" Hint: {problem.hint}" if problem.hint else "")
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact} | region}
    return {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "level": level,
        "message": {"text": text},
        "locations": [location | ({"logicalLocations": [{"fullyQualifiedName": inside}]} if inside else {})],
    }


def _physical(at: Where, place: Path, root: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """(artifactLocation, region, the place in an archive or ""). A whole file is told by its first line."""
    whole = place.resolve()
    if whole.is_dir():
        whole, inside = whole / at.path, ""
    else:
        inside = "" if at.path in ("", escaped(str(place))) else str(at)
    if not whole.is_relative_to(root):
        return {"uri": whole.as_uri()}, {}, inside
    artifact = {"uri": quote(whole.relative_to(root).as_posix(), safe="/"), "uriBaseId": _ROOT}
    if inside or not _is_file(whole):
        return artifact, {}, inside
    return artifact, {"region": {"startLine": at.line or 1} | ({"startColumn": at.column} if at.column else {})}, ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long once it is escaped
        return False


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
