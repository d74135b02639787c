"""What a reader of one file found wrong with it: errors, and warnings for what is taken nevertheless.

A reader notes a mistake and goes on, so that a person sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice

from beanstalk.errors import Problem, Where

MOST_COMPARED = 200
MOST_SHOWN = 30


@dataclass(slots=True)
class Notes:
    """`problems` are what Elastic Beanstalk would refuse, `warnings` what it takes although it is hardly meant."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def wrong(self, text: str, at: Where, hint: str = "") -> None:
        self.problems.append(Problem(text, at, hint))

    def warn(self, text: str, at: Where, hint: str = "") -> None:
        self.warnings.append(Problem(text, at, hint))

    def warn_once(self, subject: str, text: str, at: Where, hint: str = "") -> None:
        """A warning that is worth telling once a file, at the first place."""
        if subject not in self.told:
            self.told.add(subject)
            self.warn(text, at, hint)


def meant(name: str, known: Collection[str]) -> str:
    """A hint for a name that is not known: the nearest one that is, else all of them, or the first of very many."""
    by_letters = {_letters(each): each for each in islice(known, MOST_COMPARED)}
    close = get_close_matches(_letters(name)[:100], list(by_letters), 1, 0.7)
    shown = [*islice(known, MOST_SHOWN), *(["…"] if len(known) > MOST_SHOWN else [])]
    return f"did you mean {by_letters[close[0]]}?" if close else f"possible are {', '.join(shown)}"


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
