"""Circles in «this needs that»."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

MOST = 20
"""More circles are not looked for: somebody has enough to do."""
_SHOWN = 12


def find_cycles(needs: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Circles that share no member, each once, beginning and ending with the same name. needs: name -> what it needs.

    Two circles with a common member count as one: when that is mended, the other one comes out.
    """
    left = {name: set(others) for name, others in needs.items()}
    found: list[tuple[str, ...]] = []
    while len(found) < MOST:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))[:-1]
            first = circle.index(min(circle))
            circle = circle[first:] + circle[:first]
            found.append((*circle, circle[0]))
            left = {name: others - set(circle) for name, others in left.items() if name not in circle}
        else:
            break
    return tuple(found)


def in_words(circle: tuple[str, ...]) -> str:
    """`a -> b -> a`; of a long one the beginning."""
    return " -> ".join(circle[:_SHOWN]) + (" -> ..." if len(circle) > _SHOWN else "")
