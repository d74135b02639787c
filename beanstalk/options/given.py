"""A configuration as the rules between options ask it, and what they answer with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from beanstalk.errors import Problem
from beanstalk.options.catalogue import Key, catalogue
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.options.values import as_integer, as_list, has_function

ASG = "aws:autoscaling:asg"
COMMAND = "aws:elasticbeanstalk:command"
ENVIRONMENT = "aws:elasticbeanstalk:environment"
REPORTING = "aws:elasticbeanstalk:healthreporting:system"
PROCESS = "aws:elasticbeanstalk:environment:process:"
SCHEDULED = "aws:autoscaling:scheduledaction"

_NOT_CHOSEN = (Layer.DEFAULT, Layer.RECOMMENDED)


@dataclass(frozen=True)
class Given:
    """A configuration that a rule can ask without fear: None for everything that is wrong by itself already."""

    configuration: Configuration
    wrong: frozenset[Key]

    def text(self, namespace: str, name: str, resource: str = "") -> str | None:
        if catalogue().key(namespace, name, resource) in self.wrong:
            return None
        value = self.configuration.resolved(namespace, name, resource).value
        return None if value is None or has_function(value) else value

    def integer(self, namespace: str, name: str, resource: str = "") -> int | None:
        value = self.text(namespace, name, resource)
        return None if value is None else as_integer(value)

    def true(self, namespace: str, name: str) -> bool:
        return (self.text(namespace, name) or "").lower() == "true"

    def entries(self, namespace: str, name: str) -> tuple[str, ...]:
        """The entries of a list, none when it is not set."""
        return as_list(self.text(namespace, name) or "")

    def chosen(self, namespace: str, name: str, resource: str = "") -> bool:
        """Whether a user set it, rather than a default or a recommendation."""
        return self.configuration.resolved(namespace, name, resource).layer not in _NOT_CHOSEN

    @cached_property
    def facts(self) -> dict[str, str]:
        """See `Configuration.facts`."""
        return self.configuration.facts()

    @cached_property
    def choices(self) -> list[Resolved]:
        """Everything that a user set and that is right by itself, by namespace and name."""
        found = (item for item in self.configuration.stated() if item.layer not in _NOT_CHOSEN)
        return sorted(found, key=lambda item: (item.namespace, item.name, item.resource_name))

    def namespaces(self, stem: str) -> list[str]:
        """The namespaces beginning with `stem` in which a user set something."""
        return [name for name in self._namespaces if name.startswith(stem)]

    @cached_property
    def _namespaces(self) -> list[str]:
        return sorted({item.namespace for item in self.choices})

    def problem(self, text: str, hint: str, *names: tuple[str, str]) -> Problem:
        """At the place of the first of the options that was written somewhere."""
        places = [self.configuration.resolved(namespace, name).winner.at for namespace, name in names]
        return Problem(text, next((at for at in places if at), None), hint)


@dataclass(frozen=True, slots=True)
class Finding:
    problem: Problem
    fatal: bool = True


Rule = Callable[[Given], Iterator[Finding]]


def warning(problem: Problem) -> Finding:
    return Finding(problem, fatal=False)
