"""Where the output of a container goes: on this machine it always stays here, where `beanstalk logs` finds it."""

from __future__ import annotations

from beanstalk.container_groups.material import Material
from beanstalk.containers import Pairs
from beanstalk.source.notes import Place

_HERE = ("json-file", "local")
"""Drivers whose logs can be read back from every engine."""


def log_driver(driver: str, options: Pairs, who: str, place: Place, material: Material) -> tuple[str, Pairs]:
    """(driver, its options); ("", ()) for what this machine has by default."""
    if material.settings.on_aws or driver in ("", *_HERE):
        return driver, options
    material.told(
        place, f"the log driver {driver[:40]} of {who}", "logs are kept here, and `beanstalk logs` shows them"
    )
    return "", ()
