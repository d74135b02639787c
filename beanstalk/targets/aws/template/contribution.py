"""What a concern of a stack needs in places that others build: task definition, service, roles, outputs.

A module of `template` that makes resources of its own has `build(blueprint) -> Resources` and stands in `BUILDERS`; one
that also has to say something about what others make has `contribute(blueprint) -> Contribution` and stands in
`CONTRIBUTORS` (both in `template/__init__.py`). So capacity, scaling, databases, file systems and queues need nothing
of each other's insides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beanstalk.errors import Problem
from beanstalk.targets.aws.blueprint import Json


@dataclass(frozen=True)
class Contribution:
    """Every part may be left out. Statements are those of IAM, with their resources as texts or references.

    environment: variable → text or reference, for every container of the application, unless it has one of that name.
    secrets: variable → what ECS reads its value from (`valueFrom`), for the same containers.
    containers: further containers of the task, volumes, mounts: `volumes`, and `mountPoints` of every container of the
    application; these three in the words of the ECS API (camelCase), as taskdef.py has them.
    execution_statements: for the role that starts the tasks.  task_statements: for the role that the tasks have.
    service: properties of the AWS::ECS::Service, over those that are there: CapacityProviderStrategy takes the place of
    LaunchType.  depends_on: logical ids that have to be there before the service.
    alarms: names of alarms, or references to them, that end a deployment.
    security_group_ingress: rules for the group of the tasks.
    container_insights: whether the cluster measures what CloudWatch otherwise does not.
    image_parameters: container → parameter, of images that are built and stand in `containers`.
    """

    environment: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    containers: Sequence[Json] = ()
    volumes: Sequence[Json] = ()
    mounts: Sequence[Json] = ()
    execution_statements: Sequence[Json] = ()
    task_statements: Sequence[Json] = ()
    service: Json = field(default_factory=dict)
    depends_on: Sequence[str] = ()
    alarms: Sequence[Any] = ()
    security_group_ingress: Sequence[Json] = ()
    container_insights: bool = False
    outputs: Json = field(default_factory=dict)
    parameters: Json = field(default_factory=dict)
    conditions: Json = field(default_factory=dict)
    image_parameters: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Problem] = ()


def all_together(parts: Sequence[Contribution]) -> Contribution:
    """Lists one after another; of what has names a later part wins."""
    return Contribution(
        environment=_over([part.environment for part in parts]),
        secrets=_over([part.secrets for part in parts]),
        containers=[each for part in parts for each in part.containers],
        volumes=[each for part in parts for each in part.volumes],
        mounts=[each for part in parts for each in part.mounts],
        execution_statements=[each for part in parts for each in part.execution_statements],
        task_statements=[each for part in parts for each in part.task_statements],
        service=_over([part.service for part in parts]),
        depends_on=[each for part in parts for each in part.depends_on],
        alarms=[each for part in parts for each in part.alarms],
        security_group_ingress=[each for part in parts for each in part.security_group_ingress],
        container_insights=any(part.container_insights for part in parts),
        outputs=_over([part.outputs for part in parts]),
        parameters=_over([part.parameters for part in parts]),
        conditions=_over([part.conditions for part in parts]),
        image_parameters=_over([part.image_parameters for part in parts]),
        warnings=[each for part in parts for each in part.warnings],
    )


def _over(mappings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: value for mapping in mappings for key, value in mapping.items()}
