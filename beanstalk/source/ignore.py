"""The rules of `.ebignore` and `.gitignore`: which of them decides about a path.

pathspec translates each pattern; the choice between patterns is git's own (gitignore(5)): the last pattern that
matches decides, a file deeper in the tree goes before one above it, and a folder that is ignored is never entered,
so nothing below it can be called back. To have exactly that, a pattern is matched with the path itself, not with
the folders above it: whoever asks walks from the top and stops at an ignored folder.

With several stars in a pattern an expression tries every way to divide a name among them, which for a few of them takes
for ever; here each star but the last is content with the first place that fits, which decides the same.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from beanstalk.errors import Problem, Where
from beanstalk.source.notes import in_order

MOST_PATTERNS, MOST_CHARACTERS = 4_000, 128 * 1024
"""Of one file. To make expressions of that many takes half a second."""

LONGEST_TEXT = 8 * 1024 * 1024
"""Characters of a file with comments and all; what is beyond them is not looked at."""

_EVERYTHING, _EVERY_FOLDER = ".", "(?P<ps_d>/)"
"""What pathspec makes of `*` and of `*/`: it searches for them, we match the whole path."""

_STAR, _INNER, _LEADING, _ENDS = "[^/]*", "(?:/.+)?/", "^(?:.+/)?", ("(?:(?:/)|$)", "(?:/)")
"""What pathspec makes of `*`, of `/**/`, of `**/` at the beginning, and of the end, without "/" or with."""

_PART = re.compile(r"\\.|\[\^/\][*+]?|\[\^?\]?[^\]]*\]|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern. `ignores` is False for a negated one (`!pattern`); `source` is a regular expression for a path."""

    text: str
    ignores: bool
    at: Where
    source: str

    def fits(self, path: str) -> bool:
        return bool(_compile(self.source).fullmatch(path))

    def __str__(self) -> str:
        return f"{self.at}: {self.text}"


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """One file of patterns, which decide about what is below `folder` ("" or a path that ends in "/")."""

    folder: str
    rules: tuple[Rule, ...]
    any_rule: re.Pattern[str]
    problems: tuple[Problem, ...] = ()

    def decide(self, path: str) -> Rule | None:
        """The rule that decides about `path`, or None. A folder is asked for with a "/" at its end."""
        below = path[len(self.folder) :]
        if not self.any_rule.fullmatch(below):
            return None
        return next((rule for rule in reversed(self.rules) if rule.fits(below)), None)


def decide(files: tuple[IgnoreFile, ...], path: str) -> Rule | None:
    """The rule of `files` (outermost first) that decides about `path`; None: no rule does."""
    for file in reversed(files):
        if rule := file.decide(path):
            return rule
    return None


def read_ignore_file(text: str, path: str, folder: str = "") -> IgnoreFile:
    """Read the patterns in `text`. Patterns that git would skip silently are told as `problems`, and skipped."""
    rules: list[Rule] = []
    problems: list[Problem] = []
    left = MOST_CHARACTERS
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        pattern, at = line.removesuffix("\r"), Where(path, number)
        if not pattern or pattern.startswith("#"):
            continue
        left -= len(pattern)
        if len(rules) == MOST_PATTERNS or left < 0:
            most = f"more than {MOST_PATTERNS:,} patterns, or {MOST_CHARACTERS:,} characters of them"
            problems.append(Problem(f"{most}: those from here on do not count", at, "ignore folders instead of files"))
            break
        try:
            rule = _read_rule(pattern, at)
        except ValueError:
            rule = None
            if pattern != "!":
                problems.append(_cannot_be_read(pattern, at))
        if rule:
            rules.append(rule)
    try:
        any_rule = _any_of(rules)
    except (re.error, OverflowError, RecursionError):
        can = [_can_be_used(rule) for rule in rules]
        problems += [_cannot_be_read(rule.text, rule.at) for rule, fine in zip(rules, can, strict=True) if not fine]
        rules = [rule for rule, fine in zip(rules, can, strict=True) if fine]
        any_rule = _any_of(rules)
    return IgnoreFile(folder, tuple(rules), any_rule, tuple(in_order(problems)))


def _cannot_be_read(pattern: str, at: Where) -> Problem:
    return Problem(f"the pattern {pattern[:200]!r} cannot be read", at, "see `man gitignore`")


def _any_of(rules: Sequence[Rule]) -> re.Pattern[str]:
    return _compile("|".join(f"(?:{rule.source})" for rule in rules)) if rules else re.compile(r"(?!)")


def _can_be_used(rule: Rule) -> bool:
    try:
        _compile(rule.source)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


@lru_cache(maxsize=2 * MOST_PATTERNS)
def _compile(source: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a [ inside of brackets, which may mean more one day
        return re.compile(source, re.DOTALL)


def _read_rule(pattern: str, at: Where) -> Rule | None:
    """None for an empty line, a comment, and a pattern that matches nothing."""
    # `a/**` is everything below a, but not a itself; pathspec may ignore a as a whole.
    whole = pattern if pattern.endswith("\\ ") else pattern.rstrip(" ")
    below = f"{whole}/*" if whole.endswith("/**") else f"{whole}*/" if whole.endswith("/**/") else pattern
    source, ignores = GitIgnoreSpecPattern.pattern_to_regex(below)
    if source is None or ignores is None:
        return None
    if source == _EVERYTHING:
        source = ".+"
    elif source == _EVERY_FOLDER:
        source = ".+/"
    else:
        source = _with_first_fit(source.replace("(?P<ps_d>", "(?:"))
    return Rule(whole, ignores, at, source)


def _with_first_fit(source: str) -> str:
    """The expression of a pattern, with no choice left for all but the last of its stars.

    What is between two `**` are whole names, and between two `*` single characters: what follows the first place that
    fits such a part has at least as much room as what follows another one.
    """
    end = next((each for each in _ENDS if source.endswith(each)), "")
    if not source.startswith("^") or not end:
        return source
    body = source.removesuffix(end)
    floating = body.startswith(_LEADING)
    first, *others = map(_names, body.removeprefix(_LEADING if floating else "^").split(_INNER))
    found = [first]
    if floating:
        found = [f"(?>(?:.+?/)??{first}(?=/))" if others else f"(?:.+/)?{first}"]
    found += [f"(?>(?:/.+?)??/{each}(?=/))" for each in others[:-1]]
    found += [f"(?:/.+)?/{each}" for each in others[-1:]]
    return f"^{''.join(found)}{end}"


def _names(source: str) -> str:
    """The same for the stars in names. `source` has no `**`."""
    names: list[list[str]] = [[""]]
    for part in _PART.findall(source):
        if part == "/":
            names.append([""])
        elif part == _STAR:
            names[-1].append("")
        else:
            names[-1][-1] += part
    return "/".join(map(_name, names))


def _name(between: list[str]) -> str:
    """What is between the stars of one name -> its expression."""
    first, *others = between
    if not others:
        return first
    inner = "".join(f"(?>{_STAR}?{each})" for each in others[:-1] if each)
    return f"{first}{inner}{_STAR}{others[-1]}"
