"""Marks that people leave in a template for somebody to fill in: `<TAG>`, `${TAG}`, `{{tag}}`, `$TAG`, YOUR IMAGE URL.

Nothing here is an error in itself. A name that holds such a mark is «not filled in», which says more than «invalid».
"""

from __future__ import annotations

import re

_MARK = re.compile(
    r"<[^<>]+>|\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|\$[A-Za-z_][A-Za-z0-9_]*|%[A-Z][A-Z0-9_]*%|@[A-Z][A-Z0-9_]*@"
    r"|__[A-Z][A-Z0-9_]*__|\b(?:YOUR|REPLACE|CHANGE)[_-][A-Z0-9_-]+"
)
_SHOUTED = re.compile(r"[A-Z0-9]+(?:[ _.-]+[A-Z0-9]+)*")


def find_placeholders(text: str) -> tuple[str, ...]:
    """The marks in the text, in their order."""
    return tuple(dict.fromkeys(_MARK.findall(text)))


def is_shouted(text: str) -> bool:
    """Whether all of it is one name in capitals, as DOCKER_IMAGE_NAME: for where no capitals may be."""
    return len(text) >= 3 and bool(_SHOUTED.fullmatch(text)) and any(letter.isalpha() for letter in text)
