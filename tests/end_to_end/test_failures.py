"""What fails leaves everything as it was before, with one clear cause; and what ends leaves nothing at all."""

from __future__ import annotations

import http.client
import os
import signal

import pytest

from beanstalk.errors import EnvironmentBusy
from beanstalk.model import Outcome, Phase, Policy
from beanstalk.records import State
from beanstalk.service.operations import when_free
from tests.end_to_end.site import BUILDING, wait_until

pytestmark = pytest.mark.real
FAILURES = {
    "it cannot be started": ({"files": [("Procfile", "web: no-such-program\n")]}, "exited with 127"),
    "it exits at once": ({"env": {"EXIT_CODE": 3}}, "exited with 3"),
    "its check says 500": ({"env": {"HEALTH": 500}, "wrong": 1}, "GET /health answered 500"),
    "its check leads elsewhere": ({"env": {"HEALTH": 302}, "wrong": 1}, "GET /health answered 302 to /login"),
    "its check takes too long": ({"env": {"SLOW_HEALTH": 60}, "timeout": 3}, "was not answered within 1 s"),
    "it never listens": ({"env": {"NEVER_LISTEN": 1}, "timeout": 3}, "nothing listens on port"),
    "its build fails": ({"files": [("build.sh", "echo no such package; exit 4")]}, "exit code 4"),
}


@pytest.mark.parametrize("version, cause", list(FAILURES.values()), ids=list(FAILURES))
def test_a_version_that_does_not_work_changes_nothing(site, version, cause):
    site.create("v1", platform=BUILDING, files=[("build.sh", "true")], size=2, health="/health", health_timeout=1)
    before = site.members()
    with site.clients(slow=False) as clients, site.watch() as watch:
        result = site.deploy("bad", **{"files": [("build.sh", "true")], **version})
        assert clients.lost() == []
    assert (result.outcome, site.labels()) == (Outcome.ROLLED_BACK, ["v1"] * 2)
    assert cause in result.cause
    assert len([message for message in site.messages() if cause in message]) == 1
    assert watch.broken(result) == []
    assert site.members() == before
    assert site.leftovers() == []


def test_dependencies_that_cannot_be_read_fail_the_deployment(site):
    site.create("v1", platform="python", size=1)
    result = site.deploy("bad", files=[("requirements.txt", "this is no === requirement\n")])
    assert result.outcome is Outcome.ROLLED_BACK
    assert "build failed" in result.cause
    assert site.get() == (200, "v1")
    assert site.leftovers() == []


@pytest.mark.parametrize("policy", [Policy.ALL_AT_ONCE, Policy.ROLLING])
def test_a_deployment_that_stops_where_it_is_can_be_mended(site, policy):
    site.create("v1", size=3)
    stopped = site.deploy("bad", env={"EXIT_CODE": 3}, policy=policy, on_failure="stop")
    assert stopped.outcome is Outcome.FAILED
    assert "exited with 3" in stopped.cause
    mended = site.deploy("v2", policy=Policy.ROLLING)
    assert mended.outcome is Outcome.SUCCEEDED
    site.settle()
    assert site.labels() == ["v2"] * 3
    assert site.leftovers() == []


def is_building(deployment, instances):
    return deployment.phase is Phase.BUILD


def is_starting(deployment, instances):
    return any(each.state is State.PENDING and each.deployment_id == deployment.id for each in instances)


def is_holding(deployment, instances):
    return deployment.phase is Phase.EVALUATE


def is_committing(deployment, instances):
    return deployment.phase is Phase.COMMIT and any(each.state is State.DRAINING for each in instances)


ABORTED = {
    "building": (is_building, Policy.ROLLING, "sleep 60", {}),
    "starting": (is_starting, Policy.ADDITIONAL_BATCH, "true", {"START_SECONDS": 60}),
    "all at once": (is_starting, Policy.ALL_AT_ONCE, "true", {"START_SECONDS": 60}),
    "holding": (is_holding, Policy.TRAFFIC_SPLITTING, "true", {}),
    "committing": (is_committing, Policy.IMMUTABLE, "true", {}),
}


