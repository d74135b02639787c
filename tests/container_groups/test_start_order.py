"""Which container starts when, and which one gets the requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.container_groups.start_order import choose_web, needed, start_order
from beanstalk.containers import Borrowed, Container, Dependency, ImageSource, Port
from beanstalk.errors import Where
from beanstalk.source.notes import Notes

PLACES = {name: Where("file", number) for number, name in enumerate("abcdef", start=1)}


def container(name: str, *ports: Port, essential: bool = True, **keys) -> Container:
    return Container(name, ImageSource(name), ports=ports, essential=essential, **keys)


def test_each_starts_behind_what_it_needs_and_else_as_written():
    written = [
        container("a", links=(("c", "x"),)),
        container("b"),
        container("c", volumes_from=(Borrowed("d"),)),
        container("d", depends_on=(Dependency("b"),)),
    ]
    notes = Notes()
    assert [each.name for each in start_order(written, PLACES, notes)] == ["b", "d", "c", "a"]
    assert notes.problems == []


def test_circles_are_told_with_the_way():
    notes = Notes()
    start_order([container("a", links=(("b", "b"),)), container("b", depends_on=(Dependency("a"),))], PLACES, notes)
    [problem] = notes.problems
    assert (problem.at, problem.text) == (PLACES["a"], "containers that need each other to start: a -> b -> a")


@given(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=1, max_size=8))
def test_without_circles_nobody_starts_before_what_it_needs(needs):
    """Container n needs some of those before it, and they are written in the opposite order."""
    written = [
        container(str(n), links=tuple((str(other), "x") for other in others if other < n))
        for n, others in enumerate(needs)
    ][::-1]
    notes, started = Notes(), set()
    for each in start_order(written, {}, notes):
        assert set(needed(each)) <= started
        started.add(each.name)
    assert notes.problems == [] and len(started) == len(written)


@pytest.mark.parametrize(
    ("containers", "web", "port", "told"),
    [
        ([container("a", Port(1, 80)), container("b", Port(2, 81))], "a", 1, 0),
        ([container("a", Port(1, 81)), container("b", Port(2, 80), essential=False)], "b", 2, 0),
        ([container("a"), container("b", Port(2))], "b", 2, 0),
        ([container("a", Port(1, 80, "udp")), container("b", Port(2, 9))], "b", 2, 0),
        ([container("a", Port(1), essential=False), container("b", Port(2)), container("c", Port(3))], "b", 2, 1),
        ([container("a", Port(1), essential=False), container("b", Port(2), essential=False)], "a", 1, 1),
        ([container("a", Port(1, 8080), Port(2, 8081))], "a", 1, 1),
    ],
)
def test_who_gets_the_requests(containers, web, port, told):
    notes = Notes()
    assert choose_web(containers, 80, PLACES, "do this", notes) == (web, port)
    assert ([problem.at for problem in notes.warnings], notes.problems) == ([PLACES[web]] * told, [])


@pytest.mark.parametrize("ports", [(), (Port(53, 80, "udp"),)])
def test_nobody_to_get_the_requests_is_a_mistake_with_a_remedy(ports):
    notes = Notes()
    choose_web([container("a", *ports)], 80, PLACES, "do this", notes)
    [problem] = notes.problems
    assert (problem.at, problem.hint) == (PLACES["a"], "do this")
