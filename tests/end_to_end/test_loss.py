"""Constant traffic of three kinds of clients while an environment changes: nothing is lost, and never too few serve.

Every deployment runs under all clients at once: 32 kept-alive connections, a connection for each request, and POST
requests of three seconds. The application either stops gently, or dies at SIGTERM (rude).
"""

from __future__ import annotations

from itertools import product

import pytest

from beanstalk.model import Outcome, Policy
from tests.end_to_end.site import wait_until

pytestmark = pytest.mark.real
BALANCERS = ["haproxy", "caddy"]
KEEPING = [Policy.ROLLING, Policy.ADDITIONAL_BATCH, Policy.IMMUTABLE, Policy.TRAFFIC_SPLITTING]
"""Policies that keep at least one instance in service."""


def pairs():
    """(policy, balancer, rude). By default each policy with each balancer, and both applications in turn."""
    found = []
    for number, (policy, balancer) in enumerate(product(KEEPING, BALANCERS)):
        for rude in (False, True):
            seldom = rude is (number in (0, 3, 4, 7))
            marks = [pytest.mark.exhaustive] if seldom else []
            name = f"{policy}-{balancer}-{'rude' if rude else 'gentle'}"
            found.append(pytest.param(policy, balancer, rude, marks=marks, id=name))
    return found


@pytest.mark.parametrize("policy, balancer, rude", pairs())
def test_a_deployment_loses_no_request(site, policy, rude):
    site.create("v1", rude=rude, size=4, batch=2)
    with site.clients() as clients, site.watch() as watch:
        result = site.deploy("v2", rude=rude, policy=policy, percent=25, evaluate=1)
        clients.until_answered_by("v2")
        assert clients.lost() == []
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert watch.broken(result) == []
    assert site.labels() == ["v2"] * 4
    assert site.leftovers() == []


@pytest.mark.parametrize("policy, balancer", [(Policy.ALL_AT_ONCE, "haproxy"), (Policy.ROLLING, "caddy")])
def test_replacing_everything_at_once_is_out_only_between_old_and_new(site, policy):
    site.create("v1", size=2)
    change = site.prepare_deploy("v2", policy=policy, batch=2)
    with site.clients(rate=20, slow=False) as clients:
        result = site.end(site.begin(change))
        clients.until_answered_by("v2")
        reports = clients.stop().values()
    assert change.plan.least_serving == 0
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert [outside_of_the_outage(report) for report in reports] == [[], []]
    assert any(report.lost_total for report in reports)


def outside_of_the_outage(report):
    """Losses that were seen before the last old answer or after the first new one, by more than a request takes."""
    assert len(report.losses) == report.lost_total, "some losses were not kept"
    last_old, first_new, takes = report.versions["v1"][1], report.versions["v2"][0], report.max_ms / 1000
    return [loss for loss in report.losses if not last_old - takes <= loss.at_s <= first_new + takes]


@pytest.mark.parametrize("balancer", BALANCERS)
def test_sizes_properties_and_going_back_lose_no_request(site):
    site.create("v1", rude=True, size=3, batch=1)
    with site.clients() as clients:
        for count in (1, 3):
            with site.watch() as watch:
                result = site.scale(count)
            assert (result.outcome, watch.broken(result)) == (Outcome.SUCCEEDED, [])
        for change in (lambda: site.setenv(COLOUR="blue"), lambda: site.deploy("v2", rude=True), site.rollback):
            with site.watch() as watch:
                result = change()
            assert (result.outcome, watch.broken(result)) == (Outcome.SUCCEEDED, [])
        assert clients.lost() == []
    assert site.labels() == ["v1"] * 3
    assert site.leftovers() == []


def failures():
    """(policy, balancer): the version never becomes healthy."""
    for number, (policy, balancer) in enumerate(product(KEEPING, BALANCERS)):
        marks = [] if number in (0, 3, 4, 7) else [pytest.mark.exhaustive]
        yield pytest.param(policy, balancer, marks=marks, id=f"{policy}-{balancer}")


