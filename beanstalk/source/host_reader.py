"""The keys `packages`, `groups`, `users`, `sources` and `services` of one file -> values.

Source: EB Developer Guide, "Customizing software on Linux servers"; apt and zypper come from the underlying cfn-init.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from beanstalk.source.document import Kind, Node
from beanstalk.source.fields import boolean, entries_of, fields_of, number, plain, texts
from beanstalk.source.functions import TextValue
from beanstalk.source.instance_keys import (
    MANAGERS,
    SERVICE_MANAGERS,
    Archive,
    Package,
    ServiceState,
    UnixGroup,
    User,
)
from beanstalk.source.notes import Notes
from beanstalk.source.values import read_text

_BY_PLACE = ("rpm", "msi")
ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]")
_NOT_UNPACKED = re.compile(r"\.(rar|7z|xz|zst|txz|gz(?<!tar\.gz)|bz2(?<!tar\.bz2))\Z", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?")


def read_packages(node: Node, notes: Notes) -> tuple[Package, ...]:
    found: list[Package] = []
    for key, value in entries_of(node, "packages", notes):
        manager = key.text
        if manager not in MANAGERS:
            known = [each for each in MANAGERS if each != "npm"]
            notes.wrong(key.at, f"packages knows no manager {manager[:60]!r}", notes.meant(manager, known))
            continue
        if manager == "npm":
            text = "npm is no manager of Elastic Beanstalk: it would not install these packages"
            notes.warn(key.at, text, "list them in package.json, or run npm in container_commands")
        if manager == "python":
            text = "packages of python are those of Python 2.7, not of the application"
            notes.warn(key.at, text, "list them in requirements.txt")
        for name, versions in entries_of(value, f"packages {manager}", notes):
            found.append(Package(manager, name.text, _versions(manager, name, versions, notes), name.at))
    return tuple(sorted(found, key=lambda package: MANAGERS.index(package.manager)))


def _versions(manager: str, name: Node, node: Node, notes: Notes) -> tuple[TextValue, ...]:
    what = f"the version of {name.text[:60]}"
    if node.kind is Kind.NULL:
        notes.warn(node.at, f"{what} is empty: the newest one is taken", "write [] for the newest one")
    if node.kind is Kind.MAPPING:
        notes.wrong(node.at, f"{what} has to be text or a list", "write [] for the newest one")
        return ()
    items = [node] if node.is_scalar else node.items()
    found: list[TextValue] = []
    for item in items:
        if item.kind in (Kind.INTEGER, Kind.NUMBER):
            text = f"{what}: {item.text[:60]} without quotes is a number that YAML may write otherwise"
            notes.warn(item.at, text, "put it into quotes")
        version = "" if item.kind is Kind.NULL else read_text(item, what, notes)
        if version:
            found.append(version)
            if manager in _BY_PLACE and isinstance(version, str) and not _is_place(version):
                hint = "write the URL or absolute path of the package file"
                notes.wrong(item.at, f"{version[:60]!r} is no place of a package for {manager}", hint)
    if manager in _BY_PLACE and not found:
        notes.wrong(node.at, f"{manager} {name.text[:60]} does not say where the package is", "write its URL or path")
    return tuple(found)


def _is_place(text: str) -> bool:
    return bool(ABSOLUTE.match(text)) or is_url(text)


def is_url(text: str) -> bool:
    """http or https with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def read_groups(node: Node, notes: Notes) -> tuple[UnixGroup, ...]:
    found: list[UnixGroup] = []
    for key, value in entries_of(node, "groups", notes):
        _check_name("group", key, notes)
        if _is_nothing(value, f"group {key.text[:60]}", notes):
            found.append(UnixGroup(key.text, None, key.at))
        elif (fields := fields_of(value, f"group {key.text[:60]}", ("gid",), notes)) is not None:
            found.append(UnixGroup(key.text, number(fields.get("gid"), "gid", notes), key.at))
    return tuple(found)


