"""UpdateApplicationResourceLifecycle: the lifecycle policy of an application, and applying it after a new version."""

from __future__ import annotations

import json
from dataclasses import replace

from beanstalk.errors import NotFound, UsageError
from beanstalk.lifecycle import LifecyclePolicy, Rule, Verdict, judge, policy_document, read_policy
from beanstalk.records import Environment, Severity, Version
from beanstalk.service.place import Service
from beanstalk.store.attachments import Lifecycle


def lifecycle_policy(service: Service, application: str) -> LifecyclePolicy:
    """The policy of an application; nothing is in force until somebody sets one. Raises NotFound."""
    if service.store.applications.get(application) is None:
        raise NotFound(f"there is no application {application}", hint="beanstalk create makes it")
    found = service.store.lifecycles.get(application)
    return read_policy(found.policy_json) if found else LifecyclePolicy()


def changed_policy(
    policy: LifecyclePolicy, max_count: int | None = None, max_age: int | None = None, keep_bundle: bool = False,
    off: bool = False,
) -> LifecyclePolicy:  # fmt: skip
    """The policy with these flags. A rule that is given is in force, and the other one is not any more: Elastic
    Beanstalk takes one of the two (`InvalidParameterValue`: they cannot be enabled simultaneously). Bundles go with
    their versions, unless `keep_bundle`, which also holds for a rule that was in force before.

    Raises UsageError when both are given.
    """
    if max_count is not None and max_age is not None:
        raise UsageError("only one rule can be in force", hint="give --max-count or --max-age")
    given = max_count is not None or max_age is not None

    def changed(rule: Rule, limit: int | None) -> Rule:
        if limit is not None:
            return Rule(limit, True, not keep_bundle)
        kept = replace(rule, enabled=rule.enabled and not (given or off))
        return replace(kept, deletes_bundle=False) if keep_bundle else kept

    return LifecyclePolicy(changed(policy.count, max_count), changed(policy.age, max_age))


def set_policy(service: Service, application: str, policy: LifecyclePolicy) -> None:
    """Store it. Nothing is deleted before the next version is created. Raises NotFound."""
    with service.store.transaction():
        lifecycle_policy(service, application)
        newest = service.store.versions.where("application = ? ORDER BY created DESC LIMIT 1", application)
        looked_at = max([service.now(), *(each.created for each in newest)])
        service.store.lifecycles.remove(application)
        service.store.lifecycles.add(Lifecycle(application, json.dumps(policy_document(policy)), looked_at))


def verdicts(
    service: Service, application: str, policy: LifecyclePolicy, new: str | None = None
) -> tuple[Verdict, ...]:
    """What the policy would do now. new: see `judge`."""
    store = service.store
    environments = store.environments.where("application = ?", application)
    opened = {}
    for each in environments:
        if deployment := store.open_deployment(each.id):
            before = store.deployments.get(deployment.previous_id)
            opened[each.name] = {deployment.version_label, before.version_label if before else ""}
    return judge(policy, store.versions.where("application = ?", application), environments, opened, service.now(), new)


def apply_after(
    service: Service, version: Version, environment: Environment | None = None, operation_id: str = ""
) -> tuple[str, ...]:
    """Apply the policy of its application when this version is a new one; returns the labels that were deleted.

    A version for which it was applied already, and one from before the policy was set, is no new one. Events tell what
    went, among those of the operation that deploys the version when there is one. That a file could not be deleted is
    told by an event, too: the version is gone, its bundle is not.
    """
    store = service.store
    gone: list[Verdict] = []

    def tell(severity: Severity, text: str, about: Version) -> None:
        store.add_event(severity, text, environment, operation_id, about.label, service.now())

    with store.transaction():
        policy_row = store.lifecycles.get(version.application)
        if policy_row is None or version.created <= policy_row.applied:
            return ()
        store.lifecycles.change(version.application, applied=version.created)
        policy = read_policy(policy_row.policy_json)
        gone += [each for each in verdicts(service, version.application, policy, version.label) if each.deleted]
        for each in gone:
            store.versions.remove(version.application, each.version.label)
            tell(Severity.INFO, _deleted(each), each.version)
        for each in gone:
            if each.with_bundle and (reason := _delete_bundle(service, each.version.digest)):
                text = f"The source bundle of {each.version.label} could not be deleted: {reason}."
                tell(Severity.WARN, text, each.version)
    return tuple(each.version.label for each in gone)


def _delete_bundle(service: Service, digest: str) -> str:
    """Delete it unless another version has it; returns why that failed. Inside the transaction, so that nobody
    registers the same content meanwhile. The agent sweeps what it unpacked."""
    if service.store.versions.where("digest = ? LIMIT 1", digest):
        return ""
    try:
        service.home.bundle(digest).unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _deleted(verdict: Verdict) -> str:
    bundle = "" if verdict.with_bundle else " Its source bundle was kept."
    return f"Deleted application version {verdict.version.label} by the lifecycle policy: {verdict.reason}.{bundle}"
