"""Who works on an environment on AWS. A lease ends by itself, so that nobody who died holds anything for ever."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from beanstalk.errors import EnvironmentBusy
from beanstalk.records import Kind
from beanstalk.store.documents import Documents, Json
from beanstalk.store.row import from_values, to_values

FIELD = "Lease"
"""Where in the object of an environment it stands."""
_LATE_S = 2.0
"""The clock of S3 is read to a second; a lease counts so much longer for those who want to take it over."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What an environment is held for. holder: who does it, in words (`Service.holder`)."""

    operation_id: str
    kind: Kind
    holder: str


@dataclass(frozen=True, slots=True)
class LeaseInfo:
    """A lease, for everybody to see. expires: unless it is renewed.  token: by which its owner knows it."""

    operation_id: str
    kind: Kind
    holder: str
    since: float
    expires: float
    token: str

    def busy(self, name: str) -> EnvironmentBusy:
        since, until = _clock(self.since), _clock(self.expires)
        return EnvironmentBusy(
            f"{name} is busy: {self.kind} since {since}, by {self.holder}",
            hint=f"wait for it (--wait-lock SECONDS); should that process be dead, its lease ends at {until}",
        )


class Lease:
    """A lease that is ours, from `take`. seconds: how long each renewal lasts."""

    def __init__(self, documents: Documents, key: str, name: str, info: LeaseInfo, seconds: float) -> None:
        self._documents, self._key, self._name, self._seconds = documents, key, name, seconds
        self.info = info

    def renew(self) -> None:
        """Raises EnvironmentBusy when somebody took it over because it had ended; then nothing more may be done."""

        def longer(there: Json | None) -> Json:
            self._check(there)
            assert there is not None
            expires = max(self._documents.now(), there[FIELD]["since"]) + self._seconds
            return {**there, FIELD: {**there[FIELD], "expires": expires}}

        changed = self._documents.change(self._key, longer)
        self.info = from_values(LeaseInfo, (changed or {})[FIELD])

    def release(self) -> None:
        """No error when it is not ours any more."""

        def without(there: Json | None) -> Json | None:
            info = read(there)
            return None if there is None or info is None or info.token != self.info.token else {**there, FIELD: None}

        self._documents.change(self._key, without)

    @property
    def lost(self) -> bool:
        """Whether somebody else has it, or nobody."""
        info = read(self._documents.get(self._key))
        return info is None or info.token != self.info.token

    def _check(self, there: Json | None) -> None:
        info = read(there)
        if info is None or info.token != self.info.token:
            taken = f"{info.holder} took it over" if info else "nobody holds it now"
            raise EnvironmentBusy(
                f"the lease on {self._name} had ended before it was renewed: {taken}",
                hint="what AWS was told goes on; follow it: beanstalk events -f",
            )


def read(document: Mapping[str, Any] | None) -> LeaseInfo | None:
    """The lease in the object of an environment, ended or not."""
    values = (document or {}).get(FIELD)
    return from_values(LeaseInfo, values) if values else None


def is_over(info: LeaseInfo, now: float) -> bool:
    return now > info.expires + _LATE_S


def take(documents: Documents, key: str, name: str, holding: Holding, seconds: float) -> Lease | None:
    """Raises EnvironmentBusy while somebody else has it. None: there is no such environment."""
    token = uuid.uuid4().hex

    def taken(there: Json | None) -> Json | None:
        info, now = read(there), documents.now()
        if there is None or there.get("Environment") is None:
            return None
        if info is not None and info.token != token and not is_over(info, now):
            raise info.busy(name)
        return {**there, FIELD: {**to_values(holding), "since": now, "expires": now + seconds, "token": token}}

    mine = read(documents.change(key, taken))
    return Lease(documents, key, name, mine, seconds) if mine is not None and mine.token == token else None


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
