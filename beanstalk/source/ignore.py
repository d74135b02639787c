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

from pathspec import GitIgnoreSpec

from beanstalk.errors import Problem, Where

MOST_PATTERNS, MOST_CHARACTERS = 5_000, 128 * 1024
"""Of one file. To make expressions of that many takes half a second."""

_EVERYTHING, _EVERY_FOLDER = ".", "(?P<ps_d>/)"
"""What pathspec makes of `*` and of `*/`: it searches for them, we match the whole path."""

_STAR, _INNER, _LEADING, _ENDS = "[^/]*", "(?:/.+)?/", "^(?:.+/)?", ("(?:(?:/)|$)", "(?:/)")
"""What pathspec makes of `*`, of `/**/`, of `**/` at the beginning, and of the end, without "/" or with."""

_PART = re.compile(r"\\.|\[\^/\][*+]?|\[\^?\]?[^\]]*\]|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern. `ignores` is False for a negated one (`!pattern`)."""

    text: str
    ignores: bool
    at: Where
    pattern: re.Pattern[str]

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
        return next((rule for rule in reversed(self.rules) if rule.pattern.fullmatch(below)), None)


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
        except (ValueError, OverflowError, RecursionError, re.error):
            rule = None
            if pattern != "!":
                problems.append(Problem(f"the pattern {pattern[:200]!r} cannot be read", at, "see `man gitignore`"))
        if rule:
            rules.append(rule)
    return IgnoreFile(folder, tuple(rules), _any_of(rules), tuple(problems))


def _any_of(rules: Sequence[Rule]) -> re.Pattern[str]:
    return _compile("|".join(f"(?:{rule.pattern.pattern})" for rule in rules)) if rules else re.compile(r"(?!)")


def _compile(source: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a [ inside of brackets, which may mean more one day
        return re.compile(source, re.DOTALL)


def _read_rule(pattern: str, at: Where) -> Rule | None:
    """None for an empty line, a comment, and a pattern that matches nothing."""
    # `a/**` is everything below a, but not a itself; pathspec may ignore a as a whole.
    whole = pattern if pattern.endswith("\\ ") else pattern.rstrip(" ")
    below = f"{whole}/*" if whole.endswith("/**") else f"{whole}*/" if whole.endswith("/**/") else pattern
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        patterns = GitIgnoreSpec.from_lines([below]).patterns
    for read in patterns:
        regex = getattr(read, "regex", None)
        if regex is None or read.include is None:
            continue
        match regex.pattern:
            case str(source) if source == _EVERYTHING:
                source = ".+"
            case str(source) if source == _EVERY_FOLDER:
                source = ".+/"
            case source:
                source = _with_first_fit(str(source).replace("(?P<ps_d>", "(?:"))
        return Rule(whole, read.include, at, _compile(source))
    return None


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
