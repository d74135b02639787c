"""Files of the wild: what is valid is read, what is not is refused, and what is odd is told."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.source.compose import read_compose
from beanstalk.source.cron import read_cron
from beanstalk.source.dockerrun import read_dockerrun
from beanstalk.source.manifest import read_manifest
from beanstalk.source.project_file import read_project_file
from beanstalk.source.saved import read_saved

pytestmark = pytest.mark.corpus
FOLDER = os.environ.get("BEANSTALK_CORPUS", "")
READERS = {
    "dockerrun-v1": lambda path, content: read_dockerrun(path, content),
    "dockerrun-v2": lambda path, content: read_dockerrun(path, content),
    "docker-compose": lambda path, content: read_compose(content, path),
    "cron.yaml": lambda path, content: read_cron(content, path),
    "env.yaml": lambda path, content: read_manifest(content, path),
    "saved-config": lambda path, content: read_saved(path, content),
    "eb-config": lambda path, content: read_project_file(path, content),
}
WORDS = {
    "AWSEBDockerrunVersion missing": "AWSEBDockerrunVersion is missing",
    "missing comma": "a comma is missing",
    "trailing comma": "take the comma out",
    "neither memory nor": "neither memory nor memoryReservation",
    "version 3 only carries": "containerDefinitions is not read in version 3",
    "without containerDefinitions": "containerDefinitions is missing",
    "unquoted {{PLACEHOLDER}}": "not filled in: {{PORT}}",
    "invalid YAML": "not valid YAML",
    "number 1 where v1": "documented as the text",
    'string ""2""': "documented as the number 2",
    "holds a placeholder": "not filled in",
    "Image without Name": "Image without Name",
    "lower-case file name": "rename it to Dockerrun.aws.json",
    "unknown v1 key": "not known here",
    "unknown v2 key": "not known here",
    "lacks Bucket/Key": "no Bucket and no Key",
    "EB only picks up": "Elastic Beanstalk looks for docker-compose.yml",
    "Compose v1 form": "in the form of Compose v1",
    "cron is NoneType": "there are no tasks",
}
"""A reason as the index gives it, and what we say."""


def rows() -> list[dict[str, str]]:
    if not FOLDER:
        return []
    with (Path(FOLDER) / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["kind"] in READERS]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_file_of_the_wild_is_read_or_refused_with_the_reason_that_is_known(row):
    content = (Path(FOLDER) / row["file"]).read_bytes()
    try:
        found = READERS[row["kind"]](row["source_path"], content)
        refused = getattr(found, "problems", ())  # what a project file says wrongly counts for nothing
        outcome, said = "refused" if refused else "read", "\n".join(map(str, [*refused, *found.warnings]))
    except InvalidInput as error:
        outcome, said = "refused", str(error)
    assert outcome == ("refused" if row["expected"] == "invalid" else "read"), said
    assert said or row["expected"] == "valid"
    reason = next((ours for theirs, ours in WORDS.items() if theirs in row["note"]), "")
    assert reason in said
