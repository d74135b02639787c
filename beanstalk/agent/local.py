"""The agent's world on this machine: real instances, checks, proxy and clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from beanstalk.agent.ports import free_port
from beanstalk.agent.probes import Prober
from beanstalk.agent.world import World
from beanstalk.store.home import Home
from beanstalk.store.sqlite import Store
from beanstalk.targets.local.balancer import find_balancer
from beanstalk.targets.local.machine import local_host, local_preparer, script_jobs
from beanstalk.targets.local.secret_values import SecretReader


def local_world(home: Home, arrived: Callable[[], object]) -> World:
    """arrived: called from another thread when a check was answered."""
    return World(
        home=home,
        store=Store(home.database),
        host=local_host(home),
        checker=Prober(arrived),
        preparer=local_preparer(home),
        scripts=script_jobs(home),
        secrets=SecretReader(),
        balancer=find_balancer(home.run, home.address, home.port, home.balancer),
        clock=time.time,
        new_port=free_port,
        new_id=lambda: "i-" + secrets.token_hex(9)[:17],
    )
