"""A walk of a folder that asks the ignore rules on the way down and never enters an ignored folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from beanstalk.errors import Problem, Where
from beanstalk.source.ignore import LONGEST_TEXT, IgnoreFile, decide, read_ignore_file
from beanstalk.source.never import HOME_MARK, OUR_HOME, VENV_MARK, VIRTUAL_ENVIRONMENT, why_never

NO_RULE = "no rule leaves it out"


@dataclass(frozen=True, slots=True)
class Seen:
    """A file, or a folder that was not entered (`path` ends in "/"), and the reason for its fate."""

    path: str
    included: bool
    why: str
    link: bool = False


@dataclass(slots=True)
class Walk:
    """One walk of `folder`, with rules from the files named `rules_in` in it and in the folders below.

    `rules` are those from outside. What was met on the way is in `ignore_files` (read, in order) and `problems`.
    """

    folder: Path
    rules_in: str
    rules: tuple[IgnoreFile, ...] = ()
    ignore_files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def files(self, below: str = "") -> Iterator[Seen]:
        """Every file and every pruned folder, parents before children. `below`: "" or a folder ending in "/"."""
        waiting: list[tuple[str, tuple[IgnoreFile, ...]]] = [(below, self.rules)]
        while waiting:
            inside, rules = waiting.pop()
            try:
                with os.scandir(self.folder / inside) as listed:
                    entries = sorted(listed, key=lambda entry: entry.name)
            except OSError as error:
                hint = f"make it readable, or leave it out with a line in {self.rules_in}"
                text = f"cannot read the folder: {error.strerror}"
                self.problems.append(Problem(text, Where(inside or str(self.folder)), hint))
                continue
            names = {entry.name for entry in entries}
            if inside and VENV_MARK in names:
                yield Seen(inside, False, VIRTUAL_ENVIRONMENT)
                continue
            if inside and HOME_MARK in names:
                yield Seen(inside, False, OUR_HOME)
                continue
            if self.rules_in in names:
                rules = self._with_rules_of(inside, rules)
            for entry in entries:
                path = inside + entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                shown = f"{path}/" if is_folder else path
                rule = decide(rules, shown) if rules else None
                if why := why_never(entry.name):
                    yield Seen(shown, False, why)
                elif rule and rule.ignores:
                    yield Seen(shown, False, str(rule))
                elif is_folder:
                    waiting.append((shown, rules))
                elif (link := entry.is_symlink()) or entry.is_file(follow_symlinks=False):
                    yield Seen(path, True, str(rule) if rule else NO_RULE, link)
                else:
                    yield Seen(path, False, "neither a file nor a symbolic link")

    def _with_rules_of(self, inside: str, rules: tuple[IgnoreFile, ...]) -> tuple[IgnoreFile, ...]:
        path = inside + self.rules_in
        if not (self.folder / path).is_file():  # opening a pipe would wait for its other end
            self.problems.append(Problem("is no regular file", Where(path), "remove it, or write rules into a file"))
            return rules
        try:
            with (self.folder / path).open(encoding="utf-8", errors="surrogateescape") as file:
                text = file.read(LONGEST_TEXT)
        except OSError as error:
            self.problems.append(Problem(f"cannot be read: {error.strerror}", Where(path)))
            return rules
        read = read_ignore_file(text, path, inside)
        self.ignore_files.append(path)
        self.problems.extend(read.problems)
        return (*rules, read)
