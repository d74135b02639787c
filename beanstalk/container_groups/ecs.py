"""The containers of a `Dockerrun.aws.json` of version 2, as Amazon ECS runs them on one instance.

What has no counterpart here is told by `ecs_told`. Sources: EB Developer Guide, "ECS managed Docker platform"; ECS
Developer Guide, "Task definition parameters".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from beanstalk.container_groups import rights
from beanstalk.container_groups.ecs_told import tell_container, tell_document, tell_volume
from beanstalk.container_groups.images import in_s3, named_image
from beanstalk.container_groups.log_drivers import log_driver
from beanstalk.container_groups.material import Material, all_secrets
from beanstalk.container_groups.mounts import mount_of_path, usable_target
from beanstalk.container_groups.start_order import choose_web, published, read_link, start_order
from beanstalk.containers import (
    Borrowed,
    Condition,
    Container,
    ContainerCheck,
    ContainerGroup,
    Dependency,
    Mount,
    MountKind,
    Pairs,
    Port,
    Restart,
    Ulimit,
)
from beanstalk.source import container as ecs
from beanstalk.source.dockerrun_v2 import DockerrunV2, Volume
from beanstalk.source.json_nodes import Json

_MIB = 1 << 20
_FEWEST_SHARES = 2
"""Docker takes no fewer; ECS raises them, too."""
_CONDITIONS = {
    "START": Condition.STARTED,
    "HEALTHY": Condition.HEALTHY,
    "COMPLETE": Condition.COMPLETED,
    "SUCCESS": Condition.SUCCEEDED,
}
_MOST_PORTS = 100
"""Of a range; a container has no more port mappings either."""
_REMEDY = 'write "portMappings": [{{"hostPort": {port}, "containerPort": ...}}] for the container that answers'


def ecs_group(run: DockerrunV2, material: Material) -> ContainerGroup:
    """What is wrong is noted; then the group is not to be used."""
    if not material.settings.on_aws:
        tell_document(run, material)
    nodes = {node.text("name"): node for node in _objects(run.raw, "containerDefinitions")}
    volumes = {volume.name: volume for volume in run.all_volumes}
    for node, volume in zip(_objects(run.raw, "volumes"), run.volumes, strict=True):
        if not material.settings.on_aws:
            tell_volume(node, volume, material)
    credentials = in_s3(run.authentication)
    found = [_container(each, nodes[each.name], volumes, credentials, material) for each in run.containers]
    places = {name: node.at for name, node in nodes.items()}
    ordered = start_order(found, places, material.notes)
    web, port = choose_web(ordered, material.port, places, _REMEDY.format(port=material.port), material.notes)
    return ContainerGroup(ordered, web, port)


def _container(
    each: ecs.Container, node: Json, volumes: Mapping[str, Volume], credentials: str, material: Material
) -> Container:
    if not material.settings.on_aws:
        tell_container(each, node, material)
    linux = each.linux_parameters or ecs.LinuxParameters()
    driver, options = _logging(each, node, material)
    found = Container(
        name=each.name,
        # As the agent of ECS: the registry is asked for each task, and what is there serves when it does not answer.
        image=named_image(each.image, _at(node, "image"), material, True, credentials, or_present=True),
        command=each.command or None,
        entrypoint=each.entry_point or None,
        environment=_environment(each, node, material),
        secrets=all_secrets(material, {variable.name for variable in each.environment}),
        ports=tuple(_ports(each, node, material)),
        mounts=(*_mounts(each, node, volumes, material), *_tmpfs(linux, node, material)),
        volumes_from=tuple(Borrowed(other.source_container, bool(other.read_only)) for other in each.volumes_from),
        links=tuple(read_link(text) for text in each.links),
        depends_on=tuple(Dependency(on.container_name, _CONDITIONS[on.condition]) for on in each.depends_on),
        essential=each.essential,
        restart=_restart(each),
        memory=_bytes(each.memory),
        memory_reservation=_bytes(each.memory_reservation),
        cpu_shares=max(each.cpu, _FEWEST_SHARES) if each.cpu else None,
        hostname=each.hostname,
        user=each.user,
        working_dir=each.working_directory,
        extra_hosts=tuple((host.hostname, host.ip_address) for host in each.extra_hosts),
        dns=each.dns_servers,
        dns_search=each.dns_search_domains,
        ulimits=tuple(Ulimit(limit.name, limit.soft_limit or 0, limit.hard_limit or 0) for limit in each.ulimits),
        sysctls=rights.sysctls(
            ((control.namespace, control.value) for control in each.system_controls if control.namespace),
            each.name,
            _at(node, "systemControls"),
            material,
        ),
        shm_size=_bytes(linux.shared_memory_size),
        log_driver=driver,
        log_options=options,
        check=_check(each),
        labels=each.docker_labels,
        stop_after_s=_seconds(each.stop_timeout),
        init=bool(linux.init_process_enabled),
        read_only=bool(each.readonly_root_filesystem),
        terminal=bool(each.pseudo_terminal),
        stdin=bool(each.interactive),
    )
    return _with_rights(found, each, node, material)


def _with_rights(container: Container, each: ecs.Container, node: Json, material: Material) -> Container:
    capabilities = (each.linux_parameters and each.linux_parameters.capabilities) or ecs.Capabilities()
    place, options = _at(node, "linuxParameters", "capabilities"), each.docker_security_options
    return replace(
        container,
        privileged=rights.privileged(each.privileged, each.name, _at(node, "privileged"), material),
        capabilities_added=rights.added_capabilities(capabilities.add, each.name, place, material),
        capabilities_dropped=capabilities.drop,
        security_options=rights.security_options(options, each.name, _at(node, "dockerSecurityOptions"), material),
    )


def _environment(each: ecs.Container, node: Json, material: Material) -> Pairs:
    """The properties go to every container; what the definition says of one beats them, being said of it alone."""
    own = {variable.name: variable.value for variable in each.environment}
    for name in sorted(own.keys() & {*material.secrets}):
        text = f"{each.name} has its own {name}, which goes before the secret"
        material.notes.warn(_at(node, "environment"), text, "take it out there, if the secret is meant")
    for name in own.keys() & material.properties.keys():
        if own[name] != material.properties[name]:
            text = f"{each.name} has its own {name}, which goes before the environment property"
            material.notes.warn(_at(node, "environment"), text, "take it out there, if the property is meant")
    return tuple({**material.properties, **own}.items())


def _ports(each: ecs.Container, node: Json, material: Material) -> Iterator[Port]:
    for mapping in each.port_mappings:
        protocol = "udp" if mapping.protocol.lower() == "udp" else "tcp"
        if mapping.container_port is not None:
            yield Port(mapping.container_port, mapping.host_port or None, protocol)
        elif mapping.container_port_range:
            first, _, last = mapping.container_port_range.partition("-")
            low, high = int(first[:6]), int(last[:6])
            if not (1 <= low <= high <= 65535 and high - low < _MOST_PORTS):
                text = f"containerPortRange {mapping.container_port_range[:20]} of {each.name} is not possible"
                material.notes.wrong(
                    _at(node, "portMappings"), text, f"write at most {_MOST_PORTS} ports, as 8000-8010"
                )
                continue
            yield from published(low, high, None, protocol)


def _mounts(each: ecs.Container, node: Json, volumes: Mapping[str, Volume], material: Material) -> Iterator[Mount]:
    taken: set[str] = set()
    for place, point in zip(_objects(node, "mountPoints"), each.mount_points, strict=True):
        volume, target, read_only = volumes.get(point.source_volume), point.container_path, bool(point.read_only)
        if volume is None:
            continue  # the reader has noted it
        if posixpath.normpath(target) in taken:
            material.notes.wrong(place, f"a second mount on {target[:80]}", "give each its own containerPath")
        taken.add(posixpath.normpath(target))
        if volume.host is not None and volume.host.source_path:
            if mount := mount_of_path(volume.host.source_path, target, read_only, place, material):
                yield mount
        elif usable_target(target, place, material):
            yield Mount(MountKind.VOLUME, volume.name, target, read_only)


def _tmpfs(linux: ecs.LinuxParameters, node: Json, material: Material) -> Iterator[Mount]:
    place = _at(node, "linuxParameters", "tmpfs")
    for each in linux.tmpfs:
        if usable_target(each.container_path, place, material):
            yield Mount(MountKind.TMPFS, "", each.container_path, "ro" in each.mount_options, _bytes(each.size))


def _restart(each: ecs.Container) -> Restart:
    """ECS restarts only what asks for it. An essential container that ends ends its instance here."""
    wanted = each.restart_policy is not None and each.restart_policy.enabled
    return Restart.ALWAYS if wanted and not each.essential else Restart.NO


def _check(each: ecs.Container) -> ContainerCheck | None:
    check = each.health_check
    if check is None or not check.command:
        return None
    interval, timeout, start = map(_seconds, (check.interval, check.timeout, check.start_period))
    return ContainerCheck(check.command, interval, timeout, check.retries, start)


def _logging(each: ecs.Container, node: Json, material: Material) -> tuple[str, Pairs]:
    wanted = each.log_configuration
    if wanted is None:
        return "", ()
    return log_driver(wanted.log_driver, wanted.options, each.name, _at(node, "logConfiguration"), material)


def _bytes(mib: int | None) -> int | None:
    return mib * _MIB if mib else None


def _seconds(value: int | None) -> float | None:
    return None if value is None else float(value)


def _objects(node: Json, name: str) -> tuple[Json, ...]:
    found = node.get(name)
    return tuple(item for item in found.items if item.kind == "object") if found else ()


def _at(node: Json, *names: str) -> Json:
    """The member of that name, and of that one the next, as far as they are there."""
    for name in names:
        node = node.get(name) or node
    return node
