"""The environment of a service: properties as variables and as `.env`, files, and what beats what."""

from __future__ import annotations

import pytest

from tests.container_groups.making import make, refused


def files(keys: str, **others: str) -> dict[str, str]:
    """A single service with these keys. others: further files, `_` for the dot of their names."""
    text = f"services: {{shop: {{image: shop, ports: ['80:80'], {keys}}}}}"
    return {"docker-compose.yml": text, **{name.replace("_", "."): content for name, content in others.items()}}


def environment(folder, keys: str, properties: dict[str, str] | None = None, **others: str) -> dict[str, str]:
    group, told = make(folder, files(keys, **others), properties=properties)
    assert told == []
    return dict(group.containers[0].environment)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("env_file: .env", {"A": "1", "B": "x$y"}),
        ("env_file: [./.env]", {"A": "1", "B": "x$y"}),
        ("env_file: /opt/elasticbeanstalk/deployment/env", {"A": "1", "B": "x$y"}),
        ("env_file: /var/app/current/.env", {"A": "1", "B": "x$y"}),
        ("env_file: .env, environment: {A: '2', C: '3'}", {"A": "2", "B": "x$y", "C": "3"}),
        ("environment: [A, B, C]", {"A": "1", "B": "x$y"}),
        ("environment: {X: '${A}-$B-${C:-c}'}", {"X": "1-x$y-c"}),
    ],
)
def test_properties_are_variables_and_stand_in_the_place_of_env(tmp_path, keys, expected):
    assert environment(tmp_path, keys, {"A": "1", "B": "x$y"}) == expected


def test_files_are_read_in_their_order_and_see_the_variables(tmp_path):
    found = environment(
        tmp_path, "env_file: [a.env, b.env]", {"P": "p"}, a_env="A=1\nB=${P}\nP\nUNKNOWN\n", b_env="A=2\n"
    )
    assert found == {"A": "2", "B": "p", "P": "p"}


def test_an_env_of_the_bundle_takes_the_place_of_the_properties(tmp_path):
    group, [told] = make(
        tmp_path, files("env_file: .env, environment: {X: '$A$B'}", _env="A=own\nB=${A}!\n"), properties={"A": "1"}
    )
    assert dict(group.containers[0].environment) == {"A": "own", "B": "own!", "X": "ownown!"}
    assert told.startswith(".env:1: environment properties that reach no container: A")


def test_properties_that_reach_nobody_are_told(tmp_path):
    _, [told] = make(tmp_path, files("environment: {X: '$A', B: null}"), properties={"A": "1", "B": "2", "C": "3"})
    assert told.startswith("docker-compose.yml:1: environment properties that reach no container: C\n")


def test_a_file_outside_of_the_bundle_is_told(tmp_path):
    _, [told] = make(tmp_path, files("env_file: ../secrets.env"))
    assert "the env_file ../secrets.env of shop is not applied here" in told


def test_a_file_that_may_be_missing_may_be_missing(tmp_path):
    assert environment(tmp_path, "env_file: [{path: a.env, required: false}]") == {}


@pytest.mark.parametrize(
    ("keys", "others", "place"),
    [
        ("env_file: a.env", {"a_env": "A=1\n=2\n"}, "a.env:2"),
        ("user: a", {"_env": "A=1\n=2\n"}, ".env:2"),
        ("env_file: a.env", {}, "docker-compose.yml:1"),
    ],
)
def test_mistakes_have_their_file_and_line(tmp_path, keys, others, place):
    [told] = refused(tmp_path, files(keys, **others))
    assert told.startswith(place)


def test_a_mistake_in_a_file_of_two_services_is_told_once(tmp_path):
    text = "services: {a: {image: a, ports: ['80:80'], env_file: x}, b: {image: b, env_file: x}}"
    assert len(refused(tmp_path, {"docker-compose.yml": text, "x": "=1"})) == 1


def test_a_variable_without_value_is_told_once(tmp_path):
    _, told = make(
        tmp_path, files("image: 'shop', hostname: '$NO', shm_size: '${NO:-1m}', dns: '$NO', cap_drop: [$NO]")
    )
    assert len([each for each in told if "the variable NO has no value" in each]) == 1
