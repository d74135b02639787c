"""The services of a `docker-compose.yml` as the containers of one instance.

Elastic Beanstalk runs Compose on every instance, so an instance is all services once. It ends with the service that
gets the requests; the others follow what `restart` says of them. What is not applied is told by `compose_told`.
Sources: EB Developer Guide, "Docker platform configuration"; Compose specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from beanstalk.container_groups import rights
from beanstalk.container_groups.compose_environment import service_environment, tell_unused_properties
from beanstalk.container_groups.compose_images import service_image, service_stages
from beanstalk.container_groups.compose_mounts import service_mounts, tell_volumes
from beanstalk.container_groups.compose_secrets import tell_misplaced
from beanstalk.container_groups.compose_told import tell_document, tell_service
from beanstalk.container_groups.composition import Composition, Keys, hand_back, keys_of, read_composition
from beanstalk.container_groups.log_drivers import log_driver
from beanstalk.container_groups.material import Material
from beanstalk.container_groups.start_order import choose_web, published, read_link, start_order
from beanstalk.containers import (
    Borrowed,
    Condition,
    Container,
    ContainerCheck,
    ContainerGroup,
    Dependency,
    Pairs,
    Port,
    Restart,
    Ulimit,
)
from beanstalk.source.compose_values import Command, Service
from beanstalk.source.dockerfile_stages import find_stage, health_check

MOST_SERVICES = 100
"""More do not fit on a machine; Elastic Beanstalk has no number for it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_CONDITIONS = {
    "service_started": Condition.STARTED,
    "service_healthy": Condition.HEALTHY,
    "service_completed_successfully": Condition.SUCCEEDED,
}
_RESTARTS = {
    "always": Restart.ALWAYS,
    "unless-stopped": Restart.ALWAYS,
    "any": Restart.ALWAYS,
    "on-failure": Restart.ON_FAILURE,
}
_MOST_PORTS = 100


def compose_group(text: str, credentials: str, material: Material) -> ContainerGroup | None:
    """What is wrong is noted; then the group is not to be used. None when nothing can be read at all."""
    composition = read_composition(text, credentials, material)
    if composition is None or not _possible(composition):
        return None
    tell_document(composition)
    tell_volumes(composition)
    tell_unused_properties(text, composition)
    found = [_container(each, composition) for each in composition.started]
    _health_is_known(composition)
    hand_back(composition)
    places = {each.name: each.at for each in composition.started}
    ordered = start_order(found, places, material.notes)
    remedy = f'write ports: ["{material.port}:PORT"] for the service that answers'
    web, port = choose_web(ordered, material.port, places, remedy, material.notes)
    return ContainerGroup(tuple(replace(each, essential=each.name == web) for each in ordered), web, port)


def _possible(composition: Composition) -> bool:
    """Whether the file is worth translating: a few services with usable names, whole in itself."""
    notes, services = composition.notes, composition.compose.services
    if include := composition.top.get("include"):
        notes.wrong(include, "include is not known here", "write the services into this file")
    if len(services) > MOST_SERVICES:
        notes.wrong(services[MOST_SERVICES].at, f"more than {MOST_SERVICES} services", "run fewer on an instance")
        return False
    for each in services:
        if not _NAME.fullmatch(each.name):
            hint = "letters, digits, . _ and - are possible"
            notes.wrong(each.at, f"{each.name[:60]!r} cannot be the name of a service", hint)
        if extends := composition.service(each.name).get("extends"):
            notes.wrong(
                extends, f"extends of {each.name[:60]} is not known here", "write the keys out, or use << of YAML"
            )
    if services and not composition.started:
        notes.wrong(services[0].at, "no service is started: each has a profile, or 0 replicas", "start one of them")
    return not notes.problems


def _container(service: Service, composition: Composition) -> Container:
    tell_service(service, composition)
    keys, notes, material = composition.service(service.name), composition.notes, composition.material
    driver, options = _logging(service, keys, composition)
    environment, secrets = service_environment(service, composition)
    found = Container(
        name=service.name,
        image=service_image(service, composition),
        command=_words(service.command, "command", keys, composition),
        entrypoint=_words(service.entrypoint, "entrypoint", keys, composition),
        environment=environment,
        secrets=secrets,
        ports=tuple(_ports(service, composition)),
        mounts=service_mounts(service, composition),
        volumes_from=tuple(_volumes_from(service, keys, composition)),
        links=tuple(read_link(text) for text in service.links),
        aliases=_aliases(service, composition),
        depends_on=tuple(_depends_on(service, composition)),
        essential=False,
        restart=_restart(service, keys, composition),
        memory=service.resources.memory_bytes or None,
        memory_reservation=service.resources.reserved_memory_bytes or None,
        cpu_shares=notes.number(keys.get("cpu_shares"), "cpu_shares") or None,
        cpus=service.resources.cpus or None,
        hostname=service.hostname,
        user=service.user,
        working_dir=service.working_dir,
        extra_hosts=service.extra_hosts,
        dns=notes.texts(keys.get("dns"), "dns"),
        dns_search=notes.texts(keys.get("dns_search"), "dns_search"),
        ulimits=tuple(Ulimit(each.name, each.soft, each.hard) for each in service.ulimits),
        sysctls=rights.sysctls(
            notes.filled_pairs(keys.get("sysctls"), "sysctls"), service.name, keys.place("sysctls"), material
        ),
        shm_size=notes.size(keys.get("shm_size"), "shm_size"),
        log_driver=driver,
        log_options=options,
        check=_check(service),
        labels=service.labels,
        stop_signal=service.stop_signal,
        stop_after_s=service.stop_grace_period_s,
        init=bool(service.init),
        read_only=bool(service.read_only),
        terminal=bool(notes.switch(keys.get("tty"), "tty")),
        stdin=bool(notes.switch(keys.get("stdin_open"), "stdin_open")),
    )
    whole = _with_rights(found, service, keys, composition)
    tell_misplaced(whole, service.at, composition.material)
    return whole


