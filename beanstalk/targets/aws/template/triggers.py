"""Tasks that are started at set times or when a file comes to a bucket: `beanstalk:aws:task:NAME`.

Each is one more task of the environment's definition in which a container gets another command. A task that a file
started finds its place in the variables BUCKET and KEY.
Source: Amazon EventBridge User Guide, "Amazon ECS tasks as targets" and "Amazon S3 events"; Amazon ECS API, RunTask.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from beanstalk.errors import InvalidInput, Problem
from beanstalk.source.schedule import NotASchedule, read_schedule
from beanstalk.targets.aws.blueprint import Blueprint, Json, Launch, Resources
from beanstalk.targets.aws.cron import NotExpressible, aws_cron
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.template.capacity import cluster_arn, strategy
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.network import public_address, subnets, task_groups
from beanstalk.targets.aws.template.pieces import att, ref, resource
from beanstalk.targets.aws.template.roles import execution_role, task_role
from beanstalk.targets.aws.template.said import place, said, wrong
from beanstalk.targets.aws.template.schedules import names
from beanstalk.targets.aws.template.trust import allow, role

TASK = "beanstalk:aws:task:"


def build(blueprint: Blueprint) -> Resources:
    """Raises InvalidInput with every task that cannot be."""
    tasks = list(_tasks(blueprint))
    problems: list[Problem] = []
    found: Resources = {}
    for name, task in zip(names("Task", tasks), tasks, strict=True):
        try:
            found |= {f"{name}{kind}Rule": rule for kind, rule in _rules(blueprint, task).items()}
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    if found:
        found["TaskStarterRole"] = role(blueprint, "events", _statements(blueprint))
    return found


def contribute(blueprint: Blueprint) -> Contribution:
    warnings = []
    for task in _tasks(blueprint):
        namespace = TASK + task
        if bucket := said(blueprint, namespace, "Bucket"):
            text = f"the bucket of the task {task!r} has to send its events to Amazon EventBridge"
            name = bucket if isinstance(bucket, str) else "BUCKET"
            hint = (
                f"aws s3api put-bucket-notification-configuration --bucket {name}"
                " --notification-configuration EventBridgeConfiguration={}"
            )
            warnings.append(Problem(text, place(blueprint, namespace, "Bucket"), hint))
    return Contribution(warnings=warnings)


def _tasks(blueprint: Blueprint) -> Iterator[str]:
    """Their names, sorted."""
    found = {each.namespace for each in blueprint.configuration.stated() if each.namespace.startswith(TASK)}
    yield from (each.removeprefix(TASK) for each in sorted(found))


def _rules(blueprint: Blueprint, task: str) -> Resources:
    """By what starts it: "" its times, Upload a file."""
    namespace = TASK + task
    found: Resources = {}
    schedule, bucket = (said(blueprint, namespace, name) for name in ("Schedule", "Bucket"))
    if not schedule and not bucket:
        text = f"nothing starts the task {task!r}"
        raise InvalidInput([wrong(blueprint, namespace, "Command", text, "set Schedule or Bucket")])
    about = f"task {task} of {blueprint.environment}"[:512]
    container, command = _container(blueprint, task), _command(blueprint, task)
    if schedule:
        plain = {"containerOverrides": [{"name": container, **command}]}
        target = _target(blueprint, task) | {"Input": json.dumps(plain)}
        properties: Json = {"ScheduleExpression": _times(blueprint, task, schedule), "Targets": [target]}
        found[""] = resource("AWS::Events::Rule", {"Description": about, **properties})
    if bucket:
        target = _target(blueprint, task) | {"InputTransformer": _with_place(container, command)}
        properties = {"EventPattern": _upload(bucket, said(blueprint, namespace, "Prefix")), "Targets": [target]}
        found["Upload"] = resource("AWS::Events::Rule", {"Description": about, **properties})
    return found


def _times(blueprint: Blueprint, task: str, text: str) -> str:
    namespace = TASK + task
    try:
        schedule = read_schedule(text)
        if schedule.never:
            raise NotASchedule((f"no date fits {text!r}", "correct day and month"))
        return aws_cron(schedule)
    except NotASchedule as error:
        problems = [wrong(blueprint, namespace, "Schedule", reason, hint) for reason, hint in error.reasons]
    except NotExpressible as error:
        problems = [wrong(blueprint, namespace, "Schedule", error.reason, error.hint)]
    raise InvalidInput(problems)


def _container(blueprint: Blueprint, task: str) -> str:
    name = str(said(blueprint, TASK + task, "Container") or blueprint.group.web)
    known = [each.name for each in blueprint.group.containers]
    if name not in known:
        text, hint = f"there is no container {name!r}", f"there are {', '.join(known)}"
        raise InvalidInput([wrong(blueprint, TASK + task, "Container", text, hint)])
    return name


def _command(blueprint: Blueprint, task: str) -> Json:
    """As a part of an override, {} for the container's own command."""
    try:
        words = shlex.split(str(said(blueprint, TASK + task, "Command")))
    except ValueError:
        text, hint = "a quotation mark is not closed", "quote as in a shell"
        raise InvalidInput([wrong(blueprint, TASK + task, "Command", text, hint)]) from None
    return {"command": words} if words else {}


def _with_place(container: str, command: Json) -> Json:
    """Overrides of a task that a file started. What stands in <> is filled in, with its quotation marks."""
    variables = "[" + ",".join(f'{{"name":"{name}","value":<{name}>}}' for name in ("BUCKET", "KEY")) + "]"
    # Signs of a command that look like a place to fill in are written as JSON may have them.
    words = json.dumps({"name": container, **command}).replace("<", "\\u003c").replace(">", "\\u003e")
    template = f'{{"containerOverrides":[{words[:-1]},"environment":{variables}}}]}}'
    paths = {"BUCKET": "$.detail.bucket.name", "KEY": "$.detail.object.key"}
    return {"InputPathsMap": paths, "InputTemplate": template}


def _upload(bucket: Any, prefix: Any) -> Json:
    detail: Json = {"bucket": {"name": [bucket]}}
    if prefix:
        detail["object"] = {"key": [{"prefix": prefix}]}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def _target(blueprint: Blueprint, task: str) -> Json:
    started: Json = {"TaskDefinitionArn": ref("TaskDefinition"), "TaskCount": 1, "PropagateTags": "TASK_DEFINITION"}
    if providers := strategy(blueprint):
        started["CapacityProviderStrategy"] = providers
    else:
        started["LaunchType"] = blueprint.launch.value
    if network_mode(blueprint) == "awsvpc":
        network: Json = {"Subnets": subnets(blueprint), "SecurityGroups": task_groups(blueprint)}
        if blueprint.launch is Launch.FARGATE:
            network["AssignPublicIp"] = "ENABLED" if public_address(blueprint) else "DISABLED"
        started["NetworkConfiguration"] = {"AwsVpcConfiguration": network}
    return {
        "Id": names("task", [task])[0][:64],
        "Arn": cluster_arn(blueprint),
        "RoleArn": att("TaskStarterRole", "Arn"),
        "EcsParameters": started,
    }


def _statements(blueprint: Blueprint) -> list[Json]:
    """To start this very task definition in this cluster, and to hand over its two roles."""
    passed = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return [
        allow("ecs:RunTask", ref("TaskDefinition"), {"ArnEquals": {"ecs:cluster": cluster_arn(blueprint)}}),
        allow("ecs:TagResource", "*", {"StringEquals": {"ecs:CreateAction": "RunTask"}}),
        allow("iam:PassRole", [execution_role(blueprint), task_role(blueprint)], passed),
    ]
