"""What an engine has of this home, asked for every few milliseconds and mostly answered from memory.

Nobody waits for an engine that is slow: whoever asks gets None, which says that nothing is known.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Any

from beanstalk.errors import TargetError
from beanstalk.targets.local.container_labels import AFTER, CONTAINER, ENVIRONMENT, INSTANCE, STOP_AFTER, Labels
from beanstalk.targets.local.engine import Engine, EngineRefused

_FRESH_S = 0.02
_SHARE = 10
"""A list is good for so many times as long as it took, so that asking for it never takes much of a processor."""
_WAIT_S = 0.05
_OLD_S = 2.0
"""An older list is none at all."""
_AWAY_S = 1.0
"""Until an engine that did not answer is asked again."""
_ENDED = ("exited", "dead", "removing")


@dataclass(frozen=True, slots=True)
class Seen:
    """A container as a list of the engine shows it.

    state: in the engine's words; "created" for one that never ran.  address: in its first network, "" for none.
    ports: (port in the container, protocol, published port or None).
    """

    id: str
    name: str
    instance: str
    environment: str
    state: str
    after: frozenset[str] = frozenset()
    stop_after_s: float | None = None
    address: str = ""
    ports: tuple[tuple[int, str, int | None], ...] = ()

    @property
    def is_created(self) -> bool:
        return self.state == "created"

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED

    @property
    def is_running(self) -> bool:
        return not self.is_created and not self.has_ended


@dataclass(frozen=True, slots=True)
class Snapshot:
    """asked: when, on the steady clock: what happened later may not be in it."""

    asked: float
    containers: Mapping[str, Seen]
    """By id."""

    def of(self, instance_id: str) -> dict[str, Seen]:
        """{name: container} of one instance."""
        return {each.name: each for each in self.containers.values() if each.instance == instance_id}


@dataclass
class _Asked:
    """A question on its way, and the answer before it."""

    began: float = 0.0
    question: Future[Any] | None = None
    answer: Any = None
    trouble: TargetError | None = None
    again: float = 0.0
    """When the answer, or the trouble, is too old."""


@dataclass
class View:
    """Asks with threads of its own, so that an engine that hangs holds up nobody."""

    engine: Engine
    labels: Labels
    _list: _Asked = field(default_factory=_Asked)
    _states: dict[str, _Asked] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(2, "engine-view")

    @property
    def trouble(self) -> TargetError | None:
        """Why the last list could not be had."""
        return self._list.trouble

    def look(self, since: float = 0.0, wait_s: float = _WAIT_S) -> Snapshot | None:
        """All containers of this home; None when that is not known.

        since: the list has to be asked for at this time of the steady clock or later.  wait_s: longest wait.
        """
        asked = self._list
        self._take(asked, wait_s)
        now = time.monotonic()
        if asked.question is None and (now >= asked.again or _before(asked.answer, since)):
            self._ask(asked, self._fetch)
            self._take(asked, wait_s)
        found: Snapshot | None = asked.answer
        if found is None or found.asked < since or time.monotonic() - found.asked > _OLD_S:
            return None
        return found

    def state(self, container_id: str, fresh_s: float = _WAIT_S) -> dict[str, Any] | None:
        """The engine's `State` of one container, at most `fresh_s` old; {} when it is not there, None when unknown."""
        asked = self._states.setdefault(container_id, _Asked())
        self._take(asked, _WAIT_S)
        if asked.question is None and (asked.answer is None or time.monotonic() - asked.began > fresh_s):
            if time.monotonic() < asked.again:
                return None
            self._ask(asked, lambda: self._inspect(container_id))
            self._take(asked, _WAIT_S)
        return None if asked.question is not None else asked.answer

    def forget(self, container_id: str) -> None:
        """It runs again, or is no more: its state is another one now."""
        self._states.pop(container_id, None)

    def _ask(self, asked: _Asked, question: Any) -> None:
        asked.began = time.monotonic()
        asked.question = self._pool.submit(question)

    def _take(self, asked: _Asked, wait_s: float) -> None:
        """Have the answer when it is there, or comes in time. One that is late already is not waited for again."""
        if asked.question is None:
            return
        try:
            asked.answer = asked.question.result(max(0.0, asked.began + wait_s - time.monotonic()))
            asked.trouble = None
            took = time.monotonic() - asked.began
            asked.again = asked.began + max(_FRESH_S, _SHARE * took)
        except NotYet:
            return
        except TargetError as error:
            asked.answer, asked.trouble = None, error
            asked.again = time.monotonic() + _AWAY_S
        asked.question = None

    def _fetch(self) -> Snapshot:
        began = time.monotonic()
        with self.engine.ask() as api:
            found = api.containers(all=True, filters=self.labels.filters())
        seen = [_seen(each) for each in found if self._is_ours(each)]
        return Snapshot(began, {each.id: each for each in seen})

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        names = [name.removeprefix("/") for name in found.get("Names") or ()]
        labels = found.get("Labels") or {}
        wanted = self.labels.name(labels.get(INSTANCE, ""), labels.get(CONTAINER, ""))
        return wanted in names and self.labels.are_on(labels, wanted)

    def _inspect(self, container_id: str) -> dict[str, Any]:
        try:
            with self.engine.ask() as api:
                found = api.inspect_container(container_id)
        except EngineRefused as error:
            if error.status == 404:
                return {}
            raise
        return {**found["State"], "Limit": (found.get("HostConfig") or {}).get("Memory") or 0}


def _before(found: Snapshot | None, since: float) -> bool:
    return found is not None and found.asked < since


def _seen(found: Mapping[str, Any]) -> Seen:
    labels = found["Labels"]
    networks = ((found.get("NetworkSettings") or {}).get("Networks") or {}).values()
    stop_after = labels.get(STOP_AFTER)
    return Seen(
        id=found["Id"],
        name=labels[CONTAINER],
        instance=labels[INSTANCE],
        environment=labels.get(ENVIRONMENT, ""),
        state=found.get("State", ""),
        after=frozenset(filter(None, labels.get(AFTER, "").split(","))),
        stop_after_s=float(stop_after) if stop_after else None,
        address=next((each["IPAddress"] for each in networks if each.get("IPAddress")), ""),
        ports=tuple(
            sorted(
                {(port["PrivatePort"], port["Type"], port.get("PublicPort")) for port in found.get("Ports") or ()},
                key=str,
            )
        ),
    )
