"""Parts of a Compose service that have a short and a long form: ports, volumes, dependencies, networks, health."""

from __future__ import annotations

import re

from beanstalk.source.compose_notes import ComposeNotes
from beanstalk.source.compose_values import (
    Command,
    DependsOn,
    EnvFile,
    Mount,
    NetworkUse,
    PublishedPort,
    Resources,
    ServiceHealth,
    ServiceUlimit,
)
from beanstalk.source.document import Kind, Node

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
_PORT = re.compile(
    r"(?:(?P<ip>\[[0-9a-fA-F:.]+\]|[0-9]{1,3}(?:\.[0-9]{1,3}){3}):)?(?:(?P<host>[0-9]{1,5}(?:-[0-9]{1,5})?)?:)?"
    r"(?P<container>[0-9]{1,5}(?:-[0-9]{1,5})?)(?:/(?P<protocol>tcp|udp|sctp))?"
)
_MODES = ("ro", "rw", "z", "Z", "cached", "delegated", "consistent", "nocopy")


def read_command(node: Node | None, what: str, notes: ComposeNotes) -> Command | None:
    if node is None or node.kind is Kind.NULL:
        return None
    return notes.text(node, what) if node.is_scalar else notes.texts(node, what)


def read_ports(node: Node | None, notes: ComposeNotes) -> tuple[PublishedPort, ...]:
    found = (
        _long_port(item, notes) if item.kind is Kind.MAPPING else _short_port(item, notes)
        for item in notes.items(node, "ports")
    )
    return tuple(port for port in found if port is not None)


def _short_port(item: Node, notes: ComposeNotes) -> PublishedPort | None:
    text = notes.text(item, "a port")
    if not text:
        return None
    found = _PORT.fullmatch(text)
    container = _range(found["container"]) if found else None
    if not found or not container:
        notes.wrong(
            item, f"{text[:60]!r} is no port", 'write "HOST:CONTAINER", as "80:8080", with ports from 1 to 65535'
        )
        return None
    host = _range(found["host"]) if found["host"] else None
    if found["host"] and not host:
        notes.wrong(item, f"the host port {found['host']} is not possible", "ports are 1 to 65535")
        return None
    protocol, ip = found["protocol"] or "tcp", (found["ip"] or "").strip("[]")
    if host is not None and len(container) > 1 and len(host) != len(container):
        notes.wrong(item, f"{text[:60]!r} has ranges of different length", "give both the same number of ports")
        return None
    return _published(container, host, protocol, ip, item)


def _published(container: range, host: range | None, protocol: str, ip: str, item: Node) -> PublishedPort:
    first, last = (host[0], host[-1]) if host else (None, None)
    return PublishedPort(container[0], container[-1], first, last, protocol, ip, item.at)


def _long_port(item: Node, notes: ComposeNotes) -> PublishedPort | None:
    keys = notes.mapping(item, "a port", ("target", "published", "protocol", "host_ip", "mode", "name", "app_protocol"))
    target, published = _range(notes.text(keys.get("target"), "target")), notes.text(keys.get("published"), "published")
    host = _range(published) if published else None
    if not target or len(target) > 1 or (published and not host):
        notes.wrong(item, "a port needs target, and published has to be a port, too", "ports are 1 to 65535")
        return None
    protocol = notes.text(keys.get("protocol"), "protocol") or "tcp"
    ip = notes.text(keys.get("host_ip"), "host_ip")
    return _published(target, host, protocol, ip, item)


def _range(text: str) -> range | None:
    """`80` or `80-90`; None when it is neither, or not within 1 to 65535."""
    first, dash, last = text.partition("-")
    if not (first.isascii() and first.isdigit()) or (dash and not (last.isascii() and last.isdigit())):
        return None
    low, high = int(first[:6]), int((last or first)[:6])
    return range(low, high + 1) if 1 <= low <= high <= 65535 else None


def read_mounts(node: Node | None, notes: ComposeNotes) -> tuple[Mount, ...]:
    found = []
    for item in notes.items(node, "volumes"):
        mount = _long_mount(item, notes) if item.kind is Kind.MAPPING else _short_mount(item, notes)
        if mount is not None:
            found.append(mount)
    return tuple(found)


def _short_mount(item: Node, notes: ComposeNotes) -> Mount | None:
    text = notes.text(item, "a volume")
    parts = text.split(":")
    if len(parts) > 1 and len(parts[0]) == 1 and parts[0].isalpha():
        parts = [":".join(parts[:2]), *parts[2:]]
    modes = parts[2].split(",") if len(parts) == 3 else []
    if not text or len(parts) > 3 or not all(parts) or not set(modes) <= set(_MODES):
        hint = "write SOURCE:TARGET or SOURCE:TARGET:ro, as ./conf:/etc/app:ro"
        if text or "$" not in item.text:
            notes.wrong(item, f"{text[:60]!r} is no volume", hint)
        return None
    if len(parts) == 1:
        return Mount("volume", "", text, False, item.at)
    kind = "bind" if parts[0].startswith((".", "/", "~")) or "\\" in parts[0] or ":" in parts[0] else "volume"
    return Mount(kind, parts[0], parts[1], "ro" in modes, item.at)


