"""Caddy as the load balancer: a constant configuration whose names and members are small files read per request.

    current -> generations/000007       one rename of this link changes everything at once
    generations/000007/names            a line a place: its host; then " host host …", those without members
    generations/000007/12 -> pool       place 12
    pools/<digest>/0 … 99               what each of the hundred upstreams of a place dials

A request reads `names` once and one member file. The Host it sent is only ever compared, never part of a path.
There is no admin endpoint: nothing is ever changed through it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from beanstalk.targets.local.balancer import MEMBERS, Pool, check_pools
from beanstalk.targets.local.connections import connections_to
from beanstalk.targets.local.places import PLACES, Departures, Placed, assign, from_json, to_json
from beanstalk.targets.local.proxy import (
    GRACE_S,
    ProxyProcess,
    balancer_folder,
    file_errors_explained,
    find_program,
    replace_text,
)

NOBODY = "<nobody>"
"""Stands for the name of a free place. No Host can be this: Go's server refuses the character <."""
SETTLE_S = 0.25
"""As long as an idle connection is kept, which inflight() waits for anyway."""
RETIRED_S = 10
"""A generation is kept for so long after it was replaced; reading a file of it takes microseconds."""


def caddy_program() -> Path | None:
    return find_program("caddy")


def spread(members: tuple[tuple[str, int], ...], slots: int = MEMBERS) -> tuple[str, ...]:
    """Who answers which of `slots` turns: by weight with the largest remainder, everybody at least once, and mixed as
    evenly as possible. At least one member and at most `slots`.

    Evenly: the smooth weighted round robin of nginx (ngx_http_upstream_round_robin.c).
    """
    shares = apportion([weight for _, weight in members], slots)
    credit = [0] * len(members)
    turns = []
    for _ in range(slots):
        credit = [have + share for have, share in zip(credit, shares, strict=True)]
        chosen = max(range(len(members)), key=lambda i: credit[i])
        credit[chosen] -= slots
        turns.append(members[chosen][0])
    return tuple(turns)


