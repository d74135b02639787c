"""Roles with what the stack needs and no more, made of what is in it.

execution: by it Amazon ECS starts a task (pulls images, writes logs, reads secrets).  task: what the application may.
infrastructure: by it Amazon ECS moves requests between target groups.
Source: Amazon ECS Developer Guide, "IAM roles for Amazon ECS".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from beanstalk.errors import Where
from beanstalk.source.functions import GetAtt, Object, Ref, functions_in
from beanstalk.source.values import value_of
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources
from beanstalk.targets.aws.template.aliases import our_name
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.pieces import att, ref, sub
from beanstalk.targets.aws.template.said import OURS, is_on, listed, said
from beanstalk.targets.aws.template.trust import allow, role

_INFRASTRUCTURE = "arn:${AWS::Partition}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
_ECR = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[^:@]+)")
_PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
_EXEC = [
    "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]  # fmt: skip
_SECRET = re.compile(r"(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+)")
_PASSWORD = "MasterUserSecret.SecretArn"
_QUEUE = "ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ReceiveMessage SendMessage"
_TABLE = "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem DescribeTable GetItem PutItem Query Scan UpdateItem"
_USES = {
    "AWS::SQS::Queue": ("Arn", [f"sqs:{action}" for action in _QUEUE.split()]),
    "AWS::SNS::Topic": ("", ["sns:Publish"]),
    "AWS::DynamoDB::Table": ("Arn", [f"dynamodb:{action}" for action in _TABLE.split()]),
    "AWS::S3::Bucket": ("Arn", ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]),
    "AWS::SecretsManager::Secret": ("", ["secretsmanager:GetSecretValue"]),
}
"""What an application may do with a resource of the bundle that one of its properties names: where its ARN comes from
("" for Ref), and the actions."""


def execution_role(blueprint: Blueprint) -> Any:
    """ARN of the role."""
    return said(blueprint, OURS, "ExecutionRoleArn") or att("ExecutionRole", "Arn")


def task_role(blueprint: Blueprint) -> Any:
    return said(blueprint, OURS, "TaskRoleArn") or att("TaskRole", "Arn")


def infrastructure_role(blueprint: Blueprint) -> Any:
    return said(blueprint, OURS, "InfrastructureRoleArn") or att("InfrastructureRole", "Arn")


def build(blueprint: Blueprint, document: Json, repository: str, more: Contribution, moves: bool) -> Resources:
    """document: the task definition in the words of the ECS API.  repository: name of that of the built images, "" when
    there are none.  moves: whether Amazon ECS may have to move requests.
    """
    found: Resources = {}
    if execution_role(blueprint) == att("ExecutionRole", "Arn"):
        statements = [*_execution(document, repository), *more.execution_statements]
        found["ExecutionRole"] = role(blueprint, "ecs-tasks", statements)
    if task_role(blueprint) == att("TaskRole", "Arn"):
        statements = [*_used(blueprint), *more.task_statements]
        if is_on(blueprint, OURS, "EnableExecuteCommand"):
            statements.append(allow(_EXEC, "*"))
        policies = listed(blueprint, OURS, "TaskRolePolicies")
        found["TaskRole"] = role(blueprint, "ecs-tasks", statements, policies)
    if moves and infrastructure_role(blueprint) == att("InfrastructureRole", "Arn"):
        found["InfrastructureRole"] = role(blueprint, "ecs", policies=[sub(_INFRASTRUCTURE)])
    return found


def _execution(document: Json, repository: str) -> Iterator[Json]:
    """What starting these containers takes."""
    containers = document["containerDefinitions"]
    repositories = [*([_repository(repository)] if repository else []), *_pulled(containers)]
    if repositories:
        yield allow("ecr:GetAuthorizationToken", "*")
        yield allow(_PULL, repositories)
    if any(each.get("logConfiguration", {}).get("logDriver") == "awslogs" for each in containers):
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        yield allow(actions, att("LogGroup", "Arn"))
    yield from _reading(containers)


def _repository(name: str) -> Json:
    return sub(f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:${{AWS::AccountId}}:repository/{name}")


def _pulled(containers: Iterable[Json]) -> Iterator[Any]:
    """Repositories of ready-made images that are in Amazon ECR."""
    seen = set()
    for container in containers:
        image = container.get("image")
        found = _ECR.match(image) if isinstance(image, str) else None
        if found and found[0] not in seen:
            seen.add(found[0])
            yield sub(f"arn:${{AWS::Partition}}:ecr:{found['region']}:{found['account']}:repository/{found['name']}")


def _reading(containers: Iterable[Json]) -> Iterator[Json]:
    """Secrets, parameters and files that are read before a container starts."""
    secrets: list[Any] = []
    parameters: list[Any] = []
    files: list[str] = []
    for container in containers:
        logs = container.get("logConfiguration", {}).get("secretOptions", [])
        for reference in [each["valueFrom"] for each in (*container.get("secrets", []), *logs)]:
            _sort(reference, secrets, parameters)
        if credentials := container.get("repositoryCredentials", {}).get("credentialsParameter"):
            _sort(credentials, secrets, parameters)
        files += [each["value"] for each in container.get("environmentFiles", [])]
    if secrets:
        yield allow("secretsmanager:GetSecretValue", _unique(secrets))
    if parameters:
        yield allow("ssm:GetParameters", _unique(parameters))
    if files:
        yield allow("s3:GetObject", _unique(files))
        buckets = _unique([each.partition("/")[0] for each in files])
        yield allow("s3:GetBucketLocation", buckets)


def _sort(reference: Any, secrets: list[Any], parameters: list[Any]) -> None:
    """A secret without the member and the version that stand behind its ARN; a parameter by its ARN."""
    if not isinstance(reference, str):
        secrets.append(reference)
    elif found := _SECRET.match(reference):
        secrets.append(found[1])
    elif reference.startswith("arn:"):
        parameters.append(reference)
    else:
        name = reference.removeprefix("/")
        parameters.append(sub(f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter/{name}"))


def _unique(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for each in values:
        if each not in found:
            found.append(each)
    return found


def _used(blueprint: Blueprint) -> Iterator[Json]:
    """The resources of the bundle that a property of the application names are there for it to use, and so is the
    password that RDS keeps for a database when a property says where."""
    kinds = {
        entry.key: entry.value.get("Type")
        for entry in blueprint.extensions.template.resources.entries
        if isinstance(entry.value, Object)
    }
    for name, attribute in sorted(set(_named(blueprint))):
        if attribute == _PASSWORD:
            yield allow("secretsmanager:GetSecretValue", att(our_name(name), attribute))
    for name in sorted({name for name, _ in _named(blueprint)}):
        kind = kinds.get(name)
        if not isinstance(kind, str) or kind not in _USES:
            continue
        attribute, actions = _USES[kind]
        arn = att(name, attribute) if attribute else ref(name)
        yield allow(actions, [arn, sub(f"${{{name}.Arn}}/*")] if kind == "AWS::S3::Bucket" else arn)


def _named(blueprint: Blueprint) -> Iterator[tuple[str, str]]:
    """Resources and their attributes, "" for Ref."""
    for _, value in blueprint.workload.environment:
        for function in functions_in(value_of(value, Where("option_settings"))):
            match function:
                case Ref(name):
                    yield name, ""
                case GetAtt(name, str(attribute)):
                    yield name, attribute
