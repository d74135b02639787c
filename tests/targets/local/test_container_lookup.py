"""What a container does not have is told before the docker command is asked to start it."""

from __future__ import annotations

import pytest

from beanstalk.errors import ProgramRefused, TargetError
from beanstalk.targets.local.container_lookup import check_program, check_running
from tests.engine import build_image

pytestmark = pytest.mark.docker
IN_MEMORY = {"/run/tools": "size=1m"}


@pytest.fixture
def make(engine):
    """make(image, **more): the id of a container that was never started."""
    made = []

    def create(image, command=("sleep", "9"), **more):
        with engine.ask() as api:
            host = api.create_host_config(tmpfs=IN_MEMORY)
            made.append(api.create_container(image, list(command), host_config=host, **more)["Id"])
        return made[-1]

    yield create
    with engine.ask() as api:
        for each in made:
            api.remove_container(each, force=True)


def refusal(engine, container_id, *words, **more):
    with pytest.raises(ProgramRefused) as error:
        check_program(engine, container_id, "web", words, **more)
    return error.value.code, str(error.value)


@pytest.mark.parametrize(
    "words",
    [
        ["a line; of any kind"],
        ["env", "x"],
        ["python3", "-V"],
        ["/bin/sh", "-c", "true"],
        ["./main.sh", "x"],
        ["/run/tools/x", "y"],
        ["/proc/self/exe", "x"],
    ],
)
def test_what_is_there_or_may_be_there_is_let_through(engine, python_image, make, words):
    image = build_image(engine, "beanstalk-tests/lookup", {**dockerfile(python_image), "main.sh": b"#!/bin/sh\n"})
    check_program(engine, make(image, working_dir="/app"), "web", words)


def test_what_is_not_there_is_127(engine, python_image, make):
    found = make(python_image)
    assert refusal(engine, found, "no-such", "x") == (
        127,
        "the container web has no program no-such\n  hint: name one of its image, by its path if need be",
    )
    assert refusal(engine, found, "/no/such", "x")[0] == 127
    assert refusal(engine, make(python_image, environment={"PATH": "/nowhere"}), "env", "x")[0] == 127


def test_what_cannot_be_executed_is_126(engine, python_image, make):
    found = make(python_image)
    assert refusal(engine, found, "/usr", "x") == (
        126,
        "/usr of the container web cannot be executed\n  hint: name what runs it, as sh FILE",
    )


def test_an_image_without_a_shell_runs_no_line(engine, make):
    image = build_image(engine, "beanstalk-tests/lookup-bare", {"Dockerfile": b"FROM scratch\nCOPY x /x\n", "x": b""})
    code, text = refusal(engine, make(image), "echo hello")
    assert (code, "has no shell (/bin/sh)" in text, "as several words" in text) == (127, True, True)


def test_a_container_of_its_own_begins_with_its_entry_point(engine, python_image, make):
    found = make(python_image, ["no-such"], entrypoint=["env"])
    check_program(engine, found, "web", ["no-such", "x"], own=True)
    assert refusal(engine, make(python_image, ["no-such", "x"]), "no-such", "x", own=True)[0] == 127


def test_a_container_that_has_ended_says_with_what(engine, python_image, make):
    found = make(python_image, ["sh", "-c", "exit 7"])
    with engine.ask() as api:
        api.start(found)
        api.wait(found)
    with pytest.raises(TargetError, match=r"^the container side is not running: it ended with 7\n"):
        check_running(engine, found, "side")


def test_one_that_runs_is_let_through(engine, python_image, make):
    found = make(python_image, ["sleep", "60"])
    with engine.ask() as api:
        api.start(found)
    check_running(engine, found, "web")


def dockerfile(image):
    return {"Dockerfile": f"FROM {image}\nWORKDIR /app\nCOPY main.sh main.sh\n".encode()}
