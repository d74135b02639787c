"""What a service sees beside its image: folders of the bundle and of the machine, volumes, memory, secrets, configs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from beanstalk.container_groups.composition import Composition, Keys, keys_of
from beanstalk.container_groups.mounts import CURRENT, mount_of_path, usable_target
from beanstalk.containers import Mount, MountKind
from beanstalk.errors import Where
from beanstalk.source import compose_values as compose
from beanstalk.source.compose_notes import read_size
from beanstalk.source.compose_values import Service
from beanstalk.source.document import Kind, Node

_HOME = "/root"
"""Of who runs Compose on an instance."""
_HARMLESS = {"bind": ("create_host_path", "selinux"), "volume": ("nocopy",), "tmpfs": ("size",)}
"""Options of a mount that act, or change nothing here."""


def service_mounts(service: Service, composition: Composition) -> tuple[Mount, ...]:
    keys = composition.service(service.name)
    found: dict[str, Mount] = {}
    for place, mount in [
        *_volumes(service, keys, composition),
        *_tmpfs(keys, composition),
        *_files(service, keys, "secrets", composition),
        *_files(service, keys, "configs", composition),
    ]:
        target = posixpath.normpath(mount.target)
        if target in found:
            composition.notes.wrong(place, f"a second mount on {target[:80]}", "give each its own target")
        found[target] = mount
    return tuple(found.values())


def tell_volumes(composition: Composition) -> None:
    """What the top of the file says of volumes that are not as every instance has them."""
    for name, (_, value) in keys_of(composition.top.get("volumes")).all.items():
        keys = keys_of(value)
        for key in ("external", "driver", "driver_opts"):
            node = keys.get(key)
            if node is None or node.text in ("local", "false") or (node.kind is Kind.MAPPING and not node.entries()):
                continue
            why = "each instance has an empty volume of its own instead"
            composition.material.told(keys.place(key), f"{key} of the volume {name[:60]}", why)


def _volumes(service: Service, keys: Keys, composition: Composition) -> Iterator[tuple[Where, Mount]]:
    nodes = {item.at: item for item in keys.items("volumes")}
    for each in service.volumes:
        node = nodes.get(each.at)
        if (mount := _mount(each, node, composition)) is not None:
            yield each.at, mount
        if node is not None:
            _tell_options(node, service, composition)


def _mount(each: compose.Mount, node: Node | None, composition: Composition) -> Mount | None:
    material = composition.material
    match each.type:
        case "bind" if (path := _path(each.source)) is not None:
            return mount_of_path(path, each.target, each.read_only, each.at, material)
        case "volume" | "tmpfs" if not usable_target(each.target, each.at, material):
            return None
        case "volume" if each.source:
            return Mount(MountKind.VOLUME, each.source, each.target, each.read_only)
        case "volume":
            return Mount(MountKind.NAMELESS, "", each.target, each.read_only)
        case "tmpfs":
            size = keys_of(keys_of(node).get("tmpfs")).get("size")
            return Mount(MountKind.TMPFS, "", each.target, each.read_only, composition.notes.size(size, "size"))
    material.told(each.at, f"the mount of {each.source[:80] or each.type[:40]}", "instances here have nothing like it")
    return None


def _path(source: str) -> str | None:
    """Absolute, on an instance of Elastic Beanstalk. None for what is no path of Linux."""
    if source == "~" or source.startswith("~/"):
        return _HOME + source[1:]
    if source.startswith("~") or "\\" in source or source[1:2] == ":":
        return None
    return posixpath.join(CURRENT, source)


def _tell_options(node: Node, service: Service, composition: Composition) -> None:
    keys = keys_of(node)
    for kind, harmless in _HARMLESS.items():
        inner = keys_of(keys.get(kind))
        for key in inner.all:
            if key not in harmless and inner.get(key):
                what = f"{kind}.{key[:40]} of a volume of {service.name[:60]}"
                composition.material.told(inner.place(key), what, "a mount has no such option here")


def _tmpfs(keys: Keys, composition: Composition) -> Iterator[tuple[Where, Mount]]:
    """`tmpfs: /run` or a list, each with options behind a colon."""
    place = keys.place("tmpfs")
    for text in composition.notes.texts(keys.get("tmpfs"), "tmpfs"):
        target, _, written = text.partition(":")
        options = [option for option in written.split(",") if option]
        size = next((option.removeprefix("size=") for option in options if option.startswith("size=")), "")
        if usable_target(target, place, composition.material):
            if size and read_size(size) is None:
                composition.notes.wrong(place, f"tmpfs: {size[:40]!r} is no size", "write it as size=64m")
            yield place, Mount(MountKind.TMPFS, "", target, "ro" in options, read_size(size))


def _files(service: Service, keys: Keys, what: str, composition: Composition) -> Iterator[tuple[Where, Mount]]:
    """Secrets and configs that are files of the bundle; others are told."""
    described = keys_of(composition.top.get(what))
    for item in keys.items(what):
        written = keys_of(item)
        name = composition.notes.text(written.get("source") if written.all else item, what)
        target = composition.notes.text(written.get("target"), "target")
        path = composition.notes.text(keys_of(described.get(name)).get("file"), "file")
        if not path:
            why = f"only {what} that are files of the bundle are known here"
            composition.material.told(item.at, f"{what}: {name[:60]} of {service.name[:60]}", why)
            continue
        inside = "/run/secrets" if what == "secrets" else "/"
        mount = mount_of_path(
            posixpath.join(CURRENT, path), posixpath.join(inside, target or name), True, item.at, composition.material
        )
        if mount is not None:
            yield item.at, mount
