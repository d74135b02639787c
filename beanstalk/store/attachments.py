"""What hangs on an application or an environment: frozen records, one for each table that schema 2 brought."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The lifecycle policy of an application. applied: when the newest version was created that it looked at; versions
    from before it was set count as looked at."""

    application: str
    policy_json: str
    applied: float


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved configuration of an application. content: as in a `.cfg.yml` file; it may hold secrets."""

    application: str
    name: str
    content: str
    created: float
    modified: float


@dataclass(frozen=True, slots=True)
class Tag:
    environment_id: str
    key: str
    value: str
