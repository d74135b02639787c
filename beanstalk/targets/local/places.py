"""Where each environment lives inside a balancer, and the state that is remembered on disk.

A place is one of the constant pools of the proxy's configuration. It is not the caller's slot: requests that are being
retried hold on to their place for seconds, so a place that an environment gave up rests as long as possible before
another environment gets it, and two environments that swap names keep their places, so that only names change.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from beanstalk.targets.local.balancer import SLOTS, Pool, check_pools

PLACES = SLOTS + 8
Placed = Mapping[int, Pool]


def assign(pools: Iterable[Pool], current: Placed, freed: Mapping[int, float]) -> dict[int, Pool]:
    """{place: pool}. Each pool stays where most of its members are, else where its name is, else gets the place that
    has been free for longest.

    current: where things are now.  freed: {place: when it became free}, for those that were ever used.
    """
    placed: dict[int, Pool] = {}
    waiting = list(pools)
    for kept in (shared_members, same_name):
        homeless = []
        for pool in waiting:
            score, place = max(
                ((kept(pool, old), -at) for at, old in current.items() if at not in placed), default=(0, 0)
            )
            if score:
                placed[-place] = pool
            else:
                homeless.append(pool)
        waiting = homeless
    # Only when nearly everything is replaced at once is there none that was free before.
    free = sorted(set(range(PLACES)) - set(placed), key=lambda place: (place in current, freed.get(place, 0.0), place))
    placed.update(zip(free, waiting, strict=False))
    return dict(sorted(placed.items()))


def shared_members(pool: Pool, old: Pool) -> int:
    return len(pool.addresses & old.addresses)


def same_name(pool: Pool, old: Pool) -> int:
    return int(pool.host == old.host)


def to_json(placed: Placed) -> str:
    return json.dumps({str(place): [pool.host, pool.members] for place, pool in placed.items()})


def from_json(path: Path) -> dict[int, Pool]:
    """What `to_json` wrote; nothing when it is not there or was cut short by a crash of the machine."""
    try:
        found = json.loads(path.read_text())
        placed = {
            int(place): Pool(host, tuple((address, weight) for address, weight in members))
            for place, (host, members) in found.items()
        }
        check_pools(dict(enumerate(placed.values())))
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return placed if all(0 <= place < PLACES for place in placed) else {}


class Departures:
    """Remembers who left when. What left before this object was made counts as having left at that moment.

    settle_s: a proxy that chose a member just before it left has connected to it within this time.
    """

    def __init__(self, settle_s: float) -> None:
        self.settle_s = settle_s
        self.began = time.monotonic()
        self.left: dict[str, float] = {}
        self.freed: dict[int, float] = {}

    def note(self, before: Placed, after: Placed) -> None:
        now = time.monotonic()
        staying = {address for pool in after.values() for address in pool.addresses}
        gone = {address for pool in before.values() for address in pool.addresses} - staying
        self.left = {address: at for address, at in self.left.items() if address not in staying}
        self.left.update(dict.fromkeys(gone, now))
        self.freed.update(dict.fromkeys(set(before) - set(after), now))

    def is_settling(self, address: str) -> bool:
        return time.monotonic() - self.left.get(address, self.began) < self.settle_s
