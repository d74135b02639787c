"""A container of an instance in the engine's words: the arguments of its creation. Pure but for the folders of mounts.

What nobody asked for: a limit on processes, and on the size of the engine's own log. `no-new-privileges` is not set
unless the container says so: images whose programs use sudo or setuid would not work, as they do on Elastic Beanstalk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beanstalk.containers import Container, ContainerCheck, ContainerGroup
from beanstalk.records import Instance
from beanstalk.targets.local.container_labels import AFTER, CONTAINER, STOP_AFTER, Labels
from beanstalk.targets.local.container_networks import Network
from beanstalk.targets.local.processes import MARK

if TYPE_CHECKING:
    from docker import APIClient, types

PROCESSES = 4096
"""At most in one container, threads included: enough for any application, and an end for one that forks for ever."""
LOOPBACK = "127.0.0.1"
_LOG_OPTIONS = {"max-size": "10m", "max-file": "3"}
"""Of the engine's own copy; what is kept for people is in the home."""
_LEAST_SHARES = 2
"""The kernel's; ECS makes this of 1, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One container of an instance. environment: what all of the instance's have.  image: the engine's name for it."""

    instance: Instance
    group: ContainerGroup
    container: Container
    environment: Mapping[str, str]
    image: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a container is made with.

    network: of its instance, None for the engine's default.  publish: ports are published, for this machine has no way
    to the containers' addresses.  log_options: the engine's default log driver takes our limits.
    """

    labels: Labels
    network: Network | None
    publish: bool
    log_options: bool

    def arguments(self, api: APIClient, wanted: Wanted, mounts: list[types.Mount]) -> dict[str, Any]:
        """For `APIClient.create_container`. The container's own environment wins over the instance's."""
        container = wanted.container
        ours = {MARK: wanted.instance.id, "BEANSTALK_PROCESS": container.name}
        return {
            "image": wanted.image,
            "name": self.labels.name(wanted.instance.id, container.name),
            "command": _listed(container.command),
            "entrypoint": _listed(container.entrypoint),
            "environment": {**wanted.environment, **dict(container.environment), **ours},
            "hostname": container.hostname or None,
            "user": container.user or None,
            "working_dir": container.working_dir or None,
            "tty": container.terminal,
            "stdin_open": container.stdin,
            "labels": {**dict(container.labels), **self._marks(wanted.instance, container)},
            "stop_signal": container.stop_signal or None,
            "stop_timeout": None if container.stop_after_s is None else math.ceil(container.stop_after_s),
            "healthcheck": container.check and _check(container.check),
            "ports": self._ports(wanted) or None,
            "host_config": self._host_config(api, wanted, mounts),
            "networking_config": self._networking(api, wanted),
        }

    def _marks(self, instance: Instance, container: Container) -> dict[str, str]:
        lenders = {each.container for each in container.volumes_from}
        after = {each.container for each in container.depends_on} | {name for name, _ in container.links} | lenders
        stop_after = "" if container.stop_after_s is None else f"{container.stop_after_s:g}"
        more = {CONTAINER: container.name, AFTER: ",".join(sorted(after)), STOP_AFTER: stop_after}
        return {**self.labels.of_instance(instance), **more}

    def _ports(self, wanted: Wanted) -> list[tuple[int, str]]:
        if not self.publish:
            return []
        ports = {(port.container, port.protocol) for port in wanted.container.ports}
        return sorted(ports | ({(wanted.group.port, "tcp")} if wanted.container.name == wanted.group.web else set()))

    def _host_config(self, api: APIClient, wanted: Wanted, mounts: list[types.Mount]) -> dict[str, Any]:
        from docker.types import LogConfig, Ulimit

        container = wanted.container
        log = None
        if container.log_driver:
            log = LogConfig(type=container.log_driver, config=dict(container.log_options))
        elif self.log_options:
            log = LogConfig(type="json-file", config={**_LOG_OPTIONS, **dict(container.log_options)})
        ports = self._ports(wanted)
        bindings: dict[int | str, Any] = {f"{port}/{protocol}": (LOOPBACK, None) for port, protocol in ports}
        made: dict[str, Any] = api.create_host_config(
            mounts=mounts,
            volumes_from=[
                f"{self.labels.name(wanted.instance.id, each.container)}:{'ro' if each.read_only else 'rw'}"
                for each in container.volumes_from
            ],
            network_mode=self.network.name if self.network else None,
            port_bindings=bindings,
            restart_policy={"Name": "no"},  # whoever supervises is the agent
            log_config=log,
            mem_limit=container.memory,
            mem_reservation=container.memory_reservation,
            cpu_shares=container.cpu_shares and max(_LEAST_SHARES, container.cpu_shares),
            nano_cpus=round(container.cpus * 1e9) if container.cpus else None,
            pids_limit=PROCESSES,
            extra_hosts=[f"{name}:{address}" for name, address in container.extra_hosts],
            dns=list(container.dns),
            dns_search=list(container.dns_search),
            ulimits=[Ulimit(name=each.name, soft=each.soft, hard=each.hard) for each in container.ulimits],
            sysctls=dict(container.sysctls),
            shm_size=container.shm_size,
            init=container.init or None,
            privileged=container.privileged,
            read_only=container.read_only,
            cap_add=list(container.capabilities_added),
            cap_drop=list(container.capabilities_dropped),
            security_opt=list(container.security_options),
        )
        return made

    def _networking(self, api: APIClient, wanted: Wanted) -> Any:
        """Its address stays the same when it is started again. Links are names that it alone has for the others."""
        if self.network is None:
            return None
        names = [each.name for each in wanted.group.containers]
        links = [(self.labels.name(wanted.instance.id, name), alias) for name, alias in wanted.container.links]
        # In the network of many instances nobody has a name or a place of its own.
        alone = len(names) == 1
        endpoint = api.create_endpoint_config(
            aliases=None if alone else [wanted.container.name, *wanted.container.aliases],
            links=links,
            ipv4_address=None if alone else self.network.address(names.index(wanted.container.name)),
        )
        return {"EndpointsConfig": {self.network.name: endpoint}}


def _listed(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def _check(check: ContainerCheck) -> dict[str, Any]:
    """Times in nanoseconds; 0 stands for the image's, or the engine's default."""
    times = {
        "interval": check.interval_s,
        "timeout": check.timeout_s,
        "start_period": check.start_period_s,
    }
    known = {name: round(seconds * 1e9) for name, seconds in times.items() if seconds}
    return {"test": list(check.test), **known, **({} if check.retries is None else {"retries": check.retries})}
