"""From one configuration to the next: what changes, what that does to what runs, and what cannot be changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from beanstalk.errors import Problem, Where
from beanstalk.options.catalogue import PROPERTIES, Key, Option, catalogue
from beanstalk.options.circumstances import mismatch
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.options.given import COMMAND, Finding, warning
from beanstalk.options.option import Change

DATABASE = "aws:rds:dbinstance"
SEVERITY: tuple[Change, ...] = ("none", "unknown", "restart", "database", "replace")
"""The mildest first."""
CAUSES: dict[Change, str] = {
    "none": "nothing that runs changes",
    "restart": "the application restarts",
    "replace": "the instances are replaced",
    "database": "the database restarts",
    "unknown": "its documentation does not tell what follows",
}
"""What Elastic Beanstalk does when an option changes, in words."""
Verb = Literal["set", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Changed:
    """An option whose value becomes another one. before, after: None for no value at all.

    verb: "set" when nobody did before, "removed" when nobody does any more.  at: where the new value was written.
    """

    key: Key
    option: Option
    before: str | None
    after: str | None
    verb: Verb
    at: Where | None

    def __str__(self) -> str:
        return f"{self.key[0]}:{self.key[1]}"

    @property
    def name(self) -> str:
        """As a person calls it: a property by its name alone."""
        namespace, name, resource = self.key
        return name if namespace == PROPERTIES else f"{resource}{'.' if resource else ''}{namespace}:{name}"

    @property
    def causes(self) -> str:
        """What follows, in words. Of an option that means nothing on this machine it is what happens elsewhere."""
        there = CAUSES[self.option.change]
        return there if self.option.local or self.option.change == "none" else f"{there}, on AWS alone"


def changes(before: Configuration, after: Configuration) -> tuple[Changed, ...]:
    """Every option with another value than before, by namespace and name."""
    keys = {(item.namespace, item.name, item.resource_name) for each in (before, after) for item in each.stated()}
    found = []
    for key in sorted(keys):
        option = catalogue().find(key[0], key[1])
        old, new = before.resolved(*key), after.resolved(*key)
        if option is not None and _plain(option, old.value) != _plain(option, new.value):
            found.append(Changed(key, option, old.value, new.value, _verb(old, new), new.winner.at))
    return tuple(found)


def _verb(old: Resolved, new: Resolved) -> Verb:
    if new.layer is Layer.DEFAULT:
        return "removed"
    return "set" if old.layer is Layer.DEFAULT else "changed"


def impact(changed: Iterable[Changed]) -> Change:
    """The most that these changes do to what runs, by the words of Elastic Beanstalk."""
    return max((each.option.change for each in changed), key=SEVERITY.index, default="none")


def refusals(before: Configuration, after: Configuration) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about the step from the one to the other."""
    changed = changes(before, after)
    found = [*_fixed(changed, before), *_database(changed), *_immutable(changed, after)]
    return [f.problem for f in found if f.fatal], [f.problem for f in found if not f.fatal]


def _fixed(changed: Iterable[Changed], before: Configuration) -> Iterator[Finding]:
    """What is chosen when the environment is created stays. What meant nothing so far is chosen only now."""
    facts = before.facts()
    for each in changed:
        if each.option.immutable and not mismatch(each.option, facts):
            text = f"{each} cannot change from {each.before or 'nothing'} to {each.after or 'nothing'}"
            yield Finding(Problem(text, each.at, "create another environment with it, and swap their CNAMEs"))


def _database(changed: Iterable[Changed]) -> Iterator[Finding]:
    """A database only grows; and one that is let go of is treated by the policy of before, everything else ignored."""
    by_name = {each.key[1]: each for each in changed if each.key[0] == DATABASE}
    leaving, policy = by_name.get("HasCoupledDatabase"), by_name.get("DBDeletionPolicy")
    if leaving and policy and (leaving.after or "").lower() != "true":
        text = f"{DATABASE}: HasCoupledDatabase changes with DBDeletionPolicy, so that {policy.before} still rules"
        yield warning(Problem(text, policy.at, "change DBDeletionPolicy first, and let go of the database afterwards"))
    size = by_name.get("DBAllocatedStorage")
    if size and size.before and size.after and _number(size.after) < _number(size.before):
        text = f"{size} cannot shrink from {size.before} to {size.after}"
        yield Finding(Problem(text, size.at, f"leave it at {size.before} or more"))


def _immutable(changed: Iterable[Changed], after: Configuration) -> Iterator[Finding]:
    """An immutable deployment and other resources do not go together (EB Developer Guide, Immutable updates)."""
    replaced = [each for each in changed if each.option.change == "replace"]
    if replaced and after.text(COMMAND, "DeploymentPolicy") == "Immutable":
        text = f"{replaced[0]} changes, which replaces instances, and the DeploymentPolicy is Immutable"
        hint = "Elastic Beanstalk may refuse both in one deployment: change the option first"
        yield warning(Problem(text, replaced[0].at, hint))


def _plain(option: Option, value: str | None) -> str | None:
    return value.lower() if value is not None and option.type == "boolean" else value


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
