"""HAProxy as the load balancer: a constant configuration, changed through the runtime API only.

Each place is a backend `env07` with seats `s1` …; a member sits on one seat for as long as it is in the pool, and a
seat that somebody left is given to nobody else while it has requests. A map leads from host to backend; it changes
in one transaction. Everything is also on disk (`hosts.map`, `servers.state`), so that a restarted HAProxy begins with
the right state.
"""

from __future__ import annotations

import re
import resource
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from beanstalk.errors import TargetError
from beanstalk.targets.local.balancer import MEMBERS, Pool, check_pools
from beanstalk.targets.local.connections import connections_to
from beanstalk.targets.local.haproxy_socket import CommandError, RuntimeAPI
from beanstalk.targets.local.places import PLACES, Departures, Placed, assign, from_json, to_json
from beanstalk.targets.local.proxy import (
    GRACE_S,
    ProxyProcess,
    balancer_folder,
    file_errors_explained,
    find_program,
    replace_text,
)

SEATS = MEMBERS + 28
"""Seats of a place: the others are for members that left and still have requests."""
SETTLE_S = 0.05
"""HAProxy counts a session to a server at the moment it chooses it; this is for the moment before."""
OLDEST = (2, 4)
NOBODY = "127.0.0.1:1"
"""The address of a seat that was never used."""
STATE_HEADER = (
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight"
    " srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state"
    " bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr"
    " srv_agent_addr srv_agent_port\n"
)


