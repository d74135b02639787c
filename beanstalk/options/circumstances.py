"""Where an option means something: kind of load balancer, platform, type of environment, tier. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from beanstalk.options.option import By, Option
from beanstalk.source.recognise import Kind

_NAMED = (
    (r"multi-?container docker|\becs\b", ""),
    (r"docker", "docker"),
    (r"tomcat", "tomcat"),
    (r"corretto|\bjava\b", "java-se"),
    (r"python", "python"),
    (r"\bruby\b", "ruby"),
    (r"node", "nodejs"),
    (r"\bphp\b", "php"),
    (r"\bgo\b", "go"),
    (r"windows server|\biis\b", "windows"),
    (r"\.net", "dotnet-core-linux"),
)
"""A word in the name of a platform -> what the catalogue calls it; the first one counts."""
FAMILIES = {
    Kind.COMPOSE: "docker",
    Kind.DOCKERFILE: "docker",
    Kind.IMAGE: "docker",
    Kind.PYTHON: "python",
    Kind.RUBY: "ruby",
    Kind.PHP: "php",
    Kind.NODE: "nodejs",
    Kind.WINDOWS: "windows",
    Kind.TOMCAT: "tomcat",
    Kind.JAVA: "java-se",
    Kind.GO: "go",
    Kind.DOTNET: "dotnet-core-linux",
}
"""What a bundle looks like -> the catalogue's name for that platform."""

_WORDS = {
    "load_balancer": ("a load balancer of type", "this environment has"),
    "environment_type": ("an environment of type", "this one is"),
    "platform": ("the platform", "this one is"),
    "tier": ("an environment of tier", "this one is"),
    "shared": ("", ""),
}

_ON = {
    "load_balancer": "with a load balancer of type",
    "environment_type": "in an environment of type",
    "platform": "on the platform",
    "tier": "in the tier",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What no option says. platform: as the catalogue names it (see `family`), "" when it is not known.

    tier: "WebServer", "Worker" or "Cluster", "" when it is not known.
    """

    platform: str = ""
    tier: str = ""


def family(platform: str) -> str:
    """The catalogue's name for a platform as anybody calls it: `node`, `Python 3.11 running on 64bit Amazon Linux 2`.

    "" for one that has no namespace of its own, or is not known.
    """
    name = platform.lower()
    return next((known for words, known in _NAMED if re.search(words, name)), "")


def mismatch(option: Option, facts: Mapping[str, str]) -> str:
    """Why the option means nothing here, "" when it does as far as one knows. facts: see `Configuration.facts`."""
    for what, possible in option.applies_to.items():
        actual = facts.get(what, "")
        if actual and actual not in possible:
            return _reason(what, possible, actual)
    return ""


def in_words(by: By, case: str) -> str:
    """The case that a default is of: "with a load balancer of type network", "with ListenerProtocol HTTPS"."""
    return f"{_ON.get(by.what, f'with {by.what}')} {case}"


def _reason(what: str, possible: tuple[str, ...], actual: str) -> str:
    if what == "shared":
        return "not with a shared load balancer"
    where, here = _WORDS[what]
    return f"only with {where} {' or '.join(possible)}; {here} {actual}"
