"""Resources and its like, merged over all files; what CloudFormation would refuse is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.source.functions import to_json
from tests.source.configs import problems, read, warnings

QUEUE = "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {A: 1, B: {C: 2}}}}"


def test_all_sections_are_read():
    found = read("""\
        Parameters: {Size: {Type: Number, Default: 5}}
        Mappings: {M: {a: {b: c}}}
        Conditions: {Big: {"Fn::Equals": [{Ref: Size}, 5]}}
        Resources: {Queue: {Type: AWS::SQS::Queue, Condition: Big}}
        Outputs: {Url: {Value: {Ref: Queue}, Export: {Name: url}}}
    """).template
    assert to_json(found.resources) == {"Queue": {"Type": "AWS::SQS::Queue", "Condition": "Big"}}
    assert to_json(found.outputs) == {"Url": {"Value": {"Ref": "Queue"}, "Export": {"Name": "url"}}}
    assert to_json(found.parameters) == {"Size": {"Type": "Number", "Default": 5}}
    assert to_json(found.mappings) == {"M": {"a": {"b": "c"}}}
    assert to_json(found.conditions) == {"Big": {"Fn::Equals": [{"Ref": "Size"}, 5]}}


def test_an_id_in_several_files_is_one_thing():
    found = read(QUEUE, "Resources: {Queue: {Properties: {B: {D: 3}}, DeletionPolicy: Retain}}")
    assert to_json(found.template.resources) == {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"A": 1, "B": {"C": 2, "D": 3}},
            "DeletionPolicy": "Retain",
        }
    }
    assert found.warnings == ()


def test_where_two_files_disagree_the_later_one_counts_with_a_warning():
    other = "Resources: {Queue: {Properties: {A: [2]}}}"
    assert to_json(read(QUEUE, other).template.resources)["Queue"]["Properties"]["A"] == [2]
    assert warnings(QUEUE, other) == [
        ".ebextensions/02.config:1:34: Resources.Queue.Properties.A differs from .ebextensions/01.config:1:57: "
        "this later one counts | keep one of the two"
    ]


def test_an_id_cannot_be_of_two_types():
    (found,) = problems(QUEUE, "Resources: {Queue: {Type: AWS::SNS::Topic}}")
    assert "Resources.Queue.Type differs from .ebextensions/01.config:1:21 | an ID stands for one resource" in found


def test_the_type_may_be_left_out_of_what_elastic_beanstalk_makes():
    text = "Resources: {AWSEBAutoScalingGroup: {Properties: {HealthCheckType: ELB}}}"
    assert to_json(read(text).template.resources)["AWSEBAutoScalingGroup"]["Properties"] == {"HealthCheckType": "ELB"}
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Resources: {my-queue: {Type: A::B}}",
            "1:13: 'my-queue' cannot be an ID in Resources | letters and digits only",
        ),
        ("Resources: {A: {Properties: {}}}", "1:13: A in Resources has no Type"),
        ("Resources: {A: {Type: Queue}}", "the Type of A in Resources is no type of a resource"),
        ("Resources: {A: {Type: [x]}}", "the Type of A in Resources is no type of a resource"),
        ("Resources: {A: {Type: A::B, Properties: x}}", "the Properties of A in Resources are not a mapping"),
        ("Resources: {A: {Type: A::B, properties: {}}}", "unknown key 'properties' | did you mean Properties?"),
        ("Resources: {A: x}", "A in Resources is not a mapping"),
        ("Resources: [A]", "Resources has to be a mapping of names"),
        ("Outputs: {A: {}}", "A in Outputs has no Value"),
        (
            "Parameters: {A: {Type: String}}",
            "A in Parameters has no Default | add 'Default:': Elastic Beanstalk has no",
        ),
        ("Parameters: {A: {Default: a}}", "A in Parameters has no Type"),
        ("Mappings: {A: {b: c}}", "A in Mappings: b is not a mapping | a mapping has two levels of keys"),
        ("Conditions: {A: true}", "A in Conditions is not a condition"),
        ("Resources: {A: {Type: A::B, DependsOn: C}}", "DependsOn names 'C', which no configuration file defines"),
        ("Resources: {A: {Type: A::B, Properties: {C: {Ref: D}}}}", "1:46: Ref names 'D', which no configuration file"),
        ("Resources: {A: {Type: A::B, Properties: {C: {Ref: 'AWS::Reg'}}}}", "which CloudFormation does not know"),
        ("Outputs: {A: {Value: {'Fn::GetAtt': [B, C]}}}", "Fn::GetAtt names 'B', which no configuration file defines"),
        (
            "Outputs: {A: {Value: {'Fn::Sub': '${B.C} ${!D}'}}}",
            "Fn::Sub names 'B', which no configuration file defines",
        ),
        ("Outputs: {A: {Value: {'Fn::FindInMap': [B, c, d]}}}", "Fn::FindInMap names 'B'"),
        ("Outputs: {A: {Value: {Ref: [B]}}}", "Ref cannot be read"),
    ],
)
def test_what_cloudformation_would_refuse_is_an_error_with_its_place(text, said):
    (found,) = problems(text)
    assert said in found and found.endswith("CloudFormation would refuse the stack")


def test_names_of_other_files_and_of_elastic_beanstalk_are_known():
    found = read(
        "Outputs: {A: {Value: {Ref: Queue}}, B: {Value: {'Fn::GetAtt': [AWSEBSecurityGroup, GroupId]}}}",
        QUEUE,
        'option_settings: {QUEUE: \'`{"Ref": "Queue"}` `{"Ref": "AWS::Region"}`\'}',
    )
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('option_settings: {A: \'`{"Ref": "B"}`\'}', "1:23: Ref names 'B', which no configuration file defines"),
        ("commands: {a: {command: !Ref B}}", "Ref names 'B', which no configuration file defines"),
        (
            "Resources: {A: {Type: A::B, Condition: C}}",
            "1:29: Condition names 'C', which no configuration file defines",
        ),
        ("Outputs: {A: {Value: {'Fn::If': [C, 1, 2]}}}", "Fn::If names 'C', which no configuration file defines"),
        ("Conditions: {A: {'Fn::Equals': [1, 1]}}", "Conditions is not among the keys that Elastic Beanstalk's guide"),
    ],
)
def test_what_may_come_from_elsewhere_is_a_warning(text, said):
    assert any(said in each for each in warnings(text))


@pytest.mark.parametrize("broken", ["Resources: [", "resources: {}", "- Resources"])
def test_nothing_is_missed_while_a_file_cannot_be_read(broken):
    found = problems("Outputs: {A: {Value: {Ref: Queue}}}", broken, QUEUE.replace("Queue:", "Other:"))
    assert [text.split(":")[0] for text in found] == [".ebextensions/02.config"]


IDS = st.sampled_from(["A", "B", "AWSEBSecurityGroup"])
VALUES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
RESOURCES = st.dictionaries(
    IDS, st.fixed_dictionaries({"Type": st.just("A::B"), "Properties": st.dictionaries(st.sampled_from("pq"), VALUES)})
)


def merged(*resources: dict[str, object]) -> dict[str, object]:
    return to_json(read(*(json.dumps({"Resources": each}) for each in resources)).template.resources)


@given(RESOURCES, RESOURCES)
def test_merging_loses_nothing_and_the_later_file_wins(one, other):
    assert merged(one, one) == merged(one) == one
    both = merged(one, other)
    assert merged(one, other, other) == both and set(both) == set(one) | set(other)
    assert merged(both, other) == both


@given(RESOURCES, RESOURCES, RESOURCES)
def test_files_merged_at_once_are_files_merged_one_by_one(one, other, third):
    assert merged(one, other, third) == merged(merged(one, other), third)
