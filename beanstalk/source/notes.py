"""What a reader finds wrong with what a person wrote: errors, and warnings for what is taken nevertheless.

A reader notes a mistake and goes on, so that a person sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Protocol, TypeAlias

from beanstalk.errors import InvalidInput, Problem, Where

MOST_COMPARED = 200
MOST_SHOWN, FEW_SHOWN = 40, 3
MOST_HINTS = 50


class Placed(Protocol):
    """What was read and knows its place, such as a node of YAML or JSON."""

    @property
    def at(self) -> Where: ...


Place: TypeAlias = "Where | Placed | None"
"""None: nowhere in particular, so at the beginning of the file."""


@dataclass(slots=True)
class Notes:
    """`problems` are what would be refused, `warnings` what is taken although it is hardly meant.

    path: the file as the user would type it; "" where every note has a place of its own.
    told: subjects of `warn_once`.  noted_before: how many notes there are besides, of other files.
    """

    path: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    noted_before: int = 0

    @property
    def count(self) -> int:
        return len(self.problems) + len(self.warnings) + self.noted_before

    def wrong(self, place: Place, text: str, hint: str = "") -> None:
        self.problems.append(Problem(text, self._at(place), hint))

    def warn(self, place: Place, text: str, hint: str = "") -> None:
        self.warnings.append(Problem(text, self._at(place), hint))

    def warn_once(self, subject: str, place: Place, text: str, hint: str = "") -> None:
        """A warning that is worth telling once a file, at the first place."""
        if subject not in self.told:
            self.told.add(subject)
            self.warn(place, text, hint)

    def meant(self, name: str, known: Collection[str]) -> str:
        """A hint for a name that is not known. After very many mistakes none is looked for, since that takes time."""
        return meant(name, known) if self.count < MOST_HINTS else _possible(known, FEW_SHOWN)

    def finish(self, also: Iterable[Problem] = ()) -> tuple[Problem, ...]:
        """The warnings, those of `also` among them, by place. Raises InvalidInput, with them, for a problem."""
        warnings = in_order([*self.warnings, *also])
        if self.problems:
            raise InvalidInput(in_order(self.problems), warnings)
        return tuple(warnings)

    def _at(self, place: Place) -> Where:
        if place is None:
            return Where(self.path, 1)
        return place if isinstance(place, Where) else place.at


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, by place."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.at or Where(""))


def meant(name: str, known: Collection[str]) -> str:
    """A hint for a name that is not known: the nearest one that is, else all of them, or the first of very many."""
    by_letters = {_letters(each): each for each in islice(known, MOST_COMPARED)}
    close = get_close_matches(_letters(name)[:100], list(by_letters), 1, 0.65)
    return f"did you mean {by_letters[close[0]]}?" if close else _possible(known)


def _possible(known: Collection[str], most: int = MOST_SHOWN) -> str:
    shown = [*islice(known, most), *(["…"] if len(known) > most else [])]
    return f"possible are {', '.join(shown)}"


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
