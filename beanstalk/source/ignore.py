"""The rules of `.ebignore` and `.gitignore`: which of them decides about a path.

pathspec translates each pattern; the choice between patterns is git's own (gitignore(5)): the last pattern that
matches decides, a file deeper in the tree goes before one above it, and a folder that is ignored is never entered,
so nothing below it can be called back. To have exactly that, a pattern is matched with the path itself, not with
the folders above it: whoever asks walks from the top and stops at an ignored folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from beanstalk.errors import Problem, Where

_EVERYTHING, _EVERY_FOLDER = ".", "(?P<ps_d>/)"
"""What pathspec makes of `*` and of `*/`: it searches for them, we match the whole path."""


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
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        pattern = line.removesuffix("\r")
        at = Where(path, number)
        try:
            rule = _read_rule(pattern, at)
        except (ValueError, re.error):
            rule = None
            if pattern != "!":
                problems.append(Problem(f"the pattern {pattern!r} cannot be read", at, "see `man gitignore`"))
        if rule:
            rules.append(rule)
    alternatives = "|".join(f"(?:{rule.pattern.pattern})" for rule in rules)
    any_rule = re.compile(alternatives, re.DOTALL) if rules else re.compile(r"(?!)")
    return IgnoreFile(folder, tuple(rules), any_rule, tuple(problems))


def _read_rule(pattern: str, at: Where) -> Rule | None:
    """None for an empty line, a comment, and a pattern that matches nothing."""
    # `a/**` is everything below a, but not a itself; pathspec may ignore a as a whole.
    whole = pattern if pattern.endswith("\\ ") else pattern.rstrip(" ")
    below = f"{whole}/*" if whole.endswith("/**") else f"{whole}*/" if whole.endswith("/**/") else pattern
    for read in GitIgnoreSpec.from_lines([below]).patterns:
        regex = getattr(read, "regex", None)
        if regex is None or read.include is None:
            continue
        match regex.pattern:
            case str(source) if source == _EVERYTHING:
                source = ".+"
            case str(source) if source == _EVERY_FOLDER:
                source = ".+/"
            case source:
                source = str(source).replace("(?P<ps_d>", "(?:")
        return Rule(whole, read.include, at, re.compile(source, re.DOTALL))
    return None
