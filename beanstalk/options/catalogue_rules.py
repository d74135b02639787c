"""Rules that the catalogue states as data: where an option means something, what it needs, what depends on what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from beanstalk.errors import Problem
from beanstalk.options.catalogue import PROPERTIES, catalogue
from beanstalk.options.circumstances import mismatch
from beanstalk.options.configuration import Resolved
from beanstalk.options.given import ENVIRONMENT, Finding, Given, Rule, warning
from beanstalk.options.option import ANY_VALUE, By, Option
from beanstalk.options.values import as_number, has_function, misfit


def _known(given: Given) -> Iterator[tuple[Resolved, Option]]:
    """What a user set, with its option."""
    for item in given.choices:
        option = catalogue().find(item.namespace, item.name)
        if option is not None:
            yield item, option


def elsewhere(given: Given) -> Iterator[Finding]:
    """Options that mean nothing with this load balancer, platform, type or tier: one warning a namespace and reason."""
    found: dict[tuple[str, str], list[Resolved]] = defaultdict(list)
    for item, option in _known(given):
        if item.namespace != PROPERTIES and (reason := mismatch(option, given.facts)):
            found[item.namespace, reason].append(item)
    yield from _grouped(found, "ignored by Elastic Beanstalk")


def deprecated(given: Given) -> Iterator[Finding]:
    """Options of the past, with what to use instead."""
    found: dict[tuple[str, str], list[Resolved]] = defaultdict(list)
    for item, option in _known(given):
        if option.deprecated:
            found[item.namespace, option.deprecated].append(item)
    yield from _grouped(found, "deprecated")


def _grouped(found: dict[tuple[str, str], list[Resolved]], verdict: str) -> Iterator[Finding]:
    for (namespace, reason), items in found.items():
        names = sorted({item.name for item in items})
        listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        yield warning(Problem(f"{namespace}: {listed}: {verdict}", items[0].winner.at, reason))


def idle(given: Given) -> Iterator[Finding]:
    """Options that mean nothing unless another one has a certain value."""
    for item, option in _known(given):
        for (namespace, name), values in option.requires.items():
            home = item.namespace if namespace == option.namespace else namespace
            actual = given.text(home, name)
            if _is_one_of(actual, values) or has_function(given.configuration.text(home, name) or ""):
                continue
            text = f"{item.namespace}:{item.name} is ignored: {home}:{name} is {actual or 'not set'}"
            wanted = "something" if values == (ANY_VALUE,) else " or ".join(values)
            yield warning(Problem(text, item.winner.at, f"set {name} to {wanted}, or leave {item.name} out"))


def missing(given: Given) -> Iterator[Finding]:
    """Options that cannot be left out when another one has a certain value."""
    for option in catalogue().required:
        for (namespace, name), values in option.required_if.items():
            if not given.chosen(namespace, name) or not _is_one_of(given.text(namespace, name), values):
                continue
            if mismatch(option, given.facts) or given.chosen(option.namespace, option.name):
                continue
            what = f"{namespace}:{name} is {given.text(namespace, name)}"
            text = f"{what}, and {option.namespace}:{option.name} is not set"
            yield Finding(given.problem(text, f"set {option.name}, too", (namespace, name)))


def dependent(given: Given) -> Iterator[Finding]:
    """Bounds and values that depend on another option, or on the load balancer or the platform."""
    for option in catalogue().bounded:
        for namespace in _written(given, option):
            value = given.text(namespace, option.name)
            if value is None:
                continue
            for by, narrow in ((option.range_by, _within), (option.values_by, _among)):
                case = _case(given, namespace, option, by) if by else None
                if by is None or case is None or case not in by.cases:
                    continue
                wrong = misfit(narrow(given, option, by.cases[case]), value)
                if wrong is not None:
                    origin = "" if given.chosen(namespace, option.name) else " (nobody set it)"
                    text = f"{namespace}:{option.name}{origin}: {wrong.text}, with {by.what.replace('_', ' ')} {case}"
                    places = [(namespace, option.name)]
                    places += [] if by.what in given.facts else [(namespace, by.what)]
                    yield Finding(given.problem(text, wrong.hint, *places), fatal=not option.lenient)


def _written(given: Given, option: Option) -> list[str]:
    """The namespaces of this option: one, or those of a free part in which something was set."""
    stem, brace, _ = option.namespace.partition("{")
    if not brace:
        return [stem]
    return [name for name in given.namespaces(stem) if catalogue().find(name, option.name) is option]


def _case(given: Given, namespace: str, option: Option, by: By) -> str | None:
    """The value that decides, None when it decides nothing: not known, or nobody chose any of the two."""
    chosen = given.chosen(namespace, option.name)
    if by.what not in given.facts:
        return given.text(namespace, by.what) if chosen or given.chosen(namespace, by.what) else None
    known = by.what != "load_balancer" or given.chosen(ENVIRONMENT, "LoadBalancerType")
    return given.facts[by.what] if chosen and known else None


def _within(given: Given, option: Option, bounds: tuple[str, ...]) -> Option:
    low, high = bounds
    namespace, colon, name = high.rpartition(":")
    most = given.integer(namespace, name) if colon else as_number(high)
    # A group may have no instance at all; a batch of it has one all the same.
    return replace(option, minimum=as_number(low), maximum=None if most is None else max(most, as_number(low)))


def _among(given: Given, option: Option, values: tuple[str, ...]) -> Option:
    return replace(option, values=values)


def limited(given: Given) -> Iterator[Finding]:
    """Numbers that must not be more than another option."""
    for item, option in _known(given):
        value = given.text(item.namespace, item.name)
        if option.limit is None or value is None:
            continue
        most = given.integer(*option.limit)
        if most is not None and as_number(value) > most:
            text = f"{item.namespace}:{item.name} {value} is more than {option.limit[1]}, which is {most}"
            yield Finding(Problem(text, item.winner.at, f"give at most {most}"))


def cluster(given: Given) -> Iterator[Finding]:
    """Beanstalk Cluster environments take the namespaces of theirs and no other."""
    choices = [(item, catalogue().namespace(item.namespace)) for item in given.choices]
    own = [item for item, home in choices if home is not None and home.is_cluster]
    others = [
        item for item, home in choices if home is not None and home.name.startswith("aws:") and not home.is_cluster
    ]
    if given.configuration.circumstances.tier == "Cluster":
        for namespace, at in {item.namespace: item.winner.at for item in reversed(others)}.items():
            text = f"a Beanstalk Cluster environment takes no options of {namespace}"
            yield Finding(Problem(text, at, "leave them out; its namespaces begin with aws:elasticbeanstalk:eks"))
        for option in catalogue().options():
            if option.required and not given.chosen(option.namespace, option.name):
                text = f"a Beanstalk Cluster environment needs {option.namespace}:{option.name}"
                yield Finding(Problem(text, None, f"set {option.name}"))
    elif own and others:
        text = f"{own[0].namespace} is for Beanstalk Cluster environments, and they take no {others[0].namespace}"
        yield Finding(Problem(text, own[0].winner.at, "leave one of the two out"))


def _is_one_of(actual: str | None, values: tuple[str, ...]) -> bool:
    if values == (ANY_VALUE,):
        return bool(actual)
    return (actual or "").lower() in [value.lower() for value in values]


RULES: tuple[Rule, ...] = (dependent, limited, missing, cluster, elsewhere, idle, deprecated)
