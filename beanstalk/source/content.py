"""What may be in a source bundle, whether it is read from a zip or packed from a project: names, links, sizes, digest.

The limits are here and nowhere else. 512 MiB is Elastic Beanstalk's quota on a source bundle, with 500 MB in newer
texts (hence the warning). The other limits are ours, against archives made to fill a disk.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from beanstalk.errors import Problem

MOST_BYTES = 512 * 1024 * 1024
WARN_BYTES = 500 * 1000 * 1000
MOST_UNPACKED_BYTES = 4_000_000_000
MOST_ENTRIES = 250_000
MOST_RATIO, RATIO_FROM_BYTES = 200, 32 * 1024 * 1024
"""Refused: more than 200 times larger when unpacked, once that is more than 32 MiB."""
LONGEST_PATH, LONGEST_NAME = 2048, 255
DEEPEST = 100
LONGEST_LINK = 4095
MOST_STEPS = 4_000_000
"""A link in a node_modules takes about 100."""
SMALLER = "leave out what the application does not need"

FILE, EXECUTABLE, LINK = 0o644, 0o755, 0o120777
"""The three modes an entry can have."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"(?:[\w+@=-][\w+@=.-]*/)*[\w+@=-][\w+@=.-]*", re.ASCII)
"""Most names are like this, and nothing is wrong with them."""
_SETTINGS = {".ebextensions", ".platform"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or link. `mode` is 0o644, 0o755 or 0o120777 (link); `sha256` (hex) is of the content, or the target."""

    path: str
    mode: int
    size: int
    sha256: str


def digest(entries: Iterable[Entry]) -> str:
    """The SHA-256 (hex) over path, mode and content of all entries; times, order, compression, folders do not count."""
    whole = hashlib.sha256(b"source bundle 1\n")
    for entry in sorted(entries, key=lambda entry: entry.path):
        whole.update(f"{entry.path}\0{entry.mode:o}\0{entry.sha256}\n".encode())
    return whole.hexdigest()


def check_name(path: str) -> str:
    """Why `path` cannot be the name of an entry; "" when it can. A name never has a "/" at its end here."""
    if len(path) <= LONGEST_NAME and path.count("/") < DEEPEST and _PLAIN.fullmatch(path):
        return ""
    if _CONTROL.search(path):
        return "has a control character in its name"
    if path.startswith("/"):
        return "has an absolute name"
    if "\\" in path:
        return "has a backslash in its name"
    if re.match("[A-Za-z]:", path):
        return "has a drive letter in its name"
    parts = path.split("/")
    if len(parts) > DEEPEST:
        return f"lies more than {DEEPEST} folders deep"
    if ".." in parts:
        return "climbs out of the bundle"
    if "" in parts or "." in parts:
        return "has an empty part in its name"
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    if len(encoded) > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts):
        return "has a name that is too long"
    return ""


def check_names(files: Iterable[str], folders: Iterable[str] = ()) -> Iterator[Problem]:
    """Names that cannot be, names there are twice, files that are folders too. `folders` may repeat."""
    paths: set[str] = set()
    for path in files:
        if why := check_name(path):
            yield Problem(f"{path!r} {why}")
            continue
        if path in paths:
            yield Problem(f"{path!r} is there twice")
        paths.add(path)
    inner: set[str] = set()
    for folder in folders:
        if why := check_name(folder):
            yield Problem(f"{folder + '/'!r} {why}")
        else:
            inner.add(folder)
            inner.update(parents(folder))
    for path in paths:
        inner.update(parents(path))
    for path in sorted(paths & inner):
        yield Problem(f"{path!r} is a file and also a folder")


def parents(path: str) -> Iterator[str]:
    """`a/b/c` gives `a/b` and `a`."""
    while (cut := path.rfind("/")) > 0:
        path = path[:cut]
        yield path


def check_links(links: Mapping[str, str]) -> Iterator[Problem]:
    """Links (path to target) that leave the bundle, alone or through another one, or go in circles.

    Links of links can take years to follow: after MOST_STEPS that is the problem.
    """
    left = MOST_STEPS
    for path, target in links.items():
        if not _usable(target):
            yield Problem(f"the link {path!r} has no usable target")
            continue
        why, steps = _leads_away(path, links)
        if why:
            yield Problem(f"the link {path!r} -> {target!r} {why}")
        left -= steps
        if left < 0:
            yield Problem("the symbolic links are too many, or lead to too many others, to be followed")
            return


def _usable(target: str) -> bool:
    try:
        return 0 < len(target.encode()) <= LONGEST_LINK and "\0" not in target
    except UnicodeEncodeError:
        return False


def _leads_away(path: str, links: Mapping[str, str]) -> tuple[str, int]:
    """Follow a link as the kernel does, within the bundle; a target that does not exist is fine.

    (What is wrong or "", how much work it was.)
    """
    waiting = path.split("/")[::-1]
    at: list[str] = []
    followed = steps = 0
    while waiting:
        part = waiting.pop()
        steps += len(at) + 4
        if part == "..":
            if not at:
                return "leaves the bundle", steps
            at.pop()
        elif part not in ("", "."):
            at.append(part)
            target = links.get("/".join(at))
            if target is not None:
                followed += 1
                if followed > 40:
                    return "goes in circles", steps
                if target.startswith("/"):
                    return "leaves the bundle (an absolute path)", steps
                at.pop()
                waiting.extend(target.split("/")[::-1])
                if len(waiting) > LONGEST_LINK:
                    return "goes in circles", steps
        if len(at) > DEEPEST:
            return f"leads more than {DEEPEST} folders deep", steps
    return "", steps


def check_root(paths: Iterable[str]) -> str:
    """The folder that everything is in, or "". `.ebextensions` and `.platform` alone are a bundle."""
    tops = {path.split("/", 1)[0] if "/" in path else "" for path in paths}
    if len(tops) != 1 or tops <= _SETTINGS:
        return ""
    return tops.pop()


def check_sizes(packed_bytes: int, unpacked_bytes: int, count: int) -> str:
    """What is too large about a bundle; "" when nothing is."""
    if packed_bytes > MOST_BYTES:
        return f"the bundle is larger than {MOST_BYTES >> 20} MiB"
    if count > MOST_ENTRIES:
        return f"the bundle has more than {MOST_ENTRIES} entries"
    if unpacked_bytes > MOST_UNPACKED_BYTES:
        return f"the bundle unpacks to more than {MOST_UNPACKED_BYTES // 1000**2} MB"
    if unpacked_bytes > RATIO_FROM_BYTES and unpacked_bytes > MOST_RATIO * max(packed_bytes, 1):
        return f"the bundle grows more than {MOST_RATIO} times when it is unpacked"
    return ""


def warnings(packed_bytes: int, shown: str) -> tuple[Problem, ...]:
    """What a bundle is accepted with, but should be told. `shown`: its path, for the text."""
    if packed_bytes <= WARN_BYTES:
        return ()
    text = f"{shown}: {packed_bytes / 1000**2:.0f} MB, and Elastic Beanstalk may refuse more than 500 MB"
    return (Problem(text, hint="leave out with .ebignore what the application does not need"),)
