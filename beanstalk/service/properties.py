"""Environment properties and secrets that will not arrive as they were set, and why. Pure.

How many bytes they have together, and which names are possible at all, the catalogue of options knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from beanstalk.errors import Problem
from beanstalk.options.catalogue import SECRETS
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.service.configuration import PROPERTIES

PORT, PATH = "PORT", "PATH"
GIVEN = ("BEANSTALK_ENVIRONMENT_NAME", "BEANSTALK_VERSION_LABEL")
"""Beside PORT, what every instance is given; it wins over properties."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a POSIX shell passes on to what it starts."""


def property_notices(configuration: Configuration) -> tuple[Problem, ...]:
    """What to tell about the properties and secrets that somebody set. Names only: a value may be a secret."""
    said = (each for each in configuration.stated() if each.namespace in (PROPERTIES, SECRETS))
    found = sorted((each for each in said if each.layer is not Layer.DEFAULT), key=lambda each: each.name)
    return tuple(_notices(found))


def _notices(properties: list[Resolved]) -> Iterator[Problem]:
    for each in properties:
        if each.name == PORT:
            text = f"the {_kind(each)} PORT has no effect here: every instance is given a port of its own"
            yield Problem(text, each.winner.at, "the application reads it from PORT; leave the property out")
        elif each.name in GIVEN:
            text = f"the {_kind(each)} {each.name} has no effect: every instance is given its own"
            yield Problem(text, each.winner.at, "choose another name")
        elif each.name == PATH and each.namespace == SECRETS:
            text = "the secret PATH has no effect: where programs are found is decided before an instance starts"
            yield Problem(text, each.winner.at, "set the environment property PATH")
    if odd := [each for each in properties if not _NAME.fullmatch(each.name)]:
        names = ", ".join(each.name for each in odd)
        text = f"environment variables that may not reach the application: {names}"
        hint = "the shell that starts it passes on names of letters, digits and _, without a digit at the beginning"
        yield Problem(text, next((each.winner.at for each in odd if each.winner.at), None), hint)


def _kind(each: Resolved) -> str:
    return "secret" if each.namespace == SECRETS else "environment property"
