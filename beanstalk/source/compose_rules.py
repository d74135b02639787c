"""What has to hold between the services of a Compose file, and what Elastic Beanstalk asks of it.

What keeps Compose from starting is an error. A file that Elastic Beanstalk would not pick up, or that no request
reaches, is a warning.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from beanstalk.errors import Where
from beanstalk.source.compose_notes import ComposeNotes
from beanstalk.source.compose_values import ComposeFile, Service
from beanstalk.source.cycles import find_cycles, in_words

FILE_NAME = "docker-compose.yml"
_OTHER_NAMES = ("docker-compose.yaml", "compose.yml", "compose.yaml")
_OWN_NETWORKS = ("default", "bridge", "host", "none")


def check_compose(compose: ComposeFile, path: str, files: Collection[str] | None, notes: ComposeNotes) -> None:
    """Note what is wrong with the whole. files: paths of the bundle, None: unknown."""
    name = path.rpartition("/")[2]
    if name != FILE_NAME:
        text = f"the file is called {name}, and Elastic Beanstalk looks for {FILE_NAME} at the root of the bundle"
        notes.warn(Where(path), text, f"rename it to {FILE_NAME}")
    if name in (FILE_NAME, *_OTHER_NAMES):
        _runnable(compose, notes)
    _named_parts(compose, notes)
    _needs(compose, notes)
    _ports(compose, notes)
    if files is not None:
        _files(compose, frozenset(files), notes)


def _runnable(compose: ComposeFile, notes: ComposeNotes) -> None:
    told = {problem.at for problem in notes.problems}
    for service in compose.services:
        if (
            not service.image
            and service.build is None
            and service.at not in told
            and not dict(service.other).get("extends")
        ):
            notes.wrong(
                service.at,
                f"the service {service.name[:60]} has neither image nor build",
                "write one of the two",
            )
    names: dict[str, Service] = {}
    for service in compose.services:
        first = names.setdefault(service.container_name, service)
        if service.container_name and first is not service:
            text = f"the services {first.name[:60]} and {service.name[:60]} have the same container_name"
            notes.wrong(service.at, text, "leave container_name out: Compose chooses names")
    if compose.services and compose.front is None:
        at = next((port.at for service in compose.services for port in service.ports), compose.services[0].at)
        text = (
            "no service publishes port 80, where Elastic Beanstalk sends requests: with Compose there is no other proxy"
        )
        notes.warn(at, text, 'write "80:PORT" under ports: of the service that answers')


def _named_parts(compose: ComposeFile, notes: ComposeNotes) -> None:
    """Volumes and networks that services use are described at the top; the first form has no such place."""
    if compose.first_form:
        return
    volumes, networks = dict(compose.volumes), dict(compose.networks)
    for service in compose.services:
        for mount in service.volumes:
            if mount.type == "volume" and mount.source and mount.source not in volumes and "$" not in mount.source:
                hint = (
                    notes.meant(mount.source, volumes)
                    if volumes
                    else f"write volumes: and {mount.source[:60]}: at the top"
                )
                text = f"the volume {mount.source[:60]} of {service.name[:60]} is not described at the top"
                notes.wrong(mount.at, text, f"{hint}; a folder of the bundle begins with ./")
        for use in service.networks:
            if use.name not in networks and use.name not in _OWN_NETWORKS:
                hint = (
                    notes.meant(use.name, networks) if networks else f"write networks: and {use.name[:60]}: at the top"
                )
                text = f"the network {use.name[:60]} of {service.name[:60]} is not described at the top"
                notes.wrong(service.at, text, hint)


def _others(service: Service) -> Iterator[tuple[str, str, Where]]:
    """(key, name of another service, place)."""
    for dependency in service.depends_on:
        if dependency.required:
            yield "depends_on", dependency.service, dependency.at
    for link in service.links:
        yield "links", link.partition(":")[0], service.at
    for name in service.needs:
        yield "volumes_from or network_mode", name, service.at


def _needs(compose: ComposeFile, notes: ComposeNotes) -> None:
    names = tuple(service.name for service in compose.services)
    known = frozenset(names)
    needs: dict[str, set[str]] = {name: set() for name in names}
    places: dict[tuple[str, str], Where] = {}
    for service in compose.services:
        for key, other, at in _others(service):
            if other not in known:
                notes.wrong(
                    at,
                    f"{key} of {service.name[:60]} names {other[:60]!r}, which is no service",
                    notes.meant(other, names),
                )
            else:
                needs[service.name].add(other)
                places.setdefault((service.name, other), at)
    for service in compose.services:
        if service.name in needs[service.name]:
            needs[service.name].discard(service.name)
            notes.wrong(places[service.name, service.name], f"{service.name[:60]} depends on itself", "take it out")
    for circle in find_cycles(needs):
        text = f"services that need each other to start: {in_words(circle)}"
        notes.wrong(places[circle[0], circle[1]], text, "take one of the depends_on or links out")


@dataclass(frozen=True, slots=True, order=True)
class _Taken:
    """Host ports of one service. ip: "" is every address."""

    first: int
    last: int
    at: Where
    ip: str
    service: str


def _ports(compose: ComposeFile, notes: ComposeNotes) -> None:
    """A host port, or a range of them, belongs to one service. One of several free ports is never a clash."""
    taken: dict[str, list[_Taken]] = {}
    for service in compose.services:
        for port in service.ports:
            if port.host is None or port.floating or service.profiles:
                continue
            ip = "" if port.host_ip == "0.0.0.0" else port.host_ip
            one = _Taken(port.host, port.host_last or port.host, port.at, ip, service.name)
            taken.setdefault(port.protocol, []).append(one)
    for protocol, ports in taken.items():
        for one, other in _clashes(ports):
            first, second = sorted((one, other), key=lambda each: each.at)
            text = f"host port {other.first}/{protocol} is published twice, by {first.service[:60]}"
            text += f" (line {first.at.line}) and {second.service[:60]}"
            notes.wrong(second.at, text, "give one of them another host port")


def _clashes(ports: Iterable[_Taken]) -> Iterator[tuple[_Taken, _Taken]]:
    """Each that needs what one before it has, with that one. `reach`: by address, which goes on the longest."""
    reach: dict[str | None, _Taken] = {}
    for one in sorted(ports):
        rivals = (reach.get(one.ip), reach.get("" if one.ip else None))
        rival = max((each for each in rivals if each), key=lambda each: each.last, default=None)
        if rival and one.first <= rival.last:
            yield rival, one
        for key in (one.ip, None):
            if key not in reach or reach[key].last < one.last:
                reach[key] = one


def _files(compose: ComposeFile, files: frozenset[str], notes: ComposeNotes) -> None:
    """Files of the bundle that are needed to start. `.env` is written when the bundle has none."""
    for service in compose.services:
        for each in service.env_file:
            path = posixpath.normpath(each.path)
            if each.required and path != ".env" and path not in files and not path.startswith(("/", "..")):
                text = f"the env_file {each.path[:80]} of {service.name[:60]} is not in the bundle"
                notes.wrong(each.at, text, "add the file; the environment properties are in .env")
        build = service.build
        if build is None or "://" in build.context or build.context.startswith(("/", "..", "git@")):
            continue
        path = posixpath.normpath(posixpath.join(build.context, build.dockerfile))
        inline = any(name == "dockerfile_inline" for name, _ in build.other)
        if not inline and path not in files and dict(service.other).get("dockerfile") is None:
            text = f"{service.name[:60]} is built from {path[:80]}, which is not in the bundle"
            notes.wrong(build.at, text, "add the file, or correct context and dockerfile")