def _with_rights(container: Container, service: Service, keys: Keys, composition: Composition) -> Container:
    notes, name, material = composition.notes, service.name, composition.material
    added, dropped = (notes.texts(keys.get(key), key) for key in ("cap_add", "cap_drop"))
    options = notes.texts(keys.get("security_opt"), "security_opt")
    return replace(
        container,
        privileged=rights.privileged(service.privileged, name, keys.place("privileged"), material),
        capabilities_added=rights.added_capabilities(added, name, keys.place("cap_add"), material),
        capabilities_dropped=dropped,
        security_options=rights.security_options(options, name, keys.place("security_opt"), material),
    )


def _words(command: Command | None, what: str, keys: Keys, composition: Composition) -> tuple[str, ...] | None:
    if isinstance(command, str):
        return composition.material.words(command, what, keys.place(what))
    return command


def _ports(service: Service, composition: Composition) -> Iterator[Port]:
    for each in service.ports:
        if each.container_last - each.container >= _MOST_PORTS:
            hint = f"publish at most {_MOST_PORTS}"
            composition.notes.wrong(each.at, f"{service.name[:60]} publishes a range of very many ports", hint)
        elif each.protocol not in ("tcp", "udp"):
            composition.material.told(each.at, f"a port of {service.name[:60]}", f"{each.protocol[:20]} is not known")
        else:
            yield from published(each.container, each.container_last, each.host, each.protocol)


def _volumes_from(service: Service, keys: Keys, composition: Composition) -> Iterator[Borrowed]:
    for text in composition.notes.texts(keys.get("volumes_from"), "volumes_from"):
        name, _, mode = text.partition(":")
        if name == "container":
            why = "only containers of the same instance are known"
            composition.material.told(keys.place("volumes_from"), f"volumes_from {text[:60]}", why)
        else:
            yield Borrowed(name, mode == "ro")


def _aliases(service: Service, composition: Composition) -> tuple[str, ...]:
    wanted = dict.fromkeys([service.container_name, *(name for use in service.networks for name in use.aliases)])
    found = tuple(name for name in wanted if name and name != service.name)
    for name in found:
        if not _NAME.fullmatch(name):
            hint = "letters, digits, . _ and - are possible"
            composition.notes.wrong(service.at, f"{name[:60]!r} cannot be a name of {service.name[:60]}", hint)
    return found


def _depends_on(service: Service, composition: Composition) -> Iterator[Dependency]:
    started = {each.name for each in composition.started}
    for each in service.depends_on:
        if each.service in started:
            yield Dependency(each.service, _CONDITIONS[each.condition])
        elif each.required:
            text = (
                f"{service.name[:60]} needs {each.service[:60]}, which is not started: it has a profile, or 0 replicas"
            )
            composition.notes.wrong(each.at, text, "start both, or write required: false")
    known = {each.service for each in service.depends_on}
    linked = (each.partition(":")[0] for each in service.links)
    for name in dict.fromkeys((*linked, *service.needs)):
        if name not in started:
            text = f"{service.name[:60]} needs {name[:60]}, which is not started: it has a profile, or 0 replicas"
            composition.notes.wrong(service.at, text, "start both")
        elif name not in known and name in service.needs:
            yield Dependency(name)


def _restart(service: Service, keys: Keys, composition: Composition) -> Restart:
    """`deploy.restart_policy` goes before `restart`, as with Compose."""
    policy = keys_of(keys_of(keys.get("deploy")).get("restart_policy"))
    if policy.all:
        wanted = composition.notes.text(policy.get("condition"), "condition") or "any"
        attempts = policy.place("max_attempts") if policy.get("max_attempts") else None
    else:
        wanted, colon, _ = service.restart.partition(":")
        attempts = keys.place("restart") if colon else None
    if attempts is not None:
        composition.material.told(attempts, f"the number of restarts of {service.name[:60]}", "they are not counted")
    return _RESTARTS.get(wanted, Restart.NO)


def _logging(service: Service, keys: Keys, composition: Composition) -> tuple[str, Pairs]:
    wanted = service.logging
    if wanted is None:
        return "", ()
    place = keys.place("logging", "log_driver", "log_opt")
    return log_driver(wanted.driver, wanted.options, service.name, place, composition.material)


def _check(service: Service) -> ContainerCheck | None:
    check = service.healthcheck
    if check is None:
        return None
    test = ("CMD-SHELL", check.test) if isinstance(check.test, str) and check.test else tuple(check.test)
    if check.disabled:
        test = ("NONE",)
    return ContainerCheck(test, check.interval_s, check.timeout_s, check.retries, check.start_period_s)


def _health_is_known(composition: Composition) -> None:
    """Who waits for the health of a service that has no check would wait for ever."""
    for service in composition.started:
        for each in service.depends_on:
            other = next((other for other in composition.started if other.name == each.service), None)
            if other is not None and each.condition == "service_healthy" and _never_healthy(other, composition):
                text = f"{service.name[:60]} waits for the health of {other.name[:60]}, which has no health check"
                composition.notes.wrong(each.at, text, "give it a healthcheck, or wait for service_started")


def _never_healthy(service: Service, composition: Composition) -> bool:
    if service.healthcheck is not None:
        return service.healthcheck.disabled
    stages, target = service_stages(service, composition)
    check, stage = health_check(stages, target), find_stage(stages, target)
    while stage is not None and stage.parent is not None:
        stage = stages[stage.parent]
    return check.test == ("NONE",) if check else stage is not None and stage.base == "scratch"
