"""Credentials are found where docker and Elastic Beanstalk look, and told to nobody."""

from __future__ import annotations

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from moto.server import ThreadedMotoServer

from beanstalk.errors import TargetError
from beanstalk.targets.local.registries import Credentials, ecr_credentials, find_credentials, registry_of
from beanstalk.targets.local.transfers import push
from tests.engine import build_image
from tests.registry import Registry, Silence

HOST = "registry.example:5000"
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
SECRET = "a-password-that-nobody-tells"
MOTO = Credentials("AWS", "123456789012-auth-token")
"""What moto answers, whoever asks."""


def login(host=HOST, user="ada", password=SECRET):
    return {host: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}}


@pytest.fixture
def told():
    return []


@pytest.fixture(autouse=True)
def docker(tmp_path, monkeypatch):
    """The user's docker folder, without a login, and nobody logged in to AWS."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "docker"


@pytest.fixture
def aws(monkeypatch):
    """Amazon's services over HTTP, and somebody who is logged in there."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    log_in_to_aws(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield
    server.stop()


def log_in_to_aws(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("nginx", "docker.io"),
        ("bitnami/nginx:1.25", "docker.io"),
        ("index.docker.io/bitnami/nginx", "docker.io"),
        ("localhost/shop", "localhost"),
        ("registry.example:5000/shop:1", "registry.example:5000"),
        (f"{ECR}/shop@sha256:{'0' * 64}", ECR),
        ("public.ecr.aws/nginx/nginx", "public.ecr.aws"),
    ],
)
def test_the_registry_is_in_the_name(reference, registry):
    assert registry_of(reference) == registry


@pytest.mark.parametrize(
    "config",
    [
        {"auths": login()},
        {"auths": login(f"https://{HOST}/v1/")},
        login(),
        {"auths": login(), "credsStore": "nobody", "credHelpers": {HOST: "nobody"}},
    ],
    ids=["docker login", "address", ".dockercfg", "helpers are not run"],
)
def test_a_file_of_the_bundle_opens_its_registry(tmp_path, told, config):
    (tmp_path / "login.json").write_text(json.dumps(config))
    assert find_credentials(HOST, "login.json", tmp_path, told.append) == Credentials("ada", SECRET)


def test_what_the_file_says_nothing_about_is_looked_for_elsewhere(tmp_path, docker, told):
    (tmp_path / "login.json").write_text(json.dumps({"auths": login("other.example")}))
    (docker / "config.json").write_text(json.dumps({"auths": login(user="grace")}))
    assert find_credentials(HOST, "login.json", tmp_path, told.append) == Credentials("grace", SECRET)
    assert told == [f"login.json says nothing about {HOST}"]


@pytest.mark.parametrize(
    "text",
    [
        f"password: {SECRET}",
        f'"{SECRET}"',
        json.dumps({"auths": {HOST: SECRET}}),
        json.dumps({"auths": {HOST: {"auth": SECRET}}}),
        json.dumps({"auths": [SECRET]}),
        json.dumps({HOST: {"auth": SECRET}}),
    ],
)
def test_a_file_that_is_no_docker_configuration_is_refused_without_a_word_of_it(tmp_path, told, text):
    (tmp_path / "login.json").write_text(text)
    with pytest.raises(TargetError, match=r"login\.json is no docker configuration file") as refused:
        find_credentials(HOST, "login.json", tmp_path, told.append)
    assert SECRET not in str(refused.value) + str(told)


def test_a_file_outside_of_the_bundle_is_refused(tmp_path, told):
    (tmp_path / "version").mkdir()
    (tmp_path / "version/link").symlink_to(tmp_path / "login.json")
    (tmp_path / "login.json").write_text(json.dumps(login()))
    for name in ("../login.json", "link", str(tmp_path / "login.json")):
        with pytest.raises(TargetError, match="outside of the source bundle"):
            find_credentials(HOST, name, tmp_path / "version", told.append)
    with pytest.raises(TargetError, match="cannot be read: No such file"):
        find_credentials(HOST, "nowhere", tmp_path / "version", told.append)


def test_a_login_of_the_user_is_taken(tmp_path, docker, told):
    hub = login("https://index.docker.io/v1/", "hub")
    token = {"token.example": {"auth": "", "identitytoken": SECRET}}
    (docker / "config.json").write_text(json.dumps({"auths": {**login(), **hub, **token}}))
    assert find_credentials(HOST, "", tmp_path, told.append) == Credentials("ada", SECRET)
    assert find_credentials("docker.io", "", tmp_path, told.append) == Credentials("hub", SECRET)
    assert find_credentials("token.example", "", tmp_path, told.append) == Credentials("", token=SECRET)
    assert find_credentials("other.example", "", tmp_path, told.append) is None