def apportion(weights: list[int], seats: int) -> list[int]:
    """Seats by largest remainder; one for everybody first, then what is left of each one's exact quota."""
    total = sum(weights)
    shares = [max(1, seats * weight // total) for weight in weights]
    missing = seats - sum(shares)
    # How far each one is below its exact quota, in parts of `total`; ties go to the first.
    below = [seats * weight - share * total for weight, share in zip(weights, shares, strict=True)]
    while missing:
        step = 1 if missing > 0 else -1
        able = [i for i, share in enumerate(shares) if share + step >= 1]
        chosen = max(able, key=lambda i: step * below[i])
        shares[chosen] += step
        below[chosen] -= step * total
        missing -= step
    return shares


class Caddy:
    """The driver; see the LoadBalancer protocol."""

    name = "Caddy"

    def __init__(self, run_folder: Path, address: str, port: int, program: Path) -> None:
        self.address, self.port = address, port
        config = str(balancer_folder(run_folder) / "caddy.json")
        self.process = ProxyProcess("caddy", run_folder, program, ["run", "--config", config])
        self.folder = self.process.folder
        self.departures = Departures(SETTLE_S)
        self.applied: dict[int, Pool] | None = None
        self.placed: dict[int, Pool] | None = None

    def ensure_running(self) -> bool:
        self.process.trim_log()
        if self.process.adopt(self.address, self.port) is not None:
            return False
        self.process.clear_rivals()
        with file_errors_explained():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_text(self.folder / "caddy.json", self.configuration())
            # A crash of the machine may have left files without their content: write all of them again.
            shutil.rmtree(self.folder / "pools", ignore_errors=True)
            self.publish(from_json(self.folder / "pools.json"))
        self.process.start(self.address, self.port)
        return True

    def apply(self, pools: Mapping[int, Pool]) -> bool:
        if pools == self.applied and self.placed is not None:
            return False
        check_pools(pools)
        self.applied = None
        before = self.published()
        after = assign([pool for _, pool in sorted(pools.items())], before, self.departures.freed)
        if after != before:
            with file_errors_explained():
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                replace_text(self.folder / "pools.json", to_json(after))
                self.publish(after)
            self.departures.note(before, after)
        self.applied = dict(pools)
        return after != before

    def inflight(self, address: str) -> int:
        settling = self.departures.is_settling(address)
        serving = any(address in pool.addresses for pool in self.published().values())
        return max(int(settling or serving), connections_to(address))

    def stop(self) -> None:
        self.process.stop()

    def configuration(self) -> str:
        return configuration(self.port)

    def pid(self) -> int | None:
        process = self.process.find()
        return process.pid if process else None

    def published(self) -> dict[int, Pool]:
        """The state that requests see now."""
        if self.placed is None:
            self.placed = from_json(self.folder / "current" / "pools.json")
        return self.placed

    def publish(self, placed: Placed) -> None:
        """Write the next generation and switch to it."""
        generations = self.folder / "generations"
        generations.mkdir(exist_ok=True)
        number = max((int(path.name) for path in generations.iterdir()), default=0) + 1
        fresh = generations / f"{number:06}"
        fresh.mkdir()
        (fresh / "names").write_text(names_file(placed))
        (fresh / "pools.json").write_text(to_json(placed))
        for place, pool in placed.items():
            if pool.members:
                (fresh / f"{place:02}").symlink_to(Path("../..") / self.pool_folder(pool).relative_to(self.folder))
        self.switch_to(fresh)
        self.placed = dict(placed)
        self.remove_retired()

    def pool_folder(self, pool: Pool) -> Path:
        """Its files; most changes touch one pool, so the others are shared between generations."""
        turns = spread(pool.members)
        digest = hashlib.sha256("\n".join(turns).encode()).hexdigest()[:24]
        folder = self.folder / "pools" / digest
        if not folder.exists():
            fresh = folder.with_name(digest + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            for number, address in enumerate(turns):
                (fresh / str(number)).write_text(address)
            fresh.rename(folder)
        return folder

    def switch_to(self, generation: Path) -> None:
        current = self.folder / "current"
        link = self.folder / "current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(generation.relative_to(self.folder))
        retiring = current.resolve()
        link.replace(current)
        if retiring.exists() and retiring != generation:
            os.utime(retiring)

    def remove_retired(self) -> None:
        """Remove what nobody can be reading any more: the time of a generation is when it was replaced."""
        current = (self.folder / "current").resolve()
        for generation in (self.folder / "generations").iterdir():
            if generation != current and time.time() - generation.stat().st_mtime > RETIRED_S:
                shutil.rmtree(generation)
        used = {link.readlink().name for link in self.folder.glob("generations/*/*") if link.is_symlink()}
        for pool in self.folder.glob("pools/*"):
            if pool.name not in used:
                shutil.rmtree(pool)


def names_file(placed: Placed) -> str:
    serving = {place: pool.host for place, pool in placed.items() if pool.members}
    empty = [pool.host for pool in placed.values() if not pool.members]
    return "".join(f"{serving.get(place, NOBODY)}\n" for place in range(PLACES)) + f" {' '.join(empty)} "


def configuration(port: int, places: int = PLACES, slots: int = MEMBERS) -> str:
    """Caddy's JSON with each pool's list of upstreams on one line. Paths are relative to the working directory."""
    text = json.dumps(document(port, places), indent=2)
    for place in range(places):
        upstreams = [{"dial": f"{{file.current/{place:02}/{slot}}}"} for slot in range(slots)]
        text = text.replace(f'"upstreams of {place:02}"', json.dumps(upstreams))
    return text + "\n"


def document(port: int, places: int) -> dict[str, Any]:
    server = {
        "listen": ["fd/0"],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        # A client's X-Forwarded-For is kept and added to, as Elastic Load Balancing does.
        "trusted_proxies": {"source": "static", "ranges": ["0.0.0.0/0", "::/0"]},
        "read_header_timeout": "60s",
        "idle_timeout": "5m",
        "routes": routes(port, places),
        "errors": {"routes": [{"handle": [answer("{http.error.status_code}", "no instance answered")]}]},
    }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "storage": {"module": "file_system", "root": "caddy"},
        "logging": {"logs": {"default": {"level": "ERROR"}}},
        "apps": {"http": {"grace_period": f"{GRACE_S}s", "servers": {"lb": server}}},
    }


def routes(port: int, places: int) -> list[dict[str, Any]]:
    """One regular expression cuts `names` into groups, so that each of the places need not read a file of its own."""
    lines = "^" + r"([^\n]*)\n" * places + "(.*)$"
    found = [
        {"match": [{"host": [f"{{http.regexp.names.{place + 1}}}"]}], "terminal": True, "handle": [proxy(port, place)]}
        for place in range(places)
    ]
    is_empty = f"{{http.regexp.names.{places + 1}}}.contains(' ' + {{http.request.host}}.lowerAscii() + ' ')"
    nobody = answer(503, "no instance in service")
    found.append({"match": [{"expression": is_empty}], "terminal": True, "handle": [nobody]})
    by_name = {"vars_regexp": {"{file.current/names}": {"name": "names", "pattern": lines}}}
    return [
        {"match": [by_name], "handle": [{"handler": "subroute", "routes": found}]},
        {"handle": [answer(404, "no environment has the name {http.request.host}")]},
    ]


def answer(status: int | str, text: str) -> dict[str, Any]:
    headers = {"Content-Type": ["text/plain; charset=utf-8"]}
    if status != 404:
        headers["Retry-After"] = ["1"]
    return {"handler": "static_response", "status_code": status, "headers": headers, "body": f"beanstalk: {text}\n"}


def proxy(port: int, place: int) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "upstreams": f"upstreams of {place:02}",
        "load_balancing": {
            "selection_policy": {"policy": "round_robin"},
            "try_duration": "5s",
            "try_interval": "20ms",
            # Others are repeated only when no connection could be made.
            "retry_match": [{"method": ["GET", "HEAD", "OPTIONS"]}],
        },
        "health_checks": {"passive": {"fail_duration": "2s", "max_fails": 1}},
        "headers": {"request": {"set": {"X-Forwarded-Proto": ["http"], "X-Forwarded-Port": [str(port)]}}},
        "transport": {
            "protocol": "http",
            "dial_timeout": "2s",
            "compression": False,
            # An idle connection counts as a request until it is closed, and one that the instance closes first loses
            # a request, so they do not live long.
            "keep_alive": {"max_idle_conns_per_host": 256, "idle_timeout": "250ms"},
        },
    }
