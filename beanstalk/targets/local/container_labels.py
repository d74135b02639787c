"""How what this home has on an engine is told from everything else there: by labels and names, both.

A label alone is not enough: an image that was made from a container of ours hands its labels on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from beanstalk.records import Instance
from beanstalk.store.home import Home

HOME = "beanstalk.home"
INSTANCE = "beanstalk.instance"
CONTAINER = "beanstalk.container"
ENVIRONMENT = "beanstalk.environment"
AFTER = "beanstalk.after"
"""Names of containers of the instance that have to outlive this one, with commas between."""
STOP_AFTER = "beanstalk.stop-after"
"""Seconds between its stop signal and SIGKILL; "" for those of its instance."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Those of one home. home_id: digest of its resolved path."""

    home_id: str

    @classmethod
    def of(cls, home: Home) -> Labels:
        return cls(hashlib.sha256(str(home.folder.resolve()).encode()).hexdigest()[:12])

    def name(self, instance_id: str, part: str = "") -> str:
        """Of a container or volume of an instance; of its network without `part`."""
        return "-".join(each for each in ("beanstalk", self.home_id, instance_id, part) if each)

    def of_instance(self, instance: Instance) -> dict[str, str]:
        return {HOME: self.home_id, INSTANCE: instance.id, ENVIRONMENT: instance.environment_id}

    def of_home(self) -> dict[str, str]:
        return {HOME: self.home_id}

    def filters(self, instance_id: str = "") -> dict[str, list[str]]:
        """What to ask an engine for: everything of this home, or of one of its instances."""
        wanted = [f"{HOME}={self.home_id}"]
        return {"label": [*wanted, f"{INSTANCE}={instance_id}"] if instance_id else wanted}

    def are_on(self, labels: Mapping[str, str] | None, name: str) -> bool:
        """Whether something that carries these labels and has this name was made by this home for an instance."""
        found = labels or {}
        ours = self.name(found.get(INSTANCE, ""))
        return bool(found.get(HOME) == self.home_id and found.get(INSTANCE) and f"{name}-".startswith(f"{ours}-"))
