"""The agent's world on this machine: real processes, checks, proxy and clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from beanstalk.agent.ports import free_port
from beanstalk.agent.probes import Prober
from beanstalk.agent.world import World
from beanstalk.errors import TargetError
from beanstalk.store.home import Home
from beanstalk.store.sqlite import Store
from beanstalk.targets.local.balancer import find_balancer
from beanstalk.targets.local.host import Containers, LocalHost
from beanstalk.targets.local.preparing import ImageStore, LocalPreparer
from beanstalk.targets.local.processes import ProcessHost


def _no_engine() -> Containers:
    raise TargetError("this version does not run containers yet")


def _no_images() -> ImageStore:
    raise TargetError("this version does not run containers yet")


def local_world(home: Home, arrived: Callable[[], object]) -> World:
    """arrived: called from another thread when a check was answered."""
    return World(
        home=home,
        store=Store(home.database),
        host=LocalHost(ProcessHost(home), _no_engine, lambda source: source.reference, home.run / "containers"),
        checker=Prober(arrived),
        preparer=LocalPreparer(home, _no_images),
        balancer=find_balancer(home.run, home.address, home.port, home.balancer),
        clock=time.time,
        new_port=free_port,
        new_id=lambda: "i-" + secrets.token_hex(9)[:17],
    )
