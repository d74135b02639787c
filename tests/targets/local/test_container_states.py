"""When a container may start and how one ended, by what the engine says; no engine needed."""

from __future__ import annotations

import pytest

from beanstalk.containers import Borrowed, Condition, Container, Dependency, ImageSource
from beanstalk.errors import TargetError
from beanstalk.targets.local.container_states import end_of, may_start
from beanstalk.targets.local.container_view import Seen


def seen(state):
    return Seen("id-db", "db", "i-1", "e-1", state)


def web(**settings):
    return Container("web", ImageSource(), **settings)


def waits_for(condition):
    return web(depends_on=(Dependency("db", condition),))


def healthy(status, *outputs):
    return {"Health": {"Status": status, "Log": [{"Output": each} for each in outputs]}}


@pytest.mark.parametrize(
    ("condition", "state", "detail", "may"),
    [
        (Condition.STARTED, None, {}, False),
        (Condition.STARTED, "created", {}, False),
        (Condition.STARTED, "running", None, True),
        (Condition.STARTED, "exited", None, True),
        (Condition.HEALTHY, "running", None, False),
        (Condition.HEALTHY, "running", healthy("starting"), False),
        (Condition.HEALTHY, "running", healthy("healthy"), True),
        (Condition.COMPLETED, "running", {}, False),
        (Condition.COMPLETED, "exited", {"ExitCode": 3}, True),
        (Condition.SUCCEEDED, "running", {"ExitCode": 0}, False),
        (Condition.SUCCEEDED, "exited", {"ExitCode": 0}, True),
        (Condition.SUCCEEDED, "exited", None, False),
    ],
)
def test_a_condition_holds_or_not_yet(condition, state, detail, may):
    others = {"db": seen(state)} if state else {}
    assert may_start(waits_for(condition), others, lambda _: detail) is may


@pytest.mark.parametrize(
    ("condition", "state", "detail", "text"),
    [
        (Condition.SUCCEEDED, "exited", {"ExitCode": 3}, "db, which it waits for, exited with 3"),
        (Condition.SUCCEEDED, "exited", {}, "db, which it waits for, ended while nobody watched"),
        (Condition.HEALTHY, "exited", {"ExitCode": 137}, "db, which it waits for, was ended by SIGKILL"),
        (Condition.HEALTHY, "running", {}, "db, which it waits for, has no health check"),
        (Condition.HEALTHY, "running", healthy("none"), "db, which it waits for, has no health check"),
        (Condition.HEALTHY, "running", healthy("unhealthy", "a", "no\n disk "), "is unhealthy: no disk$"),
        (Condition.HEALTHY, "running", healthy("unhealthy"), "is unhealthy$"),
    ],
)
def test_a_condition_that_can_never_hold_is_an_error(condition, state, detail, text):
    with pytest.raises(TargetError) as caught:
        may_start(waits_for(condition), {"db": seen(state)}, lambda _: detail)
    import re

    assert re.search(text, caught.value.problem)
    assert caught.value.problem.startswith("web cannot be started: ")


def test_links_want_a_container_that_was_started_and_borrowed_mounts_one_that_is_there():
    linked, borrowing = web(links=(("db", "db"),)), web(volumes_from=(Borrowed("db"),))
    for state, linked_may, borrowing_may in ((None, False, False), ("created", False, True), ("running", True, True)):
        others = {"db": seen(state)} if state else {}
        assert may_start(linked, others, lambda _: None) is linked_may
        assert may_start(borrowing, others, lambda _: None) is borrowing_may


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"ExitCode": 0}, "exited with 0"),
        ({"ExitCode": 128}, "exited with 128"),
        ({"ExitCode": 143}, "was ended by SIGTERM"),
        ({"ExitCode": 255}, "exited with 255"),
        ({"ExitCode": 137, "OOMKilled": True, "Limit": 64 * 2**20}, "was ended: out of memory (limit 64 MiB)"),
        ({"ExitCode": 1, "OOMKilled": True, "Limit": 0}, "was ended: out of memory"),
        ({"ExitCode": 0, "OOMKilled": True, "Limit": 1}, "exited with 0"),
        ({}, "ended while nobody watched"),
    ],
)
def test_an_end_is_said_for_people(state, text):
    assert str(end_of("web", state)) == text
