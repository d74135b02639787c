"""Real configuration files: what Elastic Beanstalk takes is read, what it refuses is refused for the same reason."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.options.resolve import Layer
from beanstalk.options.resolve import resolve as resolve_options
from beanstalk.source.ebextensions import Extensions, read_extensions
from beanstalk.source.evaluate import Lookup, resolve

pytestmark = pytest.mark.corpus
CORPUS = Path(os.environ.get("BEANSTALK_CORPUS", "."))


def rows(*expected: str) -> list[tuple[str, str]]:
    """File and note of each file of which that is expected."""
    if "BEANSTALK_CORPUS" not in os.environ:
        return []
    with (CORPUS / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["kind"] == "ebextensions"]
    return [(row["file"], row["note"]) for row in found if row["expected"] in expected]


def read(*numbers_or_files: str) -> Extensions:
    files = [next(CORPUS.glob(f"{each}*")) for each in numbers_or_files]
    return read_extensions([(f".ebextensions/{file.name}", file.read_bytes()) for file in files])


@pytest.mark.parametrize(("file", "note"), rows("valid", "lenient"))
def test_what_elastic_beanstalk_takes_is_read(file, note):
    found = read(file)
    assert found.settings or found.keys, note
    resolve_options({Layer.EBEXTENSIONS: found.settings})


@pytest.mark.parametrize(("file", "note"), rows("lenient"))
def test_what_is_outside_of_the_documentation_is_told(file, note):
    said = {
        "duplicate YAML keys": "is here twice",
        "unquoted number": "without quotes",
        "Conditions": "Conditions is not",
    }
    expected = next(text for words, text in said.items() if words in note)
    assert any(expected in str(warning) for warning in read(file).warnings)


REASONS = {
    "002": "a tab stands where YAML takes only spaces",
    "007": "replace the no-break spaces",
    "014": "unknown key 'contents'\n  hint: did you mean content?",
    "017": "0217_check_pip_state is not a mapping",
    "037": "01_change_permissions has an empty command",
    "065": "Ref names 'sampleApplicationVersion', which no configuration file defines",
    "070": "unknown key '03-fix-permissions.config'",
    "099": "'tea-app' cannot be an ID in Resources",
    "104": "unknown key 'Secret'",
    "111": "unknown key 'option_value' in an item of option_settings",
    "115": "put it under files",
}


@pytest.mark.parametrize(("file", "note"), rows("invalid"))
def test_what_elastic_beanstalk_refuses_is_refused_for_the_same_reason(file, note):
    with pytest.raises(InvalidInput) as caught:
        read(file)
    number = Path(file).name[:3]
    assert REASONS.get(number, "not valid YAML") in str(caught.value)
    near = re.search(r"near line (\d+)", note)
    if near is not None:
        assert abs(caught.value.problems[0].at.line - int(near[1])) <= 1


@pytest.mark.skipif("BEANSTALK_CORPUS" not in os.environ, reason="the collection is not here")
def test_an_option_of_the_environment_comes_into_a_file():
    found = read("ebextensions/098")
    options = {("aws:elasticbeanstalk:application:environment", "LOG_GROUP_NAME"): "logs"}
    content = resolve(found.files[0].content, Lookup(option=lambda *name: options.get(name)))
    assert isinstance(content, str) and content.count("log_group_name=logs\n") == 2


@pytest.mark.skipif("BEANSTALK_CORPUS" not in os.environ, reason="the collection is not here")
def test_the_files_of_one_folder_complete_each_other():
    found = read("ebextensions/154", "ebextensions/155", "ebextensions/156")
    assert not any("SNSTopicExists" in warning.text for warning in found.warnings)
    assert "WebRequestCWLogGroup" in found.template.outputs and "ElasticBeanstalkSNSTopicArn" in found.template.outputs
