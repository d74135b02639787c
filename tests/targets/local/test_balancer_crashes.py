"""Whoever drives a balancer may be killed between any two of its system calls. The next one puts things right."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beanstalk.errors import TargetError
from tests.targets.local.site import BLOG, KINDS, SHOP, WIKI, Site, wait_until
from tests.targets.local.upstreams import Upstreams

pytestmark = pytest.mark.real

DRIVER = """
import sys, itertools
from pathlib import Path
from beanstalk.targets.local.balancer import Pool, find_balancer
folder, port, kind, *addresses = sys.argv[1:]
balancer = find_balancer(Path(folder), "127.0.0.1", int(port), kind)
print("begin", flush=True)
balancer.ensure_running()
for turn in itertools.count():
    a, b, c = (addresses[(turn + n) % 3] for n in range(3))
    hosts = ["shop.localhost", "blog.localhost"] if turn % 2 else ["blog.localhost", "shop.localhost"]
    balancer.apply({0: Pool(hosts[0], ((a, 1), (b, 3))), 1: Pool(hosts[1], ((c, 1),))})
    balancer.apply({0: Pool("wiki.localhost", ((c, 1),))})
    print("turn", flush=True)
"""


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams() as servers:
        yield servers


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    site = Site(request.param, tmp_path)
    yield site
    site.kill()
    assert site.processes() == []


def run_for(site: Site, addresses: list[str], wait_for: str, seconds: float) -> None:
    """Drive the balancer in another process, which is killed `seconds` after it said `wait_for`."""
    command = [sys.executable, "-c", DRIVER, str(site.folder), str(site.port), site.kind, *addresses]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        while driver.stdout.readline().strip() != wait_for:
            pass
        time.sleep(seconds)
        driver.send_signal(signal.SIGKILL)


def ensure_running(site: Site) -> None:
    """As the agent does: again after an error, for the killed process's child may not be a proxy yet."""
    heir = site.again()

    def is_up() -> bool:
        try:
            heir.ensure_running()
        except TargetError:
            return False
        return True

    wait_until(is_up)
    site.balancer = heir


def test_a_driver_killed_while_it_changes_things(site: Site, upstreams: Upstreams) -> None:
    a, b, c = (upstreams.start(name) for name in "abc")
    for _ in range(6):
        run_for(site, [a.address, b.address, c.address], "turn", random.uniform(0, 0.05))
        ensure_running(site)
        site.serve(shop=[a], blog=[b], wiki=[])
        for _ in range(3):
            assert (site.ask(SHOP)[1], site.ask(BLOG)[1], site.ask(WIKI)[0]) == ("a", "b", 503)
        site.serve(wiki=[c])
        assert (site.ask(SHOP)[0], site.ask(BLOG)[0], site.ask(WIKI)[1]) == (404, 404, "c")
        assert len(site.processes()) == 1


def test_a_driver_killed_while_it_starts_the_balancer(site: Site, upstreams: Upstreams) -> None:
    a = upstreams.start("a")
    for _ in range(6):
        run_for(site, [a.address] * 3, "begin", random.uniform(0, 0.1))
        ensure_running(site)
        site.serve(shop=[a])
        assert site.ask(SHOP) == (200, "a")
        assert len(site.processes()) == 1
        site.kill()
