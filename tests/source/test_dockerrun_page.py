"""The pages about Dockerrun.aws.json and editors: every example is read, every schema is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from beanstalk.source import json_schema
from beanstalk.source.dockerrun import read_dockerrun

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"```json\n(.*?)```", (DOCS / "dockerrun.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_read_without_a_warning(text):
    assert not read_dockerrun("Dockerrun.aws.json", text.encode()).warnings


def test_there_is_an_example_of_each_version():
    assert [str(json.loads(text)["AWSEBDockerrunVersion"]) for text in EXAMPLES] == ["1", "2", "3"]


def test_the_page_about_editors_names_every_schema():
    page = (DOCS / "editors.md").read_text("utf-8")
    names = {path.name for path in Path(json_schema.__file__).with_name("schemas").iterdir()}
    assert set(re.findall(r"`([\w-]+\.json)`", page)) == names
