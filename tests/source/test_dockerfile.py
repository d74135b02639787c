"""A Dockerfile's instructions with their lines, and what only BuildKit understands."""

from __future__ import annotations

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.source.dockerfile import instructions, needs_buildkit, read_dockerfile


def found(text: str) -> list[tuple[int, str, str]]:
    return [(each.line, each.keyword, each.text) for each in instructions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# only\n\n  # comments\n", []),
        ("FROM a\nrun b", [(1, "FROM", "FROM a"), (2, "RUN", "run b")]),
        ("\ufeffFROM a\r\n\r\nCMD b\r\n", [(1, "FROM", "FROM a"), (3, "CMD", "CMD b")]),
        ("  FROM a  ", [(1, "FROM", "FROM a")]),
        ("FROM a\nRUN b \\\n  && c\nCMD d", [(1, "FROM", "FROM a"), (2, "RUN", "RUN b   && c"), (4, "CMD", "CMD d")]),
        ("EXPOSE 80\\\n80", [(1, "EXPOSE", "EXPOSE 8080")]),
        ("RUN a \\  \n# why\n\n   # indented\n b\nCMD c", [(1, "RUN", "RUN a  b"), (6, "CMD", "CMD c")]),
        ("RUN a \\\\\nCMD b", [(1, "RUN", "RUN a \\\\"), (2, "CMD", "CMD b")]),
        ("RUN a \\", [(1, "RUN", "RUN a")]),
        ("# escape=`\nRUN a `\n b\nCMD c:\\", [(2, "RUN", "RUN a  b"), (4, "CMD", "CMD c:\\")]),
        ("# a comment\n# escape=`\nRUN a `\nCMD b", [(3, "RUN", "RUN a `"), (4, "CMD", "CMD b")]),
        ("\n# escape=`\nRUN a `\nCMD b", [(3, "RUN", "RUN a `"), (4, "CMD", "CMD b")]),
    ],
)  # fmt: skip
def test_instructions_have_the_line_on_which_they_begin(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN <<EOF\nFROM x\nEOF\nCMD c", [1, 4]),
        ("RUN <<-EOF\nFROM x\n\tEOF\nCMD c", [1, 4]),
        ("RUN <<EOF\nFROM x\n\tEOF\nEOF\nCMD c", [1, 5]),
        ("RUN python3 <<'EOF' > /x\nFROM x\nEOF\nCMD c", [1, 4]),
        ("COPY <<a <<b /x/\n1\na\n2\nb\nCMD c", [1, 6]),
        ("RUN 3<<EOF cat\nx\nEOF\nCMD c", [1, 4]),
        ("RUN cat <<EOF\nCMD c", [1, 2]),
        ("RUN sh -c 'cat <<EOF'\nCMD c\nEOF", [1, 2, 3]),
        ("RUN cat <<< word\nCMD c\nword", [1, 2, 3]),
        ("CMD cat <<EOF\nUSER c\nEOF", [1, 2, 3]),
        ("RUN echo \"it's\nCMD c", [1, 2]),
    ],
)
def test_lines_of_a_here_document_are_no_instructions(text, expected):
    assert [each.line for each in instructions(text)] == expected


def test_flags_stand_before_the_arguments():
    [each] = instructions("COPY  --from=build   --chown=1:1 /a --b /c")
    assert (each.flags, each.arguments) == (("--from=build", "--chown=1:1"), "/a --b /c")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a\nRUN b\nCOPY --from=x --chown=1 a b\nARG TARGETARCH=amd64\nFROM --platform=linux/arm64 c", 0),
        ("FROM a\nRUN --mount=type=cache,target=/x b", 2),
        ("FROM a\nRUN --network=none b", 2),
        ("FROM a\nCOPY --link a b", 2),
        ("FROM a\nCOPY --chmod=755 a b", 2),
        ("FROM a\nADD --checksum=sha256:1 http://a b", 2),
        ("FROM a\n\nRUN <<EOF\nb\nEOF", 3),
        ("FROM a\nARG TARGETARCH", 2),
        ("FROM --platform=$BUILDPLATFORM a", 1),
        ("# syntax=docker/dockerfile:1.7-labs\nFROM a", 0),
        ("# syntax = docker.io/docker/dockerfile@sha256:12\nFROM a", 0),
        ("# escape=`\n#syntax=example.org/mine:1\nFROM a", 2),
        ("FROM a\n# syntax=example.org/mine:1\nRUN b", 0),
    ],
)
def test_the_first_instruction_that_needs_buildkit_is_named(text, line):
    needs = needs_buildkit(text)
    assert (needs.line if needs else 0) == line


def test_a_program_of_somebody_else_is_known_by_name():
    assert read_dockerfile("# syntax=example.org/mine:1").syntax == "example.org/mine:1"
    needs = needs_buildkit("# syntax=example.org/mine:1")
    assert needs and (needs.keyword, needs.text) == ("SYNTAX", "# syntax=example.org/mine:1")


def test_more_instructions_than_an_engine_has_layers_for_are_refused():
    with pytest.raises(InvalidInput, match="Dockerfile:5001: more than 5,000 instructions"):
        read_dockerfile("RUN a\n" * 9_000)


def test_very_many_flags_and_blanks_are_gone_through_once():
    (run,) = instructions("RUN " + "--a " * 200_000 + "b")
    assert len(run.flags) == 200_000 and run.arguments == "b"
    assert read_dockerfile("# syntax=a" + " " * 300_000 + "b\nFROM a").syntax.endswith(" b")
