"""The options that exist: looked up by namespace and name, and asked whether a value fits.

The files of `namespaces/` are read at the first question, once. Nothing here knows layers (see `resolve`), nor other
options (see `rules`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from itertools import takewhile

from beanstalk.errors import Problem
from beanstalk.model import OptionSetting
from beanstalk.options.option import ANY_NAME, PROPERTIES, SECRETS, By, Namespace, Option, Recommendation
from beanstalk.options.values import misfit, shown

__all__ = [
    "ANY_NAME", "PROPERTIES", "SECRETS", "By", "Catalogue", "Key", "Namespace", "Option", "Recommendation", "catalogue",
]  # fmt: skip

Key = tuple[str, str, str]
"""What makes two settings the same option: namespace, name, and resource name ("" in nearly every namespace)."""


class Catalogue:
    """All options. Get the one that ships with the package from `catalogue()`.

    required: options that another one may ask for.  bounded: those whose values depend on another one.
    """

    def __init__(self, namespaces: Iterable[Namespace]) -> None:
        self.namespaces = {namespace.name: namespace for namespace in namespaces}
        self._options = tuple(option for each in self.namespaces.values() for option in each.options.values())
        self.required = tuple(option for option in self._options if option.required_if)
        self.bounded = tuple(option for option in self._options if option.range_by or option.values_by)
        free = [namespace for namespace in self.namespaces.values() if namespace.segment]
        self._free = [(namespace.stem, re.compile(namespace.segment), namespace) for namespace in free]

    def options(self) -> tuple[Option, ...]:
        """Every described option, in the order of the files; "*" stands for the names that are not listed."""
        return self._options

    def namespace(self, name: str) -> Namespace | None:
        """The namespace that this name means: `aws:elb:listener:443` is `aws:elb:listener:{listener_port}`."""
        if name in self.namespaces:
            return self.namespaces[name]
        for stem, segment, namespace in self._free:
            if name.startswith(stem) and segment.fullmatch(name, len(stem)):
                return namespace
        return None

    def find(self, namespace: str, name: str) -> Option | None:
        """The option that this namespace and name mean: aliases followed, "*" for a name that is not listed.

        None: unknown.
        """
        home = self.namespace(namespace)
        if home is None:
            return None
        if name in home.aliases:
            return self.find(home.aliases[name], name)
        option = home.options.get(name) if name != ANY_NAME else None
        if option is not None:
            return option
        possible = ANY_NAME in home.options and re.fullmatch(home.name_pattern, name, re.DOTALL)
        return home.options[ANY_NAME] if possible else None

    def key(self, namespace: str, name: str, resource_name: str = "") -> Key:
        """The identity of an option: aliases followed, the resource name dropped where it has no meaning."""
        home = self.namespace(namespace)
        if home is None:
            return namespace, name, ""
        if name in home.aliases:
            return self.key(home.aliases[name], name, resource_name)
        return namespace, name, resource_name if home.by_resource else ""

    def check(self, setting: OptionSetting, hints: bool = True) -> tuple[Problem, ...]:
        """What is wrong with this setting by itself: an unknown namespace or name, a value that does not fit.

        Empty: nothing. A value with a CloudFormation function fits every option here; see `values.has_function`.
        hints: look for the name that was meant, which takes time.
        """
        home = self.namespace(setting.namespace)
        if home is None:
            text = f"unknown option namespace {shown(setting.namespace)}"
            return (Problem(text, setting.at, self._like_namespace(setting.namespace, hints)),)
        option = self.find(setting.namespace, setting.name)
        if option is None:
            if ANY_NAME in home.options:
                text = f"{shown(setting.name)} cannot be a name in {setting.namespace}"
                return (Problem(text, setting.at, f"possible are {home.name_form}"),)
            text = f"unknown option {shown(setting.name)} in {setting.namespace}"
            return (Problem(text, setting.at, self._like_name(home, setting, hints)),)
        if home.by_resource and not setting.resource_name:
            text = f"{setting.namespace}:{setting.name} has no resource name"
            return (Problem(text, setting.at, f"write NAME.{setting.namespace}, or add resource_name: NAME"),)
        wrong = misfit(option, setting.value)
        if wrong is not None and option.sensitive:
            wrong = Problem("the value is not possible", hint=f"give {option.form or 'another one'}")
        return () if wrong is None or option.lenient else (_placed(setting, wrong),)

    def notice(self, setting: OptionSetting) -> Problem | None:
        """What a person should know about a setting that `check` found nothing wrong with."""
        option = self.find(setting.namespace, setting.name)
        if option is None:
            return None
        if option.lenient and (wrong := misfit(option, setting.value)):
            return _placed(setting, wrong)
        if option.advised_minimum is not None and option.type in ("integer", "number"):
            try:
                low = float(setting.value) < option.advised_minimum
            except ValueError:
                low = False
            if low:
                text = f"{setting.namespace}:{setting.name} is {setting.value}"
                return Problem(text, setting.at, f"Elastic Beanstalk documents {option.advised_minimum:g} as the least")
        return None

    def _like_namespace(self, name: str, look: bool) -> str:
        for stem, segment, _ in self._free:
            if name.startswith(stem):
                part = "a port" if segment.pattern.startswith("[0-9]") else "a name"
                return f"{part} without a colon has to follow {stem}"
        close = _closest(name, self.namespaces) if look else ""
        return f"did you mean {close}?" if close else "see the list of namespaces in the documentation"

    def _like_name(self, home: Namespace, setting: OptionSetting, look: bool) -> str:
        name = setting.name
        close = _closest(name, [*home.options, *home.aliases]) if look else ""
        if close:
            return f"did you mean {close}?"
        longer = [each for each in home.options if name and each.endswith(name)]
        meant = f"did you mean {' or '.join(longer)}?" if len(longer) in (1, 2) else ""
        if near := [other for other in self.namespaces.values() if name in other.options]:
            nearest = max(near, key=lambda other: _kinship(home, other))
            owner = (
                nearest.stem + setting.namespace[len(home.stem) :] if nearest.segment == home.segment else nearest.name
            )
            return f"{meant} {name} belongs to {owner}".strip()
        if meant:
            return meant
        return f"{home.name} has {', '.join([*home.options, *home.aliases])}"


@cache
def catalogue() -> Catalogue:
    """The catalogue of this package, read once."""
    from beanstalk.options.facts import read_namespaces

    return Catalogue(read_namespaces())


def _kinship(one: Namespace, other: Namespace) -> tuple[int, bool]:
    """The more, the more alike: how much of their names is the same, and whether the same may follow it."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one.name, other.name, strict=False))
    return len([*same]), one.segment == other.segment


def _placed(setting: OptionSetting, wrong: Problem) -> Problem:
    return Problem(f"{setting.namespace}:{setting.name}: {wrong.text}", setting.at, wrong.hint)


def _closest(name: str, known: Iterable[str]) -> str:
    """The known name that a person most likely meant, "" for none. Another case alone always counts."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower()[:200], by_lower, 1, 0.7)
    return by_lower[close[0]] if close else ""
