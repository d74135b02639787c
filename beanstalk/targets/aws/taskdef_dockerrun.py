"""A container of a Dockerrun of version 2: it is written in ECS's own words, so every field stays, and what an
environment adds is completed."""

from __future__ import annotations

from typing import Any

from beanstalk.containers import Container
from beanstalk.source import container as ecs
from beanstalk.source.dockerrun_v2 import DockerrunV2, Volume
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef_container import stop_timeout
from beanstalk.targets.aws.taskdef_environment import environment, secrets_of
from beanstalk.targets.aws.taskdef_logs import completed_logs
from beanstalk.targets.aws.taskdef_making import Making
from beanstalk.targets.aws.taskdef_ports import completed_mappings
from beanstalk.targets.aws.taskdef_registry import repository_credentials
from beanstalk.targets.aws.taskdef_volumes import written_mounts, written_volumes

_FIELDS = frozenset(ecs.camel(name) for name in ecs.Container.__dataclass_fields__)
_FIELDS_OF_VOLUME = frozenset(ecs.camel(name) for name in Volume.__dataclass_fields__)


def completed_containers(run: DockerrunV2, making: Making) -> list[Json]:
    """In the order of the file. Names that ECS does not know were told by the reader, and are left out."""
    document = without_nulls(run.to_json())
    volumes = [_known(each, _FIELDS_OF_VOLUME) for each in document.get("volumes", [])]
    written_volumes(volumes, making)
    group = making.blueprint.group
    return [
        _completed(_known(each, _FIELDS), group.container(each["name"]), making)
        for each in document["containerDefinitions"]
    ]


def _completed(written: Json, container: Container, making: Making) -> Json:
    found = dict(written)
    if container.name in making.images:
        found["image"] = making.images[container.name]
    lists = {
        "portMappings": completed_mappings(container, _list(written, "portMappings"), making),
        "environment": environment(container, _list(written, "environment"), making),
        "secrets": secrets_of(container, _list(written, "secrets"), making),
        "mountPoints": written_mounts(container, _list(written, "mountPoints"), making),
    }
    found |= {key: value for key, value in lists.items() if value or key in written}
    logs = completed_logs(written.get("logConfiguration"), "firelensConfiguration" in written, making)
    if logs is not None:
        found["logConfiguration"] = logs
    if "repositoryCredentials" not in written and (credentials := repository_credentials(container, making)):
        found["repositoryCredentials"] = credentials
    found.setdefault("stopTimeout", stop_timeout(container, making))
    return found


def without_nulls(value: Any) -> Any:
    """A null counts as not written; a whole number is one, however it is written."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value if each is not None]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _known(written: Json, names: frozenset[str]) -> Json:
    return {key: value for key, value in written.items() if key in names}


def _list(written: Json, key: str) -> list[Any]:
    found = written.get(key)
    return found if isinstance(found, list) else []
