"""What holds for processes holds for containers: no request is lost, never too few serve, whatever is killed."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from itertools import product

import pytest

from beanstalk.errors import NotFound, ProgramRefused
from beanstalk.model import Outcome, Policy
from beanstalk.service.programs import run_inside, run_once
from tests.end_to_end.container_site import ContainerSite
from tests.end_to_end.site import wait_until
from tests.end_to_end.test_kills import BACK, BALANCERS, MOMENTS, until_killed
from tests.end_to_end.test_loss import KEEPING
from tests.end_to_end.test_scripts import BLUE_GREEN

pytestmark = [pytest.mark.real, pytest.mark.docker]
KINDS = ["single", "several"]


@pytest.fixture
def kind():
    """`single` or `several` containers as an instance."""
    return "single"


@pytest.fixture
def site(balancer, kind, engine, python_image):
    site = ContainerSite(balancer, engine, python_image, several=kind == "several")
    try:
        yield site
    finally:
        site.close()


def kinds(strategies):
    """(strategy, balancer, kind): by default every strategy with both balancers and both kinds in turn."""
    for number, (strategy, balancer, kind) in enumerate(product(strategies, BALANCERS, KINDS)):
        marks = [] if number % 4 in (0, 3) else [pytest.mark.exhaustive]
        yield pytest.param(strategy, balancer, kind, id=f"{strategy}-{balancer}-{kind}", marks=marks)


@pytest.mark.parametrize("policy, balancer, kind", list(kinds(KEEPING)))
def test_a_deployment_loses_no_request(site, policy):
    created = site.create("v1", rude=True, size=2, batch=1)
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    with site.clients(rate=100) as clients, site.watch() as watch:
        result = site.deploy("v2", rude=True, policy=policy, percent=50, evaluate=1)
        clients.until_answered_by("v2")
        assert clients.lost() == []
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert watch.broken(result) == []
    assert site.labels() == ["v2"] * 2
    assert site.leftovers() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_version_loses_no_request(site):
    site.create("v1", rude=True, size=2, batch=1, health="/health")
    with site.clients(rate=100, slow=False) as clients:
        result = site.deploy("bad", env={"HEALTH": 500}, policy=Policy.ADDITIONAL_BATCH, wrong=1)
        assert clients.lost() == []
    assert result.outcome is Outcome.ROLLED_BACK, result.cause
    assert "GET /health answered 500" in result.cause
    assert site.labels() == ["v1"] * 2
    assert site.leftovers() == []


@pytest.mark.parametrize("policy, balancer, kind", list(kinds([Policy.ALL_AT_ONCE])))
def test_all_at_once_replaces_everything(site, policy):
    site.create("v1", size=2)
    with site.watch() as watch:
        result = site.deploy("v2", policy=policy)
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert watch.broken(result) == []
    assert site.labels() == ["v2"] * 2
    assert site.get() == (200, "v2")
    assert site.leftovers() == []


@pytest.mark.parametrize("strategy, balancer, kind", list(kinds([BLUE_GREEN])))
def test_blue_green_loses_no_request(site, strategy):
    site.create("v1", rude=True, size=2)
    with site.clients(rate=100) as clients:
        result = site.blue_green("v2", rude=True, terminate_old=True)
        clients.until_answered_by("v2")
        wait_until("the end of the old environment", lambda: len(site.store.living()) == 1)
        assert clients.lost() == []
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert site.environment("shop-green").cname == "shop"
    site.settle()
    assert site.leftovers() == []


def agent_kills(moments_of):
    """(policy, balancer, kind, moments): all moments of a policy in one deployment. By default each policy once, with
    balancers and kinds in turn."""
    for number, (policy, moments) in enumerate(moments_of.items()):
        usual = BALANCERS[number % 2], KINDS[number // 2 % 2]
        for balancer, kind in product(BALANCERS, KINDS):
            marks = [] if (balancer, kind) == usual else [pytest.mark.exhaustive]
            name = f"{policy}-{balancer}-{kind}"
            yield pytest.param(policy, balancer, kind, ["starting", *moments], id=name, marks=marks)


@pytest.mark.parametrize("policy, balancer, kind, moments", list(agent_kills(MOMENTS)))
def test_a_deployment_whose_agent_is_killed_loses_no_request(site, policy, moments):
    site.create("v1", rude=True, size=2)
    with site.clients(rate=100) as clients:
        for label, left in until_killed(moments):
            with site.killer(left) as killer, site.watch() as watch:
                result = site.deploy(label, policy=policy, evaluate=1, env={"START_SECONDS": 0.3}, rude=True)
            assert result.outcome is Outcome.SUCCEEDED, result.cause
            assert watch.broken(result) == []
            left[:] = [each for each in left if each not in killer.killed]
        clients.until_answered_by(label)
        assert policy is Policy.ALL_AT_ONCE or clients.lost() == []
    site.settle()
    assert site.labels() == [label] * 2
    assert site.leftovers() == []


@pytest.mark.parametrize("policy, balancer, kind, moments", list(agent_kills({Policy.ADDITIONAL_BATCH: BACK})))
def test_a_failing_deployment_whose_agent_is_killed_leaves_the_old_version(site, policy, moments):
    site.create("v1", rude=True, size=2, health="/health")
    with site.clients(rate=100, slow=False) as clients:
        for label, left in until_killed(moments):
            with site.killer(left) as killer:
                result = site.deploy(label, policy=policy, wrong=1, env={"HEALTH": 500})
            assert result.outcome is Outcome.ROLLED_BACK, result.cause
            left[:] = [each for each in left if each not in killer.killed]
        assert clients.lost() == []
    site.settle()
    assert site.labels() == ["v1"] * 2
    assert site.leftovers() == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_instance_whose_container_dies_is_replaced(site):
    site.create("v1", size=2)
    victim = site.containers()[0]
    with site.engine.ask() as api:
        api.kill(victim[0])
    wait_until("a new instance", lambda: victim[1] not in {each.id for each in site.instances()})
    site.settle()
    assert site.labels() == ["v1"] * 2
    assert site.leftovers() == []


def test_a_version_that_ends_at_once_is_told_with_its_last_lines(site):
    site.create("v1", size=1)
    result = site.deploy("bad", env={"EXIT_CODE": 7})
    assert result.outcome is Outcome.ROLLED_BACK
    assert "exited with 7" in result.cause
    assert site.labels() == ["v1"]


def test_a_build_that_fails_leaves_everything_as_it_was(site):
    site.create("v1", size=1)
    result = site.deploy(
        "bad", files=[("Dockerfile", f"FROM {site.image}\nRUN echo not today && false\nEXPOSE 5000\n")]
    )
    assert result.outcome is Outcome.ROLLED_BACK
    assert "not today" in result.cause
    assert site.labels() == ["v1"]


def test_logs_outlive_their_instance(site):
    site.create("v1", size=1)
    gone = site.instances()[0]
    site.deploy("v2")
    log = site.home.logs(gone.environment_id, gone.id)
    assert any("version v1 listens" in each.read_text() for each in log.glob("*.log"))


def test_terminate_leaves_nothing_on_the_engine(site):
    site.create("v1", size=2)
    site.terminate_all()
    assert (site.containers(), site.networks()) == ([], [])


@pytest.mark.parametrize("kind", KINDS)
def test_programs_run_in_containers_and_their_exit_codes_are_passed_on(site, capfd):
    site.create("v1", size=1, env={"COLOUR": "blue"})
    look = 'echo "$COLOUR $(cat version.txt)"; exit 7'
    assert run_once(site.service, site.name, [look]) == 7
    assert run_inside(site.service, site.name, [look]) == 7
    assert run_inside(site.service, site.name, ["python3", "-c", "raise SystemExit(9)"]) == 9
    assert capfd.readouterr().out == "blue v1\nblue v1\n"
    assert site.leftovers() == []


def test_the_docker_command_goes_by_nothing_that_a_bundle_says(site, capfd):
    site.create("v1", size=1, env={"DOCKER_API_VERSION": "9.9", "LD_PRELOAD": "./evil.so", "DOCKER_CONFIG": "./evil"})
    assert run_once(site.service, site.name, ['echo "$DOCKER_API_VERSION $DOCKER_CONFIG"']) == 0
    out, err = capfd.readouterr()
    assert out == "9.9 ./evil\n"
    assert all("from LD_PRELOAD" in line for line in err.splitlines())
    with pytest.raises(ProgramRefused) as refused:
        run_once(site.service, site.name, ["no-such-program", "of", "mine"])
    assert refused.value.code == 127
    assert site.leftovers() == []


@pytest.mark.parametrize("kind", ["several"])
def test_a_container_is_named(site, capfd):
    site.create("v1", size=1)
    assert run_inside(site.service, site.name, ["cat /proc/1/cmdline"], container="beside") == 0
    assert "sigwait" in capfd.readouterr().out
    with pytest.raises(NotFound, match="no container db"):
        run_inside(site.service, site.name, ["true"], container="db")


@pytest.mark.parametrize("kind", ["several"])
def test_the_network_of_an_instance_comes_from_the_range_that_the_user_set(site):
    site.create("v1", size=1, network_range="10.219.64.0/20")
    assert ip_address(site.instances()[0].host) in ip_network("10.219.64.0/20")
