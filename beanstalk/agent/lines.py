"""Lines of other programs as parts of our sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_LONGEST = 200
_PAINT = re.compile(r"(\x1b\[[0-9;:]*m)")


def said(lines: Sequence[str]) -> str:
    """The end of a sentence that quotes these last lines; "" when there are none."""
    return "; its last lines: " + " / ".join(printable(line.strip())[:_LONGEST] for line in lines) if lines else ""


def harmless(line: str) -> str:
    """As it was written, colours included, but without any other order to a terminal: such a one sets titles, types, or
    fills the clipboard of who reads the log."""
    parts = _PAINT.split(line)
    return "".join(part if at % 2 else _without_orders(part) for at, part in enumerate(parts))


def _without_orders(text: str) -> str:
    return "".join(letter for letter in _COLOUR.sub("", text) if letter == "\t" or category(letter) != "Cc")


def printable(line: str) -> str:
    """Without colours and whatever else would be an order to the terminal of who reads it."""
    return "".join(letter if letter.isprintable() else " " for letter in _COLOUR.sub("", line))
