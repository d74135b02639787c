"""Dockerrun.aws.json of version 2: typed values, rules between containers, and nothing lost."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beanstalk.errors import BeanstalkError, InvalidInput, Where
from beanstalk.source.container import Container, camel
from beanstalk.source.cycles import find_cycles
from beanstalk.source.dockerrun import DockerrunV2, read_dockerrun
from beanstalk.source.dockerrun_v2 import HostPath, Volume
from beanstalk.source.json_schema import read_schema

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
SCHEMA = read_schema("dockerrun-v2")
WEB = {"name": "web", "image": "nginx", "memory": 128, "portMappings": [{"hostPort": 80, "containerPort": 80}]}


def read(*containers, **more) -> DockerrunV2:
    value = {"AWSEBDockerrunVersion": 2, "containerDefinitions": containers, **more}
    found = read_dockerrun("Dockerrun.aws.json", json.dumps(value, indent=1).encode())
    assert isinstance(found, DockerrunV2)
    return found


def refused(*containers, **more) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(*containers, **more)
    return str(caught.value)


def container(name: str, **more):
    return {"name": name, "image": "app", "memory": 64, **more}


def test_a_task_is_read_with_the_volumes_that_are_there_by_themselves():
    mount = {"sourceVolume": "awseb-logs-web", "containerPath": "/var/log/nginx"}
    volumes = [{"name": "src", "host": {"sourcePath": "/var/app/current/src"}}]
    found = read({**WEB, "mountPoints": [mount]}, container("app"), volumes=volumes)
    assert [each.name for each in found.containers] == ["web", "app"] and not found.warnings
    assert found.containers[0].port_mappings[0].host_port == 80 and found.containers[0].essential
    assert found.all_volumes == (
        Volume("src", HostPath("/var/app/current/src")),
        Volume("awseb-logs-web", HostPath("/var/log/containers/web")),
        Volume("awseb-logs-app", HostPath("/var/log/containers/app")),
    )


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ({}, "the container a has neither memory nor memoryReservation"),
        ({"memory": 0}, "neither memory nor memoryReservation"),
        ({"memory": None, "memoryReservation": 0}, "neither memory nor memoryReservation"),
        ({"memory": 64, "memoryReservation": 64}, "memory 64 of the container a is not above its memoryReservation 64"),
        ({"memory": "64"}, "memory: a text where a whole number belongs\n  hint: write 64 without quotes"),
        ({"memory": 64.5}, "memory: a number where a whole number belongs"),
        ({"memory": -1}, "memory: -1 is out of range"),
    ],
)
def test_every_container_needs_memory_that_makes_sense(memory, said):
    text = refused(WEB, {"name": "a", "image": "b", **memory})
    assert said in text and text.count("hint:") == 1


@pytest.mark.parametrize(
    "memory", [{"memoryReservation": 5}, {"memory": 64, "memoryReservation": 32}, {"memory": 64.0}]
)
def test_one_of_the_two_is_enough(memory):
    assert not read(WEB, {"name": "a", "image": "b", **memory}).warnings


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"links": ["wep"]}, "links of a names wep, which is no container\n  hint: did you mean web?"),
        ({"links": ["a:self"]}, "links of a names the container itself"),
        ({"volumesFrom": [{"sourceContainer": "x"}]}, "volumesFrom of a names x"),
        ({"dependsOn": [{"containerName": "x", "condition": "START"}]}, "dependsOn of a names x"),
        ({"dependsOn": [{"containerName": "web", "condition": "SUCCESS"}]}, "but web is essential"),
        ({"dependsOn": [{"containerName": "web", "condition": "HEALTHY"}]}, "a health check that web has not"),
        ({"dependsOn": [{"containerName": "web", "condition": "UP"}]}, "dependsOn[0].condition: 'UP' is not possible"),
        ({"mountPoints": [{"sourceVolume": "scr", "containerPath": "/a"}]}, "did you mean src?"),
        ({"mountPoints": [{"sourceVolume": "awseb-logs-x", "containerPath": "/a"}]}, "logs of this container are"),
        ({"mountPoints": [{"containerPath": "/a"}]}, "mountPoints[0]: sourceVolume is missing"),
        ({"portMappings": [{"containerPort": 1, "hostPort": 80}]}, "port 80/tcp is used twice, by web"),
        ({"portMappings": [{"hostPort": 81}]}, "a port of a without containerPort"),
        ({"portMappings": [{"containerPort": 1, "hostPort": 2376}]}, "host port 2376 is taken by the instance itself"),
        ({"portMappings": [{"containerPort": 70000}]}, "containerPort: 70000 is out of range"),
        ({"environment": [{"name": "A", "value": 1}]}, 'write "1", with quotes'),
        ({"essential": "true"}, "essential: a text where true or false belongs\n  hint: write true without quotes"),
        ({"command": "run"}, "command: a text where a list [ ] belongs\n  hint: put it into [ ]"),
        ({"image": "Not/An/Image"}, "capital letters in 'An'"),
        ({"image": ""}, "image: empty"),
        ({"name": "a b"}, "name: 'a b' is not possible"),
        ({"name": "web"}, "a second container called web"),
        ({"healthCheck": {"command": ["CMD", "a"], "interval": 1}}, "healthCheck.interval: 1 is out of range"),
        ({"logConfiguration": {"logDriver": "file"}}, "logDriver: 'file' is not possible"),
    ],
)  # fmt: skip
def test_what_would_make_the_task_fail_is_an_error(more, said):
    assert said in refused(WEB, container("a") | more, volumes=[{"name": "src"}])


def test_the_same_host_port_of_another_protocol_or_a_free_one_is_no_clash():
    ports = [{"hostPort": 80, "containerPort": 1, "protocol": "udp"}, {"hostPort": 0, "containerPort": 2}]
    assert not read(WEB, container("a", portMappings=[*ports, {"containerPort": 3}])).warnings


def test_containers_that_need_each_other_in_a_circle_are_told_as_a_way():
    wait = [{"containerName": "c", "condition": "START"}]
    text = refused(
        WEB,
        container("a", links=["b"]),
        container("b", dependsOn=wait),
        container("c", volumesFrom=[{"sourceContainer": "a"}]),
    )
    assert "containers that need each other to start: a -> b -> c -> a" in text


def test_one_container_has_to_be_essential():
    assert "no container is essential" in refused({**WEB, "essential": False})


def test_all_problems_come_at_once_in_the_order_of_the_file():
    with pytest.raises(InvalidInput) as caught:
        read({"name": "a"}, container("b", links=["x"]), {"image": "c", "memory": 1, "cpu": "1"})
    places = [problem.at.line for problem in caught.value.problems if problem.at]
    assert len(places) == 5 and places == sorted(places)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"family": "x"}, "the key family is not known here and has no effect"),
        ({"Volumes": []}, "Volumes belongs to version 1 and has no effect"),
        ({"Authentication": {}}, "did you mean authentication?"),
    ],
)
def test_keys_that_nobody_reads_are_warnings_and_stay(more, said):
    found = read(WEB, **more)
    assert said in "".join(map(str, found.warnings))
    assert found.to_json().items() >= more.items()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"memoryReservaton": 1}, "did you mean memoryReservation?"),
        ({"memory": 4}, "less than Docker starts a container with"),
        ({"secrets": [{"name": "A", "valueFrom": "b"}]}, "has secrets, but there is no executionRoleArn"),
        ({"portMappings": [{"containerPort": 1, "protocol": "TCP"}]}, "protocol: 'TCP' is not possible"),
        ({"image": "org/app:<TAG>"}, "not filled in: <TAG>"),
        ({"name": "<NAME>", "links": ["${OTHER}:x"]}, "not filled in: <NAME>"),
    ],
)  # fmt: skip
def test_what_is_tolerated_is_a_warning(more, said):
    assert said in "\n".join(map(str, read(WEB, container("a") | more).warnings))


def test_the_load_balancer_has_to_reach_something():
    (warning,) = read(container("a")).warnings
    assert warning.at == Where("Dockerrun.aws.json", 4, 3) and "host port 80" in warning.text


def test_a_relative_folder_of_the_bundle_is_refused_with_where_it_is():
    text = refused(WEB, volumes=[{"name": "v", "host": {"sourcePath": "./conf"}}])
    assert "write /var/app/current/conf" in text


def test_definitions_for_ones_own_machine_are_never_an_error():
    found = read(WEB, localContainerDefinitions=[{"name": "db", "image": "mysql", "memory": "x"}])
    assert found.local_containers[0].name == "db" and len(found.warnings) == 1


@pytest.mark.parametrize("body", [{}, {"containerDefinitions": []}, {"Image": {"Name": "a"}, "Ports": []}])
def test_containers_are_what_it_is_about(body):
    with pytest.raises(InvalidInput, match="containerDefinitions"):
        read_dockerrun("Dockerrun.aws.json", json.dumps({"AWSEBDockerrunVersion": 2, **body}).encode())


@pytest.mark.parametrize(
    ("needs", "circles"),
    [
        ({"a": ["b"], "b": []}, ()),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, (("a", "b", "a"), ("c", "d", "c"))),
        ({str(n): [str(n + 1)] for n in range(5_000)}, ()),
    ],
)
def test_circles_are_found_however_long_the_way(needs, circles):
    assert tuple(sorted(find_cycles(needs))) == circles


def rules_of(schema, at=""):
    """Every member of the schema: (dotted name, rule), references followed."""
    schema = {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], **schema} if "$ref" in schema else schema
    for name, rule in schema.get("properties", {}).items():
        yield f"{at}{name}", rule
        yield from rules_of(rule.get("items", rule), f"{at}{name}.")


def fields_of(kind, at=""):
    from beanstalk.source.container import _hints

    for field in fields(kind):
        name = at + camel(field.name)
        yield name
        hint = _hints(kind)[field.name]
        for inner in [*getattr(hint, "__args__", ()), hint]:
            if is_dataclass(inner):
                yield from fields_of(inner, name + ".")


@pytest.mark.parametrize(("kind", "name"), [(Container, "container"), (Volume, "volume")])
def test_the_typed_values_have_exactly_the_fields_of_the_schema(kind, name):
    assert list(fields_of(kind)) == [each for each, _ in rules_of(SCHEMA["$defs"][name])]


def values(rule):
    """Whatever the schema takes, as a strategy."""
    rule = {**SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]], **rule} if "$ref" in rule else rule
    if "enum" in rule:
        return st.sampled_from(rule["enum"])
    match rule["type"]:
        case "object" if "properties" in rule:
            needed = {
                name: values(each) for name, each in rule["properties"].items() if name in rule.get("required", ())
            }
            others = {name: values(each) for name, each in rule["properties"].items() if name not in needed}
            return st.fixed_dictionaries(needed, optional=others)
        case "object":
            return st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
        case "array":
            return st.lists(values(rule["items"]), min_size=rule.get("minItems", 0), max_size=2)
        case "integer":
            return st.integers(rule.get("minimum", 0), rule.get("maximum", 9999))
        case "boolean":
            return st.booleans()
    return (
        st.from_regex(rule["pattern"].replace("$", r"\Z"))
        if "pattern" in rule
        else st.text("ab/", min_size=1, max_size=5)
    )


def written(value, given):
    """What `value`, read from `given`, says: in the words of ECS."""
    if isinstance(given, dict) and is_dataclass(value):
        by_name = {camel(field.name): getattr(value, field.name) for field in fields(value)}
        return {name: written(by_name[name], each) for name, each in given.items()}
    if isinstance(given, dict):
        return dict(value)
    return [written(*pair) for pair in zip(value, given, strict=True)] if isinstance(given, list) else value


@QUICK
@given(values({"$ref": "#/$defs/container"}), values({"$ref": "#/$defs/volume"}))
def test_no_field_of_a_container_or_a_volume_is_lost(definition, volume):
    definition |= {"name": "a", "image": "b", "memory": 9, "essential": True, "links": [], "volumesFrom": []}
    definition |= {"mountPoints": [], "dependsOn": [], "portMappings": [], "memoryReservation": 8}
    volume.pop("host", None)
    found = read(definition, volumes=[volume])
    assert written(found.containers[0], definition) == definition
    assert written(found.volumes[0], volume) == volume
    assert found.to_json()["containerDefinitions"] == [definition]


NAMES = sorted({name.rpartition(".")[2] for name, _ in rules_of(SCHEMA)} | {"x"})
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-1, 99)
    | st.floats(0, 9)
    | st.sampled_from(["", "a", "b", "a:b", "1", "<X>"])
)
ANY = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from([*SCHEMA["properties"], "Image", "Ports", "Volumes", "Authentication"])
VERSIONS = st.sampled_from([1, 2, "3", 1.0, None])


@QUICK
@given(
    VERSIONS, st.dictionaries(KEYS, ANY, max_size=4), st.lists(ANY, max_size=3), st.sampled_from([None, True, False])
)
def test_no_content_gives_anything_but_a_value_or_a_refusal(version, body, containers, dockerfile):
    value = {"containerDefinitions": containers, **body, "AWSEBDockerrunVersion": version}
    try:
        found = read_dockerrun("Dockerrun.aws.json", json.dumps(value).encode(), dockerfile)
        assert found.raw.plain() == value
    except BeanstalkError as error:
        assert str(error)


@pytest.mark.parametrize(
    "containers",
    [
        [container(f"c{n}", links=[f"d{n}"]) for n in range(1500)],
        [container("a", links=[f"l{n}" for n in range(9000)])],
        [container("a", **{f"key{n}": 1 for n in range(9000)})],
        [container("a", mountPoints=[{"sourceVolume": f"v{n}", "containerPath": "/a"} for n in range(4000)])],
    ],
)
def test_what_is_far_too_much_is_read_or_refused_in_no_time(containers):
    try:
        assert read(*containers).containers
    except InvalidInput as error:
        assert error.problems
