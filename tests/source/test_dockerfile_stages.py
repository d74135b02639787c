"""Ports and health checks of a Dockerfile's stages, with variables as far as they are known before a build."""

from __future__ import annotations

import pytest

from beanstalk.source.dockerfile import read_dockerfile
from beanstalk.source.dockerfile_stages import Check, Stage, exposed_ports, find_stage, health_check, read_stages


def stages(text: str, arguments: dict[str, str] | None = None) -> tuple[Stage, ...]:
    return read_stages(read_dockerfile(text), arguments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a", []),
        ("EXPOSE 80", []),
        ("FROM a\nEXPOSE 80", [(80, "tcp")]),
        ("FROM a\nexpose 80/udp 443/TCP \"90\"", [(80, "udp"), (443, "tcp"), (90, "tcp")]),
        ("FROM a\nEXPOSE 8000-8005\nEXPOSE 9", [(8000, "tcp"), (9, "tcp")]),
        ("FROM a\nEXPOSE 0 70000 web", [(None, "tcp")] * 3),
        ("FROM a\nENV PORT=80\nEXPOSE $PORT", [(80, "tcp")]),
        ("FROM a\nENV PORT 80\nEXPOSE ${PORT}/udp", [(80, "udp")]),
        ("FROM a\nENV A=1 B=\"8 9\"\nEXPOSE ${A}00 $B", [(100, "tcp"), (8, "tcp"), (9, "tcp")]),
        ("FROM a\nENV A=1\nENV A=2 B=$A\nEXPOSE $B", [(1, "tcp")]),
        ("FROM a\nEXPOSE ${PORT:-8080}", [(8080, "tcp")]),
        ("FROM a\nARG PORT=80\nEXPOSE $PORT", [(80, "tcp")]),
        ("FROM a\nARG PORT\nEXPOSE $PORT", [(None, "tcp")]),
        ("FROM a\nARG PORT=80\nENV PORT=90\nEXPOSE $PORT", [(90, "tcp")]),
        ("ARG PORT=80\nFROM a\nEXPOSE $PORT", [(None, "tcp")]),
        ("ARG PORT=80\nFROM a\nARG PORT\nEXPOSE $PORT", [(80, "tcp")]),
        ("FROM a\nENV A='\\$B' B=80\nEXPOSE $B \\$B", [(80, "tcp"), (None, "tcp")]),
        ("# escape=`\nFROM a\nEXPOSE 80 `\n 81", [(80, "tcp"), (81, "tcp")]),
        ("FROM a AS b\nEXPOSE 80\nFROM c", []),
        ("FROM a AS b\nEXPOSE 80\nFROM B\nEXPOSE 81", [(81, "tcp"), (80, "tcp")]),
        ("FROM a AS b\nENV PORT=80\nARG X=1\nFROM b\nEXPOSE $PORT $X", [(80, "tcp"), (None, "tcp")]),
        ("ARG BASE=b\nFROM a AS b\nEXPOSE 80\nFROM ${BASE} AS c", [(80, "tcp")]),
        ("FROM --platform=linux/amd64 a as b\nEXPOSE 80\nFROM b as c\nFROM c", [(80, "tcp")]),
    ],
)  # fmt: skip
def test_ports_are_those_of_the_last_stage_and_of_the_stages_it_begins_with(text, expected):
    assert [(port.port, port.protocol) for port in exposed_ports(stages(text))] == expected


def test_arguments_of_a_build_go_before_defaults():
    text = "ARG PORT=80\nFROM a\nARG PORT\nARG OTHER=1\nEXPOSE $PORT $OTHER"
    assert [port.port for port in exposed_ports(stages(text, {"PORT": "90", "OTHER": "91"}))] == [90, 91]


def test_a_stage_is_found_by_name_and_number():
    found = stages("FROM a AS One\nEXPOSE 80\nFROM b\nEXPOSE 81")
    assert [port.port for port in exposed_ports(found, "ONE")] == [80]
    assert [port.port for port in exposed_ports(found, "0")] == [80]
    assert [stage.base for stage in (find_stage(found), find_stage(found, "1")) if stage] == ["b", "b"]
    assert find_stage(found, "two") is None
    assert find_stage(()) is None


def test_a_port_knows_its_line_and_what_was_written():
    [port] = exposed_ports(stages("FROM a\n\nEXPOSE \\\n  $PORT"))
    assert (port.line, port.text) == (3, "$PORT")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a", None),
        ("FROM a\nHEALTHCHECK NONE", Check(("NONE",))),
        ("FROM a\nHEALTHCHECK CMD curl -f / || exit 1", Check(("CMD-SHELL", "curl -f / || exit 1"))),
        ("FROM a\nHEALTHCHECK --interval=1m30s --timeout=500ms --start-period=5s --retries=2 CMD [\"a\", \"b c\"]",
         Check(("CMD", "a", "b c"), 90.0, 0.5, 5.0, 2)),
        ("FROM a\nHEALTHCHECK CMD a\nHEALTHCHECK CMD [1]", Check(("CMD-SHELL", "[1]"))),
        ("FROM a AS b\nHEALTHCHECK CMD a\nFROM b", Check(("CMD-SHELL", "a"))),
        ("FROM a AS b\nHEALTHCHECK CMD a\nFROM c", None),
        ("FROM a\nHEALTHCHECK --interval=often CMD", None),
    ],
)  # fmt: skip
def test_the_health_check_is_the_nearest_one(text, expected):
    assert health_check(stages(text)) == expected


def test_variables_that_double_each_other_do_not_fill_the_memory():
    text = "FROM a\nENV A0=80\n" + "".join(f"ENV A{n + 1}=$A{n}$A{n}\n" for n in range(200)) + "EXPOSE $A200 $A0"
    assert [port.port for port in exposed_ports(stages(text))][-1] == 80


@pytest.mark.parametrize(
    "text",
    [
        "HEALTHCHECK CMD " + "[" * 100_000,
        "HEALTHCHECK --retries=" + "9" * 5_000 + " CMD a",
        "ENV A='" + "\\'" * 200_000,
    ],
)
def test_what_nobody_means_is_read_as_text(text):
    (stage,) = stages(f"FROM a\n{text}\n")
    assert stage.base == "a" and (stage.check is None or stage.check.retries is None)


def test_of_very_many_ports_the_first_are_taken():
    (stage,) = stages("FROM a\nARG P=" + "1," * 1_000 + "\nEXPOSE " + "1 " * 100_000)
    assert len(stage.exposed) == 1_000
