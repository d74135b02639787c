"""Which container gets which secret, by the file that describes it; a value is nowhere, since nobody has read one."""

from __future__ import annotations

import json

import pytest

from beanstalk.options.catalogue import SECRETS
from tests.container_groups.making import make, one, refused

REFERENCE = "arn:aws:ssm:eu-west-1:1:parameter/a"
SECRET, OTHER = (f"{SECRETS}:{name}={REFERENCE}" for name in ("KEY", "OTHER"))
ALL = (("KEY", "KEY"), ("OTHER", "OTHER"))


def compose(keys: str, **others: str) -> dict[str, str]:
    text = f"services: {{shop: {{image: shop, ports: ['80:80'], {keys}}}}}"
    return {"docker-compose.yml": text, **{name.replace("_", "."): content for name, content in others.items()}}


def test_the_container_of_a_dockerfile_gets_all(tmp_path):
    found = one(tmp_path, {"Dockerfile": "FROM a\nEXPOSE 80"}, SECRET, OTHER, properties={"A": "1"})
    assert (found.environment, found.secrets) == ((("A", "1"),), ALL)


def test_each_container_of_a_dockerrun_gets_all_but_what_it_has_itself(tmp_path):
    web = {"portMappings": [{"hostPort": 80, "containerPort": 80}]}
    beside = {"environment": [{"name": "KEY", "value": "own"}]}
    containers = [{"name": name, "image": "a", "memory": 64, **own} for name, own in (("web", web), ("beside", beside))]
    files = {"Dockerrun.aws.json": json.dumps({"AWSEBDockerrunVersion": 2, "containerDefinitions": containers})}
    group, [told] = make(tmp_path, files, SECRET, OTHER)
    assert {each.name: each.secrets for each in group.containers} == {"web": ALL, "beside": (("OTHER", "OTHER"),)}
    assert "beside has its own KEY, which goes before the secret" in told


@pytest.mark.parametrize(
    ("keys", "secrets", "environment"),
    [
        ("env_file: .env", ALL, {"A": "1"}),
        ("environment: [KEY], env_file: b.env", (("KEY", "KEY"),), {"B": "b"}),
        ("environment: {PASSWORD: '${KEY}', A: '$A'}", (("PASSWORD", "KEY"),), {"A": "1"}),
        ("environment: {PASSWORD: '${KEY:-none}', B: '${NOTHING:-$OTHER}'}", (("PASSWORD", "KEY"), ("B", "OTHER")), {}),
        ("env_file: .env, environment: {KEY: own}", (("OTHER", "OTHER"),), {"A": "1", "KEY": "own"}),
    ],
)
def test_a_service_gets_those_that_it_names(tmp_path, keys, secrets, environment):
    group, _ = make(tmp_path, compose(keys, b_env="B=b\n"), SECRET, OTHER, properties={"A": "1"})
    assert (group.containers[0].secrets, dict(group.containers[0].environment)) == (secrets, environment)


@pytest.mark.parametrize(
    "keys",
    [
        "environment: {URL: 'postgres://shop:${KEY}@db'}",
        "command: 'serve --password=$KEY'",
        "labels: {key: $KEY}",
        "build: {context: ., args: {KEY: $KEY}}",
    ],
)
def test_a_service_that_needs_one_anywhere_else_is_told_how(tmp_path, keys):
    (told,) = refused(tmp_path, compose(keys, Dockerfile="FROM a"), SECRET)
    assert "shop needs the secret KEY in more than a variable of its own" in told
    assert "NAME: ${KEY}" in told


def test_a_secret_that_reaches_nobody_is_told_like_a_property(tmp_path):
    _, [told] = make(tmp_path, compose("environment: {X: '$KEY'}"), SECRET, OTHER)
    assert told.startswith("docker-compose.yml:1: environment properties that reach no container: OTHER\n")
