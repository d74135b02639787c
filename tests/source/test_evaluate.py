"""What can be known is worked out, what cannot stays the function it is."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.source.document import read_document
from beanstalk.source.evaluate import Lookup, resolve, text_of
from beanstalk.source.functions import Object, is_known, to_json
from beanstalk.source.notes import Notes
from beanstalk.source.values import read_value


def value(text: str):
    root = read_document("f", text.encode()).root
    assert root is not None
    return read_value(root, Notes())


def section(text: str) -> Object:
    found = value(text)
    assert isinstance(found, Object)
    return found


OPTIONS = {("aws:elasticbeanstalk:customoption", "Size"): "5", ("n", "o"): "set"}
LOOKUP = Lookup(
    option=lambda namespace, name: OPTIONS.get((namespace, name)),
    known={"AWS::Region": "eu-west-1", "Queue.Arn": "arn:q", "Zones": ("a", "b")},
    parameters=section("{Name: {Type: String, Default: me}, None: {Type: String}}"),
    mappings=section("{M: {top: {second: 7, list: [x, y]}}}"),
    conditions=section(
        "{Is: {Fn::Equals: [!Ref Name, me]}, Not: {Fn::Not: [{Condition: Is}]}, Open: {Fn::Equals: [!Ref X, 1]}, "
        "Loop: {Fn::Not: [{Condition: Loop}]}, And: {Fn::And: [!Condition Not, !Condition Open]}}"
    ),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fn::GetOptionSetting: {OptionName: Size, DefaultValue: 9}", "5"),
        ("Fn::GetOptionSetting: {OptionName: Other, DefaultValue: 9}", 9),
        ("Fn::GetOptionSetting: {Namespace: n, OptionName: o}", "set"),
        ("Fn::GetOptionSetting: {Namespace: n, OptionName: p, DefaultValue: {Ref: Name}}", "me"),
        ("Ref: Name", "me"),
        ("Ref: AWS::Region", "eu-west-1"),
        ("Fn::GetAtt: [Queue, Arn]", "arn:q"),
        ("Fn::Join: ['-', [a, {Ref: Name}, 1, true]]", "a-me-1-true"),
        ("Fn::Join: ['', {Ref: Zones}]", "ab"),
        ("Fn::Split: [',', 'a,b']", ["a", "b"]),
        ("Fn::Select: [1, {Fn::Split: [',', 'a,b']}]", "b"),
        ("Fn::Select: ['0', {Ref: Zones}]", "a"),
        ("Fn::Sub: '${Name}@${AWS::Region} ${Queue.Arn} ${!Name}'", "me@eu-west-1 arn:q ${Name}"),
        ("Fn::Sub: ['${A}${Name}', {A: {Ref: Name}, Name: x}]", "mex"),
        ("Fn::FindInMap: [M, top, second]", 7),
        ("Fn::FindInMap: [M, top, list]", ["x", "y"]),
        ("Fn::If: [Is, {Ref: Name}, b]", "me"),
        ("Fn::If: [Not, a, b]", "b"),
        ("Fn::If: [And, a, b]", "b"),
        ('a: \'`{"Ref": "Name"}` in `{"Ref": "AWS::Region"}`\'', {"a": "me in eu-west-1"}),
        ("{a: {Ref: AWS::NoValue}, b: [{Ref: AWS::NoValue}, 1]}", {"b": [1]}),
        ("{a: {Fn::If: [Not, 1, {Ref: AWS::NoValue}]}}", {}),
    ],
)
def test_what_can_be_known_is_worked_out(text, expected):
    assert to_json(resolve(value(text), LOOKUP)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ref: None", {"Ref": "None"}),
        ("Ref: AWS::StackName", {"Ref": "AWS::StackName"}),
        ("Fn::GetAtt: [Queue, Name]", {"Fn::GetAtt": ["Queue", "Name"]}),
        ("Fn::GetOptionSetting: {Namespace: n, OptionName: p}",
         {"Fn::GetOptionSetting": {"Namespace": "n", "OptionName": "p"}}),
        ("Fn::Join: ['', [{Ref: Name}, {Ref: X}]]", {"Fn::Join": ["", ["me", {"Ref": "X"}]]}),
        ("Fn::Split: [',', {Ref: X}]", {"Fn::Split": [",", {"Ref": "X"}]}),
        ("Fn::Select: [5, [a]]", {"Fn::Select": [5, ["a"]]}),
        ("Fn::Sub: '${Name} ${X}'", {"Fn::Sub": "${Name} ${X}"}),
        ("Fn::FindInMap: [M, top, {Ref: X}]", {"Fn::FindInMap": ["M", "top", {"Ref": "X"}]}),
        ("Fn::FindInMap: [M, top, absent]", {"Fn::FindInMap": ["M", "top", "absent"]}),
        ("Fn::If: [Open, {Ref: Name}, b]", {"Fn::If": ["Open", "me", "b"]}),
        ("Fn::If: [Loop, a, b]", {"Fn::If": ["Loop", "a", "b"]}),
        ("Fn::If: [Absent, a, b]", {"Fn::If": ["Absent", "a", "b"]}),
        ("Fn::ImportValue: {Fn::Join: ['', [a, b]]}", {"Fn::ImportValue": "ab"}),
        ("Fn::Base64: {Ref: Name}", {"Fn::Base64": "me"}),
        ("'a `{\"Ref\": \"Name\"}``{\"Ref\": \"X\"}`'", {"Fn::Join": ["", ["a me", {"Ref": "X"}]]}),
    ],
)  # fmt: skip
def test_what_cannot_be_known_stays_with_what_is_known_inside(text, expected):
    assert to_json(resolve(value(text), LOOKUP)) == expected


def test_blanks_after_an_open_variable_are_looked_at_once():
    text = "${" + " " * 100_000
    assert resolve(value(f"Fn::Sub: '{text}'"), LOOKUP) == text


def test_conditions_that_ask_each_other_come_to_an_end():
    names = [f"C{n}" for n in range(200)]
    text = ", ".join(f"{a}: {{Fn::And: [!Condition {b}, !Condition {b}]}}" for a, b in pairwise(names))
    lookup = Lookup(conditions=section(f"{{{text}, C199: {{Fn::Equals: [1, 1]}}}}"))
    assert to_json(resolve(value("Fn::If: [C0, a, b]"), lookup)) == {"Fn::If": ["C0", "a", "b"]}
    assert to_json(resolve(value("Fn::If: [C199, a, b]"), lookup)) == "a"


def test_deep_conditions_of_deep_conditions_come_to_an_end():
    deep = "{Fn::Not: [" * 23 + "{Condition: %s}" + "]}" * 23
    text = ", ".join(f"C{n}: {deep % f'C{n + 1}'}" for n in range(60))
    lookup = Lookup(conditions=section(f"{{{text}, C60: {{Fn::Equals: [1, 1]}}}}"))
    assert to_json(resolve(value("Fn::If: [C59, a, b]"), lookup)) == "b"
    assert to_json(resolve(value("[" * 40 + "{Fn::If: [C0, a, b]}" + "]" * 40), lookup)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Fn::Join: ['', [" + "{Ref: Long}, " * 5_000 + "]]",
        "Fn::Sub: '" + "${Long}" * 5_000 + "'",
        "'" + '`{"Ref": "Long"}`x' * 1_000 + "'",
    ],
)
def test_a_text_that_would_grow_without_end_stays_as_it_is(text):
    assert not is_known(resolve(value(text), Lookup(known={"Long": "x" * 100_000})))
    assert is_known(resolve(value(text), Lookup(known={"Long": "x"})))


@pytest.mark.parametrize(
    ("known", "text"), [(True, "true"), (5, "5"), (0.5, "0.5"), ("a", "a"), (None, None), ((), None)]
)
def test_a_single_value_has_a_text(known, text):
    assert text_of(known) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["Name", "Is", "Loop", "${Name}", "M", "top"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Ref", "a"]), inner, max_size=2)
        | st.tuples(
            st.sampled_from(
                ["Ref", "Join", "Select", "If", "Sub", "FindInMap", "And", "Not", "Equals", "GetOptionSetting", "Split"]
            ),
            inner,
        ).map(lambda pair: {pair[0] if pair[0] == "Ref" else f"Fn::{pair[0]}": pair[1]})
    ),
    max_leaves=12,
)


@given(JSON)
def test_to_resolve_twice_is_to_resolve_once(data):
    once = resolve(value(json.dumps(data)), LOOKUP)
    assert resolve(once, LOOKUP) == once


@given(JSON)
def test_what_is_printed_is_read_and_printed_as_the_same(data):
    printed = to_json(value(json.dumps(data)))
    assert to_json(value(json.dumps(printed))) == printed
