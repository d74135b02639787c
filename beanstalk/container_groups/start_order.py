"""In which order the containers of an instance start, and which of them gets the requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from beanstalk.containers import Container, Port
from beanstalk.errors import Where
from beanstalk.source.cycles import find_cycles, in_words
from beanstalk.source.notes import Notes


def start_order(containers: Sequence[Container], places: Mapping[str, Where], notes: Notes) -> tuple[Container, ...]:
    """Each behind what it needs, else as they were written. Circles are noted. places: name -> where it was written."""
    needs = {each.name: set(needed(each)) & {other.name for other in containers} for each in containers}
    circles = find_cycles(needs)
    for circle in circles:
        text = f"containers that need each other to start: {in_words(circle)}"
        notes.wrong(places.get(circle[0]), text, "take one of the dependencies out")
    if circles:
        return tuple(containers)
    started: dict[str, Container] = {}
    waiting = list(containers)
    while waiting:
        ready = next(each for each in waiting if needs[each.name] <= started.keys())
        started[ready.name] = ready
        waiting.remove(ready)
    return tuple(started.values())


def read_link(text: str) -> tuple[str, str]:
    """`NAME` or `NAME:ALIAS` -> (name, alias)."""
    name, _, alias = text.partition(":")
    return name, alias or name


def needed(container: Container) -> Iterator[str]:
    """Names of the containers that have to be there before."""
    yield from (name for name, _ in container.links)
    yield from (each.container for each in container.volumes_from)
    yield from (each.container for each in container.depends_on)


def choose_web(
    containers: Sequence[Container], wanted: int, places: Mapping[str, Where], remedy: str, notes: Notes
) -> tuple[str, int]:
    """(name, port in it) of what gets the requests: who has `wanted` on the machine, else the only one with a port,
    else the first one, essential ones first, which is told. Nobody: a problem, with `remedy` as its hint.
    """
    found = [(each, port) for each in containers for port in each.ports if port.protocol == "tcp"]
    for each, port in found:
        if port.host == wanted:
            return each.name, port.container
    if not found:
        at = next(iter(places.values()), None)
        notes.wrong(at, "no container publishes a port, so no request can reach the application", remedy)
        return "", 0
    chosen, port = next((pair for pair in found if pair[0].essential), found[0])
    if len(found) > 1:
        text = f"no container has the host port {wanted}: {chosen.name} gets the requests, on its port {port.container}"
        notes.warn(places.get(chosen.name), text, remedy)
    return chosen.name, port.container


def published(first: int, last: int, host: int | None, protocol: str) -> tuple[Port, ...]:
    """A range of ports. host: that of the first one, None: any."""
    return tuple(
        Port(number, None if host is None else host + number - first, protocol) for number in range(first, last + 1)
    )
