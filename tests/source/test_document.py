"""Text as people write it -> nodes with places; everything else is a problem on one line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import InvalidInput, Where
from beanstalk.source.document import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    MAX_WRITTEN_NODES,
    Kind,
    Node,
    read_document,
)


def root(text: str | bytes) -> Node:
    node = read_document("f.config", text.encode() if isinstance(text, str) else text).root
    assert node is not None
    return node


def plain(node: Node):
    if node.kind is Kind.MAPPING:
        return {key.text: plain(value) for key, value in node.entries()}
    return [plain(item) for item in node.items()] if node.kind is Kind.SEQUENCE else node.text


def problem(content: str | bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        for _ in root(content).walk():
            pass
    (found,) = caught.value.problems
    assert "\n" not in found.text + found.hint and found.hint
    return str(found)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a", Kind.STRING),
        ("'true'", Kind.STRING),
        ("!!str 25", Kind.STRING),
        ("=", Kind.STRING),
        ("true", Kind.BOOLEAN),
        ("Off", Kind.BOOLEAN),
        ("0644", Kind.INTEGER),
        ("1:30", Kind.INTEGER),
        ("1.10", Kind.NUMBER),
        ("~", Kind.NULL),
        ("2026-01-02", Kind.TIMESTAMP),
        ("{a: 1}", Kind.MAPPING),
        ("[a]", Kind.SEQUENCE),
        ("!Ref x", Kind.TAGGED),
        ("!!python/object/apply:os.system [ls]", Kind.TAGGED),
        ("!!map [a]", Kind.TAGGED),
        ("!!binary aGk=", Kind.TAGGED),
    ],
)
def test_a_node_is_what_yaml_takes_it_for_and_nothing_is_constructed(text, kind):
    assert root(text).kind is kind


def test_a_tag_is_told_as_it_was_written():
    assert root("!Ref x").tag == "!Ref"
    assert root("!!python/name:os.system ''").tag == "!!python/name:os.system"


def test_every_node_knows_its_line_and_column():
    (key, value), (_, items) = root("a:\n  b: 1\nlist:\n  - x\n").entries()
    assert key.at == Where("f.config", 1, 1)
    assert value.entries()[0][1].at == Where("f.config", 2, 6)
    assert items.items()[0].at == Where("f.config", 4, 5)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n# nothing\n...\n"])
def test_an_empty_document_has_no_root_or_null(text):
    node = read_document("f.config", text.encode()).root
    assert node is None or node.kind is Kind.NULL


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfa: 1\n", b"a: 1\r\n", b"a: 1\r", b"---\na: 1\n...\n", b'{\r\n\t"a": 1\r\n}']
)
def test_marks_line_ends_and_tabs_in_json_do_not_matter(content):
    assert plain(root(content)) == {"a": "1"}


def test_a_tab_in_a_json_text_stays():
    assert plain(root('{\n\t"a": "x\ty"}')) == {"a": "x\ty"}


def test_a_character_that_json_writes_in_two_halves_is_one():
    assert root('{"a": "\\ud83d\\ude00"}').entries()[0][1].text == "😀"


def test_a_duplicate_key_counts_last_and_is_told():
    document = read_document("f.config", b"a: 1\nb: 2\na: 3\n")
    assert document.root is not None and plain(document.root) == {"b": "2", "a": "3"}
    (warning,) = document.duplicates
    assert str(warning).startswith("f.config:3:1: the key 'a' is here twice, first at line 1")


def test_an_alias_is_followed_and_a_merge_gives_what_is_not_written_out():
    text = "base: &b {x: 1, y: 2}\nsame: *b\nmore:\n  <<: *b\n  x: 3\nboth:\n  <<: [{x: 4}, *b]\n"
    assert plain(root(text)) == {
        "base": {"x": "1", "y": "2"},
        "same": {"x": "1", "y": "2"},
        "more": {"x": "3", "y": "2"},
        "both": {"x": "4", "y": "2"},
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\nb: caf\xe9\n", "f.config:2:7: the byte 0xE9 is not UTF-8\n  hint: save the file as UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xff", "f.config:1:1: the byte 0xEF is not UTF-8"),
        (b"a: \xef\xbb\xbfb\n", "f.config:1:4: the byte order mark U+FEFF is not allowed"),
        ("a: 1".encode("utf-16"), "f.config: the file is UTF-16 or UTF-32 text"),
        (b"a: 1\nb: \x01\n", "f.config:2:4: the control character U+0001 is not allowed"),
        (b"a:\n\tb: 1\n", "f.config:2:1: a tab stands where YAML takes only spaces"),
        (b"a: 1\n---\nb: 1\n", "f.config:2:1: a second document begins here"),
        (b"a: &x {b: *x}\n", "f.config:1:11: the alias *x contains itself"),
        (b"a: &x\n  <<: *x\n", "f.config:2:7: the alias *x contains itself"),
        (b"a: *x\n", "f.config:1:4: nothing before this is called &x\n  hint: a value that begins with *"),
        (b"a: {<<: 1}\n", "f.config:1:9: << brings in something that is no mapping"),
        (b"a: b: c\n", "f.config:1:5: not valid YAML: mapping values are not allowed here"),
        (b"a: @b\n", "hint: put the value into quotes"),
        (b"a: 'b\n", "f.config:1:4: not valid YAML: a quote is opened here and never closed"),
        (b"a: [1\n", "f.config:1:6: not valid YAML: a , or ] is missing here\n  hint: the [ was opened on line 1"),
        (b"a: {b: 1\n\n", "f.config:1:9: not valid YAML: a , or } is missing here\n  hint: the { was opened on line 1"),
        (b"a: 1\n b\nc\n", "f.config:3:1: not valid YAML: a line without a colon after its key"),
        (b"a: 'b'c\n", "f.config:1:7: not valid YAML: neither another key nor the end of the mapping"),
        (b"- a\nb: 1\n", "f.config:2:1: not valid YAML: neither another item nor the end of the list"),
        (b"a: |x\n", "f.config:1:5: not valid YAML: 'x' after | or >"),
        (b"a: &b 1\nc: &b 2\n", "f.config:2:4: the name &b is here twice"),
        (b"a: b\tc\n", "f.config:1:5: a tab stands where YAML takes only spaces"),
        (b"a: b\t\n", "f.config:1:5: a tab stands where YAML takes only spaces"),
        ("a:\n\u00a0\u00a0b\nc: 1\n".encode(), "hint: replace the no-break spaces"),
        (b'a: "\\ud83d"\n', "f.config:1:4: an escape is half a character"),
        (b'a: "\\UFFFFFFFF"\n', "an escape with an impossible number"),
        (b"%YAML 9" + b"9" * 5000 + b".1\n---\na: 1\n", "a directive that cannot be"),
        (b'{\n\t"a": 1\n\t"b": 2\n}', "f.config:3:2: not valid JSON: Expecting ',' delimiter"),
        (b"#" * (MAX_BYTES + 1), "f.config: the file has 1,048,577 bytes, more than 1,048,576"),
        (b"[" * 100_000, f"f.config:1:{MAX_DEPTH + 1}: nested more than {MAX_DEPTH} deep"),
        (b"- " * 100_000, f"nested more than {MAX_DEPTH} deep"),
        (b"? " * 100_000, f"nested more than {MAX_DEPTH} deep"),
        (b"[" + b"a," * 400_000 + b"]", f"more than {MAX_WRITTEN_NODES:,} values"),
    ],
)
def test_what_cannot_be_read_is_told_with_place_and_remedy(content, said):
    assert said in problem(content)


def test_depth_counts_through_aliases():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, MAX_DEPTH + 5)]
    assert f"nested more than {MAX_DEPTH} deep" in problem("\n".join(lines))
    assert plain(root("\n".join(lines[: MAX_DEPTH - 2])))


def test_aliases_of_aliases_have_a_limit():
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    assert f"more than {MAX_NODES:,} values once the aliases are followed" in problem("\n".join(lines))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def same(node: Node, value: object) -> bool:
    if isinstance(value, dict):
        found = {key.text: content for key, content in node.entries()}
        return set(found) == set(value) and all(same(found[key], value[key]) for key in value)
    if isinstance(value, list):
        return len(node.items()) == len(value) and all(map(same, node.items(), value))
    return node.text == (value if isinstance(value, str) else json.dumps(value))


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=3), st.sampled_from([None, 1, "\t"]))
def test_json_reads_as_what_was_written(value, indent):
    assert same(root(json.dumps(value, indent=indent)), value)


@given(
    st.binary(max_size=200) | st.text("a:-?[]{}&*!|>'\"%@`#, \n\t\r<\\=~0.\u00a0\ud7ff", max_size=80).map(str.encode)
)
def test_any_bytes_are_read_or_refused(content):
    try:
        document = read_document("f.config", content)
        if document.root is not None:
            assert sum(1 for _ in document.root.walk()) >= 1
    except InvalidInput as error:
        assert error.problems


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: |\n  one\n    two X\n", 3, 9),
        ("a: |\r\n  one\r\n  X\r\n", 3, 3),
        ("a: |2-\n\n    X", 3, 5),
        ("a: one X", 1, 8),
        ("a: 'one X'", 1, 9),
        ('a: "one X"', 1, 9),
        ('{\n\t"a": "one X"\n}', 2, 12),
        ('a: "o\\tne X"', 1, 4),
        ("a: it\n  is X", 1, 4),
        ("a: >\n  one\n  X\n", 1, 4),
        ("a: 'it''s X'", 1, 4),
    ],
)
def test_a_character_has_the_place_where_it_was_written_or_that_of_its_text(text, line, column):
    ((_, value),) = root(text).entries()
    assert value.place(value.text.index("X")) == Where("f.config", line, column)
    assert value.place(len(value.text)).line >= value.at.line


def test_an_alias_cannot_repeat_a_long_text_without_end():
    text = "a: &a " + "x" * 500_000 + "\n" + "".join(f"b{n}: *a\n" for n in range(100))
    assert "more than 8,388,608 characters once the aliases are followed" in problem(text)
