"""Who gets which share of the requests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beanstalk.agent.pools import host_of, pool_of, split
from beanstalk.records import Environment, Health, Instance, State, Status
from beanstalk.targets.local.balancer import MEMBERS, check_pools

ENVIRONMENT = Environment(
    "e-1", "prod", "shop", "Shop-Prod", "p", Status.READY, Health.OK, "[]", "v1", 1, 2, 0, "[]", 0.0, 0.0
)  # fmt: skip


def instance(port, state=State.IN_SERVICE, deployment=1):
    return Instance(f"i-{port}", "e-1", deployment, state, port, 0.0, 0.0)


def ports(pool):
    return {int(address.partition(":")[2]): weight for address, weight in pool.members}


fleets = st.tuples(st.integers(1, MEMBERS - 1), st.integers(1, MEMBERS - 1)).filter(lambda pair: sum(pair) <= MEMBERS)


def share(new, old, weights):
    return 100 * new * weights[0] / (new * weights[0] + old * weights[1])


@given(fleets, st.integers(1, 99))
@example((82, 1), 55)
@example((1, 96), 41)
def test_the_new_group_gets_its_share_within_a_percent_point_where_weights_reach(fleet, route):
    new, old = fleet
    weights = split(new, old, route)
    assert all(1 <= weight <= 100 for weight in weights)
    ratio = route * old / ((100 - route) * new)
    if 1 / 100 <= ratio <= 100:
        assert abs(share(new, old, weights) - route) <= 1
    else:
        assert sorted(weights) == [1, 100]


@given(fleets, st.sampled_from([0, 100]))
def test_all_or_nothing_is_exactly_that(fleet, route):
    assert share(*fleet, split(*fleet, route)) == route


@given(st.integers(0, 50), st.integers(0, 50), st.one_of(st.none(), st.integers(0, 100)))
def test_a_group_alone_gets_everything(new, old, route):
    if route is None or not new or not old:
        assert split(new, old, route) == (1, 1)


def test_only_instances_in_service_are_members():
    states = dict(enumerate(State, 20000))
    pool = pool_of(ENVIRONMENT, [instance(port, state) for port, state in states.items()], 1, None)
    assert [states[port] for port in ports(pool)] == [State.IN_SERVICE]


def test_when_nobody_is_healthy_the_unhealthy_serve_but_never_who_starts_or_leaves():
    there = [instance(1, State.UNHEALTHY), instance(2, State.PENDING), instance(3, State.DRAINING)]
    assert set(ports(pool_of(ENVIRONMENT, there, 1, None))) == {1}
    assert set(ports(pool_of(ENVIRONMENT, [*there, instance(4)], 1, None))) == {4}


def test_without_traffic_for_the_new_ones_the_old_ones_have_it_all():
    there = [instance(1), instance(2), instance(3, deployment=2)]
    assert set(ports(pool_of(ENVIRONMENT, there, 2, 0))) == {1, 2}
    assert set(ports(pool_of(ENVIRONMENT, there, 2, 100))) == {3}
    assert set(ports(pool_of(ENVIRONMENT, there, 2, None))) == {1, 2, 3}


def test_new_ones_serve_without_traffic_of_their_own_only_when_no_old_one_can():
    there = [instance(1, State.DRAINING), instance(3, deployment=2)]
    assert set(ports(pool_of(ENVIRONMENT, there, 2, 0))) == {3}


@pytest.mark.parametrize("route", [None, 0, 1, 10, 50, 99, 100])
def test_any_fleet_that_fits_is_one_that_a_balancer_takes(route):
    there = [instance(20000 + number, deployment=1 + number % 2) for number in range(MEMBERS)]
    check_pools({0: pool_of(ENVIRONMENT, there, 2, route)})
    check_pools({0: pool_of(replace(ENVIRONMENT, cname="a.b"), [], 2, route)})


def test_the_name_is_the_cname_in_lower_case():
    assert host_of("Shop-Prod") == "shop-prod.localhost"
    assert pool_of(ENVIRONMENT, [], 1, None).host == "shop-prod.localhost"
