"""Networks of instances: small, of our own range, and never on somebody else's addresses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.targets.local import container_networks as module
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.container_networks import Networks, free_subnet
from beanstalk.targets.local.container_steps import Steps
from tests.targets.local.container_bench import INSTANCE, other

RANGE = "10.215.0.0/16"


def networks(*texts):
    return [ip_network(text) for text in texts]


@pytest.mark.parametrize(
    ("used", "first", "found"),
    [
        ([], 0, "10.0.0.0/28"),
        ([], 1, "10.0.0.16/28"),
        ([], 16, "10.0.0.0/28"),
        (["10.0.0.0/28"], 0, "10.0.0.16/28"),
        (["10.0.0.8/30"], 0, "10.0.0.16/28"),
        (["10.0.0.0/25"], 3, "10.0.0.128/28"),
        (["10.0.0.128/25"], 9, "10.0.0.0/28"),
        (["10.0.0.240/28", "10.0.0.0/27"], 15, "10.0.0.32/28"),
        (["192.168.0.0/16", "10.0.1.0/24"], 0, "10.0.0.0/28"),
        (["10.0.0.0/25", "10.0.0.128/25"], 0, None),
        (["10.0.0.0/8"], 0, None),
        (["0.0.0.0/0"], 5, None),
    ],
)
def test_the_first_free_subnet_from_a_place_on_and_around(used, first, found):
    assert free_subnet(IPv4Network("10.0.0.0/24"), 28, networks(*used), first) == (found and IPv4Network(found))


@given(st.integers(0, 500), st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=20))
def test_what_is_found_is_in_the_range_and_free_and_there_is_none_only_when_all_are_taken(first, taken):
    whole = IPv4Network("10.0.0.0/24")
    used = [IPv4Network((int(whole.network_address) + number, prefix), strict=False) for number, prefix in taken]
    found = free_subnet(whole, 28, used, first)
    if found is None:
        assert all(any(each.overlaps(one) for one in used) for each in whole.subnets(new_prefix=28))
    else:
        assert found.subnet_of(whole)
        assert not any(found.overlaps(one) for one in used)


def test_a_large_range_that_is_used_at_its_beginning_is_no_long_search():
    found = free_subnet(IPv4Network("10.0.0.0/8"), 28, networks("10.0.0.0/9", "10.128.0.0/10"))
    assert found == IPv4Network("10.192.0.0/28")


def test_the_addresses_of_this_machine_are_among_what_is_used():
    assert any(IPv4Network("127.0.0.1/32").subnet_of(each) for each in module._local())


@pytest.fixture
def made(engine, tmp_path):
    """made(range) makes networks there; all are removed at the end."""
    home = Home(tmp_path / "home")
    labels = Labels.of(home)

    def make(network_range=RANGE):
        return Networks(engine, labels, network_range)

    yield make
    Steps(home, engine, labels, make()).sweep(lambda instance_id: False)
    with engine.ask() as api:
        assert api.networks(filters=labels.filters()) == []


@pytest.mark.docker
def test_forty_instances_have_a_network_each_where_the_engine_itself_ends_at_thirty(made):
    ours = made()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: ours.of_instance(other(number), 4), range(40)))
    subnets = [each.subnet for each in found]
    assert {each.prefixlen for each in subnets} == {28}
    assert all(each.subnet_of(IPv4Network(RANGE)) for each in subnets)
    assert not any(a.overlaps(b) for at, a in enumerate(subnets) for b in subnets[:at])
    assert made().of_instance(other(7), 4) == found[7]


@pytest.mark.docker
def test_containers_that_start_side_by_side_share_the_network_of_their_instance(made, engine):
    ours, number = made(), 8
    for instance in (other(each) for each in range(5)):
        with ThreadPoolExecutor(number) as pool:
            found = list(pool.map(lambda _, instance=instance: ours.of_instance(instance, 4), range(number)))
        with engine.ask() as api:
            assert len(api.networks(names=[found[0].name])) == 1
        assert found == [found[0]] * number


@pytest.mark.docker
def test_a_group_that_needs_more_room_gets_it(made):
    assert made().of_instance(INSTANCE, 13).subnet.prefixlen == 28
    large = made().of_instance(other(2), 14)
    assert large.subnet.prefixlen == 27
    assert large.address(13) == str(large.subnet.network_address + 15)


@pytest.mark.docker
def test_an_instance_may_name_another_range(made):
    assert made().of_instance(INSTANCE, 2, "10.216.0.0/24").subnet.subnet_of(IPv4Network("10.216.0.0/24"))


@pytest.mark.docker
def test_a_subnet_that_somebody_else_took_meanwhile_is_left_to_them(made, engine, monkeypatch):
    first = made("10.215.0.0/27").of_instance(INSTANCE, 2)
    monkeypatch.setattr(module, "_subnets", lambda found: iter(()))  # as if it had been made since one looked
    second = made("10.215.0.0/27").of_instance(other(2), 2)
    assert not first.subnet.overlaps(second.subnet)


@pytest.mark.docker
def test_a_range_that_is_used_up_is_said_with_what_to_do(made):
    small = made("10.215.0.0/27")
    for number in (1, 2):
        small.of_instance(other(number), 2)
    with pytest.raises(TargetError, match=r"every network of 10\.215\.0\.0/27 is in use") as caught:
        small.of_instance(other(3), 2)
    assert "NetworkRange" in caught.value.hint


@pytest.mark.docker
def test_a_range_that_this_machine_has_a_way_to_is_said_with_that_way(made):
    with pytest.raises(TargetError, match=r"in use by 127\.0\.0\.0/8"):
        made("127.0.0.0/24").of_instance(INSTANCE, 2)


@pytest.mark.docker
@pytest.mark.parametrize("text", ["10.213.0.1/16", "nonsense", "10.0.0.0/30", "fd00::/64"])
def test_a_range_that_is_none_is_said(made, text):
    with pytest.raises(TargetError, match="network range"):
        made(text).of_instance(INSTANCE, 2)


@pytest.mark.docker
def test_a_network_of_our_name_that_is_somebody_elses_is_not_used(made, engine):
    name = made().labels.name("i-1")
    with engine.ask() as api:
        theirs = api.create_network(name)["Id"]
    try:
        with pytest.raises(TargetError, match=f"there is a network {name} that beanstalk did not make"):
            made().of_instance(INSTANCE, 2)
    finally:
        with engine.ask() as api:
            api.remove_network(theirs)
