"""Rules about references to secrets: who may write which, and what a property of the same name does. See `rules`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from beanstalk.errors import Problem
from beanstalk.options.catalogue import PROPERTIES, SECRETS
from beanstalk.options.configuration import Contribution, Layer
from beanstalk.options.given import Finding, Given, Rule, warning
from beanstalk.options.values import has_function
from beanstalk.secrets import ReferenceKind, read_reference

_OF_A_PERSON = (Layer.ENVIRONMENT, Layer.SAVED)
_MANIFEST = "env.yaml"
_PROJECT = ".elasticbeanstalk"
_DOES = {ReferenceKind.FILE: "reads a file", ReferenceKind.COMMAND: "runs a program"}


def of_the_machine(given: Given) -> Iterator[Finding]:
    """A bundle is taken for hostile: it must not read files of the machine that runs it, nor start programs there.

    Neither may what comes with a project: its `env.yaml`, and saved configurations that are committed with it.
    """
    for item in given.configuration.stated():
        for said in item.contributions if item.namespace == SECRETS else ():
            if not said.value or has_function(said.value) or _is_of_a_person(said):
                continue
            kind = read_reference(said.value).kind
            if kind in _DOES:
                text = f"the secret {item.name} {_DOES[kind]} of the machine, which nothing that comes with code may do"
                hint = f"when you trust it, set it yourself: beanstalk setenv --secret {item.name}=REFERENCE"
                yield Finding(Problem(text, said.at, hint))


def of_one_name(given: Given) -> Iterator[Finding]:
    """A property and a secret of one name: see `Configuration.secrets` for which of them holds."""
    properties = {item.name: item for item in given.choices if item.namespace == PROPERTIES}
    for item in given.choices:
        if item.namespace == SECRETS and (plain := properties.get(item.name)) and not has_function(item.value or ""):
            hidden = given.configuration.is_plain(item.name)
            what = "property holds, which a stronger layer set" if hidden else "secret holds"
            text = f"{item.name} is an environment property and a secret: the {what}"
            yield warning(Problem(text, (item if hidden else plain).winner.at, "keep one of the two"))


def _is_of_a_person(said: Contribution) -> bool:
    """Whether somebody wrote it on the environment or into a saved configuration of their own."""
    place = PurePath(said.at.path) if said.at else PurePath()
    return said.layer in _OF_A_PERSON and place.name != _MANIFEST and place.parent.name != _PROJECT


RULES: tuple[Rule, ...] = (of_the_machine, of_one_name)