@pytest.mark.parametrize("reached, policy, build, env", list(ABORTED.values()), ids=list(ABORTED))
def test_a_deployment_can_be_aborted_while_it_is(site, reached, policy, build, env):
    site.create("v1", platform=BUILDING, files=[("build.sh", "true")], size=2, rude=True, drain=3)
    with site.stream():  # keeps an instance from leaving at once
        change = site.prepare_deploy("v2", policy=policy, files=[("build.sh", build)], env=env, evaluate=60, rude=True)
        operation = site.begin(change)
        wait_until("the moment", lambda: reached(site.store.deployment_of(operation.id), site.instances()))
        site.abort()
        result = site.end(operation)
    assert result.cause == "aborted by the user"
    assert result.outcome is Outcome.ABORTED
    site.settle()
    assert site.labels() == ["v1"] * 2
    assert site.get() == (200, "v1")
    assert site.leftovers() == []


def test_blue_green_with_a_version_that_does_not_work_swaps_nothing(site):
    site.create("v1", size=2)
    with site.clients(slow=False) as clients:
        result = site.end(site.begin(site.prepare_blue_green("bad", EXIT_CODE=3)))
        assert clients.lost() == []
    assert (result.outcome, site.get()) == (Outcome.ROLLED_BACK, (200, "v1"))
    assert "exited with 3" in result.cause
    site.settle()
    assert [(each.name, each.cname) for each in site.store.living()] == [("shop", "shop")]
    assert site.scale(1).outcome is Outcome.SUCCEEDED
    assert site.leftovers(patience_s=60) == []  # its folder goes with the next housekeeping


def test_an_instance_is_replaced_while_another_environment_is_made_for_blue_green(site):
    site.create("v1", size=2)
    operation = site.begin(site.prepare_blue_green("v2", START_SECONDS=60))
    killed = site.processes("instance")[0]
    os.kill(killed.pid, signal.SIGKILL)
    wait_until("another instance", lambda: killed.instance not in str(site.instances()) and len(site.labels()) == 2)
    site.abort()
    assert site.end(operation).outcome is Outcome.ABORTED


def test_going_back_goes_on_whoever_aborts_it(site):
    site.create("v1", size=2, env={"START_SECONDS": 1})
    operation = site.begin(site.prepare_deploy("bad", env={"EXIT_CODE": 3}, policy=Policy.ROLLING))
    wait_until("the way back", lambda: site.store.deployment_of(operation.id).phase is Phase.BACK)
    site.abort()
    assert site.end(operation).outcome is Outcome.ROLLED_BACK
    site.settle()
    assert site.labels() == ["v1"] * 2
    assert site.leftovers() == []


def test_a_second_operation_is_told_who_is_there_and_may_wait(site):
    site.create("v1", size=1)
    first = site.begin(site.prepare_deploy("v2", env={"START_SECONDS": 1.5}))
    later = site.version("v3")
    with pytest.raises(EnvironmentBusy, match=r"shop is held by deploy, begun \d+ s ago by .*a test"):
        site.begin(site.prepare_version(later))
    second = when_free(site.service, lambda: site.begin(site.prepare_version(later)), "shop", 60)
    assert site.end(first).outcome is Outcome.SUCCEEDED
    assert site.end(second).outcome is Outcome.SUCCEEDED
    assert site.labels() == ["v3"]


def test_a_creation_that_fails_leaves_nothing(site):
    result = site.create("bad", env={"EXIT_CODE": 3})
    assert (result.outcome, site.store.living()) == (Outcome.ROLLED_BACK, [])
    assert "exited with 3" in result.cause
    wait_until("nothing left", lambda: not site.processes())
    assert site.leftovers() == []
    assert site.create("v1", size=1).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("balancer", ["haproxy", "caddy"])
def test_termination_leaves_nothing(site):
    site.create("v1", size=2)
    site.create("v2", name="shop-two", size=1)
    ports = [each.port for each in site.store.living_instances()]
    assert site.terminate().outcome is Outcome.SUCCEEDED
    assert site.leftovers() == []
    assert site.get() == (404, None)
    assert site.get(host="shop-two.localhost") == (200, "v2")
    site.terminate_all()
    assert site.leftovers() == []
    assert list((site.home.run / "balancer").glob("*.pid")) + list((site.home.run / "balancer").glob("*.sock")) == []
    assert [port for port in (*ports, site.home.port) if answers(port)] == []


def answers(port):
    try:
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
    except OSError:
        return False
    return True
