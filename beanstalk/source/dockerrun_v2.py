"""`Dockerrun.aws.json` of version 2 as values: containers and volumes of a task that every instance runs once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from beanstalk.errors import Problem
from beanstalk.source.container import Container, Pairs, bind
from beanstalk.source.dockerrun_v1 import BucketKey
from beanstalk.source.json_nodes import Json
from beanstalk.source.json_schema import Findings

T = TypeVar("T")

LOGS = "awseb-logs-"
"""Elastic Beanstalk adds a volume of this name and that of a container for each of them."""

LOGS_FOLDER = "/var/log/containers/"


@dataclass(frozen=True, slots=True)
class HostPath:
    """source_path: of the instance; "" is an empty folder that ECS chooses."""

    source_path: str = ""


@dataclass(frozen=True, slots=True)
class DockerVolume:
    scope: str = ""
    autoprovision: bool | None = None
    driver: str = ""
    driver_opts: Pairs = ()
    labels: Pairs = ()


@dataclass(frozen=True, slots=True)
class EfsAuthorization:
    access_point_id: str = ""
    iam: str = ""


@dataclass(frozen=True, slots=True)
class EfsVolume:
    file_system_id: str = ""
    root_directory: str = ""
    transit_encryption: str = ""
    transit_encryption_port: int | None = None
    authorization_config: EfsAuthorization | None = None


@dataclass(frozen=True, slots=True)
class S3FilesVolume:
    file_system_arn: str = ""
    root_directory: str = ""
    transit_encryption_port: int | None = None
    access_point_arn: str = ""


@dataclass(frozen=True, slots=True)
class FsxAuthorization:
    credentials_parameter: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class FsxVolume:
    file_system_id: str = ""
    root_directory: str = ""
    authorization_config: FsxAuthorization | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """What containers mount by its name. Without any of the others it is an empty folder of the task."""

    name: str = ""
    host: HostPath | None = None
    docker_volume_configuration: DockerVolume | None = None
    efs_volume_configuration: EfsVolume | None = None
    s3files_volume_configuration: S3FilesVolume | None = None
    fsx_windows_file_server_volume_configuration: FsxVolume | None = None
    configured_at_launch: bool | None = None


@dataclass(frozen=True, slots=True)
class DockerrunV2:
    """The task.

    volumes: those that were written; see `all_volumes`.  local_containers: for runs on one's own machine by the EB
    CLI, never deployed.  unfilled: what a template still has open; such a file cannot be deployed.
    raw: all that was written, what nobody knows too.
    """

    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]
    authentication: BucketKey | None
    execution_role_arn: str
    local_containers: tuple[Container, ...]
    raw: Json
    warnings: tuple[Problem, ...] = ()
    unfilled: tuple[Problem, ...] = ()

    @property
    def all_volumes(self) -> tuple[Volume, ...]:
        """With those for logs, which are there by themselves."""
        written = {volume.name for volume in self.volumes}
        names = dict.fromkeys(container.name for container in self.containers)
        logs = (Volume(LOGS + name, HostPath(LOGS_FOLDER + name)) for name in names if LOGS + name not in written)
        return (*self.volumes, *logs)

    def to_json(self) -> Any:
        """What was written, with nothing lost: `json.dumps` of it is the same document again."""
        return self.raw.plain()


def bind_v2(root: Json, findings: Findings) -> DockerrunV2:
    """The values. What is not as it should be counts as not given."""
    authentication = root.get("authentication")
    where = BucketKey(authentication.text("bucket"), authentication.text("key")) if authentication else None
    return DockerrunV2(
        containers=_all(Container, root.get("containerDefinitions")),
        volumes=_all(Volume, root.get("volumes")),
        authentication=where,
        execution_role_arn=root.text("executionRoleArn"),
        local_containers=_all(Container, root.get("localContainerDefinitions")),
        raw=root,
        warnings=tuple(findings.warnings + findings.unfilled),
        unfilled=tuple(findings.unfilled),
    )


def _all(kind: type[T], node: Json | None) -> tuple[T, ...]:
    return tuple(bind(kind, item) for item in node.items if item.kind == "object") if node else ()
