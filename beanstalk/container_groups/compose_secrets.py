"""Secrets in a Compose file: their values are not known when it is read, so a mark stands for each of them.

A variable of a service may be a secret, under its own or another name. Everything else that holds a mark would need the
value now, to be written down with it, and is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict

from beanstalk.container_groups.material import Material
from beanstalk.containers import Container, Pairs
from beanstalk.source.notes import Place

_MARK = re.compile("\ue000([^\ue001]*)\ue001")
"""Characters that mean nothing to anybody (Unicode: private use)."""


def properties_and_secrets(material: Material) -> dict[str, str]:
    """What Elastic Beanstalk would write into `.env`, with marks in the place of values that are secret."""
    return {**material.properties, **{name: f"\ue000{name}\ue001" for name in material.secrets}}


def apart(found: Mapping[str, str]) -> tuple[Pairs, Pairs]:
    """(variables with a value, variables that are secrets), of what a service gets."""
    plain = tuple((name, value) for name, value in found.items() if not _MARK.fullmatch(value))
    secret = ((name, _MARK.fullmatch(value)) for name, value in found.items())
    return plain, tuple((name, match[1]) for name, match in secret if match)


def tell_misplaced(container: Container, place: Place, material: Material) -> None:
    """Whatever needs a secret where no variable can carry it."""
    if named := sorted({each for text in _texts(asdict(container)) for each in _MARK.findall(text)}):
        text = f"{container.name} needs the secret {', '.join(named)[:80]} in more than a variable of its own"
        hint = (
            f"write it below environment alone, as in NAME: ${{{named[0][:60]}}}, and put texts together at the start"
        )
        material.notes.wrong(place, text, hint)


def _texts(value: object) -> list[str]:
    """All texts of a value made of mappings and lists."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for each in inner for text in _texts(each)]
