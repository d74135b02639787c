"""Environments keep their places, and a place that is given up rests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.targets.local.balancer import SLOTS, Pool
from beanstalk.targets.local.places import PLACES, Departures, assign, from_json, to_json


def pool(host: str, *ports: int) -> Pool:
    return Pool(host, tuple((f"127.0.0.1:{port}", 1) for port in ports))


CURRENT = {3: pool("a", 1, 2), 7: pool("b", 3), 9: pool("c")}


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([pool("a", 1, 2), pool("b", 3)], [3, 7]),
        ([pool("b", 1, 2), pool("a", 3)], [3, 7]),  # names swapped: the members stay
        ([pool("a", 8), pool("b", 3, 9)], [3, 7]),  # every member replaced: the name stays
        ([pool("a"), pool("c", 5)], [3, 9]),
        ([pool("b", 3), pool("a", 1)], [7, 3]),
        ([pool("x", 8), pool("y")], [0, 1]),
        ([], []),
    ],
)
def test_a_pool_stays_where_its_members_are_else_where_its_name_is(wanted: list[Pool], places: list[int]) -> None:
    placed = assign(wanted, CURRENT, {})
    assert [{pool: place for place, pool in placed.items()}[pool] for pool in wanted] == places


def test_a_new_pool_gets_the_place_that_has_been_free_for_longest() -> None:
    freed = {place: 100.0 + place for place in range(PLACES)} | {5: 1.0, 3: 0.5}
    assert assign([pool("new")], CURRENT, freed) == {5: pool("new")}


hosts = st.lists(st.sampled_from([f"h{n}" for n in range(60)]), unique=True, max_size=SLOTS)


@given(st.lists(st.tuples(hosts, st.randoms(use_true_random=False)), max_size=6))
def test_every_pool_has_one_place_and_a_free_place_is_never_taken_from_another(
    changes: list[tuple[list[str], object]],
) -> None:
    current: dict[int, Pool] = {}
    departures = Departures(0.0)
    for names, random in changes:
        ports = list(range(1000, 1000 + 2 * len(names)))
        random.shuffle(ports)  # type: ignore[attr-defined]
        wanted = [pool(name, *ports[2 * n : 2 * n + 2]) for n, name in enumerate(names)]
        placed = assign(wanted, current, departures.freed)
        assert sorted(placed.values(), key=lambda p: p.host) == sorted(wanted, key=lambda p: p.host)
        assert set(placed) <= set(range(PLACES))
        assert assign(wanted, placed, departures.freed) == placed
        departures.note(current, placed)
        current = placed


def test_the_state_survives_a_file_and_a_broken_file_is_no_state(tmp_path: Path) -> None:
    file = tmp_path / "pools.json"
    placed = {0: pool("a", 1, 2), 39: pool("b")}
    file.write_text(to_json(placed))
    assert from_json(file) == placed
    for text in ("", "{", "[]", "3", '{"0": 1}', '{"x": ["a", []]}', '{"40": ["a", []]}', '{"0": ["../x", []]}'):
        file.write_text(text)
        assert from_json(file) == {}
    assert from_json(tmp_path / "none") == {}


def test_who_left_settles_and_who_came_back_does_not() -> None:
    departures = Departures(1000.0)
    departures.began = -10_000.0
    departures.note({0: pool("a", 1, 2)}, {0: pool("a", 2, 3)})
    assert departures.is_settling("127.0.0.1:1")
    assert not departures.is_settling("127.0.0.1:2")
    departures.note({0: pool("a", 2, 3)}, {0: pool("a", 1)})
    assert not departures.is_settling("127.0.0.1:1")
    assert departures.is_settling("127.0.0.1:3")
