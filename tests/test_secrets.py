"""References to secrets: which texts are some, what is read out of them, and that no text is ever shown."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput
from beanstalk.secrets import Reference, ReferenceKind, read_reference, redact

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf"
PARAMETER = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/shop/smtp"
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (SECRET, ""),
        (f"{SECRET}:password", "password"),
        (f"{SECRET}:pass word", "pass word"),
        (f"{SECRET}:password:", "password"),
        (f"{SECRET}:password:AWSCURRENT:1", "password"),
    ],
)
def test_a_secret_is_known_by_its_arn_and_one_member_of_it_by_a_key(text, key):
    kind = ReferenceKind.SECRETS_MANAGER
    assert read_reference(text) == Reference(kind, text, arn=SECRET, region="eu-west-1", key=key)


def test_a_parameter_is_known_by_its_arn():
    kind = ReferenceKind.PARAMETER_STORE
    assert read_reference(PARAMETER) == Reference(kind, PARAMETER, arn=PARAMETER, region="cn-north-1")


@pytest.mark.parametrize("path", ["/run/secrets/db", "~/db.txt", "/a b: c"])
def test_a_file_is_known_by_its_path(path):
    assert read_reference(f"file:{path}") == Reference(ReferenceKind.FILE, f"file:{path}", path=path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pass show shop/db", ("pass", "show", "shop/db")),
        ("/opt/adapter 'a b' \"c\"", ("/opt/adapter", "a b", "c")),
        ("~/bin/read-secret", ("~/bin/read-secret",)),
        ("op read $HOME;id", ("op", "read", "$HOME;id")),
    ],
)
def test_a_command_is_a_program_with_arguments_and_no_line_for_a_shell(line, words):
    found = read_reference(f"command:{line}")
    assert found == Reference(ReferenceKind.COMMAND, f"command:{line}", command=words)


def test_files_and_commands_are_of_this_machine_and_arns_are_not():
    assert read_reference("file:/a").is_local and read_reference("command:a").is_local
    assert not read_reference(SECRET).is_local and not read_reference(PARAMETER).is_local


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no reference"),
        ("hunter2", "no reference"),
        ("https://example.com/secret", "no reference"),
        ("FILE:/a", "no reference"),
        ("arn:aws:s3:::bucket/key", "neither Secrets Manager nor Systems Manager"),
        ("arn:aws:secretsmanager:eu-west-1", "neither Secrets Manager nor Systems Manager"),
        ("arn:aws:secretsmanager::123456789012:secret:a", "has no region"),
        ("arn:aws:ssm:eu-west-1::parameter/a", "has no account"),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:rotation:a", "none of a secret"),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:", "none of a secret"),
        (f"{SECRET}:", "no key follows"),
        (f"{SECRET}::AWSCURRENT", "no key follows"),
        (f"{PARAMETER}:key", "has no members"),
        ("arn:aws:ssm:eu-west-1:123456789012:document/a", "none of a parameter"),
        ("file:", "absolute path"),
        ("file:db.txt", "absolute path"),
        ("file:~other/db.txt", "absolute path"),
        ("file:/run/secrets/", "absolute path"),
        ("command:", "names no program"),
        ("command:'' a", "names no program"),
        ("command:./adapter", "relative path"),
        ("command:pass 'show", "quotation mark"),
        ("file:/a\nb", "control character"),
        ("file:/a\0", "control character"),
        ("file:/\ud800", "control character"),
    ],
)
def test_what_cannot_be_a_reference_says_why_and_what_can(text, problem):
    with pytest.raises(InvalidInput) as caught:
        read_reference(text)
    (found,) = caught.value.problems
    assert problem in found.text and found.hint and found.at is None


@given(
    st.one_of(st.text(), st.tuples(st.sampled_from([SECRET, PARAMETER, "file:", "arn:aws:"]), st.text()).map("".join))
)
def test_any_text_is_a_reference_or_has_one_problem_with_a_remedy(text):
    try:
        assert read_reference(text).text == text
    except InvalidInput as error:
        assert len(error.problems) == 1 and error.problems[0].hint


@given(st.text("QXZ0123456789", min_size=6))
def test_what_was_written_in_place_of_a_reference_is_not_shown(value):
    for text in (value, f"arn:{value}", f"{PARAMETER}:{value}", f"file:{value}", f"command:./{value}"):
        with pytest.raises(InvalidInput) as caught:
            read_reference(text)
        assert value not in str(caught.value)


@given(
    st.text("abc/_+=.@-", min_size=1),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=":"), min_size=1),
    st.text("ab:"),
)
def test_the_arn_of_a_secret_is_what_is_before_its_key(name, key, rest):
    arn = f"arn:aws:secretsmanager:eu-west-1:1:secret:{name}"
    found = read_reference(f"{arn}:{key}:{rest}")
    assert (found.arn, found.key) == (arn, key)


@given(WORDS.filter(lambda word: not word.startswith(".") and "/" not in word), st.lists(WORDS))
def test_the_words_of_a_command_are_those_that_a_shell_would_see(program, arguments):
    words = (program, *arguments)
    assert read_reference("command:" + shlex.join(words)).command == words


VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=4).filter(lambda value: "*" not in value)


@given(st.text(), VALUES, st.text())
def test_a_value_is_in_no_text_any_more(before, value, after):
    for text in (before + value + after, json.dumps([before, value, after]), f"{before}{value}{value}{after}"):
        assert value not in redact(text, [value])


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("log in with hunter2!", ["hunter2"], "log in with ***!"),
        ("hunter22 and hunter2", ["hunter2", "hunter22"], "*** and ***"),
        ("first line\nand second", ["first line\nand second"], "***"),
        ("  second of two", ["first of two\nsecond of two\n"], "  ***"),
        ("}", ["{\n}"], "}"),
        ('{"a": "x\\ny\\"z"}', ['x\ny"z'], '{"a": "***"}'),
        ("as shop with hunter2", ['{"user": {"name": "shop"}, "password": ["hunter2"]}'], "as *** with ***"),
        ("nothing of it", ["", "hunter2"], "nothing of it"),
        ("a.c and abc", ["a.c"], "*** and abc"),
    ],
)
def test_values_are_hidden_whole_line_by_line_and_out_of_documents(text, values, expected):
    assert redact(text, values) == expected


@pytest.mark.parametrize("value", ["[" * 100_000, '{"a": ', "{" * 5, '["' + "é" * 10 + '"]'])
def test_a_value_that_is_hardly_a_document_is_hidden_all_the_same(value):
    assert redact(f"<{value}>", [value]) == "<***>"
