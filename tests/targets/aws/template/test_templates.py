"""The templates of many environments: what they are, and that the linter of CloudFormation has nothing to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beanstalk.targets.aws.blueprint import Template
from beanstalk.targets.aws.checks import check_template
from tests.targets.aws.blueprints import make_blueprint, template_of
from tests.targets.aws.template import cases
from tests.targets.aws.template.cases import Case
from tests.targets.aws.template.cases_of_parts import PARTS
from tests.targets.aws.template.linting import complaints

CASES = cases.CASES | PARTS


def made(case: Case, folder: Path) -> Template:
    return template_of(make_blueprint(folder, case.files, case.options, tier=case.tier, tags=case.tags))


def text_of(json_value: Any, depth: int = 0) -> str:
    """JSON with a line for each property of a resource, so that a change of one is a change of one line."""
    if depth == 4 or not isinstance(json_value, dict) or not json_value:
        return json.dumps(json_value, ensure_ascii=False)
    inside = [f"{' ' * (depth + 1)}{json.dumps(key)}: {text_of(each, depth + 1)}" for key, each in json_value.items()]
    return "{\n" + ",\n".join(inside) + f"\n{' ' * depth}}}" + ("" if depth else "\n")


@pytest.mark.parametrize("name", CASES)
def test_a_template_is_what_it_was_and_free_of_complaints(
    tmp_path: Path, golden: Callable[[str, str], None], name: str
) -> None:
    template = made(CASES[name], tmp_path)
    golden(f"aws/templates/{name}.json", text_of(template.body))
    assert complaints(template.body) == []
    assert check_template(template.body) == []


@pytest.mark.parametrize("name", CASES)
def test_what_has_no_effect_is_told(tmp_path: Path, name: str) -> None:
    told = [str(each) for each in made(CASES[name], tmp_path).warnings]
    assert len(told) == len(CASES[name].warnings)
    assert [text for text, begins in zip(told, CASES[name].warnings, strict=True) if not text.startswith(begins)] == []


@pytest.mark.parametrize("name", CASES)
def test_every_parameter_is_used_and_every_image_has_one(tmp_path: Path, name: str) -> None:
    template = made(CASES[name], tmp_path)
    written = json.dumps([template.body["Resources"], template.body["Outputs"], template.body["Conditions"]])
    assert [each for each in template.parameters if f'"{each}"' not in written] == []
    assert set(template.image_parameters.values()) <= set(template.parameters)


@pytest.mark.parametrize("name", CASES)
def test_a_template_is_the_same_each_time(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    assert made(case, tmp_path / "one").body == made(case, tmp_path / "two").body


def test_the_linter_finds_mistakes() -> None:
    assert complaints({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Nonsense": 1}}}}) != []
