"""The lifecycle policy of an application on AWS: applied when a deployment of a new version has begun.

What goes takes its source bundle along when the policy says so, and its images in any case: nothing can be deployed
from them without the version. What an environment runs or may go back to stays (`beanstalk.lifecycle`).
"""

from __future__ import annotations

from collections.abc import Sequence

from beanstalk.errors import BeanstalkError
from beanstalk.lifecycle import LifecyclePolicy, Verdict, judge
from beanstalk.records import Severity, Version
from beanstalk.service.aws.operations import Running
from beanstalk.service.aws.place import CloudService
from beanstalk.service.aws.planning import CloudChange
from beanstalk.service.aws.state import CloudEnvironment, environment_from
from beanstalk.targets.aws.ecr import repository
from beanstalk.targets.aws.images import tags_of
from beanstalk.targets.aws.repository import repository_name

OURS = "beanstalk:aws"


def note_images(service: CloudService, change: CloudChange) -> None:
    """Remember which images a version needs, before anything can go wrong with it."""
    architecture = change.configuration.text(OURS, "Architecture") or "X86_64"
    if tags := tags_of(change.blueprint.group, architecture):
        service.store.note_images(change.version.application, change.version.label, tags)


def apply_after(running: Running, change: CloudChange) -> None:
    """Apply the policy when the version is a new one. That something cannot be deleted is told, and no more: the
    deployment goes on."""
    service, version = running.service, change.version

    def verdicts(policy: LifecyclePolicy, versions: Sequence[Version]) -> Sequence[Verdict]:
        return judge_on_aws(service, policy, versions, version)

    try:
        gone, images = service.store.apply_policy(version, verdicts)
        for each in gone:
            kept = "" if each.with_bundle else " Its source bundle was kept."
            text = f"Deleted application version {each.version.label} by the lifecycle policy: {each.reason}.{kept}"
            running.say(text)
        if images:
            name = repository_name(version.application, change.configuration)
            repository(service.cloud, name, change.configuration.text(OURS, "RegistryHost") or "").delete(images)
    except BeanstalkError as error:
        running.say(f"The lifecycle policy could not be applied: {error.problem}.", Severity.WARN)


def judge_on_aws(
    service: CloudService, policy: LifecyclePolicy, versions: Sequence[Version], new: Version
) -> tuple[Verdict, ...]:
    """A verdict on every version of the application of `new`, which was just created."""
    return verdicts_on_aws(service, new.application, policy, versions, new.label)


def verdicts_on_aws(
    service: CloudService,
    application: str,
    policy: LifecyclePolicy,
    versions: Sequence[Version],
    new: str | None = None,
) -> tuple[Verdict, ...]:
    """What a policy would do now. new: see `judge`."""
    known = [*service.memory.living(), *map(environment_from, service.store.terminated())]
    mine = [each for each in known if each.application == application]
    return judge(policy, versions, mine, opened_labels(service, mine), service.now(), new)


def opened_labels(service: CloudService, environments: Sequence[CloudEnvironment]) -> dict[str, set[str]]:
    """{environment: the versions that what goes on in it needs}."""
    opened = {}
    for each in environments:
        if each.terminated is None and each.operation:
            operation = service.memory.operation(each.id, each.operation)
            opened[each.name] = {operation.version_label, operation.previous_label} if operation else set[str]()
    return opened
