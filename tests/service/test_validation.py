"""Everything that is wrong is told at once, and never with a traceback."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from beanstalk.errors import BeanstalkError, NotFound, UsageError, Where
from beanstalk.service.validation import (
    RULES,
    FileKind,
    Report,
    Severity,
    SourceFile,
    kind_of,
    validate,
    validate_file,
)
from beanstalk.service.validation_input import validate_path
from beanstalk.source.content import EXECUTABLE, LINK
from beanstalk.source.recognise import Kind

COMMAND = "option_settings:\n  aws:elasticbeanstalk:command:\n    "
MISTAKES = {
    ".elasticbeanstalk/config.yml": "branch-defaults: 1",
    ".elasticbeanstalk/committed.cfg.yml": "OptionSettings: 1",
    ".ebextensions/a.config": f"{COMMAND}BatchSise: 3\n",
    ".ebextensions/b.config": f"foo: 1\n{COMMAND}BatchSize: many\n",
    ".ebextensions/c.config": "a:\n\t- b\n",
    ".platform/hooks/predeploy/a.sh": "echo",
    ".platform/foo": "",
    ".elasticbeanstalk/saved_configs/x.cfg.yml": "OptionSettings: {aws:elasticbeanstalk:command: {Timeout: 1s}}",
    "Procfile": "web serve",
    "Buildfile": "make",
    "cron.yaml": "version: 1\ncron:\n - {name: a, url: /a, schedule: '* *'}",
    "env.yaml": "EnvironmentName: x",
    "Dockerrun.AWS.json": "{}",
    "app.py": "",
}
PLACES = [
    ("option", ".ebextensions/a.config", 3), ("ebextensions", ".ebextensions/b.config", 1),
    ("option", ".ebextensions/b.config", 4), ("ebextensions", ".ebextensions/c.config", 2),
    ("project-file", ".elasticbeanstalk/config.yml", 1),
    ("saved-configuration", ".elasticbeanstalk/committed.cfg.yml", 1),
    ("saved-configuration", ".elasticbeanstalk/saved_configs/x.cfg.yml", 1),
    ("option", ".elasticbeanstalk/saved_configs/x.cfg.yml", 1), ("platform-folder", ".platform/foo", 0),
    ("hook", ".platform/hooks/predeploy/a.sh", 1), ("buildfile", "Buildfile", 1),
    ("recognition", "Dockerrun.AWS.json", 0), ("procfile", "Procfile", 1), ("cron", "cron.yaml", 3),
    ("manifest", "env.yaml", 1),
]  # fmt: skip


def project(files: dict[str, str]) -> list[SourceFile]:
    return [SourceFile(path, EXECUTABLE, text.encode()) for path, text in files.items()]


def check(**files: str) -> Report:
    """A project of files; "__" is "/" and "_" is "." in their names."""
    return validate(project({name.replace("__", "/").replace("_", "."): text for name, text in files.items()}))


def errors(report: Report) -> list[str]:
    return [each.problem.text for each in report.findings if each.severity is Severity.ERROR]


def test_one_mistake_of_each_kind_is_told_at_once() -> None:
    found = {(each.rule, at.path, at.line) for each in validate(project(MISTAKES)).findings if (at := each.problem.at)}
    assert [place for place in PLACES if place not in found] == []


def test_every_rule_is_known() -> None:
    assert {each.rule for each in validate(project(MISTAKES)).findings} <= set(RULES)
    assert set(FileKind) <= set(RULES)


def test_a_project_without_mistakes_has_no_findings() -> None:
    report = validate(
        project({"Procfile": "web: serve\n", "app.py": "", ".ebextensions/a.config": f"{COMMAND}Timeout: 60\n"})
    )
    assert (report.findings, report.is_right) == ((), True)
    assert report.platform and report.platform.winner is Kind.PYTHON


def test_warnings_alone_are_no_error() -> None:
    report = check(Procfile="worker: run\n")
    assert (report.is_right, report.count(Severity.WARNING)) == (True, 1)


def test_a_procfile_of_a_container_is_not_an_error() -> None:
    report = check(Dockerfile="FROM x\nEXPOSE 80", Procfile="web serve")
    assert [(each.rule, each.severity) for each in report.findings] == [("procfile", Severity.WARNING)]


def test_variables_of_compose_come_from_env_or_from_the_properties() -> None:
    compose = "services: {web: {image: 'a:$TAG', ports: ['80:80']}}"
    options = "option_settings: {aws:elasticbeanstalk:application:environment: {TAG: v1}}"
    assert "ends in a colon" in errors(validate(project({"docker-compose.yml": compose})))[0]
    for more in ({".env": "TAG=v1\n"}, {".ebextensions/a.config": options}):
        assert errors(validate(project({"docker-compose.yml": compose, **more}))) == []


def test_a_link_is_not_looked_into() -> None:
    files = [SourceFile("Procfile", LINK, b"other"), SourceFile("other"), SourceFile("evil", LINK, b"/etc/passwd")]
    report = validate(files)
    assert {str(each.problem.at) for each in report.findings if each.rule == "bundle"} == {"Procfile", "evil"}


@pytest.mark.parametrize("name", ["../a", "/a", "a\\b", "C:a", "a//b", "\x1b[31m", "a'\"b\x00", "x" * 300])
def test_a_hostile_name_is_a_finding_and_can_be_printed(name: str) -> None:
    report = validate([SourceFile(name), SourceFile("Procfile", content=b"web: a")])
    assert errors(report)
    assert all(str(each.problem).replace("\n", "").isprintable() for each in report.findings)


def test_many_hostile_names_are_told_in_part() -> None:
    assert len(errors(validate([SourceFile(f"../{number}") for number in range(5000)]))) < 150


def test_of_more_mistakes_than_anybody_reads_the_others_are_counted() -> None:
    report = validate_file("Procfile", b"no process\n" * 3_000, FileKind.PROCFILE)
    assert len(report.findings) == 1_001 and not report.is_right
    assert str(report.findings[-1].problem).startswith("Procfile:1001: 2,000 more findings from here on are not told")


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"a &a [*a, *a]: *b", b"[" * 5000, b"\x00", b"- " * 5000, b"{" * 99])
@pytest.mark.parametrize("kind", list(FileKind))
def test_no_content_is_a_traceback(kind: FileKind, text: bytes) -> None:
    assert errors(validate_file("x", text, kind)) or kind in (FileKind.EBEXTENSIONS, FileKind.ENV_FILE)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".ebextensions/a.config", FileKind.EBEXTENSIONS), ("a/dockerrun.aws.json", FileKind.DOCKERRUN),
        ("docker-compose.prod.yml", FileKind.COMPOSE), ("web.Procfile", FileKind.PROCFILE),
        ("Buildfile", FileKind.BUILDFILE), ("cron.yaml", FileKind.CRON), ("env.yaml", FileKind.MANIFEST),
        ("x.cfg.yml", FileKind.SAVED), ("platform.yaml", FileKind.PLATFORM), (".env", FileKind.ENV_FILE),
        ("README.md", None),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_name(path: str, kind: FileKind | None) -> None:
    assert kind_of(path) is kind


def test_a_file_alone_is_told_by_the_path_that_was_typed() -> None:
    report = validate_file("deep/down/a.config", f"foo: 1\n{COMMAND}BatchSise: 1\n".encode())
    assert [each.problem.at for each in report.findings] == [
        Where("deep/down/a.config", 1, 1), Where("deep/down/a.config", 4, 5),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="by its name"):
        validate_file("notes.txt", b"")


def test_a_platform_of_our_own_is_read_as_one() -> None:
    folder = Path(__file__).parents[2] / "platforms" / "python"
    assert validate_path(folder / "platform.yaml").findings == ()
    assert "a platform has no nonsense" in errors(validate_file("platform.yaml", b"nonsense: 1"))


# from the disk


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_a_folder_and_its_zip_say_the_same(tmp_path) -> None:
    files = {path: text for path, text in MISTAKES.items() if "saved_configs" not in path}
    folder = write(tmp_path / "shop", files)
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        for path in files:
            archive.write(folder / path, path)
    found = [validate_path(path) for path in (folder, tmp_path / "shop.zip")]
    assert found[0].findings == found[1].findings != ()
    assert (found[0].applied, found[0].ignored) == (found[1].applied, found[1].ignored)


def test_a_folder_is_looked_at_with_its_saved_configurations_and_without_what_is_left_out(tmp_path) -> None:
    files = {**MISTAKES, ".ebignore": ".ebextensions/\n"}
    found = {each.problem.at.path for each in validate_path(write(tmp_path, files)).findings if each.problem.at}
    assert ".elasticbeanstalk/saved_configs/x.cfg.yml" in found
    assert not [path for path in found if path.startswith(".ebextensions")]


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"PK\5\6" + 18 * b"\0", b"nothing"])
def test_a_broken_zip_is_a_finding(tmp_path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    [found] = validate_path(path).findings
    assert (found.rule, found.severity, found.problem.at) == ("bundle", Severity.ERROR, Where(str(path)))


def test_a_zip_with_hostile_names_is_a_finding(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../evil", "x")
    assert "climbs out" in errors(validate_path(tmp_path / "a.zip"))[0]


def test_a_folder_in_which_everything_is_in_one_folder_and_an_empty_one_are_findings(tmp_path) -> None:
    assert "nothing to pack" in errors(validate_path(tmp_path))[0]
    assert "inside the folder app/" in errors(validate_path(write(tmp_path, {"app/Procfile": "web: a"})))[0]


def test_what_is_not_there_or_no_file_is_an_error(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, text in (("nothing", "No such file"), ("pipe", "neither a folder nor a file")):
        with pytest.raises(NotFound, match=text):
            validate_path(tmp_path / name)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path, monkeypatch) -> None:
    def refuse(path, *_):
        raise OSError(5, "Input/output error")

    (tmp_path / "Procfile").write_text("web: a")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BeanstalkError, match="cannot be read: Input/output error"):
        validate_path(tmp_path / "Procfile")


def test_a_file_with_mistakes_keeps_its_place_in_the_order_of_the_files() -> None:
    wrong = f"{COMMAND}Timeout: 60\n    BatchSise: 3\nnothing: {{}}\n"
    report = validate(project({".ebextensions/a.config": wrong, ".ebextensions/b.config": f"{COMMAND}Timeout: 70\n"}))
    [told] = [each.problem for each in report.findings if "was set before" in each.problem.text]
    assert str(told.at).startswith(".ebextensions/b.config") and ".ebextensions/a.config" in told.text


@pytest.mark.parametrize(
    ("path", "text", "hidden"),
    [
        (
            "Dockerrun.aws.json",
            '{"AWSEBDockerrunVersion": 1, "Entrypoint": [], "Foo": 1, "Logging": "x"}',
            ["documented as the text", "the key Foo is not known", "Logging is not an absolute path"],
        ),
        (
            ".ebextensions/a.config",
            'option_settings: {a:b: {C: !GettAtt X.Y, D: \'`{"Ref": "Nope"}`\'}}\n'
            "container_commands: {a: {command: x, ignoreErrors: maybe, leader_only: true, test: y}}\n"
            "foo: 1\nResources: {A: {Type: AWS::SQS::Queue, DependsOn: Nothing}}\n",
            ["Ref names 'Nope'", "both leader_only and test", "DependsOn names 'Nothing'"],
        ),
        (
            "cron.yaml",
            "version: 2\nfoo: 1\ncron: [{name: a, url: a, schedule: '0 0 30 2 *'}]",
            ["no foo", "no date fits"],
        ),
        ("env.yaml", "Foo: 1\nOptionSettings: {a:b: {C: ~}}", ["no Foo"]),
        ("docker-compose.yml", "foo: 1\nservices: {a: {build: '', image: a, restart: maybe}}", ["no foo at the top"]),
        (
            ".ebextensions/b.config",
            "option_settings: {aws:elasticbeanstalk:command: {Timeout: x, BatchSize: 1, BatchSize : 2}}",
            ["the key 'BatchSize' is here twice"],
        ),
    ],
)
def test_a_mistake_hides_no_other_note_of_its_file(path, text, hidden):
    report = validate([SourceFile(path, 0o644, text.encode())])
    told = [each.problem.text for each in report.findings]
    assert any(each.severity is Severity.ERROR for each in report.findings)
    assert [[part in each for each in told].count(True) for part in hidden] == [1] * len(hidden)


PROPERTY = "option_settings: {{aws:elasticbeanstalk:application:environment: {{A: '`{}`'}}}}"
ASKS = "Outputs: {{A: {{Value: {{Fn::GetOptionSetting: {{{}}}}}}}}}"


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        (PROPERTY.format('{"Ref": "Nope"}'), "Ref names 'Nope'", "define it"),
        (PROPERTY.format('{"Fn::Unknown": "x"}'), "Fn::Unknown is no function", "possible are Ref"),
        (PROPERTY.format('{"Fn::GetAtt": ["AWSEBSecurityGroup", "a", "b"]}'), "takes two values", "write [AWSEBSec"),
        ("Outputs: {A: {Value: {Fn::If: [None1, a, b]}}}", "Fn::If names 'None1'", "define it"),
        ("Resources: {A: {Type: A::B::C, Condition: None1}}", "Condition names 'None1'", "define it"),
        (ASKS.format("Namespace: aws:autoscaling:asg, OptionName: MinSiz"), "unknown option 'MinSiz'", "mean MinSize?"),
        (
            ASKS.format("Namespace: aws:autoscaling:agg, OptionName: MinSize"),
            "unknown option namespace",
            "scaling:asg?",
        ),
        (ASKS.format("OptionName: Mine"), "the custom option 'Mine', which no file sets", "or add DefaultValue"),
        ("Resources: {AWSEBAutoScalingGrup: {Properties: {}}}", "'AWSEBAutoScalingGrup', which", "ScalingGroup?"),
        ("Outputs: {A: {Value: {Ref: AWSEBSecurtyGroup}}}", "Ref names 'AWSEBSecurtyGroup'", "AWSEBSecurityGroup?"),
    ],
)
def test_names_that_nothing_has_are_told_with_what_was_meant(text, told, hint):
    found = validate_file("a.config", text.encode()).findings
    (finding,) = [each for each in found if told in each.problem.text]
    assert finding.severity is Severity.WARNING and hint in finding.problem.hint and finding.problem.at


@pytest.mark.parametrize(
    "text",
    [
        ASKS.format("Namespace: aws:autoscaling:asg, OptionName: MinSize"),
        ASKS.format("OptionName: Mine, DefaultValue: 1"),
        ASKS.format("OptionName: Mine") + "\noption_settings: {aws:elasticbeanstalk:customoption: {Mine: 1}}",
        "Resources: {AWSEBV2LoadBalancerListener443: {Properties: {}}, AWSEBMine: {Type: AWS::SQS::Queue}}",
    ],
)
def test_names_that_something_has_are_not_told(text):
    assert validate_file("a.config", text.encode()).findings == ()


@pytest.mark.parametrize("name", ["env.yml", "cron.yml", "docker-compose.yaml"])
def test_a_file_alone_is_told_the_name_that_counts(name):
    found = [each for each in validate_file(f"here/{name}", b"").findings if each.rule == "recognition"]
    assert [each.severity for each in found] == [Severity.WARNING]
    assert "Elastic Beanstalk looks for" in found[0].problem.text


def test_what_is_left_out_counts_as_create_recommends_it():
    assert validate_file("a.config", f"{COMMAND}DeploymentPolicy: Rolling\n".encode()).findings == ()
    saved = "AWSConfigurationTemplateVersion: 1.1.0.0\n" + COMMAND.replace("option_settings", "OptionSettings")
    (finding,) = validate_file("a.cfg.yml", f"{saved}DeploymentPolicy: Rolling\n".encode()).findings
    assert "replaces all instances at once" in finding.problem.text
