"""Application versions on AWS by themselves: registered before anything is deployed, and deleted with their images."""

from __future__ import annotations

from collections.abc import Collection

from beanstalk.errors import BeanstalkError
from beanstalk.lifecycle import LifecyclePolicy, Verdict
from beanstalk.options.resolve import resolve
from beanstalk.records import Version
from beanstalk.service.aws.lifecycle import OURS, opened_labels, verdicts_on_aws
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.versions import find_cloud_version, kept_version, version_of
from beanstalk.service.configuration import layers_of, load_settings
from beanstalk.service.versions import Packed
from beanstalk.targets.aws.ecr import repository
from beanstalk.targets.aws.repository import repository_name


def register_on_aws(
    service: CloudService, application: str, packed: Packed, label: str | None, description: str | None
) -> tuple[Version, bool, tuple[str, ...]]:
    """(the version of this content, whether it is new, what the lifecycle policy deleted). Its images are made when it
    is deployed. Raises InvalidInput, AlreadyExists."""
    version, is_new = version_of(service, application, packed, label, description)
    with kept_version(service, version, packed.bundle):
        pass
    gone, images = service.store.apply_policy(
        version, lambda policy, versions: verdicts_on_aws(service, application, policy, versions, version.label)
    )
    _delete_images(service, application, images)
    return version, is_new, tuple(each.version.label for each in gone)


def delete_version_on_aws(service: CloudService, application: str, label: str) -> None:
    """With its bundle and its images, as far as no other version has the same ones. Raises NotFound, BeanstalkError
    when an environment runs it or is about to."""
    find_cloud_version(service, application, label)
    living = [each for each in service.memory.living() if each.application == application]
    opened = opened_labels(service, living)
    for each in living:
        if label in {each.version_label, *opened.get(each.name, ())}:
            hint = "deploy another version there first, or terminate the environment"
            raise BeanstalkError(f"the version {label} is deployed to {each.name}", hint=hint)
    _delete_images(service, application, service.store.remove_version(application, label))


def policy_verdicts(service: CloudService, application: str, policy: LifecyclePolicy) -> tuple[Verdict, ...]:
    """What a policy would do now."""
    return verdicts_on_aws(service, application, policy, service.store.versions(application))


def _delete_images(service: CloudService, application: str, tags: Collection[str]) -> None:
    """Wherever environments of the application have them."""
    if not tags:
        return
    for name, host in sorted(_repositories(service, application)):
        repository(service.cloud, name, host).delete(tags)


def _repositories(service: CloudService, application: str) -> set[tuple[str, str]]:
    """(repository, host of the registry) of all environments, and of those that set nothing."""
    stored = [load_settings(each.settings_json) for each in service.memory.living() if each.application == application]
    found = set()
    for settings in [(), *stored]:
        configuration = resolve(layers_of(settings, ()))
        host = configuration.text(OURS, "RegistryHost") or ""
        found.add((repository_name(application, configuration), host))
    return found
