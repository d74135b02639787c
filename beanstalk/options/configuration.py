"""A configuration: every option of an environment with its value, and who said what about it. Frozen, pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from beanstalk.errors import Problem, Where
from beanstalk.options.catalogue import ANY_NAME, PROPERTIES, SECRETS, Key, Option, catalogue
from beanstalk.options.circumstances import Circumstances, in_words, mismatch
from beanstalk.options.values import as_boolean, as_integer, as_number, has_function

_ENVIRONMENT = "aws:elasticbeanstalk:environment"


class Layer(StrEnum):
    """Who can set an option, the strongest first; the order of the members is the precedence.

    Source: EB Developer Guide, "Precedence" of configuration options, with one difference that is meant: there the
    recommended values of a client are set directly on the environment and silently beat `.ebextensions`. Here what
    `create` recommends is weaker than everything the user wrote, and only beats the defaults.
    """

    ENVIRONMENT = "environment"
    SAVED = "saved configuration"
    EBEXTENSIONS = ".ebextensions"
    RECOMMENDED = "recommended"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one layer says about an option.

    value: None only for a default that does not exist.  because: the circumstances of a default that depends on them.
    """

    layer: Layer
    value: str | None
    at: Where | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """One option with everything that was said about it, the winner first; never empty, the default is the last."""

    namespace: str
    name: str
    contributions: tuple[Contribution, ...]
    resource_name: str = ""

    @property
    def winner(self) -> Contribution:
        return self.contributions[0]

    @property
    def value(self) -> str | None:
        return self.winner.value

    @property
    def layer(self) -> Layer:
        return self.winner.layer


