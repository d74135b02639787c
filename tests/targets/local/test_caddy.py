"""How Caddy's hundred turns are shared out, and what it is started with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.targets.local.balancer import MEMBERS, Pool
from beanstalk.targets.local.caddy import apportion, configuration, names_file, spread


@pytest.mark.parametrize(
    ("weights", "seats", "shares"),
    [
        ([1], 100, [100]),
        ([1, 1], 100, [50, 50]),
        ([1, 1, 1], 100, [34, 33, 33]),
        ([90, 10], 100, [90, 10]),
        ([45, 45, 5, 5], 100, [45, 45, 5, 5]),
        ([100, 1], 100, [99, 1]),
        ([100, 100, 1], 10, [5, 4, 1]),
        ([1, 2, 3], 10, [2, 3, 5]),
        ([100, 100, 1, 1, 1], 5, [1, 1, 1, 1, 1]),
    ],
)
def test_turns_are_apportioned_by_largest_remainder(weights: list[int], seats: int, shares: list[int]) -> None:
    assert apportion(weights, seats) == shares


@given(st.lists(st.integers(1, 100), min_size=1, max_size=MEMBERS))
def test_everybody_gets_a_turn_and_nobody_is_far_from_his_quota(weights: list[int]) -> None:
    shares = apportion(weights, MEMBERS)
    assert sum(shares) == MEMBERS and min(shares) >= 1
    if min(MEMBERS * weight // sum(weights) for weight in weights) >= 1:
        assert all(abs(MEMBERS * w / sum(weights) - s) < 1 for w, s in zip(weights, shares, strict=True))
    assert all(
        a <= b for (w, a) in zip(weights, shares, strict=True) for (v, b) in zip(weights, shares, strict=True) if w < v
    )


def members(*weights: int) -> tuple[tuple[str, int], ...]:
    return tuple((f"127.0.0.1:{port}", weight) for port, weight in enumerate(weights, start=1))


@pytest.mark.parametrize(
    ("weights", "turns"),
    [((1, 1), "1212121212"), ((1, 1, 1), "1231231231"), ((9, 1), "1111121111"), ((7, 2, 1), "1121131121")],
)
def test_turns_are_mixed(weights: tuple[int, ...], turns: str) -> None:
    assert "".join(address[-1] for address in spread(members(*weights), 10)) == turns


@given(st.lists(st.integers(1, 100), min_size=1, max_size=MEMBERS))
def test_any_stretch_of_turns_is_shared_like_the_whole(weights: list[int]) -> None:
    turns = spread(members(*weights))
    whole = Counter(turns)
    for end in (10, 25, 50):
        part = Counter(turns[:end])
        assert all(abs(part[address] - count * end / MEMBERS) < len(weights) + 1 for address, count in whole.items())


def test_the_configuration_is_this(golden: Callable[[str, str], None]) -> None:
    golden("balancer/caddy.json", configuration(8080, places=2, slots=3))


def test_names_are_a_line_a_place_and_then_those_without_members(golden: Callable[[str, str], None]) -> None:
    placed = {
        1: Pool("shop.localhost", members(1)),
        3: Pool("empty.localhost", ()),
        39: Pool("blog.localhost", members(1)),
        4: Pool("idle.localhost", ()),
    }
    golden("balancer/names", names_file(placed))
