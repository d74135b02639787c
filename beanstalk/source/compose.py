"""`docker-compose.yml` -> values: what Elastic Beanstalk's Docker platform runs, in the three forms of Compose.

Variables are replaced from `.env`, which Elastic Beanstalk writes from the environment properties when the bundle has
none. Keys that nobody acts on are kept as they stand; one that Compose does not know is a warning. What one service
says of another is looked at in `compose_rules`. Sources: Compose specification; EB Developer Guide, "Docker".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from beanstalk.source.compose_notes import ComposeNotes, as_json
from beanstalk.source.compose_parts import (
    read_command,
    read_depends_on,
    read_env_files,
    read_health,
    read_mounts,
    read_networks,
    read_ports,
    read_resources,
    read_ulimits,
)
from beanstalk.source.compose_rules import check_compose
from beanstalk.source.compose_values import Build, ComposeFile, Pairs, Service, ServiceLogging
from beanstalk.source.document import Kind, Node
from beanstalk.source.image_name import unfilled, why_not_an_image
from beanstalk.source.yaml_notes import read_mapping

FILE_NAME = "docker-compose.yml"
TOP = ("version", "name", "services", "volumes", "networks", "secrets", "configs", "include", "models")
ACTED_ON = (
    "image", "build", "command", "entrypoint", "environment", "env_file", "ports", "expose", "volumes", "depends_on",
    "links", "networks", "healthcheck", "deploy", "mem_limit", "mem_reservation", "cpus", "scale", "ulimits", "logging",
    "log_driver", "log_opt", "restart", "extra_hosts", "hostname", "container_name", "user", "working_dir", "labels",
    "profiles", "stop_signal", "stop_grace_period", "privileged", "read_only", "init", "volumes_from", "network_mode",
)  # fmt: skip
KEPT = (
    "annotations", "attach", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "configs", "cpu_count",
    "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpuset",
    "credential_spec", "develop", "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "dockerfile",
    "domainname", "extends", "external_links", "gpus", "group_add", "ipc", "isolation", "label_file", "mac_address",
    "mem_swappiness", "memswap_limit", "models", "net", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit",
    "platform", "post_start", "pre_stop", "provider", "pull_policy", "runtime", "secrets", "security_opt", "shm_size",
    "stdin_open", "storage_opt", "sysctls", "tmpfs", "tty", "use_api_socket", "userns_mode", "uts", "volume_driver",
)  # fmt: skip
_NAMES = (*ACTED_ON, *KEPT)


def read_compose(
    content: bytes,
    path: str = FILE_NAME,
    variables: Mapping[str, str] | None = None,
    files: Collection[str] | None = None,
) -> ComposeFile:
    """Read the file. variables: of `.env` or the environment properties.  files: paths of the bundle, None: unknown.

    Raises InvalidInput with every problem that keeps Compose from starting the services.
    """
    document, root, plain = read_mapping(path, content, "the Compose file")
    notes = ComposeNotes(path, warnings=plain.warnings, variables=variables or {})
    top = {key.text: (key, value) for key, value in root.entries() if key.is_scalar}
    first_form = "services" not in top and "version" not in top and _has_first_form(root)
    version = notes.text(top["version"][1], "version") if "version" in top else ""
    if first_form:
        hint = "put them below services:; newer versions of Compose refuse this form"
        notes.warn(root, "the services are at the top, in the form of Compose v1", hint)
        named = notes.mapping(root, "the Compose file")
        services = {name: node for name, node in named.items() if not name.startswith("x-")}
    else:
        for name, (key, _) in top.items():
            if name not in TOP and not name.startswith("x-"):
                notes.warn(
                    key, f"a Compose file has no {name[:60]} at the top: it has no effect", notes.meant(name, TOP)
                )
        services = notes.mapping(top["services"][1], "services") if "services" in top else {}
        if not services and not notes.problems:
            notes.wrong(root, "there are no services", "write services: and below it the containers to run")
    parts: dict[str, Any] = {
        name: () if first_form or name not in top else _named(top[name][1], name, notes)
        for name in ("volumes", "networks", "secrets", "configs")
    }
    others = () if first_form else _others(top)
    found = tuple(_service(name, node, notes) for name, node in services.items())
    compose = replace(ComposeFile(found, version, first_form, other=others), **parts)
    check_compose(compose, path, files, notes)
    return replace(compose, warnings=notes.finish(document.duplicates))


def _has_first_form(root: Node) -> bool:
    """Every key at the top is a service: a mapping that says what to run."""
    values = [value for key, value in root.entries() if not key.text.startswith("x-")]
    return bool(values) and all(
        {key.text for key, _ in value.entries()} & {"image", "build", "extends"} for value in values
    )


def _named(node: Node, what: str, notes: ComposeNotes) -> Pairs:
    return tuple((name, as_json(value)) for name, value in notes.mapping(node, what).items())


def _others(top: Mapping[str, tuple[Node, Node]]) -> Pairs:
    known = ("version", "services", "volumes", "networks", "secrets", "configs")
    return tuple((name, as_json(value)) for name, (_, value) in top.items() if name not in known)


def _service(name: str, node: Node, notes: ComposeNotes) -> Service:
    if node.kind is not Kind.MAPPING:
        notes.wrong(node, f"the service {name[:60]} says nothing", "write image: or build: below its name")
        return Service(name, node.at)
    keys, other = _sorted_keys(name, node, notes)
    image = notes.text(keys.get("image"), "image")
    if image and not unfilled(image) and (why := why_not_an_image(image)):
        notes.wrong(keys["image"], f"{image[:80]!r} is no name of an image: {why}", "as nginx:1.27 or host/name:tag")
    resources, replicas = read_resources(keys, notes)
    return Service(
        name=name,
        at=node.at,
        image=image,
        build=_build(keys.get("build"), dict(other), notes),
        command=read_command(keys.get("command"), "command", notes),
        entrypoint=read_command(keys.get("entrypoint"), "entrypoint", notes),
        environment=notes.pairs(keys.get("environment"), "environment"),
        env_file=read_env_files(keys.get("env_file"), notes),
        ports=read_ports(keys.get("ports"), notes),
        expose=notes.texts(keys.get("expose"), "expose"),
        volumes=read_mounts(keys.get("volumes"), notes),
        depends_on=read_depends_on(keys.get("depends_on"), notes),
        links=notes.texts(keys.get("links"), "links"),
        needs=_needs(keys, notes),
        networks=read_networks(keys.get("networks"), notes),
        healthcheck=read_health(keys.get("healthcheck"), notes),
        resources=resources,
        replicas=replicas,
        ulimits=read_ulimits(keys.get("ulimits"), notes),
        logging=_logging(keys, notes),
        restart=_restart(keys.get("restart"), notes),
        extra_hosts=_hosts(keys.get("extra_hosts"), notes),
        hostname=notes.text(keys.get("hostname"), "hostname"),
        container_name=notes.text(keys.get("container_name"), "container_name"),
        user=notes.text(keys.get("user"), "user"),
        working_dir=notes.text(keys.get("working_dir"), "working_dir"),
        labels=notes.filled_pairs(keys.get("labels"), "labels"),
        profiles=notes.texts(keys.get("profiles"), "profiles"),
        stop_signal=notes.text(keys.get("stop_signal"), "stop_signal"),
        stop_grace_period_s=notes.seconds(keys.get("stop_grace_period"), "stop_grace_period"),
        privileged=notes.switch(keys.get("privileged"), "privileged"),
        read_only=notes.switch(keys.get("read_only"), "read_only"),
        init=notes.switch(keys.get("init"), "init"),
        other=other,
    )


def _sorted_keys(name: str, node: Node, notes: ComposeNotes) -> tuple[dict[str, Node], Pairs]:
    """What is acted on, and what is kept."""
    keys: dict[str, Node] = {}
    other: list[tuple[str, str]] = []
    for key, value in node.entries():
        if key.is_scalar and key.text in ACTED_ON:
            keys[key.text] = value
            continue
        if not key.is_scalar:
            notes.wrong(key, f"a key of the service {name[:60]} is not text", "write a name before the colon")
        elif key.text not in KEPT and not key.text.startswith("x-"):
            notes.warn(
                key,
                f"Compose knows no {key.text[:60]} of a service: it is kept, and has no effect",
                notes.meant(key.text, _NAMES),
            )
        other.append((key.text, as_json(value)))
    for mine in ("network_mode", "volumes_from"):
        if mine in keys:
            other.append((mine, as_json(keys[mine])))
    return keys, tuple(other)


def _build(node: Node | None, other: Mapping[str, str], notes: ComposeNotes) -> Build | None:
    if node is None or node.kind is Kind.NULL:
        return None
    if node.is_scalar:
        return Build(notes.text(node, "build"), at=node.at)
    keys = notes.mapping(node, "build")
    acted = ("context", "dockerfile", "target", "args")
    return Build(
        notes.text(keys.get("context"), "context") or ".",
        notes.text(keys.get("dockerfile"), "dockerfile") or "Dockerfile",
        notes.text(keys.get("target"), "target"),
        notes.pairs(keys.get("args"), "args"),
        tuple((name, as_json(value)) for name, value in keys.items() if name not in acted),
        node.at,
    )


def _needs(keys: Mapping[str, Node], notes: ComposeNotes) -> tuple[str, ...]:
    """Services that lend their volumes or their network."""
    found = [
        text for text in notes.texts(keys.get("volumes_from"), "volumes_from") if not text.startswith("container:")
    ]
    mode = notes.text(keys.get("network_mode"), "network_mode")
    names = [text.partition(":")[0] for text in found]
    return tuple([*names, mode.removeprefix("service:")] if mode.startswith("service:") else names)


def _logging(keys: Mapping[str, Node], notes: ComposeNotes) -> ServiceLogging | None:
    inner = notes.mapping(keys.get("logging"), "logging", ("driver", "options"))
    driver, options = inner.get("driver") or keys.get("log_driver"), inner.get("options") or keys.get("log_opt")
    if driver is None and options is None:
        return None
    return ServiceLogging(notes.text(driver, "driver"), notes.filled_pairs(options, "options"))


def _restart(node: Node | None, notes: ComposeNotes) -> str:
    text = notes.text(node, "restart")
    if node is not None and node.kind is Kind.BOOLEAN:
        if text.lower() == "no":
            return "no"
        notes.wrong(node, f"restart: {text} is not possible", 'write "no", always, on-failure or unless-stopped')
    elif text.partition(":")[0] not in ("", "no", "always", "on-failure", "unless-stopped"):
        hint = 'possible are "no", always, on-failure and unless-stopped'
        notes.wrong(node, f"restart: {text[:40]!r} is not possible", hint)
    return text


def _hosts(node: Node | None, notes: ComposeNotes) -> Pairs:
    if node is None or node.kind is not Kind.SEQUENCE:
        return notes.filled_pairs(node, "extra_hosts")
    found = []
    for item in node.items():
        text = notes.text(item, "extra_hosts")
        name, _, address = text.partition("=") if "=" in text else text.partition(":")
        if not name or not address:
            notes.wrong(item, f"{text[:60]!r} is no host with its address", "write NAME=ADDRESS")
        found.append((name, address.strip("[]")))
    return tuple(found)
