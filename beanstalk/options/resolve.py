"""Layers of option settings -> one configuration in which every value knows where it comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from beanstalk.errors import InvalidInput, Problem, UsageError
from beanstalk.model import OptionSetting
from beanstalk.options.catalogue import PROPERTIES, Key, catalogue
from beanstalk.options.circumstances import Circumstances, family
from beanstalk.options.configuration import Configuration, Contribution, Layer, Resolved
from beanstalk.options.explanation import Explanation, explain
from beanstalk.options.rules import conflicts

MOST_HINTS = 50
"""After so many mistakes nobody is told what was probably meant."""

__all__ = [
    "Circumstances", "Configuration", "Contribution", "Explanation", "Layer", "Resolved", "explain", "family",
    "parse_option", "resolve", "settings",
]  # fmt: skip


def resolve(
    layers: Mapping[Layer, Sequence[OptionSetting]], circumstances: Circumstances | None = None
) -> Configuration:
    """Put the layers on top of each other. Within a layer a later setting wins; other rules: see `rules`.

    circumstances: what no option says, such as the platform; what is not known there is not warned about.

    What stands in DEFAULT (a platform's own defaults) beats the catalogue's. Raises InvalidInput with every problem
    of every layer, in the order of the layers: a value that loses has to be right too.
    """
    known = catalogue()
    problems: list[Problem] = []
    warnings: list[Problem] = []
    said: dict[Key, list[Contribution]] = {}
    wrong: set[Key] = set()
    noticed: set[str] = set()
    for layer in Layer:
        for key, contributions in _one_layer(layer, layers.get(layer, ()), warnings).items():
            said.setdefault(key, []).extend(contributions)
        for setting in layers.get(layer, ()):
            found = known.check(setting, hints=len(problems) < MOST_HINTS)
            problems.extend(found)
            if found:
                wrong.add(known.key(setting.namespace, setting.name, setting.resource_name))
            elif (notice := known.notice(setting)) and notice.text not in noticed:
                noticed.add(notice.text)
                warnings.append(notice)
    known_of_it = circumstances or Circumstances()
    resolved = _with_defaults(said, known_of_it)
    sound = Configuration({key: item for key, item in resolved.items() if key not in wrong}, (), known_of_it)
    errors, notices = conflicts(sound, frozenset(wrong))
    problems.extend(errors)
    if problems:
        raise InvalidInput(problems, (*warnings, *notices))
    return Configuration(resolved, (*warnings, *notices), known_of_it)


def _with_defaults(said: Mapping[Key, Sequence[Contribution]], circumstances: Circumstances) -> dict[Key, Resolved]:
    """Every option that somebody set, its default last. What a default depends on is looked up in the others."""
    others = Configuration(
        {key: Resolved(key[0], key[1], (*found,), key[2]) for key, found in said.items()}, (), circumstances
    )
    resolved = {}
    for key, contributions in said.items():
        option = catalogue().find(key[0], key[1])
        default = others.default(option, key[0]) if option else Contribution(Layer.DEFAULT, None)
        resolved[key] = Resolved(key[0], key[1], (*contributions, default), key[2])
    return resolved


def _one_layer(
    layer: Layer, settings: Sequence[OptionSetting], warnings: list[Problem]
) -> dict[Key, list[Contribution]]:
    """What one layer says, the last setting of an option first; a repeated one is told."""
    said: dict[Key, list[Contribution]] = {}
    for setting in settings:
        key = catalogue().key(setting.namespace, setting.name, setting.resource_name)
        earlier = said.setdefault(key, [])
        if earlier:
            before = f" at {earlier[0].at}" if earlier[0].at else ""
            text = f"{setting.namespace}:{setting.name} was set before{before}; this later value wins"
            warnings.append(Problem(text, setting.at, "keep one of the two"))
        earlier.insert(0, Contribution(layer, setting.value, setting.at))
    return said


def parse_option(text: str) -> OptionSetting:
    """`NAMESPACE:NAME=VALUE` of a command line -> the setting. The value may hold anything, "=" too, or be empty.

    Split at the last colon before the first "=", since a namespace has colons itself. Raises UsageError,
    never with the value: it may be a secret.
    """
    option, equals, value = text.partition("=")
    namespace, colon, name = option.rpartition(":")
    example = "write it as in aws:autoscaling:asg:MinSize=2"
    if not equals:
        raise UsageError(f"option {text!r} has no value", hint=example)
    if not colon or not namespace:
        hint = f"{example}; an environment property is {PROPERTIES}:{option or 'NAME'}=VALUE"
        raise UsageError(f"option {option!r} has no namespace", hint=hint)
    if not name:
        raise UsageError(f"option {option!r} has no name between the last ':' and '='", hint=example)
    if option != option.strip() or name != name.strip():
        raise UsageError(f"option {option!r} has a blank around its name", hint=example)
    return OptionSetting(namespace, name, value)


def settings(configuration: Configuration) -> Iterator[OptionSetting]:
    """What somebody set, as settings again: the winner of each option, without defaults."""
    for item in configuration.all():
        if item.layer is not Layer.DEFAULT and item.value is not None:
            yield OptionSetting(item.namespace, item.name, item.value, item.resource_name, item.winner.at)
