"""One thing that `doctor` looked at, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beanstalk.targets.local.proxy import find_program

ALL, PYTHON, NODE, CONTAINERS = "everything", "Python applications", "Node.js applications", "containers"
LINKS = "links between environments"
_INSTALLERS = {"apt-get": "install", "dnf": "install", "zypper": "install", "pacman": "-S", "apk": "add"}


class State(StrEnum):
    """LACKING: missing or wrong, and no environment of this home needs it.  NEEDED: the same, and one does."""

    GOOD = "good"
    LACKING = "lacking"
    NEEDED = "needed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. serves: what it is for.  found: what there is, in a few words.  remedy: the command
    that mends it, "" when it is good.  needed_by: names of the environments that miss it."""

    name: str
    serves: str
    found: str
    remedy: str = ""
    needed_by: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if not self.remedy:
            return State.GOOD
        return State.NEEDED if self.needed_by else State.LACKING


def install(package: str) -> str:
    """By the package manager of this machine; that of Debian when it has none that is known."""
    name = next((each for each in _INSTALLERS if find_program(each)), "apt-get")
    return f"sudo {name} {_INSTALLERS[name]} {package}"
