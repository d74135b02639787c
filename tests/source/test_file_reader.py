"""The key `files`: content or source, modes, encodings, and what is told about each."""

from __future__ import annotations

import pytest

from beanstalk.source.functions import Join, Object, Ref, Text
from tests.source.configs import problems, read, warnings


def test_a_file_has_all_its_fields():
    (file,) = read("""\
        files:
          /etc/app.conf:
            mode: "000640"
            owner: root
            group: "500"
            encoding: plain
            context: {name: me}
            content: |
              hello {{name}}
              there
    """).files
    assert (file.path, file.mode, file.owner, file.group) == ("/etc/app.conf", "000640", "root", "500")
    assert (file.content, file.source, file.encoding) == ("hello {{name}}\nthere\n", None, "plain")
    assert isinstance(file.context, Object) and file.context.get("name") == "me"
    assert (file.at.line, file.at.column, file.is_link) == (2, 3, False)


def test_files_are_written_in_the_order_of_their_paths():
    found = read("files: {/b: {content: ''}, /a/c: {content: ''}, /a: {content: ''}, /B: {content: ''}}")
    assert [file.path for file in found.files] == ["/B", "/a", "/a/c", "/b"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [('"000755"', "000755"), ('"120400"', "120400"), ('"001777"', "001777"), ('"100644"', "100644")],
)
def test_a_mode_is_six_octal_digits(mode, expected):
    (file,) = read(f"files: {{/a: {{mode: {mode}, content: x}}}}").files
    assert file.mode == expected and file.is_link == expected.startswith("120")
    assert warnings(f"files: {{/a: {{mode: {mode}, content: x}}}}") == []


@pytest.mark.parametrize(
    ("mode", "expected", "said"),
    [
        ('"644"', "000644", "1:20: mode of /a has 3 digits: 644 is taken as 000644 | write six octal digits in quotes"),
        ('"00755"', "000755", "mode of /a has 5 digits"),
        ("644", "000644", "644 without quotes is a number that YAML may write otherwise; taken as 000644"),
        ("000644", "000644", "000644 without quotes is a number"),
    ],
)
def test_a_mode_written_otherwise_is_taken_with_a_warning(mode, expected, said):
    text = f"files: {{/a: {{mode: {mode}, content: x}}}}"
    assert read(text).files[0].mode == expected
    (found,) = warnings(text)
    assert said in found


def test_a_symbolic_link_points_to_its_content():
    (file,) = read("files: {/a: {mode: '120400', content: /b}}").files
    assert file.is_link and file.content == "/b"


def test_content_may_come_from_functions_or_be_json():
    found = read("""\
        files:
          /a: {content: {"Fn::Join": ["", [a, {Ref: "AWS::Region"}]]}}
          /b: {content: 'region=`{"Ref": "AWS::Region"}`'}
          /c: {content: {a: [1, {Ref: "AWS::Region"}]}}
          /d: {source: '`{"Ref": "AWSEBBeanstalkMetadata"}`'}
    """)
    assert [type(file.content) for file in found.files] == [Join, Text, Object, type(None)]
    assert isinstance(found.files[3].source, Ref)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("files: {/a: {}}", "1:9: /a has neither content nor source | write what is in it as content, or source: URL"),
        ("files: {/a: {content: x, source: 'https://x.org'}}", "1:34: /a has both content and source | keep one"),
        ("files: {/a: x}", "1:13: /a is not a mapping"),
        ("files: {/a: {content: x, permissions: '1'}}", "1:26: /a has an unknown key 'permissions'"),
        ("files: {/a: {content: x, Mode: '000644'}}", "1:26: /a has an unknown key 'Mode' | did you mean mode?"),
        ("files: {/a: {content: x, mode: '000999'}}", "1:32: mode of /a is '000999', not six octal digits"),
        ("files: {/a: {content: x, mode: 0o644}}", "not six octal digits"),
        ("files: {/a: {content: x, mode: rw-r--r--}}", "not six octal digits"),
        ("files: {/a: {content: x, mode: '040755'}}", "not six octal digits"),
        ("files: {/a: {content: x, mode: '0000644'}}", "not six octal digits"),
        ("files: {/a: {content: x, mode: [a]}}", "mode of /a has to be text"),
        ("files: {/a: {mode: '120400', source: 'https://x.org'}}", "/a is a symbolic link without content"),
        ("files: {/a: {mode: '120400', content: ''}}", "/a is a symbolic link to nowhere"),
        ("files: {/a: {source: s3://b/c}}", "1:22: source of /a is not a URL | write https://…"),
        ("files: {/a: {source: [b]}}", "source of /a has to be text"),
        ("files: {/a: {content: x, encoding: base46}}", "encoding of /a is 'base46' | did you mean base64?"),
        ("files: {/a: {content: '%%', encoding: base64}}", "1:23: content of /a is not base64"),
        ("files: {/a: {content: {b: c}, encoding: base64}}", "content of /a is no text, so it cannot be base64"),
        ("files: {/a: {content: x, owner: {Ref: 'AWS::Region'}}}", "owner of /a has to be plain text"),
        ("files: {/a: {content: x, context: y}}", "context of /a is not a mapping"),
        ("files: {/a: {content: !!binary aGk=}}", "the tag !!binary is not possible"),
        ("files: [/a]", "files has to be a mapping of names"),
        ("files: {[a]: {content: x}}", "a name in files has to be text"),
        ("files: {/a: {content: x, ? [b] : c}}", "/a has a key that is not text"),
        ("files: {/a: {content: '`{\"Ref\": x}`'}}", "1:33: not valid JSON in backquotes"),
    ],
)
def test_what_elastic_beanstalk_would_refuse_is_an_error_with_its_place(text, said):
    (found,) = problems(text)
    assert said in found and found.endswith("Elastic Beanstalk would ignore the whole file")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("files: {a: {content: x}}", "1:9: 'a' is not an absolute path"),
        ("files: {/a: {content: }}", "content of /a has no value: taken as empty"),
        ("files: {/a: {source: 'https://x.org', authentication: S3}}", "no resource has the authentication 'S3'"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(text, said):
    (found,) = warnings(text)
    assert said in found


def test_base64_may_be_broken_into_lines():
    assert read("files: {/a: {content: 'aGVs bG8=', encoding: base64}}").files[0].encoding == "base64"


def test_an_authentication_is_looked_for_in_all_files():
    method = "Resources: {AWSEBAutoScalingGroup: {Metadata: {'AWS::CloudFormation::Authentication': {S3: {type: s3}}}}}"
    assert warnings("files: {/a: {source: 'https://x.org', authentication: S3}}", method) == []
