"""What a Compose file may say that has no counterpart in an instance here, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from beanstalk.container_groups.composition import Composition, Keys, keys_of
from beanstalk.source.compose import KEPT
from beanstalk.source.compose_values import Service
from beanstalk.source.document import Kind, Node

ACTED_ON = (
    "cap_add", "cap_drop", "configs", "cpu_shares", "dns", "dns_search", "dockerfile", "extends", "pull_policy",
    "secrets", "security_opt", "shm_size", "stdin_open", "sysctls", "tmpfs", "tty",
)  # fmt: skip
"""Of those that the reader only keeps."""
_SILENT = ("annotations", "attach", "develop", "scale")
"""They say nothing about what runs."""
_APART = "each instance has a private network, and its containers see nothing of this machine"
_LIMIT = "of limits only memory, cpus, cpu_shares, shm_size and ulimits are known here"
_DEVICE = "devices of this machine are given to no container"
_REASONS: Mapping[str, str] = {
    "net": _APART,
    "network_mode": _APART,
    "pid": _APART,
    "ipc": _APART,
    "uts": _APART,
    "userns_mode": _APART,
    "cgroup": _APART,
    "cgroup_parent": _APART,
    "use_api_socket": _APART,
    "external_links": "only containers of the same instance are known",
    "devices": _DEVICE,
    "device_cgroup_rules": _DEVICE,
    "gpus": _DEVICE,
    "runtime": "the container engine chooses it",
    "platform": "images are those for this machine",
    **dict.fromkeys(
        (
            "blkio_config", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime",
            "cpuset", "memswap_limit", "mem_swappiness", "oom_kill_disable", "oom_score_adj", "pids_limit",
        ),
        _LIMIT,
    ),
}  # fmt: skip
_OTHERWISE = "containers have no such setting here"
_NOTHING = ("", "false", "no", "private", "bridge", "default")
"""Values that ask for what a container has anyway."""


def tell_document(composition: Composition) -> None:
    """Networks, models, and services that are not started."""
    top, material = composition.top, composition.material
    if top.get("models"):
        material.told(top.place("models"), "models", "nothing here runs them")
    networks = keys_of(None if composition.compose.first_form else top.get("networks")).all
    own = {name: _has_content(value) for name, (_, value) in networks.items()}
    if len(own) > 1 or any(own.values()):
        why = "all services of an instance are in one private network, with all their names"
        material.told(top.place("networks"), "networks", why)
    started = {each.name for each in composition.started}
    for service in composition.compose.services:
        if service.name not in started:
            keys, zero = composition.service(service.name), service.replicas == 0
            why = "there are 0 of it" if zero else f"it is of the profile {', '.join(service.profiles)[:60]}"
            hint = "" if zero else "name its profile in the variable COMPOSE_PROFILES"
            place = keys.place("deploy", "scale") if zero else keys.place("profiles")
            material.notes.warn(place, f"{service.name[:60]} is not started: {why}", hint)


def tell_service(service: Service, composition: Composition) -> None:
    keys, material, who = composition.service(service.name), composition.material, f"of {service.name[:60]}"
    for key in (*KEPT, "network_mode"):
        node = keys.get(key)
        if node is None or key in ACTED_ON or key in _SILENT or _is_nothing(node):
            continue
        material.told(keys.place(key), f"{key} {who}", _REASONS.get(key, _OTHERWISE), _hint(key, node))
    if service.replicas is not None and service.replicas > 1:
        why = "each instance runs it once; more instances are the option MinSize"
        material.told(keys.place("deploy", "scale"), f"the {service.replicas} replicas {who}", why)
    _tell_resources(keys, who, composition)
    _tell_networks(keys, who, composition)
    if start := keys_of(keys.get("healthcheck")).get("start_interval"):
        material.told(start, f"healthcheck.start_interval {who}", "interval is used from the start")


def _tell_resources(keys: Keys, who: str, composition: Composition) -> None:
    resources = keys_of(keys_of(keys.get("deploy")).get("resources"))
    for inner, key in (("limits", "pids"), ("limits", "devices"), ("reservations", "devices")):
        found = keys_of(resources.get(inner))
        if found.get(key):
            composition.material.told(found.place(key), f"{key} {who}", _LIMIT if key == "pids" else _DEVICE)


def _tell_networks(keys: Keys, who: str, composition: Composition) -> None:
    for _, value in keys_of(keys.get("networks")).all.values():
        use = keys_of(value)
        for key in use.all:
            if key != "aliases" and use.get(key):
                why = "addresses are chosen when the instance starts"
                composition.material.told(use.place(key), f"networks.{key[:40]} {who}", why)


def _is_nothing(node: Node) -> bool:
    if node.is_scalar:
        return node.text.lower() in _NOTHING
    return not node.items() and not node.entries()


def _has_content(node: Node) -> bool:
    """Whether a network is described as anything but a plain one."""
    if node.kind is not Kind.MAPPING:
        return False
    plain = (("driver", "bridge"), ("name", ""), ("external", "false"), ("attachable", ""))
    return any(
        key not in dict(plain) or dict(plain)[key] not in ("", value.text.lower())
        for key, (_, value) in keys_of(node).all.items()
    )


def _hint(key: str, node: Node) -> str:
    if key in ("net", "network_mode") and node.text.startswith("service:"):
        return f"reach {node.text.removeprefix('service:')[:60]} by its name instead of localhost"
    return "containers reach each other by their names" if key in ("net", "network_mode") else ""
