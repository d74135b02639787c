"""Ports of instances: free, and nobody else's."""

from __future__ import annotations

import socket

import pytest

from beanstalk.agent import ports
from beanstalk.agent.ports import FIRST, LAST, free_port
from beanstalk.errors import TargetError


def test_a_port_is_in_the_range_and_free():
    port = free_port([])
    assert FIRST <= port <= LAST
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))


def test_a_taken_port_is_never_given(monkeypatch):
    monkeypatch.setattr(ports, "LAST", FIRST + 9)
    taken = set(range(FIRST, FIRST + 10)) - {FIRST + 4}
    monkeypatch.setattr(ports, "_is_free", lambda port: True)
    assert free_port(taken) == FIRST + 4


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_that_somebody_listens_on_is_never_given(monkeypatch, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not ports._is_free(port)
    assert ports._is_free(port)


def test_when_all_are_taken_it_says_so():
    with pytest.raises(TargetError, match="no free port"):
        free_port(range(FIRST, LAST + 1))
