"""Where messages go: the instances in service, each with so many requests at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection

Place = tuple[str, int]
"""Address and port of an application."""


class Places:
    """Asked and told by many threads. connections: requests at once to one place."""

    def __init__(self, connections: int, places: Collection[Place] = ()) -> None:
        self._connections, self._places = connections, tuple(places)
        self._busy: Counter[Place] = Counter()
        self._lock = threading.Lock()

    def set(self, connections: int, places: Collection[Place]) -> None:
        """From now on. What is on its way to another one still counts there."""
        with self._lock:
            self._connections, self._places = connections, tuple(places)

    def take(self) -> Place | None:
        """The one with the fewest requests; None: every one has as many as it may have, or there is none."""
        with self._lock:
            place = min(self._places, key=lambda each: self._busy[each], default=None)
            if place is None or self._busy[place] >= self._connections:
                return None
            self._busy[place] += 1
            return place

    def give_back(self, place: Place) -> None:
        with self._lock:
            self._busy[place] -= 1

    def free(self) -> int:
        """How many more requests may be begun."""
        with self._lock:
            return sum(max(0, self._connections - self._busy[each]) for each in self._places)

    def in_flight(self, place: Place) -> int:
        """Requests on their way to a place, whether it is still one or not."""
        with self._lock:
            return self._busy[place]