def haproxy_program() -> Path | None:
    """None: not installed, or older than OLDEST."""
    program = find_program("haproxy")
    if program is None:
        return None
    try:
        said = subprocess.run([str(program), "-v"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"version (\d+)\.(\d+)", said)
    return program if version and (int(version[1]), int(version[2])) >= OLDEST else None


@dataclass(frozen=True, slots=True)
class Seat:
    """One server line. serving: gets new requests."""

    address: str
    weight: int
    serving: bool


Seats = dict[int, dict[int, Seat]]
"""{place: {number of the seat: seat}}, only seats that were ever used."""


class HAProxy:
    """The driver; see the LoadBalancer protocol."""

    name = "HAProxy"

    def __init__(self, run_folder: Path, address: str, port: int, program: Path) -> None:
        self.address, self.port = address, port
        config = str(balancer_folder(run_folder) / "haproxy.cfg")
        self.process = ProxyProcess("haproxy", run_folder, program, ["-db", "-f", config])
        self.folder = self.process.folder
        self.api = RuntimeAPI(self.folder / "haproxy.sock")
        self.departures = Departures(SETTLE_S)
        self.applied: dict[int, Pool] | None = None
        self.freed: dict[tuple[int, int], float] = {}
        self.known: tuple[int, dict[str, int], Seats] | None = None

    def ensure_running(self) -> bool:
        self.process.trim_log()
        if self.process.adopt(self.address, self.port) is not None:
            self.live()
            return False
        self.process.clear_rivals()
        wanted = from_json(self.folder / "pools.json")
        self.write_files(wanted)
        self.process.start(self.address, self.port)
        self.read_back(self.running_pid())
        self.change_to(wanted)
        return True

    def apply(self, pools: Mapping[int, Pool]) -> bool:
        if pools == self.applied and self.known is not None and self.known[0] == self.pid():
            return False
        check_pools(pools)
        self.applied = None
        before = self.published()
        after = assign([pool for _, pool in sorted(pools.items())], before, self.departures.freed)
        changed = not same(before, after)
        if changed:
            self.write_files(after)
            try:
                if self.pid() is not None:
                    self.change_to(after)
            finally:
                self.departures.note(before, after)
        self.applied = dict(pools)
        return changed

    def inflight(self, address: str) -> int:
        """Connections that HAProxy keeps for later count, too: what it says of them alone is not to be relied on."""
        count = connections_to(address)
        if self.pid() is None:
            return count
        _, _, places = self.live()
        everybody = [(place, n, seat) for place, seats in places.items() for n, seat in seats.items()]
        mine = [(place, n) for place, n, seat in everybody if seat.address == address]
        serving = any(places[place][n].serving for place, n in mine)
        with CommandError.explained():
            uses = [use for place, n in mine for use in self.api.uses(backend(place), n).values()]
        requests = sum(each.requests for each in uses)
        return max(int(serving or self.departures.is_settling(address)), requests, count)

    def stop(self) -> None:
        self.process.stop()
        (self.folder / "haproxy.sock").unlink(missing_ok=True)
        self.known = None

    def configuration(self) -> str:
        return configuration(self.port, maximum_connections())

    def pid(self) -> int | None:
        process = self.process.find()
        return process.pid if process else None

    def running_pid(self) -> int:
        pid = self.pid()
        if pid is None:
            raise TargetError("HAProxy ended by itself just now")
        return pid

    def published(self) -> dict[int, Pool]:
        """The state that requests see now; what they will see, when it does not run."""
        if self.pid() is None:
            return from_json(self.folder / "pools.json")
        _, hosts, places = self.live()
        return {
            place: Pool(host, tuple((s.address, s.weight) for s in places.get(place, {}).values() if s.serving))
            for host, place in hosts.items()
        }

    def live(self) -> tuple[int, dict[str, int], Seats]:
        """(pid, {host: place}, seats) of the running HAProxy: remembered, or read from it."""
        pid = self.running_pid()
        if self.known is None or self.known[0] != pid:
            self.read_back(pid)
        assert self.known is not None
        return self.known

    def read_back(self, pid: int) -> None:
        """Read everything. Seats that serve where no name leads to belong to a change that was cut short: clear them,
        so that whoever gets the place next does not inherit them."""
        with CommandError.explained():
            hosts = {host: number_of(name) for host, name in self.api.map("hosts.map").items()}
            seats = self.seats_of("")
            for place in set(seats) - set(hosts.values()):
                self.api.run(self.leavers(place, seats[place], None))
                seats[place] = {number: replace(seat, serving=False) for number, seat in seats[place].items()}
        self.known = pid, hosts, seats

    def seats_of(self, backend_name: str) -> Seats:
        seats: Seats = {}
        for name, number, address, weight, serving in self.api.servers(backend_name):
            if address != NOBODY:
                seats.setdefault(number_of(name), {})[number] = Seat(address, weight, serving)
        return seats

    def write_files(self, wanted: Placed) -> None:
        """What HAProxy begins with when it is started next."""
        hosts = "".join(f"{pool.host} {backend(place)}\n" for place, pool in wanted.items())
        lines = [
            state_line(place, number, address, weight)
            for place, pool in wanted.items()
            for number, (address, weight) in enumerate(pool.members, start=1)
        ]
        with file_errors_explained():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_text(self.folder / "pools.json", to_json(wanted))
            replace_text(self.folder / "haproxy.cfg", self.configuration())
            replace_text(self.folder / "hosts.map", hosts)
            replace_text(self.folder / "servers.state", STATE_HEADER + "".join(lines))

    def change_to(self, wanted: Placed) -> None:
        """Newcomers first, then all names at once, then those who leave. Reads the result back."""
        pid, hosts, places = self.live()
        self.known = None
        everywhere = sorted(set(places) | set(wanted))
        touched = [place for place in everywhere if differs(places.get(place, {}), wanted.get(place))]
        with CommandError.explained():
            for place in set(touched) & set(wanted):
                self.api.run(self.arrivals(place, places.get(place, {}), wanted[place]))
            new_hosts = {pool.host: place for place, pool in wanted.items()}
            if new_hosts != hosts:
                self.api.replace_map("hosts.map", {host: backend(place) for host, place in new_hosts.items()})
            for place in touched:
                self.api.run(self.leavers(place, places.get(place, {}), wanted.get(place)))
            changed = {place: self.seats_of(backend(place)).get(place, {}) for place in touched}
            now = {host: number_of(name) for host, name in self.api.map("hosts.map").items()}
        self.known = pid, now, places | changed
        if not same(self.published(), wanted):
            raise TargetError("HAProxy did not take the change of its pools; it is tried again with the next change")

    def arrivals(self, place: int, seats: Mapping[int, Seat], pool: Pool) -> Iterable[str]:
        taken = {seat.address: number for number, seat in seats.items() if seat.serving}
        free = self.free_seats(place, seats) if pool.addresses - set(taken) else []
        for address, weight in pool.members:
            if address in taken:
                if seats[taken[address]].weight != weight:
                    yield f"set server {backend(place)}/s{taken[address]} weight {weight}"
                continue
            again = [number for number in free if number in seats and seats[number].address == address]
            number = again[0] if again else free[0]
            free.remove(number)
            seat, (host, port) = f"{backend(place)}/s{number}", address.rsplit(":", 1)
            yield f"set server {seat} addr {host} port {port}"
            yield f"set server {seat} weight {weight}"
            yield f"set server {seat} state ready"

    def leavers(self, place: int, seats: Mapping[int, Seat], pool: Pool | None) -> Iterable[str]:
        staying = pool.addresses if pool else frozenset()
        for number, seat in seats.items():
            if seat.serving and seat.address not in staying:
                self.freed[place, number] = time.monotonic()
                yield f"set server {backend(place)}/s{number} state maint"

    def free_seats(self, place: int, seats: Mapping[int, Seat]) -> list[int]:
        """Seats to give away, the best first: without requests, and left long ago."""
        busy = {number: use.requests for number, use in self.api.uses(backend(place)).items()}
        free = [number for number in range(1, SEATS + 1) if number not in seats or not seats[number].serving]
        return sorted(free, key=lambda number: (busy.get(number, 0), self.freed.get((place, number), 0.0), number))


def differs(seats: Mapping[int, Seat], pool: Pool | None) -> bool:
    serving = {seat.address: seat.weight for seat in seats.values() if seat.serving}
    return serving != dict(pool.members if pool else ())


def same(a: Placed, b: Placed) -> bool:
    """Equal, whatever the order of the members."""
    return {place: (pool.host, dict(pool.members)) for place, pool in a.items()} == {
        place: (pool.host, dict(pool.members)) for place, pool in b.items()
    }


def backend(place: int) -> str:
    return f"env{place:02}"


def number_of(backend_name: str) -> int:
    return int(backend_name.removeprefix("env"))


def state_line(place: int, number: int, address: str, weight: int) -> str:
    """A server that runs although the configuration disables it, in the format of `show servers state`."""
    host, port = address.rsplit(":", 1)
    return f"0 {backend(place)} {number} s{number} {host} 2 4 {weight} 1 0 1 0 0 8 0 0 0 - {port} - 0 0 - - 0\n"


def maximum_connections() -> int:
    """A request takes two descriptors; some are needed for the listener, the sockets and the event loop."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 20_000 if hard == resource.RLIM_INFINITY else max(100, min(20_000, (hard - 200) // 2))


def configuration(port: int, maxconn: int, places: int = PLACES, seats: int = SEATS) -> str:
    from jinja2 import Template

    template = Template(Path(__file__).with_name("haproxy.cfg.j2").read_text(), keep_trailing_newline=True)
    return str(template.render(port=port, maxconn=maxconn, places=places, seats=seats, grace_s=GRACE_S))
