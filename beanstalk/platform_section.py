"""The part `image:` of a `platform.yaml`: what an application of the platform runs in when it runs in a container."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from beanstalk.source.document import Node
from beanstalk.source.image_name import why_not_an_image
from beanstalk.source.instance_keys import MANAGERS
from beanstalk.source.reader import Fields, Reader

if TYPE_CHECKING:
    from beanstalk.platform_file import Pairs, Web

TEMPLATE = "Dockerfile.j2"
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}")
HOLE = "{{version}}"
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_SYSTEM_USERS = frozenset({"root", "bin", "daemon", "nobody"})
_MOST = 65535


@dataclass(frozen=True, slots=True)
class VersionPlace:
    """Where an application says which version of the language it wants.

    file: its name, a pattern of it, or the member of a JSON file.  pattern: its first group is the version.
    """

    file: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Base:
    """An image to begin with, HOLE in its name for the version. managers: of `packages`, those that work in it.

    prepare: commands that bring what the platform needs and this image lacks.
    """

    image: str
    managers: tuple[str, ...]
    prepare: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageSection:
    """port: that the application listens on, unless the property PORT says another one.  user: who runs it.

    version: of the language, when nobody says another one.  branch: regular expression that finds it in the name of
    one of Elastic Beanstalk's branches, "" when those have none.  places: the first that is there counts.
    bases: the first is taken unless `packages` need another one.  web: goes before `web` of the platform.
    """

    port: int
    user: str
    version: str
    branch: str
    places: tuple[VersionPlace, ...]
    bases: tuple[Base, ...]
    environment: Pairs
    web: tuple[Web, ...]


def read_image(reader: Reader, node: Node, folder: Path, web: Callable[[Node], Web]) -> ImageSection:
    """`web` reads one process. What is wrong is noted with the reader."""
    known = ("port", "user", "version", "version_of_branch", "version_from", "bases", "environment", "web")
    fields = reader.fields(node, "image", known, required=("port", "bases"))
    if not (folder / TEMPLATE).is_file():
        reader.wrong(node, f"{TEMPLATE} is not a file beside this one", "docs/platforms.md shows what is in it")
    version = reader.text(fields.get("version"))
    bases = reader.each(fields.get("bases"), lambda each: _base(reader, each, version))
    if "bases" in fields and not bases:
        reader.wrong(fields["bases"], "there is no base", "name the image to begin with: - image: NAME")
    if version and not VERSION.fullmatch(version):
        reader.wrong(fields["version"], f"{version[:40]!r} cannot be a part of an image's name")
    return ImageSection(
        port=_port(reader, fields),
        user=_user(reader, fields),
        version=version,
        branch=_group(reader, fields.get("version_of_branch")),
        places=reader.each(fields.get("version_from"), lambda each: _place(reader, each)),
        bases=bases,
        environment=reader.pairs(fields.get("environment")),
        web=reader.each(fields.get("web"), web),
    )


def _port(reader: Reader, fields: Fields) -> int:
    port = reader.integer(fields.get("port"))
    if "port" in fields and not 1024 <= port <= _MOST:
        reader.wrong(fields["port"], f"{port} cannot be the port", f"1024 to {_MOST}: the user is not root")
    return port


def _user(reader: Reader, fields: Fields) -> str:
    user = reader.text(fields.get("user")) or "webapp"
    if not _USER.fullmatch(user) or user in _SYSTEM_USERS:
        reader.wrong(fields.get("user"), f"{user[:40]!r} cannot be the user", "name one of the application's own")
    return user


def _base(reader: Reader, node: Node, version: str) -> Base:
    fields = reader.fields(node, "a base", ("image", "managers", "prepare"), required=("image",))
    image = reader.text(fields.get("image"))
    if image and (why := why_not_an_image(image.replace(HOLE, "1"))):
        reader.wrong(fields["image"], f"{image[:80]!r} is no name of an image: {why}", f"as in python:{HOLE}-slim")
    if HOLE in image and not version:
        reader.wrong(fields["image"], f"{HOLE} has no value", "write version: and the one to take when nobody says it")
    managers = reader.texts(fields.get("managers"))
    for manager in managers:
        if manager not in MANAGERS:
            reader.wrong(fields["managers"], f"there is no manager {manager}", reader.meant(manager, MANAGERS))
    return Base(image, managers, reader.texts(fields.get("prepare")))


def _place(reader: Reader, node: Node) -> VersionPlace:
    fields = reader.fields(node, "version_from", ("file", "pattern"), required=("file", "pattern"))
    return VersionPlace(reader.text(fields.get("file")), _group(reader, fields.get("pattern")))


def _group(reader: Reader, node: Node | None) -> str:
    pattern = reader.pattern(node)
    if pattern and re.compile(pattern).groups != 1:
        reader.wrong(node, "this needs exactly one group: the version", "make the others (?:…)")
    return pattern
