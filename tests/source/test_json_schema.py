"""Our reader of the schemas says no where the library jsonschema says no."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beanstalk.source import json_schema
from beanstalk.source.json_schema import Findings, check_schema, read_schema
from beanstalk.source.json_text import read_json

NAMES = ["dockerrun-v1", "dockerrun-v2", "dockerrun-v3", "config-document"]
KNOWN = {
    "$schema", "title", "description", "default", "type", "properties", "additionalProperties", "required", "items",
    "enum", "minimum", "maximum", "minItems", "maxItems", "minLength", "pattern", "$ref", "x-severity", "x-filled",
}  # fmt: skip


def rules(rule):
    yield rule
    for below in [*rule.get("properties", {}).values(), *rule.get("$defs", {}).values(), rule.get("items")]:
        if isinstance(below, dict):
            yield from rules(below)


@pytest.mark.parametrize(
    "path", sorted(Path(json_schema.__file__).with_name("schemas").iterdir()), ids=lambda path: path.name
)
def test_every_schema_is_one(path):
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_every_member_is_described_and_no_keyword_is_unknown_to_us(name):
    for rule in rules(read_schema(name)):
        assert set(rule) - {"$defs"} <= KNOWN
        assert all(member.get("description", "").endswith(".") for member in rule.get("properties", {}).values())


def members(name):
    return sorted({each for rule in rules(read_schema(name)) for each in rule.get("properties", {})})


LEAF = (
    st.booleans()
    | st.integers(-1, 99)
    | st.just(2.0)
    | st.just(0.5)
    | st.sampled_from(["", "a", "1", "tcp", "a b", "2"])
)
VALUES = {
    name: st.recursive(
        LEAF,
        lambda inner, name=name: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(members(name)), inner, max_size=4)
        ),
        max_leaves=10,
    )
    for name in NAMES
}


def strict(rule):
    """The schema without what we only warn of."""
    if isinstance(rule, list):
        return [strict(each) for each in rule]
    if not isinstance(rule, dict):
        return rule
    if rule.get("x-severity") == "warning":
        return {}
    return {name: strict(each) for name, each in rule.items() if (name, each) != ("additionalProperties", False)}


VALIDATORS = {name: jsonschema.Draft202012Validator(strict(read_schema(name))) for name in NAMES}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(NAMES))
def test_both_readers_of_a_schema_agree(data, name):
    body = data.draw(st.dictionaries(st.sampled_from(list(read_schema(name)["properties"])), VALUES[name], max_size=4))
    findings = Findings()
    check_schema(read_json("f.json", json.dumps(body).encode()).root, name, findings)
    assert bool(findings.problems) is not VALIDATORS[name].is_valid(body), findings.problems


def test_an_editor_reads_the_version_and_takes_its_schema():
    import referencing

    folder = Path(json_schema.__file__).with_name("schemas")
    found = {path.name: referencing.Resource.from_contents(json.loads(path.read_text())) for path in folder.iterdir()}
    schema = json.loads((folder / "dockerrun.json").read_text())
    validator = jsonschema.Draft202012Validator(schema, registry=referencing.Registry().with_resources(found.items()))
    assert validator.is_valid({"AWSEBDockerrunVersion": "1", "Image": {"Name": "a"}})
    assert not validator.is_valid({"AWSEBDockerrunVersion": 2, "Image": {"Name": "a"}})
