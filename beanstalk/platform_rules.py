"""What a platform's data means for one bundle: conditions, files that belong together, commands with values.

Pure. The data comes from `platform_file`, the bundle is only asked for its entries and texts.

A condition is a pattern for paths of the bundle: `app.js`, `*.py` (of the root alone: `*` stays in one folder),
`node_modules/` (a folder with something in it), `**` (everything), or a member of a JSON file:
`package.json#scripts.start`, which holds when the member is there and neither empty nor false, and with `=2` behind it
when it is the number or text 2. A pattern for paths with `=1` behind it holds when it finds exactly one.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from beanstalk.errors import BundleRefused
from beanstalk.platform_file import PLACEHOLDER, Choice, Platform, Web
from beanstalk.source.bundle import Bundle, read_text

MAX_FOLLOWED = 1000
"""Files looked through for further references; a bundle with more of them is not asked on."""


_COUNTED = re.compile(r"(.+)=([0-9]{1,3})")


def first_match(conditions: Iterable[str], bundle: Bundle) -> str | None:
    """The first condition that holds, as something to show: the path that matched, or the JSON member."""
    for condition in conditions:
        if "#" in condition:
            reference, equal, wanted = condition.partition("=")
            member = json_member(reference, bundle)
            if str(member) == wanted if equal else member:
                return condition
        elif counted := _COUNTED.fullmatch(condition):
            if len(found := matching(counted[1], bundle)) == int(counted[2]):
                return found[0] if found else condition
        elif found := matching(condition, bundle):
            return condition if condition.endswith("/") else found[0]
    return None


def holds(condition: str, bundle: Bundle) -> bool:
    return first_match([condition], bundle) is not None


def matching(pattern: str, bundle: Bundle) -> list[str]:
    """Paths that a pattern means, sorted."""
    return sorted(entry.path for entry in bundle.entries if _matches(pattern, entry.path))


def _matches(pattern: str, path: str) -> bool:
    if pattern == "**":
        return True
    if pattern.endswith("/"):
        return path.startswith(pattern) and path != pattern
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


def json_member(reference: str, bundle: Bundle) -> Any:
    """The value `file#a.b` refers to, None when the file or the member is not there or the file is not JSON.

    file: a pattern, of which the first match counts.

    A broken package.json is not ours to report: npm does, with the place.
    """
    file, _, members = reference.partition("#")
    found = matching(file, bundle)
    text = read_text(bundle, found[0]) if found else None
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    for member in members.split("."):
        value = value.get(member) if isinstance(value, dict) else None
    return value


def choose_web(platform: Platform, bundle: Bundle) -> Web | None:
    """How the platform would start an application that has no Procfile line for `web`."""
    return next((web for web in platform.web if all(holds(each, bundle) for each in web.when)), None)


def choose_build(platform: Platform, bundle: Bundle) -> Choice | None:
    """How the platform would build it, None when there is nothing to build."""
    for choice in platform.build.choose if platform.build else ():
        fits = not choice.when_any or any(holds(each, bundle) for each in choice.when_any)
        if fits and all(holds(each, bundle) for each in choice.when):
            return None if choice.skip else choice
    return None


def files_of(choice: Choice, bundle: Bundle) -> tuple[str, ...]:
    """The paths a build needs: those the choice names, and what they refer to inside the bundle, sorted.

    A reference counts from the root and from the folder of the file it stands in, since tools differ;
    one to a folder means everything in it.
    """
    waiting = [path for pattern in choice.files for path in matching(pattern, bundle)]
    found: dict[str, None] = {}
    while waiting and len(found) < MAX_FOLLOWED:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = None
        for reference in _references(path, choice.follow, bundle):
            waiting += [each for each in _referred(reference, path, bundle) if each not in found]
    return tuple(sorted({*found, *waiting}))


def _references(path: str, patterns: tuple[str, ...], bundle: Bundle) -> list[str]:
    if not patterns:
        return []
    try:
        text = read_text(bundle, path) or ""
    except BundleRefused:  # binary, or too large to be worth it
        return []
    return [found.group(1) for pattern in patterns for found in re.finditer(pattern, text)]


def _referred(reference: str, source: str, bundle: Bundle) -> list[str]:
    """Paths in the bundle that a reference found in `source` can mean; none for `../..`, URLs and names of packages."""
    places = {posixpath.normpath(reference), posixpath.normpath(posixpath.join(posixpath.dirname(source), reference))}
    paths: list[str] = []
    for place in sorted(places):
        paths += matching("**" if place == "." else place + "/", bundle)
        paths += [entry.path for entry in bundle.entries if entry.path == place]
    return paths


def render(command: str, values: Mapping[str, str], bundle: Bundle) -> str:
    """Put values where `{{name}}`, `{{file#member}}` or `{{*.jar}}` stands, each quoted as one word for the shell.

    A member is a command itself, so it is made to hand over its signals; what is not there becomes ''.
    """

    def word(found: re.Match[str]) -> str:
        name = found.group(1)
        if "#" in name:
            return shlex.quote(hand_over(str(json_member(name, bundle) or "")))
        if "*" in name:
            return shlex.quote(next(iter(matching(name, bundle)), ""))
        return shlex.quote(values[name])

    return PLACEHOLDER.sub(word, command)


_COMPOUND = re.compile(r"[;|<>()`\n]|(?<!&)&(?!&)")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_OF_THE_SHELL = frozenset({
    "!", ".", ":", "[", "{", "alias", "break", "case", "cd", "command", "continue", "eval", "exec", "exit", "export",
    "false", "for", "function", "if", "local", "read", "return", "set", "shift", "source", "test", "time", "times",
    "trap", "true", "type", "ulimit", "umask", "unset", "until", "wait", "while",
})  # fmt: skip


def hand_over(command: str) -> str:
    """The same command, with its last program replacing the shell, so that this one gets SIGTERM and not the shell.

    `sh -c` alone keeps waiting between them in some shells. Only plain commands, or several with `&&`, are
    changed: `cd app && DEBUG=1 serve` becomes `cd app && exec env DEBUG=1 serve`. Anything else stays as it is.
    """
    before, both, last = command.rpartition("&&")
    words = last.split()
    if not words or words[0] in _OF_THE_SHELL or _COMPOUND.search(command) or any(sign in before for sign in "\"'\\#"):
        return command
    start = "exec env " if _ASSIGNMENT.match(words[0]) else "exec "
    return f"{before}{both}{' ' if both else ''}{start}{last.strip()}"
