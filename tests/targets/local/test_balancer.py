"""Choosing a balancer, and what none of them would accept."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.errors import TargetError
from beanstalk.targets.local import caddy, haproxy
from beanstalk.targets.local.balancer import Pool, check_pools, find_balancer

A = ("127.0.0.1:20001", 1)


@pytest.mark.parametrize(
    ("slot", "pool", "problem"),
    [
        (-1, Pool("a", ()), "slot -1"),
        (32, Pool("a", ()), "slot 32"),
        (0, Pool("", ()), "not a lower-case host"),
        (0, Pool("A", ()), "not a lower-case host"),
        (0, Pool("a/../b", ()), "not a lower-case host"),
        (0, Pool("a\n", ()), "not a lower-case host"),
        (0, Pool("a b", ()), "not a lower-case host"),
        (0, Pool("a;b", ()), "not a lower-case host"),
        (0, Pool("a", (A, A)), "there twice"),
        (0, Pool("a", (("127.0.0.1", 1),)), "bad member"),
        (0, Pool("a", (("127.0.0.1:0", 1),)), "bad member"),
        (0, Pool("a", (("127.0.0.1:1;x", 1),)), "bad member"),
        (0, Pool("a", (("localhost:80", 1),)), "bad member"),
        (0, Pool("a", ((A[0], 0),)), "weight 0"),
        (0, Pool("a", ((A[0], 101),)), "weight 101"),
        (0, Pool("a", tuple((f"127.0.0.1:{n}", 1) for n in range(1, 102))), "at most 100"),
        (0, Pool("taken", ()), "same name"),
    ],
)
def test_odd_pools_are_refused(slot: int, pool: Pool, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_pools({5: Pool("taken", ()), slot: pool})


def test_the_choice_is_haproxy_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caddy, "caddy_program", lambda: Path("/c"))
    monkeypatch.setattr(haproxy, "haproxy_program", lambda: Path("/h"))
    assert find_balancer(tmp_path, "127.0.0.1", 8080).name == "HAProxy"
    assert find_balancer(tmp_path, "127.0.0.1", 8080, "caddy").name == "Caddy"
    monkeypatch.setattr(haproxy, "haproxy_program", lambda: None)
    assert find_balancer(tmp_path, "127.0.0.1", 8080).name == "Caddy"
    with pytest.raises(TargetError, match=r"HAProxy 2\.4 or newer is not installed"):
        find_balancer(tmp_path, "127.0.0.1", 8080, "haproxy")
    monkeypatch.setattr(caddy, "caddy_program", lambda: None)
    with pytest.raises(TargetError, match="reinstall it"):
        find_balancer(tmp_path, "127.0.0.1", 8080)
    with pytest.raises(TargetError, match="no load balancer 'nginx'"):
        find_balancer(tmp_path, "127.0.0.1", 8080, "nginx")


@pytest.mark.parametrize(
    ("said", "good"),
    [
        ("HAProxy version 2.6.12-1", True),
        ("HA-Proxy version 2.3.9", False),
        ("HAProxy version 3.0.1", True),
        ("?", False),
    ],
)
def test_an_old_haproxy_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, good: bool
) -> None:
    program = tmp_path / "haproxy"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o700)
    monkeypatch.setattr(haproxy, "find_program", lambda name: program)
    assert (haproxy.haproxy_program() == program) is good