@dataclass(frozen=True)
class Configuration:
    """The options of an environment. Names are those of the catalogue, aliases included; `resolve.resolve` makes it.

    A reader that asks for a name the catalogue does not have, or for another type, is a mistake in our code: KeyError
    and TypeError. `integer`, `number` and `boolean` of an option without value raise KeyError: ask `text` first where
    the catalogue has no default.
    """

    _set: Mapping[Key, Resolved] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    circumstances: Circumstances = field(default_factory=Circumstances)

    def text(self, namespace: str, name: str) -> str | None:
        """The value as text, None when nobody set it and there is no default.

        A default that depends on circumstances is Elastic Beanstalk's own: who reads the option has another one, or
        none, so it is None here, too. `resolved` has it.
        """
        winner = self.resolved(namespace, name).winner
        return None if winner.because else winner.value

    def integer(self, namespace: str, name: str) -> int:
        return as_integer(self._typed(namespace, name, "integer"))

    def number(self, namespace: str, name: str) -> float:
        return as_number(self._typed(namespace, name, "integer", "number"))

    def boolean(self, namespace: str, name: str) -> bool:
        return as_boolean(self._typed(namespace, name, "boolean"))

    def layer(self, namespace: str, name: str) -> Layer:
        """Who set it; DEFAULT when nobody did."""
        return self.resolved(namespace, name).layer

    def properties(self) -> dict[str, str]:
        """The environment properties that somebody set, sorted by name. One that was set to "" stays; one that is a
        secret, too, is there only when a stronger layer set it."""
        secrets = self.secrets()
        return {name: value for name, value in self._values(PROPERTIES) if name not in secrets}

    def secrets(self) -> dict[str, str]:
        """{environment variable: reference to its value}, sorted by name; see `secrets.read_reference`.

        Without those whose reference only CloudFormation can evaluate. Of a secret and a property of the same name the
        one of the stronger layer holds, of the same layer the secret.
        """
        found = self._values(SECRETS)
        return {name: value for name, value in found if not has_function(value) and not self.is_plain(name)}

    def is_plain(self, name: str) -> bool:
        """Whether a stronger layer made a property of what is a secret elsewhere."""
        plain, strength = self._set.get((PROPERTIES, name, "")), list(Layer).index
        return plain is not None and strength(plain.layer) < strength(self.layer(SECRETS, name))

    def _values(self, namespace: str) -> Iterator[tuple[str, str]]:
        """What somebody set in a namespace, sorted by name."""
        found = (item for item in self._set.values() if item.namespace == namespace)
        for item in sorted(found, key=lambda item: item.name):
            if item.value is not None:
                yield item.name, item.value

    def resolved(self, namespace: str, name: str, resource_name: str = "") -> Resolved:
        """Everything that was said about one option. Raises KeyError for a name that cannot be."""
        known = catalogue()
        key = known.key(namespace, name, resource_name)
        if key in self._set:
            return self._set[key]
        option = known.find(namespace, name)
        if option is None:
            raise KeyError(f"{namespace}:{name}")
        return Resolved(key[0], key[1], (self.default(option, key[0]),), key[2])

    def default(self, option: Option, namespace: str) -> Contribution:
        """What holds in these circumstances when nobody sets the option; namespace: where a free part is filled in."""
        by = option.default_by
        if by is not None:
            facts = self.facts()
            case = facts[by.what] if by.what in facts else self._plain(namespace, by.what)
            if case in by.cases:
                return Contribution(Layer.DEFAULT, by.cases[case][0], None, in_words(by, case))
        return Contribution(Layer.DEFAULT, option.default)

    def stated(self) -> Iterator[Resolved]:
        """Everything that some layer says, a platform's own defaults included; in no order."""
        return iter(self._set.values())

    def all(self) -> tuple[Resolved, ...]:
        """Everything somebody set, and every default that means something in this environment; by namespace and name.

        Of namespaces with a free part, and of resources with a name, there are those that somebody wrote.
        """
        items = dict(self._set)
        known = catalogue()
        facts = self.facts()
        facts |= {"tier": facts["tier"] or "WebServer", "platform": facts["platform"] or "another"}
        plain = {
            (each.name, "")
            for each in known.namespaces.values()
            if not (each.segment or each.by_resource or each.on_demand)
        }
        written = {(item.namespace, item.resource_name) for item in self._set.values()}
        for namespace, resource in plain | written:
            home = known.namespace(namespace)
            for option in home.options.values() if home else ():
                key = namespace, option.name, resource
                if key in items or option.name == ANY_NAME or option.deprecated or mismatch(option, facts):
                    continue
                if (resolved := self.resolved(*key)).value is not None:
                    items[key] = resolved
        return tuple(items[key] for key in sorted(items))

    def facts(self) -> dict[str, str]:
        """The circumstances by name, "" for what is not known: see `circumstances.mismatch`."""
        kind = self._plain(_ENVIRONMENT, "EnvironmentType")
        balanced = kind == "LoadBalanced" and self.circumstances.tier not in ("Worker", "Cluster")
        balancer = self._plain(_ENVIRONMENT, "LoadBalancerType")
        shared = self._plain(_ENVIRONMENT, "LoadBalancerIsShared").lower() == "true"
        return {
            "environment_type": kind,
            "load_balancer": ("" if has_function(balancer) else balancer) if balanced else "none",
            "shared": str(balanced and shared).lower(),
            "platform": self.circumstances.platform,
            "tier": self.circumstances.tier,
        }

    def _plain(self, namespace: str, name: str) -> str:
        """The value of an option that others depend on, "" for none: its own default depends on nothing."""
        found, option = self._set.get((namespace, name, "")), catalogue().find(namespace, name)
        return (found.value if found else option.default if option else None) or ""

    def _typed(self, namespace: str, name: str, *types: str) -> str:
        option = catalogue().find(namespace, name)
        if option is None:
            raise KeyError(f"{namespace}:{name}")
        if option.type not in types:
            raise TypeError(f"{namespace}:{name} is of type {option.type}, not {' or '.join(types)}")
        value = self.text(namespace, name)
        if value is None:
            raise KeyError(f"{namespace}:{name} is not set and has no default")
        return value
