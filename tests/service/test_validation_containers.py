"""What `create` refuses of a bundle's containers, `validate` has told before: in a folder, in a zip, in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from beanstalk.service.validation import RULES, Report, Severity, SourceFile, validate
from beanstalk.service.validation_input import validate_path
from beanstalk.source.content import LINK
from tests.bundles import make_bundle

WEB = 'services:\n  web:\n    build: {build}\n    ports: ["80:80"]\n'
OPTIONS = ".ebextensions/a.config"


def told(report: Report, severity: Severity = Severity.ERROR) -> list[tuple[str, str, str]]:
    found = [each for each in report.findings if each.severity is severity]
    return [(each.rule, str(each.problem.at), each.problem.text) for each in found]


def look(files: dict[str, str], **more: str) -> Report:
    return validate([SourceFile(path, content=text.encode()) for path, text in files.items()], **more)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"docker-compose.yml": WEB.format(build="../other")},
            ("compose", "docker-compose.yml:3:5", "web is built from ../other, which is not in the bundle"),
        ),
        (
            {"docker-compose.yml": WEB.format(build="web"), "web/app.py": ""},
            ("compose", "docker-compose.yml:3:12", "web is built from web/Dockerfile, which is not in the bundle"),
        ),
        (
            {"docker-compose.yml": WEB.format(build="{context: ., target: last}"), "Dockerfile": "FROM a\n"},
            ("compose", "docker-compose.yml:3:5", "web: Dockerfile has no stage last"),
        ),
        (
            {"Dockerfile": "FROM a\n"},
            ("dockerfile", "Dockerfile:1", "nothing says on which port the application listens in its container"),
        ),
    ],
)  # fmt: skip
def test_what_only_the_translation_finds_is_told(files: dict[str, str], expected: tuple[str, str, str]) -> None:
    report = look(files)
    assert told(report) == [expected]
    assert expected[0] in RULES


def test_every_mistake_is_told_at_once_and_none_twice() -> None:
    text = "services:\n  a: {build: ../x, ports: ['80:80']}\n  b: {build: ../y, ports: ['1:99999999']}\n"
    report = look({"docker-compose.yml": text})
    assert len(told(report)) == len({text for _, _, text in told(report)}) >= 1
    right = look({"docker-compose.yml": text.replace("99999999", "99")})
    assert [at for _, at, _ in told(right)] == ["docker-compose.yml:2:7", "docker-compose.yml:3:7"]


def test_what_a_template_leaves_open_is_an_error_and_no_warning_besides() -> None:
    run = {"AWSEBDockerrunVersion": "1", "Image": {"Name": "<IMAGE>"}, "Ports": [{"ContainerPort": 80}]}
    report = look({"Dockerrun.aws.json": json.dumps(run)})
    assert [text for _, _, text in told(report) if "not filled in" in text] != []
    assert [text for _, _, text in told(report, Severity.WARNING) if "not filled in" in text] == []


def test_what_is_not_applied_here_is_a_warning() -> None:
    service = "services: {web: {image: a, ports: ['80:80'], domainname: example.org}}"
    [(rule, _, text)] = told(look({"docker-compose.yml": service}), Severity.WARNING)
    assert (rule, text.startswith("domainname of web is not applied here")) == ("compose", True)


def test_as_processes_and_as_a_link_nothing_is_translated() -> None:
    assert told(look({"Dockerfile": "FROM a\n", "Procfile": "web: a"}, mode="process")) == []
    [(rule, at, text)] = told(validate([SourceFile("Dockerfile", LINK, b"other"), SourceFile("other")]))
    assert (rule, at, text) == ("dockerfile", "Dockerfile", "is a symbolic link")


def test_a_folder_and_a_zip_give_the_files_that_others_name(tmp_path: Path) -> None:
    files = {"docker-compose.yml": WEB.format(build="web"), "web/Dockerfile": "FROM a AS last\n"}
    for path, text in files.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_text(text)
    for path in (tmp_path / "folder", make_bundle(tmp_path / "zip", files).path):
        assert validate_path(path).is_right


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM a\n# \xff\n")
    assert told(validate_path(tmp_path)) == [("dockerfile", "Dockerfile", "is not UTF-8 (byte 9)")]


def test_on_aws_it_is_translated_for_amazon_ecs() -> None:
    service = "services: {web: {image: a, ports: ['80:80'], privileged: true}}"
    here, there = (look({"docker-compose.yml": service}, target=target) for target in ("local", "aws"))
    assert "privileged" in str(told(here, Severity.WARNING))
    assert "privileged" not in str(told(there, Severity.WARNING))
