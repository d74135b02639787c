"""Networks for instances of several containers: one each, small, from a range of our own.

An engine that chooses subnets itself has some thirty of them. So they are chosen here: of the range, the first one
that neither the engine nor this machine uses, from a place on that depends on the instance, so that two who look at
the same time hardly find the same.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from beanstalk.errors import TargetError
from beanstalk.records import Instance
from beanstalk.targets.local.container_labels import Labels
from beanstalk.targets.local.engine import Engine, EngineRefused

_SMALLEST = 28
"""Prefix of a subnet for up to 13 containers, the usual one."""
_SHARED = 20
_TRIES = 100
_OVERLAP = re.compile(r"overlap|already in use|conflicts with", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Network:
    name: str
    subnet: IPv4Network

    def address(self, number: int) -> str:
        """Of its container `number`, from 0; the engine itself has the first one."""
        return str(self.subnet.network_address + 2 + number)


@dataclass
class Networks:
    """usual: the range of those for whom no other one is named, such as "10.213.0.0/16"."""

    engine: Engine
    labels: Labels
    usual: str
    _reserved: set[IPv4Network] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: WeakValueDictionary[str, threading.Lock] = field(default_factory=WeakValueDictionary)

    def of_instance(self, instance: Instance, containers: int, network_range: str = "") -> Network:
        """The instance's own network, made when there is none. network_range: another one than the usual.

        Raises TargetError, also when the range is used up.
        """
        prefix = _SMALLEST
        while 2 ** (32 - prefix) - 3 < containers:
            prefix -= 1
        whole = _range(network_range or self.usual, prefix)
        return self._get(self.labels.name(instance.id), self.labels.of_instance(instance), whole, prefix)

    def shared(self) -> Network:
        """One for all instances of a single container, where the engine has no default network."""
        whole = _range(self.usual, _SMALLEST)
        prefix = min(_SMALLEST, max(_SHARED, whole.prefixlen + 2))
        return self._get(self.labels.name("shared"), self.labels.of_home(), whole, prefix)

    def remove_shared(self) -> None:
        """Unless somebody is in it."""
        name = self.labels.name("shared")
        with self.engine.ask() as api:
            found = api.networks(names=[name], filters=self.labels.filters())
        for each in found:
            if each["Name"] == name:
                with suppress(EngineRefused), self.engine.ask() as api:
                    api.remove_network(each["Id"])

    def _get(self, name: str, marks: dict[str, str], whole: IPv4Network, prefix: int) -> Network:
        with self._lock:
            turn = self._turns.setdefault(name, threading.Lock())
        with turn:  # containers of an instance start side by side, and an engine makes two networks of one name
            return self._find_or_make(name, marks, whole, prefix)

    def _find_or_make(self, name: str, marks: dict[str, str], whole: IPv4Network, prefix: int) -> Network:
        first = _digest(name)
        for _ in range(_TRIES):
            if found := self._find(name, marks):
                return found
            with self._choose(whole, prefix, first) as subnet:
                try:
                    self._create(name, subnet, marks)
                except EngineRefused as error:
                    if error.status != 409 and not _OVERLAP.search(error.problem):
                        raise
                    first += 1
                else:
                    return Network(name, subnet)
        raise TargetError(f"no network can be made in {whole}: others take each one as soon as it is chosen")

    def _find(self, name: str, marks: dict[str, str]) -> Network | None:
        with self.engine.ask() as api:
            there = [each for each in api.networks(names=[name]) if each["Name"] == name]
        if not there:
            return None
        if not marks.items() <= (there[0].get("Labels") or {}).items():
            hint = f"remove it: docker network rm {name}"
            raise TargetError(f"there is a network {name} that beanstalk did not make", hint=hint)
        return Network(name, next(_subnets(there[0])))

    def _create(self, name: str, subnet: IPv4Network, marks: dict[str, str]) -> None:
        from docker.types import IPAMConfig, IPAMPool

        pools = IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet), gateway=str(subnet.network_address + 1))])
        with self.engine.ask() as api:
            api.create_network(name, "bridge", ipam=pools, check_duplicate=True, labels=marks)

    @contextmanager
    def _choose(self, whole: IPv4Network, prefix: int, first: int) -> Iterator[IPv4Network]:
        """A free subnet that nobody else of this process gets meanwhile."""
        with self.engine.ask() as api:
            used = [subnet for each in api.networks() for subnet in _subnets(each)] + _local()
        with self._lock:
            subnet = free_subnet(whole, prefix, [*used, *self._reserved], first)
            if subnet is None:
                covering = next((f" by {each}" for each in used if whole.subnet_of(each)), "")
                hint = "set another range: --option beanstalk:docker:NetworkRange=172.28.0.0/14"
                raise TargetError(f"every network of {whole} is in use{covering}", hint=hint)
            self._reserved.add(subnet)
        try:
            yield subnet
        finally:
            with self._lock:
                self._reserved.discard(subnet)


def _range(text: str, prefix: int) -> IPv4Network:
    """With room for a subnet of this prefix."""
    try:
        found = ip_network(text)
    except ValueError as error:
        raise TargetError(f"the network range is wrong: {error}", hint="write it as in 10.213.0.0/16") from None
    if not isinstance(found, IPv4Network) or found.prefixlen > prefix:
        raise TargetError(f"the network range {text} is too small", hint=f"/{prefix} is the least, of IPv4")
    return found


def free_subnet(whole: IPv4Network, prefix: int, used: Sequence[IPv4Network], first: int = 0) -> IPv4Network | None:
    """The first subnet of `whole` that overlaps with none of `used`, from number `first` on and around; pure."""
    size, count = 2 ** (32 - prefix), 2 ** (prefix - whole.prefixlen)
    start, base = first % count, int(whole.network_address)
    taken = sorted((int(each.network_address), int(each.broadcast_address)) for each in used)
    for begin, end in ((start, count), (0, start)):
        number = begin
        while number < end:
            low, high = base + number * size, base + (number + 1) * size - 1
            over = next((last for least, last in taken if least <= high and low <= last), None)
            if over is None:
                return IPv4Network((low, prefix))
            number = (over - base) // size + 1
    return None


def _subnets(found: dict[str, Any]) -> Iterator[IPv4Network]:
    for pool in (found.get("IPAM") or {}).get("Config") or ():
        if "." in pool.get("Subnet", ""):
            yield IPv4Network(pool["Subnet"], strict=False)


def _local() -> list[IPv4Network]:
    """What this machine has itself, or a way to."""
    import psutil

    given = [each for known in psutil.net_if_addrs().values() for each in known if each.family == socket.AF_INET]
    own = [IPv4Network(f"{each.address}/{each.netmask or 32}", strict=False) for each in given]
    try:
        lines = Path("/proc/net/route").read_text().splitlines()[1:]
    except OSError:
        return own
    ways = [IPv4Network(f"{_dotted(words[1])}/{_dotted(words[7])}", strict=False) for words in map(str.split, lines)]
    return own + [each for each in ways if each.prefixlen]


def _dotted(hexadecimal: str) -> IPv4Address:
    """As /proc/net/route writes addresses: bytes in the order of the processor."""
    return IPv4Address(struct.unpack(">I", struct.pack("=I", int(hexadecimal, 16)))[0])


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
