"""Which instance gets which share of an environment's requests. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from beanstalk.records import Environment, Instance, State
from beanstalk.targets.local.balancer import Pool

DOMAIN = "localhost"


def host_of(cname: str) -> str:
    """The name under which an environment answers."""
    return f"{cname}.{DOMAIN}".lower()


def pool_of(environment: Environment, instances: Sequence[Instance], new_deployment: int, route: int | None) -> Pool:
    """What the balancer is to know of one environment.

    new_deployment, route: while traffic is split, the deployment that gets `route` percent; the others share the rest.
    When no instance is healthy the unhealthy ones serve (as a real balancer fails open): a check may be wrong, nothing
    at all surely is.
    """
    there = [instance for instance in instances if instance.state is State.IN_SERVICE]
    there = there or [instance for instance in instances if instance.state is State.UNHEALTHY]
    new = [instance for instance in there if instance.deployment_id == new_deployment]
    old = [instance for instance in there if instance.deployment_id != new_deployment]
    to_new, to_old = split(len(new), len(old), route)
    members = [(each.address, weight) for group, weight in ((old, to_old), (new, to_new)) for each in group]
    return Pool(host_of(environment.cname), tuple(member for member in members if member[1]))


def split(new: int, old: int, route: int | None) -> tuple[int, int]:
    """(weight of each new instance, weight of each old one), 0..100, so that the new ones together get `route` percent.

    route None: everybody the same. A group without instances leaves its share to the other.
    """
    if route is None or not new or not old:
        return 1, 1
    if route in (0, 100):
        return route // 100, 1 - route // 100
    each_new, each_old = route * old, (100 - route) * new
    divisor = math.gcd(each_new, each_old)
    each_new, each_old = each_new // divisor, each_old // divisor
    if max(each_new, each_old) <= 100:
        return each_new, each_old
    ratio = each_new / each_old
    pairs = [(max(1, round(ratio * weight)), weight) for weight in range(1, 101)]
    if ratio > 1:
        pairs = [(weight, max(1, round(weight / ratio))) for weight in range(1, 101)]
    return min(pairs, key=lambda pair: abs(new * pair[0] / (new * pair[0] + old * pair[1]) - route / 100))
