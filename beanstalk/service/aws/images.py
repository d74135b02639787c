"""The images of a new version: built from its bundle and pushed, unless the registry has them for the same content."""

from __future__ import annotations

from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.planning import CloudChange
from beanstalk.targets.aws.repository import repository_name
from beanstalk.targets.aws.template.worker import SIDECAR


def images_of(running: Running, change: CloudChange) -> dict[str, str]:
    """Container → image by its digest, of the containers whose image is built. Raises BeanstalkError."""
    if not change.template.image_parameters:
        return {}
    from beanstalk.targets.aws.images import build_and_push, push_daemon

    repository = repository_name(change.environment.application, change.configuration)
    cloud, text = running.service.cloud, change.configuration.text
    host, architecture = text("beanstalk:aws", "RegistryHost") or "", text("beanstalk:aws", "Architecture") or "X86_64"
    images = build_and_push(cloud, change.blueprint.group, change.bundle, repository, running.say, host, architecture)
    if SIDECAR in change.template.image_parameters:
        mirror = text("beanstalk:docker", "RegistryMirror") or ""
        images |= push_daemon(cloud, SIDECAR, repository, running.say, host, architecture, mirror)
    return images
