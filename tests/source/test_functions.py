"""Functions of CloudFormation: their three forms say the same, and what is wrong with one is told with its place."""

from __future__ import annotations

import json

import pytest

from beanstalk.errors import Where
from beanstalk.source.document import read_document
from beanstalk.source.functions import (
    Condition,
    FindInMap,
    GetAtt,
    GetOptionSetting,
    If,
    ImportValue,
    Join,
    Logic,
    Object,
    Other,
    Ref,
    Select,
    Split,
    Sub,
    Text,
    functions_in,
    is_known,
    name_of,
    to_json,
)
from beanstalk.source.notes import Notes
from beanstalk.source.values import MAX_FUNCTIONS, read_value, value_of

AT = Where("f", 1, 1)


def value(text: str, notes: Notes | None = None):
    root = read_document("f", text.encode()).root
    assert root is not None
    return read_value(root, notes or Notes())


def problem(text: str) -> str:
    notes = Notes()
    value(text, notes)
    return str(notes.problems[0])


@pytest.mark.parametrize(
    ("long", "tag", "expected"),
    [
        ("Ref: A", "!Ref A", Ref("A", AT)),
        ("Fn::GetAtt: [A, Arn]", "!GetAtt A.Arn", GetAtt("A", "Arn", AT)),
        ("Fn::GetAtt: [A, Outputs.B]", "!GetAtt [A, Outputs, B]", GetAtt("A", "Outputs.B", AT)),
        ("Fn::Join: [',', [a, {Ref: B}]]", "!Join [',', [a, !Ref B]]", Join(",", ("a", Ref("B", AT)), AT)),
        ("Fn::Split: [',', {Ref: A}]", "!Split [',', !Ref A]", Split(",", Ref("A", AT), AT)),
        ("Fn::Select: [0, [a]]", "!Select [0, [a]]", Select(0, ("a",), AT)),
        ("Fn::Sub: 'a ${B}'", "!Sub 'a ${B}'", Sub("a ${B}", Object(), AT)),
        ("Fn::FindInMap: [A, b, c]", "!FindInMap [A, b, c]", FindInMap("A", "b", "c", AT)),
        ("Fn::ImportValue: a", "!ImportValue a", ImportValue("a", AT)),
        ("Fn::If: [A, 1, 2]", "!If [A, 1, 2]", If("A", 1, 2, AT)),
        ("Fn::Equals: [a, b]", "!Equals [a, b]", Logic("Equals", ("a", "b"), AT)),
        ("Fn::Not: [{Condition: A}]", "!Not [!Condition A]", Logic("Not", (Condition("A", AT),), AT)),
        ("Fn::Base64: a", "!Base64 a", Other("Fn::Base64", "a", AT)),
    ],
)
def test_a_mapping_and_a_short_tag_are_the_same_function(long, tag, expected):
    assert value(f"{{{long}}}") == expected == value(tag)


def test_an_option_setting_is_a_custom_option_unless_it_names_its_namespace():
    custom = value("Fn::GetOptionSetting: {OptionName: A, DefaultValue: 5}")
    assert custom == GetOptionSetting("aws:elasticbeanstalk:customoption", "A", 5, AT)
    named = value("Fn::GetOptionSetting: {Namespace: aws:x:y, OptionName: A, DefaultValue: {Ref: B}}")
    assert named == GetOptionSetting("aws:x:y", "A", Ref("B", AT), AT)


@pytest.mark.parametrize(
    "text",
    [
        '{"Ref":"A"}',
        '{"Fn::GetAtt":["A","Arn"]}',
        '{"Fn::Join":[",",["a",{"Ref":"B"}]]}',
        '{"Fn::Sub":["${A}",{"A":1}]}',
        '{"Fn::If":["A",{"Ref":"AWS::NoValue"},[1,2.5,true,null]]}',
        '{"Fn::GetOptionSetting":{"Namespace":"n","OptionName":"o"}}',
        '{"Fn::Select":[0,{"Fn::Split":[",","a"]}]}',
        '{"Fn::Transform":{"Name":"x"}}',
        '{"Fn::Or":[{"Condition":"A"},{"Fn::Equals":[1,1]}]}',
        '{"Fn::ImportValue":{"Fn::FindInMap":["A","b","c"]}}',
        '{"a":{"b":["`x`",{}]}}',
    ],
)
def test_json_is_the_same_after_reading_and_writing(text):
    assert json.dumps(to_json(value(text)), separators=(",", ":")) == text


def test_backquotes_split_a_text_into_literal_and_function_parts():
    text = '\'a-`{"Ref": "A"}`-`{ "Fn::GetAtt" : ["B", "Arn"] }`\''
    assert value(text) == Text(("a-", Ref("A", AT), "-", GetAtt("B", "Arn", AT)))
    assert to_json(value('\'a`{"Ref": "A"}`\'')) == {"Fn::Join": ["", ["a", {"Ref": "A"}]]}
    assert value('\'`{"Ref": "A"}`\'') == Ref("A", AT)