def read_users(node: Node, notes: Notes) -> tuple[User, ...]:
    found: list[User] = []
    for key, value in entries_of(node, "users", notes):
        what = f"user {key.text[:60]}"
        _check_name("user", key, notes)
        if _is_nothing(value, what, notes):
            found.append(User(key.text, None, (), "", key.at))
        elif (fields := fields_of(value, what, ("uid", "groups", "homeDir"), notes)) is not None:
            home = plain(fields.get("homeDir"), f"homeDir of {what}", notes)
            if home and not home.startswith("/"):
                notes.wrong(fields["homeDir"].at, f"homeDir of {what} is not an absolute path", "begin it with /")
            uid = number(fields.get("uid"), "uid", notes)
            groups = texts(fields.get("groups"), f"groups of {what}", notes)
            found.append(User(key.text, uid, groups, home, key.at))
    return tuple(found)


def _check_name(what: str, key: Node, notes: Notes) -> None:
    if not _NAME.fullmatch(key.text):
        hint = "up to 32 letters, digits, '.', '_' and '-', not a digit first"
        notes.wrong(key.at, f"{key.text[:60]!r} cannot be the name of a {what}", hint)


def _is_nothing(node: Node, what: str, notes: Notes) -> bool:
    """An entry without fields; written as nothing at all it is taken, with a warning."""
    if node.kind is Kind.NULL:
        notes.warn(node.at, f"{what} is followed by nothing", "write {}")
    return node.kind is Kind.NULL


def read_sources(node: Node, notes: Notes) -> tuple[Archive, ...]:
    found: list[Archive] = []
    for key, value in entries_of(node, "sources", notes):
        if not ABSOLUTE.match(key.text):
            notes.wrong(
                key.at, f"{key.text[:60]!r} is not an absolute path", "name the folder to unpack into, from / on"
            )
        url = read_text(value, f"the archive of {key.text[:60]}", notes)
        if url is None:
            continue
        if isinstance(url, str) and not is_url(url):
            notes.wrong(value.at, f"{url[:60]!r} is not the URL of an archive", _URL_HINT)
        elif isinstance(url, str) and _NOT_UNPACKED.search(urlsplit(url).path):
            hint = "tar, tar.gz, tar.bz2 and zip can be unpacked"
            notes.warn(value.at, f"the archive of {key.text[:60]} is of a kind that is not unpacked", hint)
        found.append(Archive(key.text, url, key.at))
    return tuple(sorted(found, key=lambda archive: archive.target))


_URL_HINT = "write https://… ; for an object in S3 that is https://BUCKET.s3.amazonaws.com/KEY"
_SERVICE_FIELDS = ("enabled", "ensureRunning", "files", "sources", "packages", "commands")


def read_services(node: Node, notes: Notes) -> tuple[ServiceState, ...]:
    found: list[ServiceState] = []
    for key, value in entries_of(node, "services", notes):
        if key.text not in SERVICE_MANAGERS:
            hint = notes.meant(key.text, SERVICE_MANAGERS)
            notes.wrong(key.at, f"services knows no manager {key.text[:60]!r}", hint)
            continue
        for name, content in entries_of(value, f"services {key.text}", notes):
            if (fields := fields_of(content, f"service {name.text[:60]}", _SERVICE_FIELDS, notes)) is not None:
                state = ServiceState(
                    manager=key.text,
                    name=name.text,
                    enabled=boolean(fields.get("enabled"), "enabled", notes),
                    ensure_running=boolean(fields.get("ensureRunning"), "ensureRunning", notes),
                    files=texts(fields.get("files"), "files", notes),
                    sources=texts(fields.get("sources"), "sources", notes),
                    packages=_service_packages(fields.get("packages"), notes),
                    commands=texts(fields.get("commands"), "commands", notes),
                    at=name.at,
                )
                found.append(state)
    return tuple(found)


def _service_packages(node: Node | None, notes: Notes) -> tuple[tuple[str, str], ...]:
    if node is None:
        return ()
    managers = entries_of(node, "packages of a service", notes)
    return tuple((key.text, name) for key, value in managers for name in texts(value, f"packages {key.text}", notes))