def _long_mount(item: Node, notes: ComposeNotes) -> Mount | None:
    known = ("type", "source", "target", "read_only", "bind", "volume", "tmpfs", "image", "consistency")
    keys = notes.mapping(item, "a volume", known)
    kind, source, target = (notes.text(keys.get(name), name) for name in ("type", "source", "target"))
    if not target or (kind == "bind" and not source):
        notes.wrong(item, "a volume needs target, and source when it is a bind", "write type, source and target")
        return None
    return Mount(kind or "volume", source, target, bool(notes.switch(keys.get("read_only"), "read_only")), item.at)


def read_depends_on(node: Node | None, notes: ComposeNotes) -> tuple[DependsOn, ...]:
    if node is None or node.kind is not Kind.MAPPING:
        return tuple(DependsOn(notes.text(item, "depends_on"), at=item.at) for item in notes.items(node, "depends_on"))
    found = []
    for name, value in notes.mapping(node, "depends_on").items():
        keys = notes.mapping(value, f"depends_on.{name[:40]}", ("condition", "required", "restart"))
        condition = notes.text(keys.get("condition"), "condition") or CONDITIONS[0]
        if condition not in CONDITIONS:
            notes.wrong(
                keys["condition"], f"there is no condition {condition[:60]}", f"possible are {', '.join(CONDITIONS)}"
            )
        required = notes.switch(keys.get("required"), "required")
        found.append(DependsOn(name, condition, required is not False, value.at))
    return tuple(found)


def read_env_files(node: Node | None, notes: ComposeNotes) -> tuple[EnvFile, ...]:
    if node is not None and node.is_scalar:
        return tuple(EnvFile(path, at=node.at) for path in notes.texts(node, "env_file"))
    found = []
    for item in notes.items(node, "env_file"):
        if item.kind is Kind.MAPPING:
            keys = notes.mapping(item, "env_file", ("path", "required", "format"))
            required = notes.switch(keys.get("required"), "required")
            found.append(EnvFile(notes.text(keys.get("path"), "path"), required is not False, item.at))
        else:
            found.append(EnvFile(notes.text(item, "env_file"), at=item.at))
    return tuple(found)


def read_networks(node: Node | None, notes: ComposeNotes) -> tuple[NetworkUse, ...]:
    if node is not None and node.kind is Kind.MAPPING:
        found = []
        for name, value in notes.mapping(node, "networks").items():
            if value.kind is Kind.MAPPING:
                aliases = next((each for key, each in value.entries() if key.text == "aliases"), None)
                found.append(NetworkUse(name, notes.texts(aliases, "aliases")))
            else:
                found.append(NetworkUse(name))
        return tuple(found)
    return tuple(NetworkUse(name) for name in notes.texts(node, "networks"))


def read_health(node: Node | None, notes: ComposeNotes) -> ServiceHealth | None:
    known = ("test", "interval", "timeout", "retries", "start_period", "start_interval", "disable")
    keys = notes.mapping(node, "healthcheck", known)
    if not keys:
        return None
    test = read_command(keys.get("test"), "test", notes) or ""
    if isinstance(test, tuple) and test[:1] and test[0] not in ("CMD", "CMD-SHELL", "NONE"):
        notes.wrong(keys["test"], f"a test begins with {test[0][:40]!r}", "begin it with CMD, CMD-SHELL or NONE")
    return ServiceHealth(
        test,
        notes.seconds(keys.get("interval"), "interval"),
        notes.seconds(keys.get("timeout"), "timeout"),
        notes.number(keys.get("retries"), "retries"),
        notes.seconds(keys.get("start_period"), "start_period"),
        bool(notes.switch(keys.get("disable"), "disable")) or test == ("NONE",),
    )


def read_resources(keys: dict[str, Node], notes: ComposeNotes) -> tuple[Resources, int | None]:
    """What `deploy.resources`, `mem_limit`, `mem_reservation` and `cpus` say, and the number of replicas."""
    known = (
        "resources",
        "replicas",
        "mode",
        "labels",
        "restart_policy",
        "update_config",
        "rollback_config",
        "placement",
        "endpoint_mode",
    )
    deploy = notes.mapping(keys.get("deploy"), "deploy", known)
    resources = notes.mapping(deploy.get("resources"), "resources", ("limits", "reservations"))
    limits, kept = (
        notes.mapping(resources.get(name), name, ("memory", "cpus", "pids", "devices", "generic_resources"))
        for name in ("limits", "reservations")
    )
    found = Resources(
        notes.size(limits.get("memory") or keys.get("mem_limit"), "memory"),
        notes.decimal(limits.get("cpus") or keys.get("cpus"), "cpus"),
        notes.size(kept.get("memory") or keys.get("mem_reservation"), "memory"),
        notes.decimal(kept.get("cpus"), "cpus"),
    )
    return found, notes.number(deploy.get("replicas") or keys.get("scale"), "replicas")


def read_ulimits(node: Node | None, notes: ComposeNotes) -> tuple[ServiceUlimit, ...]:
    found = []
    for name, value in notes.mapping(node, "ulimits").items():
        if value.kind is Kind.MAPPING:
            keys = notes.mapping(value, f"ulimits.{name[:40]}", ("soft", "hard"))
            soft, hard = (notes.number(keys.get(each), each) for each in ("soft", "hard"))
        else:
            soft = hard = notes.number(value, f"ulimits.{name[:40]}")
        if soft is None or hard is None:
            notes.wrong(value, f"the limit {name[:40]} needs soft and hard", "write a number, or soft: and hard:")
        else:
            found.append(ServiceUlimit(name, soft, hard))
    return tuple(found)
