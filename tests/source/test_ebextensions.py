"""`.ebextensions` files: both shapes of option_settings, values as the API has them, problems of all files at once."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput, Where
from beanstalk.options.resolve import Layer, resolve
from beanstalk.source.ebextensions import INSTANCE_KEYS, KEYS, TEMPLATE_KEYS, Extensions, read_extensions
from beanstalk.source.option_settings import split_resource

PROPERTIES = "aws:elasticbeanstalk:application:environment"


def read(text: str | bytes, path: str = ".ebextensions/01.config") -> Extensions:
    return read_extensions([(path, textwrap.dedent(text).encode() if isinstance(text, str) else text)])


def short(extensions: Extensions) -> list[tuple[str, str, str]]:
    return [(s.namespace, s.name, s.value) for s in extensions.settings]


def problems(*texts: str) -> list[str]:
    files = [(f".ebextensions/{n:02}.config", textwrap.dedent(text).encode()) for n, text in enumerate(texts, 1)]
    with pytest.raises(InvalidInput) as caught:
        read_extensions(files)
    return [str(problem) for problem in caught.value.problems]


MAP_FORM = """\
    option_settings:
      aws:elasticbeanstalk:command:
        BatchSize: 25
        BatchSizeType: Percentage
      Nightly.aws:autoscaling:scheduledaction: {MinSize: 0}
"""
LIST_FORM = """\
    option_settings:
      - namespace: aws:elasticbeanstalk:command
        option_name: BatchSize
        value: 25
      - {namespace: aws:elasticbeanstalk:command, option_name: BatchSizeType, value: Percentage}
      - namespace: aws:autoscaling:scheduledaction
        resource_name: Nightly
        option_name: MinSize
        value: 0
"""
JSON_FORM = """\
    {
    \t"option_settings": {
    \t\t"aws:elasticbeanstalk:command": {"BatchSize": 25, "BatchSizeType": "Percentage"},
    \t\t"Nightly.aws:autoscaling:scheduledaction": {"MinSize": "0"}
    \t}
    }
