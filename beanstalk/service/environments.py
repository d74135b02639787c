"""CreateEnvironment, clone, RestoreEnvironment, TerminateEnvironment, SwapEnvironmentCNAMEs, DescribeEnvironments."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from beanstalk.agent.daemon import ensure_agent, miss_agent
from beanstalk.agent.pools import host_of
from beanstalk.errors import AlreadyExists, BeanstalkError, InvalidInput, NotFound, Problem
from beanstalk.model import OptionSetting, Policy
from beanstalk.records import (
    LEAVING,
    Deployment,
    Environment,
    Health,
    Instance,
    Kind,
    Operation,
    Severity,
    Status,
    Version,
)
from beanstalk.service.changes import Change, Inputs, busy, warned, work_out
from beanstalk.service.configuration import change_settings, load_settings
from beanstalk.service.links import link_notices, linking_to
from beanstalk.service.manifest import Base, base_warnings, first_settings, first_tags, tier_of
from beanstalk.service.place import Service, find_environment, new_environment_id, new_request_id
from beanstalk.service.tags import Pairs, check_tags, own_tags
from beanstalk.service.versions import bundle_of
from beanstalk.service.workers import check_web, with_queue
from beanstalk.source.bundle import Bundle
from beanstalk.source.environment_parts import WEB
from beanstalk.targets.local.balancer import SLOTS
from beanstalk.targets.local.processes import identities

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{2,38})[A-Za-z0-9]")
_CNAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{2,61})[a-z0-9]")
RESTORABLE_S = 42 * 86400


@dataclass(frozen=True, slots=True)
class Description:
    """An environment with what belongs to it now. instances: living ones, oldest first.  operation: who holds it."""

    environment: Environment
    instances: tuple[Instance, ...]
    deployment: Deployment | None
    operation: Operation | None
    labels: dict[int, str]
    url: str
    endpoint: str


def prepare_create(
    service: Service,
    name: str,
    version: Version,
    bundle: Bundle,
    settings: Sequence[OptionSetting] = (),
    cname: str | None = None,
    platform: str | None = None,
    mode: str | None = None,
    base: Base | None = None,
) -> Change:
    """A new environment. cname: the prefix, by default that of env.yaml, else the name.  mode: see `Inputs`.

    Raises InvalidInput for bad names and what `base` has wrong, AlreadyExists for taken names, BeanstalkError when no
    place is left.
    """
    base = base or Base()
    of_manifest = base.manifest.cname.lower() if base.manifest else ""
    tier = tier_of(base)
    environment = _blank(service, name, cname or of_manifest or name.lower(), version.application, tier)
    tags, told = first_tags(base)
    check_tags(tags)
    stored = first_settings(service, environment, base, settings)
    warnings = (*base_warnings(base), *told, *link_notices(stored))
    inputs = Inputs(version, bundle, stored, platform=platform, mode=mode)
    change = work_out(service, Kind.CREATE, environment, inputs, Policy.ALL_AT_ONCE)
    return warned(replace(with_queue(change), tags=tuple(tags)), warnings)


def prepare_clone(
    service: Service, original: str, name: str | None = None, cname: str | None = None,
    settings: Sequence[OptionSetting] = (), tags: Pairs | None = None,
) -> Change:  # fmt: skip
    """A new environment with the version, settings, size and tags of another one. Nothing of its data is copied.

    tags: in the place of those of the other one.
    """
    source = find_environment(service, original)
    deployment = deployed(service, source)
    version = service.store.versions.get(source.application, deployment.version_label)
    if version is None:
        raise NotFound(f"the version {deployment.version_label} of {original} was deleted")
    name = name or clone_name(source.name)
    environment = _blank(service, name, cname or name.lower(), source.application, source.tier)
    kept = own_tags(service, source).items() if tags is None else tags
    check_tags(list(kept))
    stored = change_settings(load_settings(source.settings_json), settings)
    inputs = Inputs(version, bundle_of(service, version), stored, platform=deployment.platform)
    change = work_out(service, Kind.CREATE, environment, inputs, Policy.ALL_AT_ONCE)
    return replace(with_queue(change, source), tags=tuple(kept))


def clone_name(original: str) -> str:
    """ENV-clone, as far as an environment can be called so."""
    return f"{original[:34].rstrip('-')}-clone"


def prepare_restore(service: Service, wanted: str) -> Change:
    """Bring a terminated environment back, by id or name, with its id, name, CNAME, version and settings.

    Raises NotFound, AlreadyExists when a name of it is taken, BeanstalkError after 42 days (as Elastic Beanstalk).
    """
    gone = terminated(service)
    found = next((each for each in gone if wanted in (each.id, each.name)), None)
    if found is None:
        names = ", ".join(dict.fromkeys(each.name for each in gone)) or "none"
        raise NotFound(f"there is no terminated environment {wanted}", hint=f"there are: {names}")
    if service.now() - (found.terminated or 0) > RESTORABLE_S:
        raise BeanstalkError(f"{found.name} was terminated more than 42 days ago", hint="create it again")
    blank = _blank(service, found.name, found.cname, found.application, found.tier)
    environment = replace(blank, id=found.id, created=found.created)
    version = service.store.versions.get(found.application, found.version_label)
    if version is None:
        raise NotFound(f"the version {found.version_label} of {found.name} was deleted", hint="create it again")
    inputs = Inputs(version, bundle_of(service, version), load_settings(found.settings_json), platform=found.platform)
    return with_queue(work_out(service, Kind.RESTORE, environment, inputs, Policy.ALL_AT_ONCE), found)


def terminate(service: Service, name: str, keep_logs: bool = False, ignore_links: bool = False) -> Operation:
    """Begin to remove an environment. Raises EnvironmentBusy, NotFound, BeanstalkError while others link to it."""
    environment = find_environment(service, name)
    if not ignore_links and (linking := linking_to(service, environment)):
        text = f"{name} is reached by {' and '.join(linking)} through a link"
        raise BeanstalkError(text, hint=f"terminate {' and '.join(linking)} first, or add --ignore-links")
    arguments = {"keep_logs": keep_logs}
    return _begin(
        service, Kind.TERMINATE, [environment], Status.TERMINATING, arguments, "terminateEnvironment is starting."
    )


def swap(service: Service, name: str, other: str) -> Operation:
    """Begin to exchange the CNAMEs of two environments. Raises InvalidInput for one and the same or a worker,
    EnvironmentBusy."""
    one, two = find_environment(service, name), find_environment(service, other)
    check_web(one, two)
    if one.id == two.id:
        raise InvalidInput([Problem(f"{name} cannot be swapped with itself", hint="name another environment")])
    text = "swapEnvironmentCNAMEs is starting."
    return _begin(service, Kind.SWAP, [one, two], Status.UPDATING, {"with": two.id}, text)


def describe(service: Service, environment: Environment) -> Description:
    """One environment as it is now. Has the agent started again if it died."""
    if environment.terminated is None:
        miss_agent(service.home)
    store = service.store
    instances = store.living_instances(environment.id)
    labels = {}
    for deployment_id in {each.deployment_id for each in instances}:
        found = store.deployments.get(deployment_id)
        labels[deployment_id] = found.version_label if found else ""
    host, (address, port) = host_of(environment.cname), service.home.endpoint
    return Description(
        environment=environment,
        instances=tuple(instances),
        deployment=store.deployments.get(environment.deployment_id) if environment.deployment_id else None,
        operation=store.holder(environment.id),
        labels=labels,
        url=f"http://{host}:{port}/",
        endpoint=f"{address}:{port}",
    )


def terminated(service: Service) -> list[Environment]:
    """Environments that are gone and have no living namesake of the same id, the latest first."""
    return service.store.environments.where("terminated IS NOT NULL AND deployment_id > 0 ORDER BY terminated DESC")


def deployed(service: Service, environment: Environment) -> Deployment:
    """The last successful deployment. Raises BeanstalkError when there is none yet."""
    found = service.store.deployments.get(environment.deployment_id)
    if found is None:
        raise BeanstalkError(f"nothing was deployed to {environment.name} yet", hint="wait until it is created")
    return found


def instance_rows(description: Description) -> list[dict[str, Any]]:
    """`Instances` of the JSON contract."""
    rows = []
    for each in description.instances:
        keys = [key[:12] if isinstance(key, str) else key for key, _ in identities(each).values()]
        rows.append(
            {
                "InstanceId": each.id,
                "VersionLabel": description.labels[each.deployment_id],
                "DeploymentId": each.deployment_id,
                "State": "Draining" if each.state in LEAVING else str(each.state),
                "Address": each.address,
                "Pid": keys[0] if keys else None,
            }
        )
    return rows


def check_names(name: str, cname: str) -> None:
    """Raises InvalidInput with all problems of the names of an environment."""
    problems = []
    if not _NAME.fullmatch(name):
        hint = "use 4 to 40 letters, digits and hyphens, no hyphen at an end"
        problems.append(Problem(f"{name!r} is no environment name", hint=hint))
    if not _CNAME.fullmatch(cname):
        hint = "use 4 to 63 lower-case letters, digits and hyphens, no hyphen at an end (--cname)"
        problems.append(Problem(f"{cname!r} is no CNAME prefix", hint=hint))
    if problems:
        raise InvalidInput(problems)


def _blank(service: Service, name: str, cname: str, application: str, tier: str = WEB.name) -> Environment:
    """An environment that is not stored yet, with a free place in the balancer. All problems of its names at once."""
    check_names(name, cname)
    living = service.store.living()
    if any(each.name == name for each in living):
        raise AlreadyExists(f"Environment {name} already exists.", hint="choose another name, or beanstalk deploy")
    if any(each.cname == cname for each in living):
        raise AlreadyExists(f"DNS name ({host_of(cname)}) is not available.", hint="choose another one: --cname")
    free = sorted(set(range(SLOTS)) - {each.slot for each in living})
    if not free:
        raise BeanstalkError(
            f"{name} does not fit: one load balancer holds {SLOTS} environments",
            hint="terminate one that is not needed, or use another BEANSTALK_HOME with another BEANSTALK_HTTP_PORT",
        )
    now = service.now()
    return Environment(
        new_environment_id(), name, application, cname, "", Status.LAUNCHING, Health.PENDING, "[]", "", 0, 0,
        free[0], "[]", now, now, tier=tier,
    )  # fmt: skip


def _begin(
    service: Service,
    kind: Kind,
    environments: Sequence[Environment],
    status: Status,
    arguments: dict[str, Any],
    text: str,
) -> Operation:
    store, now = service.store, service.now()
    operation = Operation(new_request_id(), kind, environments[0].id, service.holder(), now, json.dumps(arguments))
    try:
        with store.transaction():
            store.begin(operation, [each.id for each in environments])
            for each in environments:
                store.environments.change(each.id, status=status, updated=now)
            store.add_event(Severity.INFO, text, environments[0], operation.id, now=now)
    except sqlite3.IntegrityError:
        raise busy(service, [each.id for each in environments]) from None
    ensure_agent(service.home)
    return operation
