"""Which instance gets the next message."""

from __future__ import annotations

from beanstalk.targets.worker.places import Places

ONE, TWO = ("127.0.0.1", 1), ("127.0.0.1", 2)


def test_the_place_with_the_fewest_requests_is_taken():
    places = Places(2, [ONE, TWO])
    assert sorted(filter(None, [places.take(), places.take(), places.take()])).count(ONE) in (1, 2)
    assert {places.in_flight(ONE), places.in_flight(TWO)} == {1, 2}


def test_nothing_is_taken_when_every_place_has_as_many_as_it_may_have():
    places = Places(1, [ONE])
    assert (places.take(), places.take(), places.free()) == (ONE, None, 0)
    places.give_back(ONE)
    assert places.take() == ONE


def test_a_place_that_leaves_gets_nothing_more_and_keeps_what_it_has():
    places = Places(5, [ONE])
    places.take()
    places.set(5, [TWO])
    assert (places.take(), places.in_flight(ONE), places.free()) == (TWO, 1, 4)
