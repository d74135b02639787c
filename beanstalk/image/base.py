"""Which image an application begins with: by what its `packages` need, and the version of the language it asks for."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from beanstalk.errors import BundleRefused, Problem, Where
from beanstalk.platform_rules import json_member, matching
from beanstalk.platform_section import HOLE, VERSION, Base, ImageSection
from beanstalk.source.bundle import Bundle, read_text

_SOMEWHERE = "(?m)"
"""Begins a pattern for one line of many, which need not be there."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """version: "" when the platform has none.  because: where it was said, in words for a comment."""

    base: Base
    version: str
    because: str

    @property
    def image(self) -> str:
        return self.base.image.replace(HOLE, self.version)

    @property
    def prepare(self) -> tuple[str, ...]:
        return tuple(command.replace(HOLE, self.version) for command in self.base.prepare)


def choose_base(
    section: ImageSection, bundle: Bundle, managers: Set[str], version: str
) -> tuple[Chosen, list[Problem]]:
    """The first base in which all of `managers` work, else simply the first: whoever installs tells what is missing.

    version: that the user said, "" for what the application says, else the platform's own. What the application says
    in a form that is not understood is told.
    """
    base = next((each for each in section.bases if managers <= set(each.managers)), section.bases[0])
    if version or not section.version:
        return Chosen(base, version or section.version, "said by the user" if version else ""), []
    for place in section.places:
        written = _written(place.file, bundle)
        if written is None:
            continue
        file, text = written
        found = re.search(place.pattern, text)
        if found and VERSION.fullmatch(found[1]):
            return Chosen(base, found[1], f"asked for by {place.file}"), []
        if place.pattern.startswith(_SOMEWHERE):
            continue
        hint = f"--option beanstalk:docker:Version=VERSION chooses one; {section.version} is taken"
        told = Problem(f"the version {text.strip()[:60]!r} is not one version", Where(file), hint)
        return Chosen(base, section.version, f"{place.file} does not ask for one version"), [told]
    return Chosen(base, section.version, "nobody asked for another one"), []


def version_of_branch(section: ImageSection, branch: str) -> str:
    """The version in the name of one of Elastic Beanstalk's branches, as in "Python 3.11 running on ...", else ""."""
    found = re.search(section.branch, branch, re.IGNORECASE) if section.branch else None
    return found[1] if found and VERSION.fullmatch(found[1]) else ""


def _written(file: str, bundle: Bundle) -> tuple[str, str] | None:
    """(file, what stands there); None for nothing."""
    if "#" in file:
        member = json_member(file, bundle)
        paths = matching(file.partition("#")[0], bundle)
        return (paths[0], str(member)) if isinstance(member, str | int | float) and str(member) else None
    for path in matching(file, bundle):
        try:
            text = read_text(bundle, path)
        except BundleRefused:
            return None
        return (path, text) if text else None
    return None
