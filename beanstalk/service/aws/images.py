"""The images of a new version: built from its bundle and pushed, unless the registry has them for the same content."""

from __future__ import annotations

from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.planning import CloudChange
from beanstalk.targets.aws.repository import repository_name


def images_of(running: Running, change: CloudChange) -> dict[str, str]:
    """Container → image by its digest, of the containers whose image is built. Raises BeanstalkError."""
    if not change.template.image_parameters:
        return {}
    from beanstalk.targets.aws.images import build_and_push

    repository = repository_name(change.environment.application, change.configuration)
    said = {name: change.configuration.text("beanstalk:aws", name) or "" for name in ("RegistryHost", "Architecture")}
    return build_and_push(
        running.service.cloud, change.blueprint.group, change.bundle, repository, running.say,
        said["RegistryHost"], said["Architecture"] or "X86_64",
    )  # fmt: skip
