"""Accounts of AWS: who is chosen, and every complaint in words for people. A small server answers like AWS."""

from __future__ import annotations

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from beanstalk.errors import CloudError
from beanstalk.targets.aws.cloud import Cloud, error_code

NOBODY = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
SOMEBODY = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret-that-nobody-tells"}


@pytest.fixture(autouse=True)
def variables(tmp_path, monkeypatch):
    """Nothing of whoever runs the tests counts."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)

    def also(**more):
        for name, value in more.items():
            monkeypatch.setenv(name, value)

    return also


@pytest.fixture
def answers(variables):
    """answers(status, code, message): what AWS says to every request from now on."""
    said = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(said["body"]).encode()
            self.send_response(said["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables(AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}", **SOMEBODY)

    def answer(status, code, message):
        said.update(status=status, body={"__type": code, "message": message})

    yield answer
    server.shutdown()
    server.server_close()


def complaint(cloud):
    with pytest.raises(CloudError) as caught:
        cloud.client("ecs").list_clusters()
    return caught.value


@pytest.mark.parametrize(
    ("flag", "environment", "usual", "chosen"),
    [
        ("eu-west-1", {"AWS_REGION": "eu-west-2"}, "eu-west-3", "eu-west-1"),
        ("", {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-west-3", "eu-west-2"),
        ("", {"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-west-3", "eu-north-1"),
        ("", {}, "eu-west-3", "eu-west-3"),
    ],
)
def test_the_region_is_that_of_the_flag_then_of_the_environment_then_of_the_project(flag, environment, usual, chosen):
    assert Cloud(flag, usual_region=usual, variables=environment).region == chosen


@pytest.mark.parametrize(
    ("flag", "environment", "chosen"),
    [
        ("work", {"AWS_PROFILE": "home"}, "work"),
        ("", {"AWS_PROFILE": "home"}, "home"),
        ("", {}, "project"),
        ("", SOMEBODY, ""),
        ("work", SOMEBODY, "work"),
        ("", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, ""),
    ],
)
def test_the_profile_of_a_project_gives_way_to_whoever_the_environment_says_we_are(flag, environment, chosen):
    assert Cloud(profile=flag, usual_profile="project", variables=environment).profile == chosen


def test_the_region_may_be_that_of_a_profile(tmp_path):
    (tmp_path / "config").write_text("[profile work]\nregion = eu-central-1\n")
    assert Cloud(profile="work").region == "eu-central-1"


def test_without_a_region_the_remedy_is_told():
    with pytest.raises(CloudError, match="no region of AWS is chosen") as caught:
        Cloud().client("ecs")
    assert "--region" in caught.value.hint


def test_nobody_logged_in():
    error = complaint(Cloud("eu-west-1"))
    assert error.problem == "nobody is logged in to AWS"
    assert "aws sso login" in error.hint and error.action == "ecs:ListClusters"


def test_a_profile_that_there_is_not():
    error = complaint(Cloud("eu-west-1", "nobody"))
    assert error.problem == "there is no profile nobody in the files of AWS"
    assert "aws configure list-profiles" in error.hint


def test_an_expired_single_sign_on_names_the_command(tmp_path):
    (tmp_path / "config").write_text(
        "[profile work]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
        "sso_account_id = 123456789012\nsso_role_name = deployer\n"
    )
    error = complaint(Cloud("eu-west-1", "work"))
    assert error.problem == "the login to AWS has expired for the profile work"
    assert error.hint == "log in again: aws sso login --profile work"


def test_an_endpoint_that_does_not_answer(variables):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        variables(AWS_ENDPOINT_URL=f"http://127.0.0.1:{free.getsockname()[1]}", **SOMEBODY)
        error = complaint(Cloud("eu-west-1"))
    assert error.problem.startswith("AWS cannot be reached (ecs:ListClusters)")
    assert "AWS_ENDPOINT_URL" in error.hint


def test_a_region_that_no_host_has(variables):
    variables(**SOMEBODY)
    error = complaint(Cloud("not a region"))
    assert "\n" not in error.problem


@pytest.mark.parametrize(
    ("status", "code", "message", "problem", "hint"),
    [
        (400, "ExpiredTokenException", "The security token is expired", "the login to AWS has expired", "log in again"),
        (400, "UnrecognizedClientException", "The security token is invalid.",
         "AWS does not take the credentials (The security token is invalid)", "log in"),
        (400, "AccessDeniedException", "User: arn:aws:iam::1:user/ada is not authorized to perform: ecs:ListClusters",
         "AWS denies ecs:ListClusters: User: arn:aws:iam::1:user/ada is not authorized to perform: ecs:ListClusters",
         "allow ecs:ListClusters in the policy"),
        (400, "ThrottlingException", "Rate exceeded",
         "AWS takes no more requests for ecs:ListClusters for now (Rate exceeded)", "wait a minute"),
        (400, "InvalidSignatureException", "Signature expired: 20261121T1 is now earlier than 20261121T2",
         "AWS says that the clock of this machine is wrong", "set the clock"),
        (500, "ServerException", "", "AWS cannot do ecs:ListClusters for now: ServerException", "try again"),
        (400, "ClusterNotFoundException", "Cluster not found.",
         "AWS refuses ecs:ListClusters: Cluster not found", ""),
    ],
)  # fmt: skip
def test_what_aws_answers_is_one_line_with_a_remedy(answers, status, code, message, problem, hint):
    answers(status, code, message)
    error = complaint(Cloud("eu-west-1"))
    assert error.problem.startswith(problem) and "\n" not in error.problem
    assert hint in error.hint and bool(hint) == bool(error.hint)
    assert error_code(error) == code
    assert SOMEBODY["AWS_SECRET_ACCESS_KEY"] not in str(error)


def test_pages_complain_like_single_answers(answers):
    answers(400, "AccessDeniedException", "no")
    with pytest.raises(CloudError, match="AWS denies ecs:ListTasks"):
        list(Cloud("eu-west-1").client("ecs").pages("list_tasks", cluster="shop"))


def test_an_error_of_ours_has_no_code_of_aws():
    assert error_code(ValueError("nothing")) == ""


def test_partitions_have_their_own_domains():
    assert [(Cloud(region).partition, Cloud(region).domain) for region in ("eu-west-1", "cn-north-1")] == [
        ("aws", "amazonaws.com"), ("aws-cn", "amazonaws.com.cn"),
    ]  # fmt: skip