@pytest.mark.parametrize(
    "text", ["test ! `id -u git`", "`{ echo a; }`", '`{"a": 1}`', "`", "``", "``{}``", "`{", "` {x: Ref}`"]
)
def test_backquotes_of_a_shell_are_left_alone(text):
    notes = Notes()
    assert value("|-\n  " + text, notes) == text
    assert notes.problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: '`{\"Ref\": A}`'\n", "f:1:14: not valid JSON in backquotes: Expecting value"),
        ("a: '`{Ref: A}`'\n", "f:1:7: not valid JSON in backquotes: Expecting property name"),
        ("a: |\n  x\n   y `{\"Ref\": 'A'}`\n", "f:3:15: not valid JSON in backquotes"),
        ('a: \'b `{"Ref": "A"}\'\n', "f:1:20: the backquote that ends the function is missing"),
        ('a: \'`{"Ref": "A", "b": 1}`\'\n', "f:1:5: a function in backquotes has to be alone in its object"),
        ("a: '`{\"Fn::Select\": [1e999, []]}`'\n", "f:1:5: a number in backquotes is too large"),
        ("a: '`{\"Ref\": NaN}`'\n", "f:1:5: not valid JSON in backquotes: nested too deep, or no such number"),
        ('a: \'`{"Ref": "\\ud800"}`\'\n', "f:1:5: an escape in backquotes is half a character"),
        ('a: \'`{"Ref": ["A"]}`\'\n', "f:1:5: Ref cannot be read: it takes the name of a resource or parameter"),
    ],
)
def test_a_mistake_in_backquotes_is_told_where_it_stands(text, said):
    notes = Notes()
    value(text, notes)
    assert said in str(notes.problems[0])


def test_deep_and_endless_backquotes_are_refused():
    deep = '`{"Ref": ' + "[" * 60 + "]" * 60 + "}`"
    assert "nested more than 50 deep in backquotes" in problem(f"a: '{deep}'").splitlines()[0]
    many = '`{"Ref": "A"}`' * (MAX_FUNCTIONS + 1)
    assert "more than 1,000 functions in one text" in problem(f"a: '{many}'")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ref: [a]", "f:1:1: Ref cannot be read: it takes the name of a resource or parameter"),
        ("Fn::GetAtt: a", "Fn::GetAtt cannot be read: it takes [RESOURCE, ATTRIBUTE]"),
        ("Fn::Join: [a, b]", "Fn::Join cannot be read: it takes [DELIMITER, [VALUE, …]]"),
        ("Fn::Split: ['', b]", "Fn::Split cannot be read"),
        ("Fn::Select: [0]", "Fn::Select cannot be read"),
        ("Fn::Sub: {a: b}", "Fn::Sub cannot be read: it takes a text, or [TEXT, {NAME: VALUE, …}]"),
        ("Fn::FindInMap: [A, b]", "Fn::FindInMap cannot be read: it takes [MAPPING, KEY, KEY]"),
        ("Fn::ImportValue: [a]", "Fn::ImportValue cannot be read"),
        ("Fn::If: [A, 1]", "Fn::If cannot be read: it takes [CONDITION, VALUE, VALUE]"),
        ("Fn::Equals: [1]", "Fn::Equals cannot be read: it takes a list of 2 values"),
        ("Fn::And: [1]", "Fn::And cannot be read: it takes a list of 2 to 10 values"),
        ("Fn::GetOptionSetting: a", "Fn::GetOptionSetting cannot be read"),
        ("Fn::GetOptionSetting: {Namespace: a}", "Fn::GetOptionSetting cannot be read"),
        ("Fn::GetOptionSetting: {OptionName: a, Default: b}", "has no 'Default'\n  hint: did you mean DefaultValue?"),
        ("!!binary aGk=", "f:1:1: the tag !!binary is not possible\n  hint: write the value without a tag"),
        ("!!python/object/apply:os.system [ls]", "the tag !!python/object/apply:os.system is not possible"),
        ("!ref a", "hint: did you mean !Ref?"),
        ("{[a]: b}", "f:1:2: a key that is not text"),
    ],
)
def test_a_function_that_cannot_be_read_is_an_error(text, said):
    assert said in problem(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[!Sub a, !Sub b]", ["short tags such as !Ref are not in", "Fn::Sub is not among the functions that"]),
        ("Fn::Foo: a", ["Fn::Foo is no function that is known", "Fn::Foo is not among the functions that"]),
        ("{Fn::Join: [a, [b]], c: d}", ["Fn::Join is not alone: taken as an ordinary key"]),
        ("{Ref: A}", []),
    ],
)
def test_what_is_not_promised_is_a_warning_once_a_file(text, said):
    notes = Notes()
    value(text, notes)
    assert [warning.text.startswith(start) for warning, start in zip(notes.warnings, said, strict=True)] == [
        True for _ in said
    ]


def test_functions_are_found_however_deep_they_are():
    found = value("{a: [{Fn::If: [C, {Ref: A}, {Fn::Join: ['', [{Ref: B}]]}]}], b: '`{\"Ref\": \"D\"}`'}")
    assert [name_of(function) for function in functions_in(found)] == ["Fn::If", "Ref", "Fn::Join", "Ref", "Ref"]
    assert not is_known(found) and is_known(value("{a: [1, b]}"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [("0644", "0644"), ("25", 25), ("2.5", 2.5), ("yes", True), ("~", None), ("2012-10-17", "2012-10-17"),
     ("1_000", "1_000"), ("[]", ()), ("9" * 30, "9" * 30), ("'5'", "5")],
)  # fmt: skip
def test_a_plain_value_is_read_without_changing_what_was_written(written, expected):
    assert value(written) == expected


def test_the_value_of_an_option_setting_can_be_read_again():
    assert value_of('a `{"Ref": "B"}`', AT) == Text(("a ", Ref("B", AT)))
    assert value_of('`{"Ref": B}`', AT) == '`{"Ref": B}`'
