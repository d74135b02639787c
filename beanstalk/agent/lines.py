"""Lines of other programs as parts of our sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_LONGEST = 200


def said(lines: Sequence[str]) -> str:
    """The end of a sentence that quotes these last lines; "" when there are none."""
    return "; its last lines: " + " / ".join(printable(line.strip())[:_LONGEST] for line in lines) if lines else ""


def printable(line: str) -> str:
    """Without colours and whatever else would be an order to the terminal of who reads it."""
    return "".join(letter if letter.isprintable() else " " for letter in _COLOUR.sub("", line))
