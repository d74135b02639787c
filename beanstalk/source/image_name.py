"""The name of an image: `[host[:port]/]path[:tag][@digest]`, as Docker takes it.

Source of the grammar: the reference format of the OCI distribution project. The reasons are those that people meet.
"""

from __future__ import annotations

import re

from beanstalk.source.placeholders import find_placeholders, is_shouted

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
LONGEST = 255


def unfilled(name: str) -> str:
    """The marks that somebody has to fill in before the name can be one, "" when there are none."""
    marks = find_placeholders(name)
    if marks:
        return ", ".join(marks)
    path = name.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return name if is_shouted(path) and not path.isdigit() and path != path.lower() else ""


def why_not_an_image(name: str) -> str:
    """What keeps Docker from taking the name, in a few words; "" when nothing does. Marks are not looked for."""
    if not name or name != name.strip():
        return "it is empty" if not name.strip() else "there is white space around it"
    if len(name) > LONGEST + 256:
        return f"it is longer than {LONGEST} characters"
    if re.search(r"\s", name):
        return "there is white space in it"
    if "://" in name:
        return "it begins with a protocol, which the name of an image has not"
    rest, _, digest = name.partition("@")
    if "@" in name and not _DIGEST.fullmatch(digest):
        return f"{digest[:80]!r} is no digest such as sha256:..."
    last = rest.rpartition("/")[2]
    if ":" in last:
        rest, _, tag = rest.rpartition(":")
        if not _TAG.fullmatch(tag):
            return f"{tag[:80]!r} is no tag" if tag else "it ends in a colon"
    host, slash, path = rest.partition("/")
    if not (slash and (set(host) & set(".:[") or host == "localhost" or host != host.lower())):
        host, path = "", rest
    if host and not _is_host(host):
        return f"{host[:80]!r} is no host"
    for part in path.split("/"):
        if part != part.lower():
            return f"there are capital letters in {part[:80]!r}"
        if not _PATH.fullmatch(part):
            return f"{part[:80]!r} is no part of a path" if part else "a part of its path is empty"
    return ""


def _is_host(text: str) -> bool:
    name, colon, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if colon and not (port.isascii() and port.isdigit()):
        return False
    if name.startswith("["):
        return bool(re.fullmatch(r"\[[0-9a-fA-F:]+\]", name))
    return all(_LABEL.fullmatch(label) for label in name.split("."))
