"""Pipelines: what they hold is checked against the CI services' own schemas, and their scripts are really run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from beanstalk.errors import AlreadyExists, InvalidInput
from beanstalk.service.pipelines import CiService, Pipeline, render_pipeline, write_pipeline

ROOT = Path(__file__).parent.parent.parent
SHOP = Pipeline("shop-prod", "eu-central-1")
ROLE = "arn:aws:iam::123456789012:role/deploy"
WHOLE = Pipeline("shop-prod", "eu-central-1", "release/1.x", ROLE, ROLE, builds=False, folder="web/shop")
SCHEMAS = {CiService.GITHUB: "github-workflows", CiService.GITLAB: "gitlab-ci"}
PLAN = "#!/bin/sh\necho 'replace 4 instances `one` by one'\nexit ${PLAN_CODE:-0}\n"


def text_of(service: CiService, pipeline: Pipeline = SHOP) -> str:
    [text] = render_pipeline(service, pipeline).values()
    return text


def schema(name: str) -> Any:
    return json.loads(files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json").read_text())


def scripts(node: Any) -> Iterator[str]:
    """Every piece of shell in a pipeline."""
    if isinstance(node, list):
        for each in node:
            yield from scripts(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script", "before_script", "commands"):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)


@pytest.mark.parametrize("pipeline", [SHOP, WHOLE], ids=["plain", "whole"])
@pytest.mark.parametrize("service", list(SCHEMAS))
def test_a_pipeline_is_what_its_service_takes(service, pipeline):
    jsonschema.validate(yaml.safe_load(text_of(service, pipeline)), schema(SCHEMAS[service]))


def test_the_action_is_what_github_takes():
    jsonschema.validate(yaml.safe_load((ROOT / "action.yml").read_text()), schema("github-actions"))


@pytest.mark.parametrize("pipeline", [SHOP, WHOLE], ids=["plain", "whole"])
@pytest.mark.parametrize("service", list(CiService))
def test_every_script_of_a_pipeline_is_shell(service, pipeline):
    found = list(scripts(yaml.safe_load(text_of(service, pipeline))))
    assert found
    for script in found:
        checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert checked.stderr == ""


@pytest.mark.parametrize("service", list(CiService))
def test_no_pipeline_knows_a_key(service):
    assert not re.search(r"(?i)access_key|secret_key|AKIA", text_of(service, WHOLE))


@pytest.mark.parametrize("service", list(CiService))
def test_names_stand_where_they_belong(service):
    text = text_of(service, WHOLE)
    assert "release/1.x" in text and ROLE in text and "web/shop" in text and "BEANSTALK_ROLE_ARN" not in text


def test_all_that_cannot_be_is_told_at_once():
    with pytest.raises(InvalidInput) as caught:
        render_pipeline(CiService.GITHUB, Pipeline("a;b", "x", "$(id)", "nobody", "nobody", folder="../up"))
    assert len(caught.value.problems) == 6


def test_a_pipeline_may_be_written_twice_and_never_over_another_file(tmp_path):
    made = render_pipeline(CiService.GITLAB, SHOP)
    [path] = write_pipeline(tmp_path, made).files
    assert write_pipeline(tmp_path, made).files == (path,)
    path.write_text("mine")
    with pytest.raises(AlreadyExists, match="other content"):
        write_pipeline(tmp_path, made)
    assert path.read_text() == "mine"
    write_pipeline(tmp_path, made, replace=True)
    assert path.read_text() == made[".gitlab/beanstalk.yml"]


def test_the_main_file_of_gitlab_has_to_include_ours(tmp_path):
    made = render_pipeline(CiService.GITLAB, SHOP)
    assert "have .gitlab-ci.yml include it" in write_pipeline(tmp_path, made).remarks[0]
    (tmp_path / ".gitlab-ci.yml").write_text("include: {local: .gitlab/beanstalk.yml}\n")
    assert write_pipeline(tmp_path, made).remarks == ()


# The scripts, run. `beanstalk` stands for itself: it prints a plan.


@pytest.fixture
def runner(tmp_path):
    """A machine of a CI service: runs a script in bash, with programs of its own on PATH; gives its exit code."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def program(name: str, text: str) -> None:
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(script: str, **variables: str) -> int:
        environment = (
            os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path)} | variables
        )
        return subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, check=False).returncode

    program("beanstalk", PLAN)
    run.program = program
    return run


