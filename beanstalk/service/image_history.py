"""Which images a version runs when it is deployed once more: those it ran with, unless somebody asks anew."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace

from beanstalk.containers import ContainerGroup, ImageSource
from beanstalk.model import Outcome
from beanstalk.records import Deployment, Environment, Version
from beanstalk.service.place import Service
from beanstalk.workload import Workload


def as_before(
    service: Service, environment: Environment, version: Version, group: ContainerGroup, then: Deployment | None = None
) -> ContainerGroup:
    """With the images of the deployment `then`, else of the last one of this version that succeeded: in this
    environment, or in any other of the home. Those that no such deployment had are as the bundle says."""
    before = then or _last(service, environment, version)
    ran = Workload.from_json(json.loads(before.workload_json)).group if before else None
    known = {_first(each.image).key: each.image.again for each in ran.containers} if ran else {}
    return _with(group, {key: again for key, again in known.items() if again})


def asked_anew(group: ContainerGroup) -> ContainerGroup:
    """With images that nobody has asked for yet: the registry says what their names mean now."""
    token = secrets.token_hex(8)
    return _with(group, {_first(each.image).key: token for each in group.containers})


def _with(group: ContainerGroup, agains: dict[str, str]) -> ContainerGroup:
    containers = (
        replace(each, image=replace(each.image, again=agains.get(each.image.key, ""))) for each in group.containers
    )
    return replace(group, containers=tuple(containers))


def _first(image: ImageSource) -> ImageSource:
    """As the bundle says."""
    return replace(image, again="")


def _last(service: Service, environment: Environment, version: Version) -> Deployment | None:
    query = "digest = ? AND outcome = ? ORDER BY environment_id = ? DESC, id DESC LIMIT 1"
    found = service.store.deployments.where(query, version.digest, str(Outcome.SUCCEEDED), environment.id)
    return found[0] if found else None
