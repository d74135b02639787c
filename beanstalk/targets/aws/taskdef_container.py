"""A container of ours as a container definition of Amazon ECS.

Those of a Dockerfile, a Dockerrun of version 1, a Compose file and a platform are translated here.
Source: ECS API reference, ContainerDefinition.
"""

from __future__ import annotations

import math
from typing import Any

from beanstalk.containers import Condition, Container, ContainerCheck, Restart
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_environment import environment, secrets_of
from beanstalk.targets.aws.taskdef_logs import log_configuration
from beanstalk.targets.aws.taskdef_making import Making
from beanstalk.targets.aws.taskdef_ports import port_mappings
from beanstalk.targets.aws.taskdef_registry import repository_credentials
from beanstalk.targets.aws.taskdef_volumes import mount_points, tmpfs

_MIB = 1 << 20
_CONDITIONS = {
    Condition.STARTED: "START",
    Condition.HEALTHY: "HEALTHY",
    Condition.COMPLETED: "COMPLETE",
    Condition.SUCCEEDED: "SUCCESS",
}
CHECK_LIMITS = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
"""Of a health check: least and most; seconds, and a number of tries."""
FEWEST_STOP_S, MOST_STOP_S = 2, 120
"""Of stopTimeout on Fargate."""


def definition_of(container: Container, making: Making) -> Json:
    """What is not said is left out."""
    found: Json = {
        "name": container.name,
        "image": making.images.get(container.name, container.image.reference),
        "repositoryCredentials": repository_credentials(container, making),
        "essential": container.essential,
        "entryPoint": None if container.entrypoint is None else list(container.entrypoint),
        "command": None if container.command is None else list(container.command),
        "cpu": _cpu(container),
        "memory": _mib(container.memory),
        "memoryReservation": _mib(container.memory_reservation),
        "portMappings": port_mappings(container, making),
        "environment": environment(container, [], making),
        "secrets": secrets_of(container, [], making),
        "mountPoints": mount_points(container, making),
        "volumesFrom": [
            {"sourceContainer": each.container, "readOnly": each.read_only} for each in container.volumes_from
        ],
        "links": _links(container, making),
        "dependsOn": [
            {"containerName": each.container, "condition": _CONDITIONS[each.condition]} for each in container.depends_on
        ],
        "restartPolicy": _restart(container),
        "hostname": _hostname(container, making),
        "user": container.user or None,
        "workingDirectory": container.working_dir or None,
        "extraHosts": [{"hostname": name, "ipAddress": address} for name, address in container.extra_hosts],
        "dnsServers": list(container.dns),
        "dnsSearchDomains": list(container.dns_search),
        "ulimits": [
            {"name": each.name, "softLimit": each.soft, "hardLimit": each.hard} for each in container.ulimits
        ],
        "systemControls": [{"namespace": name, "value": value} for name, value in container.sysctls],
        "healthCheck": _check(container, making),
        "dockerLabels": dict(container.labels),
        "stopTimeout": stop_timeout(container, making),
        "linuxParameters": _linux(container, making),
        "privileged": container.privileged or None,
        "readonlyRootFilesystem": container.read_only or None,
        "dockerSecurityOptions": list(container.security_options),
        "pseudoTerminal": container.terminal or None,
        "interactive": container.stdin or None,
        "logConfiguration": log_configuration(container, making),
    }  # fmt: skip
    _tell_left_out(container, making)
    return {key: value for key, value in found.items() if value is not None and value not in ([], {})}


def stop_timeout(container: Container, making: Making) -> int:
    """Seconds between the stop signal and SIGKILL, whole ones, as ECS takes them."""
    wanted = making.blueprint.workload.grace_s if container.stop_after_s is None else container.stop_after_s
    return max(FEWEST_STOP_S, math.ceil(wanted))


def _cpu(container: Container) -> int | None:
    return math.ceil(container.cpus * 1024) if container.cpus else container.cpu_shares


def _mib(size: int | None) -> int | None:
    return None if size is None else max(1, math.ceil(size / _MIB))


def _links(container: Container, making: Making) -> list[str]:
    """In a bridge containers know each other by links alone, so what a container waits for gets one, too."""
    found = {alias: name for name, alias in container.links}
    if making.mode == "bridge":
        for each in container.depends_on:
            if each.condition in (Condition.STARTED, Condition.HEALTHY):
                found.setdefault(each.container, each.container)
    return [name if name == alias else f"{name}:{alias}" for alias, name in found.items()]


def _restart(container: Container) -> Json | None:
    """An essential container ends its task, which ECS replaces."""
    if container.essential or container.restart is Restart.NO:
        return None
    fine = {"ignoredExitCodes": [0]} if container.restart is Restart.ON_FAILURE else {}
    return {"enabled": True, **fine}


def _hostname(container: Container, making: Making) -> str | None:
    if container.hostname and making.mode == "awsvpc":
        text = (
            f"{container.name} is not called {container.hostname}: in the network mode awsvpc there are no host names"
        )
        making.warn(container.name, "hostname", text)
        return None
    return container.hostname or None


def _check(container: Container, making: Making) -> Json | None:
    """ECS takes no notice of the health check of an image."""
    check = container.check
    if check is None or check.test == ("NONE",):
        return None
    if not check.test:
        text = f"the health check of the image of {container.name} has no effect on ECS"
        making.warn(container.name, "healthCheck", text, "write its test into the healthcheck of the container")
        return None
    found: Json = {"command": list(check.test)}
    for key, value in _figures(check).items():
        if value is None:
            continue
        least, most = CHECK_LIMITS[key]
        found[key] = min(max(math.ceil(value), least), most)
        if found[key] != value:
            text = f"{key} of the health check of {container.name} becomes {found[key]}: ECS knows {least} to {most}"
            making.warn(container.name, "healthCheck", text)
    return found


def _figures(check: ContainerCheck) -> dict[str, float | None]:
    return {
        "interval": check.interval_s,
        "timeout": check.timeout_s,
        "retries": check.retries,
        "startPeriod": check.start_period_s,
    }


def _linux(container: Container, making: Making) -> Json:
    found: dict[str, Any] = {
        "initProcessEnabled": container.init or None,
        "sharedMemorySize": _mib(container.shm_size),
        "tmpfs": tmpfs(container, making) or None,
    }
    capabilities = {"add": list(container.capabilities_added), "drop": list(container.capabilities_dropped)}
    if kept := {key: value for key, value in capabilities.items() if value}:
        found["capabilities"] = kept
    return {key: value for key, value in found.items() if value is not None}


def _tell_left_out(container: Container, making: Making) -> None:
    """What ECS has no word for."""
    if container.stop_signal:
        text = (
            f"{container.name} is stopped by the signal of its image: ECS has no stop signal ({container.stop_signal})"
        )
        making.warn(container.name, "stopTimeout", text, "write STOPSIGNAL into the Dockerfile of the image")
