"""Files of the wild are judged as they are known to be."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest

from beanstalk.service.validation import FileKind, Severity, kind_of, validate_file
from beanstalk.source.project_file import read_project_file

pytestmark = pytest.mark.corpus
CORPUS = os.environ.get("BEANSTALK_CORPUS", "")
FILE_KINDS = {
    "ebextensions": FileKind.EBEXTENSIONS,
    "dockerrun-v1": FileKind.DOCKERRUN,
    "dockerrun-v2": FileKind.DOCKERRUN,
    "docker-compose": FileKind.COMPOSE,
    "procfile": FileKind.PROCFILE,
    "cron.yaml": FileKind.CRON,
    "env.yaml": FileKind.MANIFEST,
    "saved-config": FileKind.SAVED,
    "eb-config": FileKind.PROJECT,
}


def rows() -> list[dict[str, str]]:
    if not CORPUS:
        return []
    with (Path(CORPUS) / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_file_of_the_wild_is_judged_as_it_is_known_to_be(row: dict[str, str]) -> None:
    content = (Path(CORPUS) / row["file"]).read_bytes()
    report = validate_file(row["source_path"], content, FILE_KINDS[row["kind"]])
    of_file = [each for each in report.findings if each.severity is Severity.ERROR and each.rule != "option"]
    assert bool(of_file) == (row["expected"] == "invalid"), of_file


@pytest.mark.parametrize("row", [row for row in rows() if row["kind"] == "eb-config"], ids=lambda row: row["file"])
def test_a_project_of_the_wild_is_known_by_its_place_and_says_what_it_is(row: dict[str, str], tmp_path: Path) -> None:
    assert kind_of(row["source_path"]) is FileKind.PROJECT
    content = (Path(CORPUS) / row["file"]).read_bytes()
    project = read_project_file(row["source_path"], content)
    assert project.application and project.text("global", "default_region")
    assert bool(project.artifact) == ("deploy.artifact" in row["note"])
    named = re.search(r"platform name '([^']+)'", row["note"])
    assert not named or project.platform == named[1]
    assert ("platform ARN" in row["note"]) == (b"arn:aws" in content and not project.platform.startswith("arn"))
    branches = re.search(r"branch-defaults: ([\w, -]+?)(?=, platform|, file|$| \()", row["note"])
    for branch in branches[1].split(", ") if branches else ():
        assert project.of_branch(branch, "environment"), branch
