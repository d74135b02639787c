"""The agent as a person sees it: is it there, and stop it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass

from beanstalk.agent.daemon import agent_pid, stop_agent
from beanstalk.errors import TargetError
from beanstalk.service.place import Service
from beanstalk.targets.local.balancer import LoadBalancer, find_balancer


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """pid: None when no agent runs.  balancer: its name, or why there is none.  balancer_pid: None: it does not run."""

    pid: int | None
    balancer: str
    balancer_pid: int | None
    environments: tuple[str, ...]


def agent_status(service: Service) -> AgentStatus:
    names = tuple(each.name for each in service.store.living()) if service.home.database.exists() else ()
    pid = agent_pid(service.home)
    try:
        found = balancer(service)
    except TargetError as error:
        return AgentStatus(pid, error.problem, None, names)
    return AgentStatus(pid, found.name, found.pid(), names)


def stop(service: Service) -> bool:
    """End the agent; what runs goes on. When no environment is left nothing does: then the balancer ends, too.

    False when no agent was running. Raises TargetError when one of the two does not end.
    """
    stopped = stop_agent(service.home)
    with suppress(sqlite3.DatabaseError):  # a damaged store does not keep anybody from stopping
        if service.home.database.exists() and not service.store.living() and not service.store.living_instances():
            balancer(service).stop()
    return stopped


def balancer(service: Service) -> LoadBalancer:
    """The load balancer of this home, running or not. Raises TargetError when there is none to be had."""
    home = service.home
    return find_balancer(home.run, home.address, home.port, home.balancer)
