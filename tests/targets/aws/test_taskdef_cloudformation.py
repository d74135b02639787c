"""Task definitions in the words of CloudFormation."""

import json
from functools import cache

from beanstalk.targets.aws.taskdef_cloudformation import to_cloudformation
from beanstalk.targets.aws.taskdef_limits import load_shapes
from tests.targets.aws.test_taskdef_golden import CASES, rendered

NOT_IN_CLOUDFORMATION = {"TrustedExecutionConfiguration", "SharingStrategy"}


@cache
def schema():
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::ECS::TaskDefinition").schema


def resolved(node):
    return schema()["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def unknown(value, node, path=""):
    """Members of a document that the schema of CloudFormation does not have."""
    node = resolved(node)
    if isinstance(value, list):
        for each in value:
            yield from unknown(each, node.get("items", {}), path)
    elif isinstance(value, dict) and "properties" in node:
        for key, each in value.items():
            if key not in node["properties"]:
                yield f"{path}.{key}"
            else:
                yield from unknown(each, node["properties"][key], f"{path}.{key}")


def full(shape_name):
    """A document with every member that the API has."""
    shape = load_shapes()[shape_name]
    match shape["type"]:
        case "structure":
            return {key: full(member["shape"]) for key, member in shape["members"].items()}
        case "list":
            return [full(shape["member"]["shape"])]
        case "map":
            return {"aKeyOfTheUser": "x"}
    return {"string": "x", "integer": 1, "boolean": True}[shape["type"]]


def test_every_member_of_the_api_has_the_name_that_cloudformation_gives_it():
    found = to_cloudformation(full("RegisterTaskDefinitionRequest"))
    missing = {path.rpartition(".")[2] for path in unknown(found, schema())}
    assert missing <= NOT_IN_CLOUDFORMATION


def test_keys_of_the_user_and_functions_stay_as_they_are():
    text = json.dumps(to_cloudformation(full("RegisterTaskDefinitionRequest")))
    assert text.count('"aKeyOfTheUser"') == 5
    function = {"image": {"Fn::Sub": ["${a}", {"a": {"Ref": "b"}}]}, "dockerLabels": {"com.example": "x"}}
    assert to_cloudformation({"containerDefinitions": [function]}) == {
        "ContainerDefinitions": [{"Image": function["image"], "DockerLabels": {"com.example": "x"}}]
    }


def test_cfn_lint_finds_no_error_and_no_warning_in_any_of_them(tmp_path):
    """All in one template, as linting takes seconds."""
    from cfnlint.api import lint_all

    role = "arn:aws:iam::111122223333:role/tasks"
    resources = {}
    for number, name in enumerate(sorted(CASES)):
        properties = to_cloudformation(rendered(tmp_path / name, *CASES[name]).document)
        properties["ExecutionRoleArn"] = role
        resources[f"Tasks{number}"] = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
    found = lint_all(json.dumps({"Resources": resources}))
    assert [str(each) for each in found if not each.rule.id.startswith("I")] == []
