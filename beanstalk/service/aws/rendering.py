"""Task definitions to look at, or to register by hand: made of a bundle and options, without any account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beanstalk.errors import Problem
from beanstalk.service.aws.drafting import Draft, draft_blueprint
from beanstalk.targets.aws.blueprint import Json
from beanstalk.targets.aws.taskdef import Surroundings, task_definition
from beanstalk.targets.aws.taskdef_cloudformation import is_function

TO_BE_BUILT = "TO-BE-BUILT"
TO_BE_RESOLVED = "TO-BE-RESOLVED"
"""Placeholders. Nothing can have these names, so what was forgotten fails at once."""
EXECUTION_ROLE = "ecsTaskExecutionRole"
"""What the console of Amazon ECS calls the role that it makes."""
FILE_SYSTEM = "fs-00000000"


@dataclass(frozen=True, slots=True)
class RenderedTaskDefinition:
    """document: as `aws ecs register-task-definition --cli-input-json` takes it.  to_do: what a person has to put in
    before, and what has to be there.  why: what was chosen.
    """

    document: Json
    to_do: tuple[str, ...]
    why: tuple[str, ...]
    warnings: tuple[Problem, ...]


def render_task_definition(draft: Draft, region: str, platforms: Sequence[Path] = ()) -> RenderedTaskDefinition:
    """region: "" when nobody said one. Raises InvalidInput with all problems at once."""
    blueprint, told = draft_blueprint(draft, platforms)
    shared = blueprint.configuration.text("beanstalk:aws", "SharedFileSystem") or ""
    built = [each.name for each in blueprint.group.containers if each.image.build]
    surroundings = Surroundings(
        execution_role=EXECUTION_ROLE,
        task_role="",
        log_group=f"beanstalk/{draft.environment}",
        region=region or "us-east-1",
        file_system=FILE_SYSTEM if shared == "new" else shared,
    )
    found = task_definition(blueprint, {name: f"{TO_BE_BUILT}/{name}" for name in built}, surroundings)
    functions: list[str] = []
    document = _texts(found.document, "", functions)
    to_do = (*_to_do(document, surroundings, built, region), *functions)
    return RenderedTaskDefinition(document, to_do, found.why, (*told, *found.warnings))


def _to_do(document: Json, surroundings: Surroundings, built: Sequence[str], region: str) -> list[str]:
    found = [f"build the image of {name} and write its name in the place of {TO_BE_BUILT}/{name}" for name in built]
    if document["executionRoleArn"] == EXECUTION_ROLE:
        found.append(f"the role {EXECUTION_ROLE} has to be there, or set --option beanstalk:aws:ExecutionRoleArn=ARN")
    options = [(each.get("logConfiguration") or {}).get("options", {}) for each in document["containerDefinitions"]]
    if any(each.get("awslogs-group") == surroundings.log_group for each in options):
        found.append(f"the log group {surroundings.log_group} has to be there")
        if not region:
            found.append(f"logs are sent to {surroundings.region}, as no region is said: add --region")
    if surroundings.file_system == FILE_SYSTEM:
        found.append(f"write the id of a file system in the place of {FILE_SYSTEM}")
    return found


def _texts(value: Any, where: str, told: list[str]) -> Any:
    """The same with a placeholder for what only CloudFormation can evaluate. told: gets a sentence for each."""
    if is_function(value):
        sentence = f"{where} is evaluated by CloudFormation: write its value in the place of {TO_BE_RESOLVED}"
        told += [] if sentence in told else [sentence]
        return TO_BE_RESOLVED
    if isinstance(value, list):
        return [_texts(each, where, told) for each in value]
    if isinstance(value, dict):
        inside = str(value.get("name") or where)
        return {key: _texts(each, inside if key == "value" else key, told) for key, each in value.items()}
    return value