"""


@pytest.mark.parametrize("text", [MAP_FORM, LIST_FORM, JSON_FORM])
def test_all_forms_say_the_same(text):
    found = read(text)
    assert [(s.resource_name, s.namespace, s.name, s.value) for s in found.settings] == [
        ("", "aws:elasticbeanstalk:command", "BatchSize", "25"),
        ("", "aws:elasticbeanstalk:command", "BatchSizeType", "Percentage"),
        ("Nightly", "aws:autoscaling:scheduledaction", "MinSize", "0"),
    ]
    assert found.warnings == ()


def test_every_setting_knows_where_it_was_written():
    assert [s.at for s in read(MAP_FORM).settings] == [
        Where(".ebextensions/01.config", line, column) for line, column in [(3, 5), (4, 5), (5, 45)]
    ]
    assert [s.at.line for s in read(LIST_FORM).settings if s.at] == [3, 5, 8]


@pytest.mark.parametrize(
    "text",
    [
        "option_settings:\n  - option_name: API_URL\n    value: https://example.org\n",
        f"option_settings:\n  {PROPERTIES}:\n    API_URL: https://example.org\n",
        "option_settings:\n  API_URL: https://example.org\n",
    ],
)
def test_without_a_namespace_it_is_an_environment_property(text):
    assert short(read(text)) == [(PROPERTIES, "API_URL", "https://example.org")]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("25", "25"),
        ("-1", "-1"),
        ("0.5", "0.5"),
        ("true", "true"),
        ("True", "true"),
        ("FALSE", "false"),
        ("yes", "true"),
        ("off", "false"),
        ("'yes'", "yes"),
        ("!!str 007", "007"),
        ("", ""),
        ("~", ""),
        ("''", ""),
        ("0644", "0644"),
        ("1.10", "1.10"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("0x1F", "0x1F"),
        (".inf", ".inf"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ('"a\\tb"', "a\tb"),
        ('\'`{"Ref": "MyTopic"}`\'', '`{"Ref": "MyTopic"}`'),
        ('{"Ref": "MyTopic"}', '`{"Ref":"MyTopic"}`'),
        ("!Ref MyTopic", '`{"Ref":"MyTopic"}`'),
        ("{'Fn::Join': [ü, [!GetAtt A.Arn]]}", '`{"Fn::Join":["ü",[{"Fn::GetAtt":["A","Arn"]}]]}`'),
        ("{'Fn::GetAtt': [A, Arn]}", '`{"Fn::GetAtt":["A","Arn"]}`'),
        ("[sg-1, sg-2]", "sg-1,sg-2"),
        ("{Version: 1, Rules: {On: true, P: 0.5, N: null, S: é, O: 010, L: [1, x]}}",
         '{"Version":1,"Rules":{"On":true,"P":0.5,"N":null,"S":"é","O":"010","L":[1,"x"]}}'),
    ],
)  # fmt: skip
def test_a_value_becomes_the_text_of_the_api(written, value):
    assert short(read(f"option_settings:\n  aws:x:y:\n    Name: {written}\n")) == [("aws:x:y", "Name", value)]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("yes", "Name: yes without quotes is the boolean true"),
        ("0644", "0644 without quotes is a number that YAML may write otherwise"),
        ("1.10", "1.10 without quotes is a number"),
        ("12:30", "12:30 without quotes is a number"),
        ("", "Name has no value: taken as empty"),
    ],
)
def test_a_value_that_yaml_may_read_otherwise_is_a_warning_with_its_place(written, said):
    (warning,) = read(f"option_settings:\n  aws:x:y:\n    Name: {written}\n").warnings
    assert said in warning.text and warning.hint
    assert warning.at is not None and warning.at.line == 3


def test_the_files_count_in_the_order_of_their_names():
    files = [(f".ebextensions/{name}", b"option_settings: {aws:x:y: {A: '%s'}}" % name.encode()) for name in
             ("b.config", "10.config", "A.config", "9.config")]  # fmt: skip
    assert [s.value for s in read_extensions(files).settings] == ["10.config", "9.config", "A.config", "b.config"]


@pytest.mark.parametrize(
    "path",
    [".ebextensions/README.md", ".ebextensions/a.yaml", ".ebextensions/A.CONFIG", ".ebextensions/nginx/a.config",
     ".ebextensions/.config"],
)  # fmt: skip
def test_other_files_are_not_read_and_told(path):
    found = read(b"\xff nonsense: [", path)
    assert found.settings == ()
    assert [str(w) for w in found.warnings] == [
        f"{path}: this file is not read\n  hint: only .ebextensions/*.config count, no folders below"
    ]


@pytest.mark.parametrize("content", [b"", b"# only a comment\n", b"---\n", b"\xef\xbb\xbf\r\n"])
def test_an_empty_file_is_a_warning(content):
    found = read(content)
    assert found.settings == () and "the file is empty" in found.warnings[0].text


def test_an_option_that_stands_beside_its_namespace_is_told_from_a_property():
    found = read("option_settings:\n  aws:autoscaling:asg:\n  MinSize: 2\n  MaxSize: 4\n")
    assert [str(each.at) for each in found.warnings] == [f".ebextensions/01.config:{line}:3" for line in (2, 3, 4)]
    assert "MinSize is taken as an environment property, not as an option of aws:" in found.warnings[1].text
    assert not read("option_settings:\n  MinSize: 2\n").warnings


def test_a_byte_order_mark_and_crlf_change_nothing():
    content = b"\xef\xbb\xbf" + textwrap.dedent(MAP_FORM).replace("\n", "\r\n").encode()
    assert read(content).settings == read(MAP_FORM).settings


def test_every_key_but_option_settings_is_listed_with_its_place():
    text = "".join(f"{key}: {{}}\n" for key in KEYS)
    expected = [(key, Where(".ebextensions/01.config", n, 1)) for n, key in enumerate(KEYS, 1)]
    assert list(read(text).keys) == expected[1:]
    assert len(KEYS) == 14 and KEYS[1:] == TEMPLATE_KEYS + INSTANCE_KEYS


def test_a_duplicate_key_counts_last_with_a_warning():
    found = read("option_settings:\n  aws:x:y:\n    A: 1\n    A: 2\n")
    assert short(found) == [("aws:x:y", "A", "2")]
    assert "the key 'A' is here twice, first at line 3" in found.warnings[0].text


def test_an_alias_and_a_merge_are_followed():
    text = "option_settings:\n  aws:x:a: &a {A: 1}\n  aws:x:b: *a\n  aws:x:c: {<<: *a, B: 2}\n"
    assert short(read(text)) == [
        ("aws:x:a", "A", "1"),
        ("aws:x:b", "A", "1"),
        ("aws:x:c", "B", "2"),
        ("aws:x:c", "A", "1"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("option_setting: {}\n", "1:1: unknown key 'option_setting'\n  hint: did you mean option_settings?"),
        ("container-commands: {}\n", "did you mean container_commands?; Elastic Beanstalk would ignore the whole file"),
        ("resources: {}\n", "did you mean Resources?"),
        ("aws:autoscaling:asg: {MinSize: 1}\n", "hint: put it under option_settings"),
        ("/etc/motd: {}\n", "hint: put it under files"),
        ("Nonsense: 1\n", "hint: possible are option_settings, Resources"),
        ("? [a]\n: 1\n", "1:3: a key that is not text"),
        ("- a\n", "1:1: the file does not hold keys"),
        ("hello\n", "1:1: the file does not hold keys"),
        ("option_settings: 5\n", "1:18: option_settings is neither a mapping nor a list"),
        ("option_settings:\n  - x\n", "2:5: an item of option_settings is not a mapping"),
        ("option_settings:\n  - option_name: A\n", "2:5: an item of option_settings has no value"),
        ("option_settings:\n  - value: A\n", "2:5: an item of option_settings has no option_name"),
        ("option_settings:\n  - option_name: A\n    option_value: 1\n", "3:5: unknown key 'option_value'"),
        ("option_settings:\n  - option_name: A\n    option_value: 1\n", "hint: did you mean value?"),
        ("option_settings:\n  - OptionName: A\n    value: 1\n", "hint: did you mean option_name?"),
        ("option_settings:\n  - option_name: [A]\n    value: 1\n", "2:18: option_name has to be text"),
        ("option_settings:\n  - namespace:\n    option_name: A\n    value: 1\n", "namespace has to be text"),
        ("option_settings:\n  aws:x:y: 1\n", "2:12: aws:x:y is not followed by a mapping of options"),
        ("option_settings:\n  aws:x:y: [1]\n", "aws:x:y is not followed by a mapping of options"),
        ("option_settings:\n  [a]: {A: 1}\n", "a namespace has to be text"),
        ("option_settings:\n  aws:x:y: {[a]: 1}\n", "the name of an option has to be text"),
        (
            "option_settings:\n  aws:x:y: {A: !Reff b}\n",
            "2:16: the tag !Reff is not possible\n  hint: did you mean !Ref?",
        ),
        ("option_settings:\n  aws:x:y: {A: {b: !GetAtt c}}\n", "Fn::GetAtt cannot be read"),
        ("option_settings:\n  aws:x:y: {A: '`{\"Ref\": b}`'}\n", "2:26: not valid JSON in backquotes: Expecting value"),
        ("option_settings:\n  aws:x:y: {A: !!python/name:os.system }\n", "the tag !!python/name:os.system"),
        ("option_settings:\n\taws:x:y:\n", "a tab stands where YAML takes only spaces"),
        ("files: {}\n---\nfiles: {}\n", "2:1: a second document begins here"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_place_and_remedy(text, said):
    (found,) = problems(text)
    assert said in found
    assert found.startswith(".ebextensions/01.config:")


def test_all_problems_of_all_files_are_told_at_once():
    found = problems(
        "nonsense: 1\noption_settings: [x, y]\n", "a: b: c\n", "option_settings: {aws:x:y: {A: 1}}\n", "x: 1\n"
    )
    assert [text.split(": ")[0].removeprefix(".ebextensions/") for text in found] == [
        "01.config:1:1", "01.config:2:19", "01.config:2:22", "02.config:1:5", "04.config:1:1",
    ]  # fmt: skip


def test_files_that_are_too_large_together_are_refused():
    files = [(f".ebextensions/{n}.config", b"#" * 1_000_000) for n in range(3)]
    with pytest.raises(InvalidInput, match="more than 2,097,152 bytes together"):
        read_extensions(files)


def test_an_alias_bomb_is_refused():
    lines = ["option_settings:", " aws:x:y:", "  a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"  a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    (found,) = problems("\n".join(lines))
    assert "values once the aliases are followed" in found


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("aws:autoscaling:asg", ("", "aws:autoscaling:asg")),
        ("Nightly.aws:autoscaling:scheduledaction", ("Nightly", "aws:autoscaling:scheduledaction")),
        ("a.b.aws:x", ("a.b", "aws:x")),
        ("aws:elasticbeanstalk:environment:process:my.one", ("", "aws:elasticbeanstalk:environment:process:my.one")),
        ("A.B", ("", "A.B")),
    ],
)
def test_a_resource_name_stands_before_the_namespace(key, expected):
    assert split_resource(key) == expected


NAME = st.sampled_from([*KEYS, "aws:autoscaling:asg", "MinSize", "option_name", "value", "namespace", "x", "<<", "~"])
NODE = st.recursive(
    NAME | st.sampled_from(["1", "yes", "!Ref a", "'`{}`'", "&a b", "*a", "", "[", "0644", "!!int x", "!!bool x"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(NAME, inner), max_size=3).map(lambda e: "{" + ", ".join(f"{k}: {v}" for k, v in e) + "}")
    ),
    max_leaves=8,
)


@given(NODE.map("option_settings: {}\n".format) | st.lists(st.tuples(NAME, NODE)).map(
    lambda entries: "".join(f"{key}: {value}\n" for key, value in entries)) | st.text())  # fmt: skip
def test_any_text_is_read_or_refused_in_our_own_words(text):
    try:
        resolve({Layer.EBEXTENSIONS: read(text.encode()).settings})
    except BeanstalkError as error:
        assert str(error)
