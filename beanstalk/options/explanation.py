"""Why an option has its value: everything that was said about it, and what would hold without the winner. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from beanstalk.errors import Problem
from beanstalk.options.catalogue import Option, catalogue
from beanstalk.options.circumstances import mismatch
from beanstalk.options.configuration import Configuration, Contribution, Layer

NO_EFFECT_HERE = "no effect on the local target"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One option of a configuration.

    winner: what holds.  losers: what was said besides, the strongest first; the last one is the default, unless that
    holds.  ignored: why the option means nothing to Elastic Beanstalk in this environment, "" when it does.
    """

    namespace: str
    name: str
    resource_name: str
    option: Option
    winner: Contribution
    losers: tuple[Contribution, ...]
    ignored: str

    @property
    def value(self) -> str | None:
        return self.winner.value

    @property
    def default(self) -> str | None:
        """What the catalogue has for these circumstances; a platform's own default is among `losers`."""
        return (self.winner, *self.losers)[-1].value

    @property
    def next(self) -> Contribution | None:
        """What would hold if the winner went away. None when it cannot: the default holds."""
        return self.losers[0] if self.losers else None

    @property
    def here(self) -> str:
        """What the local target makes of it, in words."""
        if not self.option.local:
            return NO_EFFECT_HERE
        return self.option.local_note or "the local target acts on it"


def explain(configuration: Configuration, namespace: str, name: str, resource_name: str = "") -> Explanation:
    """Raises KeyError for an option that cannot be."""
    resolved = configuration.resolved(namespace, name, resource_name)
    option = catalogue().find(namespace, name)
    if option is None:
        raise KeyError(f"{namespace}:{name}")
    winner, *losers = resolved.contributions
    reason = mismatch(option, configuration.facts())
    return Explanation(resolved.namespace, resolved.name, resolved.resource_name, option, winner, tuple(losers), reason)


def unused_here(configuration: Configuration) -> tuple[Problem, ...]:
    """What a user set and the local target does not act on: one notice a namespace, at the first place."""
    found: dict[str, list[tuple[str, Contribution]]] = {}
    for item in configuration.stated():
        option = catalogue().find(item.namespace, item.name)
        if option is not None and not option.local and item.layer not in (Layer.DEFAULT, Layer.RECOMMENDED):
            found.setdefault(item.namespace, []).append((item.name, item.winner))
    notices = []
    for namespace, said in sorted(found.items()):
        places = [winner.at for _, winner in said if winner.at]
        listed = ", ".join(sorted({name for name, _ in said}))
        notices.append(Problem(f"{namespace}: {listed}: {NO_EFFECT_HERE}", min(places, default=None)))
    return tuple(notices)