@pytest.mark.parametrize("config", [{"credsStore": "safe"}, {"credHelpers": {HOST: "safe"}}])
def test_a_credential_helper_of_the_user_is_asked(tmp_path, docker, told, monkeypatch, config):
    helper = tmp_path / "docker-credential-safe"
    answer = json.dumps({"ServerURL": HOST, "Username": "ada", "Secret": SECRET})
    helper.write_text(f"#!/bin/sh\n[ \"$1 $(cat)\" = 'get {HOST}' ] && echo '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (docker / "config.json").write_text(json.dumps(config))
    assert find_credentials(HOST, "", tmp_path, told.append) == Credentials("ada", SECRET)


@pytest.mark.filterwarnings("ignore:docker-credential-nobody")
def test_a_helper_that_is_missing_is_told_and_passed_over(tmp_path, docker, told):
    (docker / "config.json").write_text(json.dumps({"credsStore": "nobody"}))
    assert find_credentials(HOST, "", tmp_path, told.append) is None
    assert told == ["the credential helper docker-credential-nobody of your docker configuration does not work"]


def test_a_broken_configuration_of_the_user_is_told_and_passed_over(tmp_path, docker, told):
    (docker / "config.json").write_text(json.dumps({"auths": {HOST: {"auth": SECRET}}}))
    assert find_credentials(HOST, "", tmp_path, told.append) is None
    assert told == ["your docker configuration (config.json) cannot be read and is passed over"]


def test_nobody_sees_a_password():
    assert SECRET not in repr(Credentials("ada", SECRET)) + str(Credentials("", token=SECRET))


@pytest.mark.parametrize(
    "registry",
    [ECR, f"{ECR}.cn", "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "123456789012.dkr-ecr.eu-west-1.on.aws"],
)
def test_amazon_gives_a_token_for_its_private_registries(tmp_path, told, aws, registry):
    assert find_credentials(registry, "", tmp_path, told.append) == MOTO
    assert told == []


def test_a_helper_for_the_registry_is_asked_before_amazon(tmp_path, docker, told, aws):
    (docker / "config.json").write_text(json.dumps({"credHelpers": {ECR: "nobody"}}))
    with pytest.warns(UserWarning, match="docker-credential-nobody"):
        assert find_credentials(ECR, "", tmp_path, told.append) is None


def test_without_a_login_to_aws_a_login_of_docker_will_do(tmp_path, docker, told):
    with pytest.raises(TargetError, match="nobody is logged in to AWS") as refused:
        find_credentials(ECR, "", tmp_path, told.append)
    assert "AWS_PROFILE" in refused.value.hint
    (docker / "config.json").write_text(json.dumps({"auths": login(ECR, "AWS")}))
    assert find_credentials(ECR, "", tmp_path, told.append) == Credentials("AWS", SECRET)
    assert told == ["no token of Amazon ECR: nobody is logged in to AWS"]


def test_without_boto3_the_extra_is_named(tmp_path, told, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(TargetError, match="boto3 is not installed") as refused:
        find_credentials(ECR, "", tmp_path, told.append)
    assert refused.value.hint == "pip install 'beanstalk[aws]'"


def test_an_amazon_that_refuses_is_quoted(tmp_path, told, monkeypatch):
    with serving(400, {"__type": "AccessDeniedException", "message": "you may not call it"}) as url:
        log_in_to_aws(monkeypatch)
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", url)
        with pytest.raises(TargetError, match="AWS refuses it: you may not call it"):
            find_credentials(ECR, "", tmp_path, told.append)


def test_an_amazon_that_is_away_is_told(tmp_path, told, monkeypatch):
    log_in_to_aws(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(TargetError, match="AWS cannot be asked: Could not connect"):
        find_credentials(ECR, "", tmp_path, told.append)


def test_the_public_registry_of_amazon_needs_no_login_and_takes_one(tmp_path, told, monkeypatch):
    assert find_credentials("public.ecr.aws", "", tmp_path, told.append) is None
    assert told == ["no token of Amazon ECR: nobody is logged in to AWS"]
    token = base64.b64encode(b"AWS:for-the-public").decode()
    with serving(200, {"authorizationData": {"authorizationToken": token}}) as url:
        log_in_to_aws(monkeypatch)
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECR_PUBLIC", url)
        found = find_credentials("public.ecr.aws", "", tmp_path, told.append)
    assert found == Credentials("AWS", "for-the-public")


def test_a_file_in_a_bucket_opens_its_registry(tmp_path, told, aws):
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="logins")
    client.put_object(Bucket="logins", Key="team/dockercfg", Body=json.dumps(login()))
    found = find_credentials(HOST, "s3://logins/team/dockercfg", tmp_path, told.append)
    assert found == Credentials("ada", SECRET)
    with pytest.raises(TargetError, match="s3://logins/nothing, which has the login, cannot be read: AWS refuses it"):
        find_credentials(HOST, "s3://logins/nothing", tmp_path, told.append)


@pytest.mark.docker
@pytest.mark.real
def test_the_token_of_amazon_opens_a_real_registry(tmp_path, engine, registry, aws):
    amazon = Registry(tmp_path)
    amazon.allow(MOTO.user, MOTO.password)
    amazon.start()
    try:
        image = build_image(engine, "beanstalk-tests/content", {"Dockerfile": b"FROM scratch\nLABEL of=tests\n"})
        found = ecr_credentials("eu-west-1")
        assert push(engine, image, f"{amazon.host}/shop:1", found, Silence()).startswith("sha256:")
    finally:
        amazon.stop()


class serving:
    """Something that gives every request this answer. Gives its address."""

    def __init__(self, status, answer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *words):
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
