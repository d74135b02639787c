"""`beanstalk validate`: three forms, and what a script can rely on."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest

WRONG = "option_settings:\n  aws:elasticbeanstalk:command:\n    BatchSise: 3\n"
LEVELS = {"error", "warning", "note", "none"}


def configure(beanstalk, text=WRONG, name="a b"):
    folder = beanstalk.folder / ".ebextensions"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.config").write_text(text)


def sarif(beanstalk, *words, code):
    done = beanstalk("validate", *words, "--format", "sarif")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_project_without_mistakes_is_told_with_what_becomes_of_it(beanstalk):
    assert beanstalk.ok("validate").splitlines() == [
        "platform: Python (app.py at the root: a file of Python)",
        "target: local, as processes on this machine",
        "applied:",
        "  app.py: the platform for Python prepares and starts the application",
        "  Procfile: starts web",
        "",
        "nothing is wrong",
    ]


@pytest.mark.parametrize("name", [".ebextensions", ".platform", ".elasticbeanstalk"])
def test_a_part_of_a_project_is_not_taken_for_one_without_mistakes(beanstalk, name):
    configure(beanstalk)
    (beanstalk.folder / name).mkdir(exist_ok=True)
    done = beanstalk("validate", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"hint: name the folder it is in: {beanstalk.folder}" in done.stderr


def test_a_mistake_has_its_place_and_its_remedy(beanstalk):
    configure(beanstalk)
    done = beanstalk("validate")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:2] == [
        ".ebextensions/a b.config:3:5: error: unknown option 'BatchSise' in aws:elasticbeanstalk:command",
        "  hint: did you mean BatchSize?",
    ]
    assert done.stdout.splitlines()[-1] == "1 error"


def test_warnings_alone_are_exit_code_0_and_what_cannot_be_meant_is_2(beanstalk):
    (beanstalk.folder / "Procfile").write_text("worker: x\n")
    assert "1 warning" in beanstalk.ok("validate")
    assert beanstalk("validate", "app.py").exit_code == 2
    assert beanstalk("validate", "nothing").exit_code == 1


def test_the_document_has_everything(beanstalk):
    configure(beanstalk)
    found = beanstalk.json("validate", code=1)
    assert set(found) == {"Path", "Platform", "Target", "Mode", "Findings", "Applied", "Ignored"}
    assert (found["Target"], found["Mode"]) == ("local", "process")
    assert (found["Platform"]["Kind"], found["Path"]) == ("Python", str(beanstalk.folder))
    assert found["Findings"] == [
        {
            "Severity": "error", "Rule": "option", "Path": ".ebextensions/a b.config", "Line": 3, "Column": 5,
            "Message": "unknown option 'BatchSise' in aws:elasticbeanstalk:command", "Hint": "did you mean BatchSize?",
        }
    ]  # fmt: skip


def test_a_single_file_is_told_by_the_path_that_was_typed(beanstalk):
    configure(beanstalk)
    found = beanstalk.json("validate", ".ebextensions/a b.config", code=1)
    assert (found["Platform"], found["Findings"][0]["Path"]) == (None, ".ebextensions/a b.config")


def test_sarif_has_the_shape_that_its_schema_asks_for(beanstalk):
    configure(beanstalk, WRONG + "commands: {a: {command: b}}\n")
    document = sarif(beanstalk, code=1)
    assert (document["version"], document["$schema"].endswith("sarif-2.1.0.json")) == ("2.1.0", True)
    [run] = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "beanstalk"
    texts = {"shortDescription", "fullDescription", "help"}
    assert all(set(rule) == {"id", "defaultConfiguration", *texts} for rule in rules)
    assert all(rule[name]["text"] for rule in rules for name in texts)
    assert all(rule["defaultConfiguration"]["level"] in LEVELS for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS and result["message"]["text"]
        [location] = result["locations"]
        check_place(location["physicalLocation"])
    assert [result["level"] for result in run["results"]] == ["error", "note"]


def check_place(place):
    uri = place["artifactLocation"]["uri"]
    assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri) and not uri.startswith("/") and unquote(uri)
    region = place.get("region", {"startLine": 1})
    assert set(region) <= {"startLine", "startColumn"} and all(number >= 1 for number in region.values())


def test_sarif_names_the_place(beanstalk):
    configure(beanstalk)
    [result] = sarif(beanstalk, code=1)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == ".ebextensions/a%20b.config"
    assert place["region"] == {"startLine": 3, "startColumn": 5}


def test_sarif_of_a_project_without_mistakes_has_no_results(beanstalk):
    assert sarif(beanstalk, code=0)["runs"][0]["results"] == []


def places(beanstalk, *words, code=1):
    """The uri and the region of each result that is no note."""
    [run] = sarif(beanstalk, *words, code=code)["runs"]
    found = [each["locations"][0]["physicalLocation"] for each in run["results"] if each["level"] != "note"]
    assert {each["artifactLocation"]["uriBaseId"] for each in found} == {"%SRCROOT%"}
    return [(each["artifactLocation"]["uri"], each.get("region")) for each in found], run


def test_sarif_tells_places_from_the_root_of_the_repository(beanstalk, monkeypatch):
    configure(beanstalk)
    (beanstalk.folder / "Procfile").write_text("worker: x\n")
    here = beanstalk.folder
    assert [uri for uri, _ in places(beanstalk)[0]] == [".ebextensions/a%20b.config", "Procfile"]
    (here.parent / ".git").mkdir()
    for words in ((), (".",), (str(here),), ("../shop",)):
        assert places(beanstalk, *words)[0] == [
            ("shop/.ebextensions/a%20b.config", {"startLine": 3, "startColumn": 5}),
            ("shop/Procfile", {"startLine": 1}),
        ]
    monkeypatch.chdir(here / ".ebextensions")
    found, run = places(beanstalk, "a b.config")
    assert found == [("shop/.ebextensions/a%20b.config", {"startLine": 3, "startColumn": 5})]
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == here.parent.as_uri() + "/"


def test_sarif_tells_what_is_inside_a_zip_in_words(beanstalk):
    configure(beanstalk)
    beanstalk.ok("package", "--working-tree", "-o", "x.zip")
    [(uri, region)], run = places(beanstalk, "x.zip")
    assert (uri, region) == ("x.zip", None)
    assert run["results"][0]["message"]["text"].startswith(".ebextensions/a b.config:3:5: unknown option")


def test_what_a_target_makes_of_a_project_is_told(beanstalk):
    configure(
        beanstalk,
        "option_settings:\n  beanstalk:deployment: {HealthyPasses: 3}\nResources: {T: {Type: AWS::SNS::Topic}}\n",
    )
    here, there = beanstalk.json("validate"), beanstalk.json("validate", "--target", "aws")
    assert (there["Target"], there["Mode"]) == ("aws", None)
    applied = [{each["What"] for each in found["Applied"]} for found in (here, there)]
    ignored = [{each["What"] for each in found["Ignored"]} for found in (here, there)]
    for name in (0, 1):
        assert {"Resources", "beanstalk:deployment: HealthyPasses"} <= applied[name] | ignored[name]
    assert ("Resources" in ignored[0], "Resources" in applied[1]) == (True, True)
    assert "beanstalk:deployment: HealthyPasses" in applied[0] & ignored[1]
    assert "target: aws, in tasks of Amazon ECS on Fargate" in beanstalk.ok("validate", "--target", "aws")


@pytest.mark.parametrize("words", [("--target", "moon"), ("--target", "aws", "--mode", "process")])
def test_a_target_that_cannot_be_is_usage(beanstalk, words):
    assert beanstalk("validate", *words).exit_code == 2


def test_the_target_is_that_of_the_project(beanstalk):
    beanstalk.ok("init", "shop")
    path = beanstalk.folder / ".elasticbeanstalk/config.yml"
    path.write_text(path.read_text().replace("target: local", "target: aws"))
    assert beanstalk.json("validate")["Target"] == "aws"


def test_a_file_of_the_project_is_validated_with_it_and_alone(beanstalk, monkeypatch):
    path = beanstalk.folder / ".elasticbeanstalk/config.yml"
    path.parent.mkdir()
    path.write_text("global: {application_nam: shop}\nbranch-defaults: [main]\n")
    [warning, error] = beanstalk.json("validate", code=1)["Findings"]
    assert (error["Rule"], error["Path"], error["Line"]) == ("project-file", ".elasticbeanstalk/config.yml", 2)
    assert warning["Hint"] == "did you mean application_name?"
    monkeypatch.chdir(path.parent)
    assert len(beanstalk.json("validate", "config.yml", code=1)["Findings"]) == 2


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_broken_zip_is_told_in_every_form(beanstalk, form):
    (beanstalk.folder / "x.zip").write_bytes(b"nothing")
    done = beanstalk("validate", "x.zip", "--format", form)
    assert (done.exit_code, "this is no zip file" in done.stdout) == (1, True)
