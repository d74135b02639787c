"""Instructions of a Dockerfile: whatever a text holds, it is one instruction that means exactly this text."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.errors import Where
from beanstalk.image.instructions import comment, copy_files, origin, run, url_for_add, variable, words, write_file
from beanstalk.source.dockerfile import needs_buildkit, read_dockerfile

hostile = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0") | st.sampled_from("\n\r\\\"'`$#<[]{}- \t&;|"),
    max_size=80,
)
SOME = ["FROM a", "USER b"]


def meaning(instruction: str) -> list[str]:
    """What a builder hands to the kernel for a RUN in the middle of a Dockerfile."""
    text = "\n".join([SOME[0], instruction, SOME[1]])
    first, found, last = read_dockerfile(text).instructions
    assert [first.text, last.text] == SOME and found.keyword == "RUN" and not needs_buildkit(text)
    assert max(map(len, text.splitlines())) < 65_536
    if found.arguments.startswith("["):
        return list(json.loads(found.arguments))
    assert not found.flags
    return ["/bin/sh", "-c", found.arguments]


@given(hostile)
@settings(max_examples=500)
def test_a_command_is_one_instruction_whatever_it_holds(command: str) -> None:
    if command.strip():
        assert meaning(run(command)) == ["/bin/sh", "-c", command]


@pytest.mark.parametrize(
    ("command", "plain"),
    [
        ("make && make install", True),
        ("echo \"$HOME\" 'a b' \\ c", True),
        ("a\nb", False),
        ("cat <<END", False),
        ("--mount=type=secret a", False),
        ('["a", "b"]', False),
        ("ends in \\", False),
        (" begins with a blank", False),
    ],
)
def test_a_plain_command_stands_there_as_it_is(command: str, plain: bool) -> None:
    assert (run(command) == f"RUN {command}") is plain


@given(st.lists(hostile, min_size=1, max_size=3))
def test_a_comment_stays_a_comment(texts: list[str]) -> None:
    lines = [comment(*texts), origin(texts[0], Where(texts[-1], 3)), "FROM a"]
    assert [each.text for each in read_dockerfile("\n".join(["# first", *lines])).instructions] == ["FROM a"]


@given(st.binary(max_size=200) | hostile.map(str.encode))
@settings(max_examples=60, deadline=None)
def test_a_file_gets_exactly_its_content(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("files") / 'it\'s $a "file"'
    program = meaning(write_file(str(path), content, before="umask 077", after="true"))
    subprocess.run(program, check=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (content, 0o600)


@pytest.mark.parametrize(
    "content", [b"a" * 200_000, b"line\n" * 30_000, bytes(range(256)) * 800, "\u20ac".encode() * 50_000]
)
def test_a_large_file_is_cut_into_pieces(tmp_path: Path, content: bytes) -> None:
    subprocess.run(meaning(write_file(str(tmp_path / "file"), content)), check=True)
    assert (tmp_path / "file").read_bytes() == content


@pytest.mark.parametrize("command", ["a\0b", "x\n" * 40_000, "\ud800"])
def test_what_no_dockerfile_can_hold_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|characters in a line|half a character"):
        run(command)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"), max_size=40))
def test_a_variable_keeps_its_value(value: str) -> None:
    [found] = read_dockerfile(variable("NAME", value)).instructions
    assert found.arguments.startswith('NAME="') and found.arguments.endswith('"')
    inside = found.arguments[6:-1]
    # Between double quotes a backslash takes the meaning from itself, a quote and a dollar sign; nothing else has one.
    assert "$" not in inside.replace("\\\\", "").replace("\\$", "") and '"' not in inside.replace("\\\\", "").replace(
        '\\"', ""
    )
    assert inside.replace("\\$", "$").replace('\\"', '"').replace("\\\\", "\\") == value


def test_a_variable_of_several_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="more than one line"):
        variable("NAME", "a\nb")


@pytest.mark.parametrize(
    ("paths", "copied"),
    [
        (["a.txt"], ["COPY a.txt /x/"]),
        (["b/c.txt", "a.txt", "b/a.txt"], ["COPY a.txt /x/", "COPY b/a.txt b/c.txt /x/b/"]),
        (["a b.txt"], ["COPY . /x/"]),
        (["*.txt"], ["COPY . /x/"]),
        (["--from=x"], ["COPY . /x/"]),
        (["$HOME"], ["COPY . /x/"]),
        (["a\nRUN evil"], ["COPY . /x/"]),
        ([f"{number}.txt" for number in range(201)], ["COPY . /x/"]),
        ([], []),
    ],
)
def test_files_are_copied_by_folder_and_odd_names_with_everything(paths: list[str], copied: list[str]) -> None:
    assert copy_files(paths, "/x") == copied


@given(hostile)
def test_a_url_has_nothing_that_means_something_to_docker(url: str) -> None:
    assert not set(url_for_add(f"https://example.com/{url}")) & set("$'\"\\ \n\t[]{}<>`")


def test_a_program_and_its_arguments_are_a_list() -> None:
    assert words("ENTRYPOINT", ["/a b", 'c"d']) == 'ENTRYPOINT ["/a b", "c\\"d"]'
