"""Environment properties that will not arrive as they were set, and why. Pure.

How many bytes they have together, and which names are possible at all, the catalogue of options knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from beanstalk.errors import Problem
from beanstalk.options.configuration import Configuration, Layer, Resolved
from beanstalk.service.configuration import PROPERTIES

PORT = "PORT"
GIVEN = ("BEANSTALK_ENVIRONMENT_NAME", "BEANSTALK_VERSION_LABEL")
"""Beside PORT, what every instance is given; it wins over properties."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a POSIX shell passes on to what it starts."""


def property_notices(configuration: Configuration) -> tuple[Problem, ...]:
    """What to tell about the properties that somebody set. Names only: a value may be a secret."""
    said = (each for each in configuration.stated() if each.namespace == PROPERTIES)
    found = sorted((each for each in said if each.layer is not Layer.DEFAULT), key=lambda each: each.name)
    return tuple(_notices(found))


def _notices(properties: list[Resolved]) -> Iterator[Problem]:
    for each in properties:
        if each.name == PORT:
            text = "the environment property PORT has no effect here: every instance is given a port of its own"
            yield Problem(text, each.winner.at, "the application reads it from PORT; leave the property out")
        elif each.name in GIVEN:
            text = f"the environment property {each.name} has no effect: every instance is given its own"
            yield Problem(text, each.winner.at, "choose another name")
    if odd := [each for each in properties if not _NAME.fullmatch(each.name)]:
        names = ", ".join(each.name for each in odd)
        text = f"environment properties that may not reach the application: {names}"
        hint = "the shell that starts it passes on names of letters, digits and _, without a digit at the beginning"
        yield Problem(text, next((each.winner.at for each in odd if each.winner.at), None), hint)
