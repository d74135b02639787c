"""What a scanner of YAML says about a text that it cannot read -> one line with its place and a remedy.

libyaml and PyYAML's own scanner have different words for the same mistakes, and both are those of a grammar: the usual
mistakes get words of ours.
"""

from __future__ import annotations

import re

import yaml

from beanstalk.errors import Problem, Where

LINE_END = re.compile(r"\r\n|\r|\n")
TAB = "a tab stands where YAML takes only spaces"
SECOND_DOCUMENT = "a second document begins here"

_INDENT = "check indentation, colons and quotes of this line and the one before"
_QUOTE = "put the value into quotes"
_WORDS = (
    ("cannot start any token", "{found} cannot begin a value", _QUOTE),
    ("mapping values are not allowed", "mapping values are not allowed here",
     "put a value that holds ': ' into quotes, or check the indentation"),
    ("mapping keys are not allowed", "a '? ' is not allowed here", _QUOTE),
    ("sequence entries are not allowed", "an item of a list is not allowed here",
     "begin it on a line of its own; a value that begins with '- ' needs quotes"),
    ("block mapping", "neither another key nor the end of the mapping", _INDENT),
    ("block collection", "neither another item nor the end of the list", _INDENT),
    ("expected ',' or ']'", "a , or ] is missing here", "the [ was opened on line {opened}"),
    ("expected ',' or '}'", "a , or }} is missing here", "the {{ was opened on line {opened}"),
    ("simple key", "a line without a colon after its key", _INDENT),
    ("unexpected (end of stream|document)", "a quote is opened here and never closed", "close it, or take it out"),
    ("block scalar", "{found} after | or >", "begin the text on the next line; a value that begins so needs quotes"),
    ("node content", "{found} where a value is expected", _QUOTE),
    ("an alias|an anchor", "no name after * or &", "a value that begins with * or & needs quotes"),
    ("unknown escape", r"a \ that begins no escape", r"write \\ for a backslash, or put the value into single quotes"),
    ("escape|hexadecimal", "an escape with an impossible number", "correct the number"),
    ("undefined tag|a tag|tag prefix|URI", "a tag that cannot be", "a value that begins with ! needs quotes"),
    ("irective|YAML document|tag handle|version number", "a directive that cannot be",
     "a value that begins with % needs quotes"),
    ("<document start>", "{found} does not belong to what is above", "check the indentation of this line"),
)  # fmt: skip
"""What is found in context and problem, as either scanner has them; what we say; the remedy."""

_AT_CONTEXT = re.compile("simple key|unexpected")
"""The mistake is where the scanner began, not where it noticed."""


def place(path: str, text: str, position: int) -> Where:
    """Line and column of the character at `position`."""
    before = LINE_END.split(text[:position])
    return Where(path, len(before), len(before[-1]) + 1)


def explain(path: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    said = " ".join(f"{error.context or ''} {error.problem or ''}".split())
    mark = error.context_mark if _AT_CONTEXT.search(said) else error.problem_mark
    position = mark.index if mark else 0
    if not text[position:].strip():
        position = len(text.rstrip())
    at = place(path, text, position)
    if said == SECOND_DOCUMENT:
        return Problem(SECOND_DOCUMENT, at, "put it into a file of its own, or remove the '---'")
    words, remedy = next((row[1:] for row in _WORDS if re.search(row[0], said)), ("{said}", "correct it here"))
    found = repr(text[position : position + 1]) if text[position:].strip() else "the end of the file"
    opened = error.context_mark.line + 1 if error.context_mark else 0
    words = "not valid YAML: " + words.format(found=found, said=said[:200])
    if said == TAB or "a tab character" in said or ("any token" in said and text[position : position + 1] == "\t"):
        words, remedy = TAB, "indent with spaces"
    if _is_odd(text, position):
        remedy = "replace the no-break spaces of this line and the one before"
    return Problem(words, at, remedy.format(opened=opened))


def _is_odd(text: str, position: int) -> bool:
    """Whether blanks that are none to YAML are near."""
    start = text.rfind("\n", 0, max(text.rfind("\n", 0, position), 0)) + 1
    end = text.find("\n", position)
    return "\u00a0" in text[start : end if end >= 0 else len(text)]
