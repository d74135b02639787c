"""Task definitions for one program, and how running tasks are entered."""

from __future__ import annotations

import pytest

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.service.aws.programs import choose_task
from beanstalk.targets.aws.execute import execute_command
from beanstalk.targets.aws.once import log_stream, once_document, web_container

LOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "/shop", "awslogs-stream-prefix": "beanstalk"}}
WEB = {
    "name": "web", "image": "web@sha256:1", "entryPoint": ["/entry"], "command": ["serve"], "mountPoints": [],
    "environment": [{"name": "A"}], "secrets": [{"name": "B"}], "portMappings": [{"containerPort": 80}],
    "dependsOn": [{"containerName": "db"}], "healthCheck": {"command": ["true"]}, "logConfiguration": LOGS,
}  # fmt: skip
DEFINITION = {
    "family": "shop", "containerDefinitions": [{"name": "beanstalk-sqsd"}, {"name": "db", "essential": False}, WEB],
    "cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
    "taskRoleArn": "role", "revision": 3, "status": "ACTIVE", "volumes": [],
}  # fmt: skip


def test_the_program_has_the_container_alone_with_all_that_it_is_given():
    found = once_document(DEFINITION, "web", ("python", "manage.py", "migrate"))
    assert found == {
        "family": "shop-once", "cpu": "256", "memory": "512", "networkMode": "awsvpc", "taskRoleArn": "role",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{
            "name": "web", "image": "web@sha256:1", "entryPoint": ["/entry"], "essential": True,
            "command": ["python", "manage.py", "migrate"], "environment": [{"name": "A"}],
            "secrets": [{"name": "B"}], "logConfiguration": LOGS,
        }],
    }  # fmt: skip


def test_one_word_is_a_line_for_the_shell():
    [web] = once_document(DEFINITION, "web", ("./a && ./b",))["containerDefinitions"]
    assert (web["entryPoint"], web["command"]) == (["/bin/sh", "-c"], ["./a && ./b"])


def test_a_container_that_there_is_not_is_told_with_those_there_are():
    with pytest.raises(NotFound, match="there is no container api") as raised:
        once_document(DEFINITION, "api", ("true",))
    assert raised.value.hint == "there are: beanstalk-sqsd, db, web"


def test_the_container_is_that_which_gets_requests_or_messages():
    assert web_container({"loadBalancers": [{"containerName": "proxy"}]}, DEFINITION) == "proxy"
    assert web_container({}, DEFINITION) == "web"


def test_where_a_program_writes():
    assert log_stream(DEFINITION, "web", "aa11") == ("/shop", "beanstalk/web/aa11")
    assert log_stream(DEFINITION, "db", "aa11") == ("", "")


@pytest.mark.parametrize(
    ("words", "line"),
    [(("./a && ./b",), "/bin/sh -c './a && ./b'"), (("echo", "a b"), "echo 'a b'")],
)
def test_a_task_is_entered_by_awss_own_client(words, line):
    command = execute_command("shop", "aa11", "web", words)
    assert command[:3] == ["aws", "ecs", "execute-command"]
    assert command[-2:] == ["--command", line]


@pytest.mark.parametrize(("wanted", "number", "found"), [("", 0, "aa11"), ("bb", 0, "bb22"), ("", 2, "bb22")])
def test_a_task_is_chosen_by_its_id_or_its_place(wanted, number, found):
    assert choose_task(["aa11", "bb22"], "shop", wanted, number) == found


@pytest.mark.parametrize(("wanted", "number"), [("cc", 0), ("", 3)])
def test_a_task_that_there_is_not_is_told_with_those_there_are(wanted, number):
    with pytest.raises(NotFound) as raised:
        choose_task(["aa11", "bb22"], "shop", wanted, number)
    assert raised.value.hint == "there are: aa11, bb22"


def test_the_beginning_of_two_ids_is_none():
    with pytest.raises(NotFound, match="several instances begin with a"):
        choose_task(["aa11", "ab22"], "shop", "a", 0)


def test_without_tasks_nobody_is_entered():
    with pytest.raises(BeanstalkError, match="shop has no running instance"):
        choose_task([], "shop", "", 0)
