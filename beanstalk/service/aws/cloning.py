"""Environments on AWS that are made like another one: `clone` of one that lives, `restore` of one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beanstalk.errors import AlreadyExists, BeanstalkError, NotFound, Problem
from beanstalk.model import OptionSetting
from beanstalk.options.configuration import Configuration
from beanstalk.records import Kind, Status
from beanstalk.service.aws.names import check_name_free
from beanstalk.service.aws.place import CloudService, find_cloud_environment
from beanstalk.service.aws.planning import CloudChange, CloudInputs, work_out_on_aws
from beanstalk.service.aws.state import CloudEnvironment
from beanstalk.service.aws.versions import fetch_bundle, find_cloud_version
from beanstalk.service.configuration import change_settings, dump_settings, load_settings
from beanstalk.service.environments import RESTORABLE_S, check_names, clone_name
from beanstalk.service.place import new_environment_id
from beanstalk.service.tags import Pairs, check_tags
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.change_set import is_stateful
from beanstalk.targets.aws.observing import Coordinates
from beanstalk.targets.aws.plan_words import type_in_words

_PASSING = ("AWS::SQS::", "AWS::SecretsManager::")
"""What they hold is made anew by itself."""
_SHARED = (
    ("beanstalk:aws", "SharedFileSystem", "the file system"),
    ("aws:elasticbeanstalk:sqsd", "WorkerQueueURL", "the queue"),
    ("beanstalk:aws", "Cluster", "the cluster"),
)


def prepare_clone_on_aws(
    service: CloudService, original: str, name: str | None = None, cname: str | None = None,
    settings: Sequence[OptionSetting] = (), tags: Pairs | None = None,
) -> CloudChange:  # fmt: skip
    """A new environment with the version, settings, size and tags of another one. Nothing of its data is copied, which
    is told. tags: in the place of those of the other one. Raises NotFound, InvalidInput, AlreadyExists."""
    source = find_cloud_environment(service, original)
    if not source.deployment:
        hint = f"wait until it is created: beanstalk events {original} -f"
        raise BeanstalkError(f"nothing was deployed to {original} yet", hint=hint)
    name = name or clone_name(source.name)
    kept = source.tags if tags is None else tuple(tags)
    check_tags(list(kept))
    stored = change_settings(load_settings(source.settings_json), settings)
    blank = _blank(service, source, name, cname or name.lower(), new_environment_id())
    environment = replace(blank, tags=kept, settings_json=dump_settings(stored))
    change = _first(service, environment, source)
    told = [*_empty(change.template.body, original), *_shared(change.configuration, original)]
    return replace(change, warnings=(*change.warnings, *told))


def terminated_on_aws(service: CloudService) -> list[CloudEnvironment]:
    """Environments that are gone and do not live again, the latest first."""
    living = {each.id for each in service.memory.living()}
    gone = [each for each in service.memory.gone() if each.deployment and each.id not in living]
    return sorted(gone, key=lambda each: each.terminated or 0.0, reverse=True)


def prepare_restore_on_aws(service: CloudService, wanted: str) -> CloudChange:
    """Bring a terminated environment back, by id or name, with its id, name, CNAME, version, settings and tags.

    Raises NotFound, AlreadyExists when a name of it is taken, BeanstalkError after 42 days (as Elastic Beanstalk).
    """
    gone = terminated_on_aws(service)
    found = next((each for each in gone if wanted in (each.id, each.name)), None)
    if found is None:
        names = ", ".join(dict.fromkeys(each.name for each in gone)) or "none"
        raise NotFound(f"there is no terminated environment {wanted}", hint=f"there are: {names}")
    if service.now() - (found.terminated or 0) > RESTORABLE_S:
        raise BeanstalkError(f"{found.name} was terminated more than 42 days ago", hint="create it again")
    blank = _blank(service, found, found.name, found.cname, found.id)
    environment = replace(blank, created=found.created, operations=found.operations)
    change = _first(service, environment, found)
    return replace(change, warnings=(*change.warnings, *_empty(change.template.body, found.name)))


def _blank(
    service: CloudService, source: CloudEnvironment, name: str, cname: str, environment_id: str
) -> CloudEnvironment:
    """Like another one, and with nothing that runs. Raises InvalidInput, AlreadyExists."""
    check_names(name, cname)
    if service.memory.environment(name) is not None:
        raise AlreadyExists(f"Environment {name} already exists.", hint="choose another name, or beanstalk deploy")
    now = service.now()
    return replace(
        source, id=environment_id, name=name, cname=cname, status=Status.LAUNCHING, version_label="", deployment=0,
        operations=0, operation=0, size=0, created=now, updated=now, places=Coordinates(), outputs={}, stack_id="",
        terminated=None, remembered_until=0.0,
    )  # fmt: skip


def _first(service: CloudService, environment: CloudEnvironment, source: CloudEnvironment) -> CloudChange:
    """Its first deployment: what the other one runs or ran."""
    version = find_cloud_version(service, source.application, source.version_label)
    inputs = CloudInputs(
        version, fetch_bundle(service, version), load_settings(environment.settings_json), platform=source.platform
    )
    change = work_out_on_aws(Kind.CREATE, environment, inputs, service.platforms)
    check_name_free(service, environment, change.configuration)
    return change


def _empty(body: Json, original: str) -> list[Problem]:
    """Every resource of a template that begins without the data that the other environment's has."""
    found = []
    for logical_id, resource in sorted(body.get("Resources", {}).items()):
        kind = resource["Type"]
        if is_stateful(kind) and not kind.startswith(_PASSING) and not _of_snapshot(resource):
            hint = (
                "start from a snapshot: --option aws:rds:dbinstance:DBSnapshotIdentifier=NAME" if "RDS" in kind else ""
            )
            text = f"{type_in_words(kind)} {logical_id} begins empty: no data of {original} is copied"
            found.append(Problem(text, hint=hint or "copy what is needed yourself"))
    return found


def _of_snapshot(resource: Json) -> bool:
    return bool(resource.get("Properties", {}).get("DBSnapshotIdentifier"))


def _shared(configuration: Configuration, original: str) -> list[Problem]:
    """What is somebody else's stays one and the same for both."""
    found = []
    for namespace, option, noun in _SHARED:
        value = configuration.text(namespace, option)
        if value and value != "new":
            text = f"{noun} {value} is used by both, {original} and its clone"
            hint = f"give the clone another one: --option {namespace}:{option}=…"
            found.append(Problem(text, hint=hint))
    return found
