"""Where an option means something: kind of load balancer, platform, type of environment, tier. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beanstalk.options.option import Option

_FAMILIES = {"node": "nodejs", "python": "python"}
"""Names of our platforms -> those of the catalogue. Others have no namespace that only they know, or are not known."""

_WORDS = {
    "load_balancer": ("a load balancer of type", "this environment has"),
    "environment_type": ("an environment of type", "this one is"),
    "platform": ("the platform", "this one is"),
    "tier": ("an environment of tier", "this one is"),
    "shared": ("", ""),
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What no option says. platform: as the catalogue names it (see `family`), "" when it is not known.

    tier: "WebServer", "Worker" or "Cluster", "" when it is not known.
    """

    platform: str = ""
    tier: str = ""


def family(platform: str) -> str:
    """The catalogue's name for one of our platforms: `node` -> `nodejs`. "" for one that it does not know."""
    return _FAMILIES.get(platform, "")


def mismatch(option: Option, facts: Mapping[str, str]) -> str:
    """Why the option means nothing here, "" when it does as far as one knows. facts: see `Configuration.facts`."""
    for what, possible in option.applies_to.items():
        actual = facts.get(what, "")
        if actual and actual not in possible:
            return _reason(what, possible, actual)
    return ""


def _reason(what: str, possible: tuple[str, ...], actual: str) -> str:
    if what == "shared":
        return "not with a shared load balancer"
    where, here = _WORDS[what]
    return f"only with {where} {' or '.join(possible)}; {here} {actual}"
