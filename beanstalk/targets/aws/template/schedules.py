"""Periodic tasks of a worker environment: Amazon EventBridge Scheduler puts a message into the queue at their times.

The scheduler sets no attributes of a message, by which Elastic Beanstalk's own daemon knows the path, the name and the
time of a task; so the body says them, and our daemon makes the same request of it (`worker.message`).
Source: EventBridge Scheduler User Guide, "Using templated targets" and "Adding context attributes".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from beanstalk.errors import InvalidInput, Problem
from beanstalk.source.cron import PeriodicTask
from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources, Tier
from beanstalk.targets.aws.cron import NotExpressible, aws_cron
from beanstalk.targets.aws.template.pieces import att, resource
from beanstalk.targets.aws.template.processes import camel
from beanstalk.targets.aws.template.said import place
from beanstalk.targets.aws.template.trust import allow, role
from beanstalk.targets.aws.template.worker import DAEMON, has_known_queue, is_fifo, queue_arn
from beanstalk.targets.worker.message import PATH, SCHEDULED, TASK

_MISSED = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}
"""A message that could not be sent for an hour is not sent."""


def build(blueprint: Blueprint) -> Resources:
    """Raises InvalidInput for every task whose times cannot be said on AWS."""
    tasks = [task for task in blueprint.schedule if not task.schedule.never]
    if not tasks or blueprint.tier is not Tier.WORKER:
        return {}
    if is_fifo(blueprint):
        hint = "take a standard queue, or leave cron.yaml out"
        raise InvalidInput([Problem("periodic tasks do not go into a FIFO queue", tasks[0].at, hint)])
    if not has_known_queue(blueprint):
        hint = "write WorkerQueueURL as Amazon SQS does, https://sqs.REGION.amazonaws.com/ACCOUNT/NAME"
        text = "periodic tasks need a queue whose ARN is known, and this one's URL does not say it"
        raise InvalidInput([Problem(text, place(blueprint, DAEMON, "WorkerQueueURL"), hint)])
    problems: list[Problem] = []
    found: Resources = {}
    for name, task in zip(names("Schedule", [each.name for each in tasks]), tasks, strict=True):
        try:
            found[name] = _schedule(blueprint, task, aws_cron(task.schedule))
        except NotExpressible as error:
            text = f"the times of {task.name!r}, {task.schedule.text!r}, cannot be said: {error.reason}"
            problems.append(Problem(text, task.at, error.hint))
    if problems:
        raise InvalidInput(problems)
    statements = [allow("sqs:SendMessage", queue_arn(blueprint))]
    return {"SchedulerRole": role(blueprint, "scheduler", statements), **found}


def names(stem: str, wanted: Iterable[str]) -> list[str]:
    """Logical ids, one for each: letters and digits of what it is called, and a few more where those are no names or
    two are alike."""
    given = list(wanted)
    plain = [camel(each)[:120] for each in given]
    return [
        stem + (each if each and plain.count(each) == 1 else each + hashlib.sha256(name.encode()).hexdigest()[:6])
        for each, name in zip(plain, given, strict=True)
    ]


def _schedule(blueprint: Blueprint, task: PeriodicTask, expression: str) -> Json:
    target = {
        "Arn": queue_arn(blueprint),
        "RoleArn": att("SchedulerRole", "Arn"),
        "Input": _message(task),
        "RetryPolicy": _MISSED,
    }
    return resource(
        "AWS::Scheduler::Schedule",
        {
            "Description": f"{task.name} of {blueprint.environment}"[:512],
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        },
    )


def _message(task: PeriodicTask) -> str:
    """The body of the message. What stands in <> the scheduler fills in."""
    told = {PATH: task.url, TASK: task.name, SCHEDULED: "<aws.scheduler.scheduled-time>"}
    members = {name.rpartition(".")[2]: value for name, value in told.items()}
    return json.dumps({PATH.rpartition(".")[0]: members}, ensure_ascii=False, separators=(",", ":"))
