import itertools
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beanstalk.source.ignore import decide, read_ignore_file
from beanstalk.source.walk import Walk

NAMES = ("a", "b", "x.log")
TREE = ["/".join(path) for n in (1, 2, 3) for path in itertools.product(("a", "b"), repeat=n - 1)]
TREE = [f"{folder}/{name}".lstrip("/") for folder in TREE for name in ("f", "x.log", "y z", "#h")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with a small tree, no file of it tracked."""
    folder = tmp_path_factory.mktemp("ignored")
    subprocess.run(["git", "init", "-q", folder], check=True)
    for path in TREE:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


def what_git_keeps(folder: Path) -> set[str]:
    command = ["git", "-C", str(folder), "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return set(listed.split("\0")[:-1]) - {".gitignore", "a/.gitignore"}


SEGMENTS = st.sampled_from(
    [
        "a", "b", "f", "*", "**", "x.log", "*.log", "?", "[ab]", "[!a]", "y z", "\\#h", "#h", "y*",
        "*x*", "*.*g", "x*l*g", "*l*o*", "**g", "?*?", "*[.]*g",
    ]
)  # fmt: skip
PATTERNS = st.builds(
    lambda bang, lead, segments, tail: bang + lead + "/".join(segments) + tail,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "", "/", " ", "/**", "/*"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PATTERNS, max_size=5), st.lists(PATTERNS, max_size=2), st.sampled_from(["\n", "\r\n"]))
def test_we_keep_exactly_what_git_keeps(project: Path, top: list[str], inner: list[str], end: str) -> None:
    (project / ".gitignore").write_bytes("".join(line + end for line in top).encode())
    (project / "a/.gitignore").write_bytes("".join(line + end for line in inner).encode())
    kept = {seen.path for seen in Walk(project, ".gitignore").files() if seen.included}
    assert kept - {".gitignore", "a/.gitignore"} == what_git_keeps(project), (top, inner)


@pytest.mark.parametrize(
    ("patterns", "path", "rule"),
    [
        ("*.log\n!keep.log", "keep.log", ".ebignore:2: !keep.log"),
        ("*.log\n!keep.log", "deep/er/x.log", ".ebignore:1: *.log"),
        ("\ufeffone", "one", ".ebignore:1: one"),
        ("# comment\n\none  ", "one", ".ebignore:3: one"),
        ("only/", "only", None),
        ("only/", "only/", ".ebignore:1: only/"),
    ],
)
def test_the_rule_that_decides_is_named_with_its_line(patterns: str, path: str, rule: str | None) -> None:
    found = decide((read_ignore_file(patterns, ".ebignore"),), path)
    assert (str(found) if found else None) == rule


def test_a_pattern_that_cannot_be_read_is_told_with_its_line() -> None:
    read = read_ignore_file("fine\n[z-a]\nbroken\\\nright", ".ebignore")
    assert [str(problem.at) for problem in read.problems] == [".ebignore:2", ".ebignore:3"]
    assert [rule.text for rule in read.rules] == ["fine", "right"]


MANY = ["*a" * 30 + "b", "*a" * 30 + "b/", "**/a/" * 30 + "b", "*" * 99 + "b", "/a/**" * 30 + "/b", "a*" * 40 + "/**/b"]


@pytest.mark.parametrize("pattern", MANY)
def test_many_stars_do_not_try_every_way_to_divide_a_name(pattern: str) -> None:
    files = (read_ignore_file(pattern, ".ebignore"),)
    assert files[0].rules and not files[0].problems
    for path in ("a" * 250, "a/" * 100 + "a", "/".join(["a" * 200] * 10)):
        assert decide(files, path) is None


def test_more_patterns_than_anybody_writes_are_told() -> None:
    many = read_ignore_file("a\n" * 6000, ".ebignore")
    assert len(many.rules) == 4000 and str(many.problems[0]).startswith(".ebignore:4001: more than 4,000 patterns")
    assert "131,072 characters" in str(read_ignore_file("a" * 200_000, ".ebignore").problems[0])


def test_a_bracket_in_brackets_says_nothing_on_the_terminal(recwarn) -> None:
    assert decide((read_ignore_file("x[[a]", ".ebignore"),), "x[")
    assert not recwarn.list