@pytest.mark.parametrize("policy, balancer", list(failures()))
def test_a_failing_version_loses_no_request(site, policy):
    site.create("v1", rude=True, size=3, batch=1, health="/health")
    with site.clients() as clients, site.watch() as watch:
        result = site.deploy("bad", env={"HEALTH": 500}, policy=policy, wrong=1)
        assert clients.lost() == []
    assert result.outcome is Outcome.ROLLED_BACK, result.cause
    assert watch.broken(result) == []
    assert site.labels() == ["v1"] * 3
    assert site.leftovers() == []


@pytest.mark.parametrize("policy, balancer", list(failures()))
def test_going_back_when_half_is_new_loses_no_request(site, policy):
    site.create("v1", rude=True, size=3, batch=1)
    with site.clients() as clients, site.watch() as watch:
        operation = site.begin(site.prepare_deploy("v2", rude=True, policy=policy, evaluate=60))
        wait_until("an instance of v2 in service", lambda: "v2" in site.labels())
        site.abort()
        result = site.end(operation)
        assert clients.lost() == []
    assert result.outcome is Outcome.ABORTED, result.cause
    assert watch.broken(result) == []
    assert site.labels() == ["v1"] * 3
    assert site.leftovers() == []


@pytest.mark.parametrize("balancer", BALANCERS)
def test_a_swap_changes_both_names_at_one_instant(site):
    site.create("v1", size=2)
    site.create("v2", name="shop-two", size=2)
    with site.clients() as one, site.clients("shop-two") as two:
        site.swap("shop", "shop-two")
        one.until_answered_by("v2")
        two.until_answered_by("v1")
        reports = list(zip(one.stop().values(), two.stop().values(), strict=True))
        assert one.lost() + two.lost() == []
    for here, there in reports:
        instant = max(last_began(here, "v1"), last_began(there, "v2"))
        assert instant <= min(first_ended(here, "v2"), first_ended(there, "v1"))


def last_began(report, version):
    """No later than this the last request was sent that `version` answered; seconds since the epoch."""
    return report.started + report.versions[version][1] - report.max_ms / 1000


def first_ended(report, version):
    return report.started + report.versions[version][0]


@pytest.mark.parametrize("balancer", BALANCERS)
def test_blue_green_loses_no_request(site):
    site.create("v1", rude=True, size=2)
    with site.clients() as clients:
        result = site.blue_green("v2", rude=True, terminate_old=True)
        clients.until_answered_by("v2")
        wait_until("the end of the old environment", lambda: len(site.store.living()) == 1)
        reports = clients.stop().values()
        assert clients.lost() == []
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert all(last_began(each, "v1") <= first_ended(each, "v2") for each in reports)
    assert site.environment("shop-green").cname == "shop"
    assert site.leftovers() == []


@pytest.mark.parametrize("balancer", BALANCERS)
def test_a_stream_lives_until_the_drain_limit(site):
    site.create("v1", rude=True, size=1, drain=4, grace=1)
    with site.stream() as stream, site.watch() as watch:
        result = site.deploy("v2")
        wait_until("the end of the stream", lambda: stream.ended)
    began, ended = watch.leaving()
    assert result.outcome is Outcome.SUCCEEDED, result.cause
    assert ended - began > 3.9
    assert stream.ticks[-1] - began > 3.5


@pytest.mark.parametrize("balancer", BALANCERS)
def test_what_is_done_is_true_for_the_next_request(site):
    for number in range(4):
        site.create(f"v{number}", size=1)
        assert site.get() == (200, f"v{number}")
        site.deploy(f"w{number}", policy=Policy.ALL_AT_ONCE)
        assert site.get() == (200, f"w{number}")
        site.terminate()
        assert site.get() == (404, None)