def test_a_pull_request_gets_one_comment_however_often_it_is_planned(runner, tmp_path):
    steps = yaml.safe_load(text_of(CiService.GITHUB))["jobs"]["plan"]["steps"]
    make, put = (step["run"] for step in steps if "name" in step and step["name"].startswith(("Make", "Put")))
    outputs = {name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    given = {"ENVIRONMENT": "shop-prod", "GITHUB_REPOSITORY": "me/shop", "PULL_REQUEST": "7"}
    runner.program("gh", '#!/bin/sh\nif [ "$3" = --paginate ]; then cat there; else echo "$*" >>asked; fi\n')
    (tmp_path / "there").write_text("")
    assert runner(make, **outputs, **given) == 0 and runner(put, **given) == 0
    (tmp_path / "there").write_text("31\n")
    assert runner(put, **given) == 0
    first, second = (tmp_path / "asked").read_text().splitlines()
    assert "--method POST repos/me/shop/issues/7/comments" in first
    assert "--method PATCH repos/me/shop/issues/comments/31" in second
    plan = (tmp_path / "plan.md").read_text()
    assert plan.startswith("<!-- beanstalk shop-prod -->") and "replace 4 instances `one` by one" in plan
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "code=0\n"


@pytest.fixture
def notes() -> Iterator[Any]:
    """The comments of a merge request, as GitLab's API has them."""
    kept: list[dict[str, Any]] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(kept)

        def do_POST(self) -> None:
            kept.append({"id": len(kept) + 1, **self.body()})
            self.answer(kept[-1])

        def do_PUT(self) -> None:
            kept[int(self.path.rpartition("/")[2]) - 1] |= self.body()
            self.answer({})

        def body(self) -> dict[str, Any]:
            assert self.headers["PRIVATE-TOKEN"] == "token"
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def answer(self, value: Any) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", kept
    server.shutdown()


def test_a_merge_request_gets_one_comment_and_a_bad_plan_fails_its_job(runner, notes, tmp_path):
    address, kept = notes
    script = yaml.safe_load(text_of(CiService.GITLAB))["beanstalk plan shop-prod"]["script"][1]
    given = {
        "ENVIRONMENT": "shop-prod", "CI_PROJECT_DIR": str(tmp_path), "CI_API_V4_URL": address, "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "7", "BEANSTALK_GITLAB_TOKEN": "token",
    }  # fmt: skip
    assert runner(script, **given) == 0
    assert runner(script, **given, PLAN_CODE="1") == 1
    [note] = kept
    assert note["body"].startswith("<!-- beanstalk shop-prod -->\n### Plan") and "`one` by one" in note["body"]


@pytest.mark.parametrize(
    ("variables", "deploys"),
    [
        ({"CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main", "CODEBUILD_WEBHOOK_EVENT": "PUSH"}, True),
        ({"CODEBUILD_SOURCE_VERSION": "main"}, True),
        ({"CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main", "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_CREATED"}, False),
        ({"CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/other", "CODEBUILD_WEBHOOK_EVENT": "PUSH"}, False),
    ],
)
def test_codebuild_deploys_commits_of_the_branch_alone(runner, tmp_path, variables, deploys):
    runner.program("beanstalk", '#!/bin/sh\necho "$*" >asked\n')
    script = yaml.safe_load(text_of(CiService.CODEBUILD))["phases"]["build"]["commands"][-1]
    commit = {"CODEBUILD_RESOLVED_SOURCE_VERSION": "0123456789abcdef", "BRANCH": "main", "ENVIRONMENT": "shop-prod"}
    assert runner(script, **variables, **commit) == 0
    wanted = "--label app-0123456789ab --wait-lock 3600" if deploys else "--dry-run"
    assert (tmp_path / "asked").read_text() == f"deploy shop-prod {wanted}\n"


@pytest.mark.parametrize(
    ("inputs", "arguments"),
    [
        ({}, "--label app-0123456789ab"),
        ({"version_label": "v1"}, "--version v1"),
        ({"deployment_package": "a b.zip", "version_label": "v1"}, "--archive a b.zip --label v1"),
        (
            {"policy": "Immutable", "wait_for_deployment": "false"},
            "--label app-0123456789ab --policy Immutable --nohang",
        ),
        ({"version_description": "$(touch hacked)"}, "--label app-0123456789ab --message $(touch hacked)"),
    ],
)
def test_the_action_deploys_what_its_inputs_say(runner, tmp_path, inputs, arguments):
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    step = action["runs"]["steps"][1]
    given = {name: each.get("default", "") for name, each in action["inputs"].items()} | inputs
    given |= {"environment_name": "shop-prod", "region": "eu-central-1"}
    variables = {name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], text)
                 for name, text in step["env"].items()}  # fmt: skip
    installed = tmp_path / "beanstalk/bin"
    installed.mkdir(parents=True)
    (installed / "beanstalk").write_text(
        '#!/bin/sh\necho "$*" >asked\necho \'{"Outcome": "RolledBack", "VersionLabel": "v0"}\'\nexit 3\n'
    )
    (installed / "beanstalk").chmod(0o755)
    given_by_github = {"GITHUB_SHA": "0123456789abcdef", "GITHUB_OUTPUT": str(tmp_path / "output")}
    assert runner(step["run"], **variables, **given_by_github) == 3
    assert (tmp_path / "asked").read_text() == f"deploy shop-prod --wait-lock 3600 {arguments} --json\n"
    assert (tmp_path / "output").read_text() == "outcome=RolledBack\nversion_label=v0\n"
    assert not (tmp_path / "hacked").exists()
