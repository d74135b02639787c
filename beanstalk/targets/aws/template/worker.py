"""The queue of a worker environment, and the daemon beside the application that turns its messages into requests.

Source: EB Developer Guide, "Elastic Beanstalk worker environments": a generated queue has a dead-letter queue, and
MaxRetries is its count of receives; a queue of the user's has neither from us.
"""

from __future__ import annotations

import re
from typing import Any

from beanstalk.targets.aws.blueprint import Blueprint, Json, Resources, Tier
from beanstalk.targets.aws.launch import network_mode
from beanstalk.targets.aws.template.contribution import Contribution
from beanstalk.targets.aws.template.pieces import att, ref, resource, sub
from beanstalk.targets.aws.template.said import said
from beanstalk.targets.aws.template.trust import allow, document

DAEMON = "aws:elasticbeanstalk:sqsd"
SIDECAR = "beanstalk-sqsd"
IMAGE = "ImageWorkerDaemon"
"""Parameter with the image of the daemon."""
MEMORY = 128
"""MiB that the daemon gets."""
_KEEP_DEAD_S = 1_209_600
_OPTIONS = {
    "HttpPath": "HTTP_PATH",
    "MimeType": "MIME_TYPE",
    "HttpConnections": "HTTP_CONNECTIONS",
    "ConnectTimeout": "CONNECT_TIMEOUT",
    "InactivityTimeout": "INACTIVITY_TIMEOUT",
    "VisibilityTimeout": "VISIBILITY_TIMEOUT",
    "ErrorVisibilityTimeout": "ERROR_VISIBILITY_TIMEOUT",
    "RetentionPeriod": "RETENTION_PERIOD",
}
"""Option → environment variable of the daemon, behind BEANSTALK_SQSD_."""
_ANY = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:*"
_URL = re.compile(r"https?://(?:sqs\.([a-z0-9-]+)\.[^/]+|[^/]+)/([0-9]{12})/([A-Za-z0-9_-]+(?:\.fifo)?)/?")


def has_own_queue(blueprint: Blueprint) -> bool:
    return blueprint.tier is Tier.WORKER and not said(blueprint, DAEMON, "WorkerQueueURL")


def queue_url(blueprint: Blueprint) -> Any:
    return said(blueprint, DAEMON, "WorkerQueueURL") or ref("WorkerQueue")


def is_fifo(blueprint: Blueprint) -> bool:
    url = said(blueprint, DAEMON, "WorkerQueueURL")
    return isinstance(url, str) and url.endswith(".fifo")


def queue_arn(blueprint: Blueprint) -> Any:
    """Of a queue of the user's what its URL says, or the resource of the bundle that it is; else every queue."""
    url = said(blueprint, DAEMON, "WorkerQueueURL")
    match url:
        case "":
            return att("WorkerQueue", "Arn")
        case {"Ref": str(name)}:
            return att(name, "Arn")
        case str() if found := _URL.fullmatch(url):
            return sub(f"arn:${{AWS::Partition}}:sqs:{found[1] or '${AWS::Region}'}:{found[2]}:{found[3]}")
        case _:
            return sub(_ANY)


def has_known_queue(blueprint: Blueprint) -> bool:
    """Whether the ARN of the queue is known."""
    return bool(queue_arn(blueprint) != sub(_ANY))


def queue_name(blueprint: Blueprint) -> Any:
    """As a dimension of metrics; None when only a running stack knows it."""
    url = said(blueprint, DAEMON, "WorkerQueueURL")
    match url:
        case "":
            return att("WorkerQueue", "QueueName")
        case {"Ref": str(name)}:
            return att(name, "QueueName")
        case str():
            return url.rstrip("/").rpartition("/")[2]
        case _:
            return None


def build(blueprint: Blueprint) -> Resources:
    if not has_own_queue(blueprint):
        return {}
    number = blueprint.configuration.integer
    dead = {"MessageRetentionPeriod": _KEEP_DEAD_S, "SqsManagedSseEnabled": True}
    queue = {
        "VisibilityTimeout": number(DAEMON, "VisibilityTimeout"),
        "MessageRetentionPeriod": number(DAEMON, "RetentionPeriod"),
        "SqsManagedSseEnabled": True,
        "RedrivePolicy": {
            "deadLetterTargetArn": att("WorkerDeadLetterQueue", "Arn"),
            "maxReceiveCount": number(DAEMON, "MaxRetries"),
        },
    }
    return {
        "WorkerDeadLetterQueue": resource("AWS::SQS::Queue", dead),
        "WorkerQueue": resource("AWS::SQS::Queue", queue),
        "WorkerQueuePolicy": _only_encrypted("WorkerQueue"),
        "WorkerDeadLetterQueuePolicy": _only_encrypted("WorkerDeadLetterQueue"),
    }


def contribute(blueprint: Blueprint) -> Contribution:
    if blueprint.tier is not Tier.WORKER:
        return Contribution()
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    return Contribution(
        containers=[sidecar(blueprint)],
        task_statements=[allow(actions, queue_arn(blueprint))],
        parameters={
            IMAGE: {"Type": "String", "Description": "image with beanstalk itself, for the daemon of the queue"}
        },
        image_parameters={SIDECAR: IMAGE},
        outputs={"WorkerQueueUrl": {"Description": "the queue of the environment", "Value": queue_url(blueprint)}},
    )


def sidecar(blueprint: Blueprint) -> Json:
    """The container of the daemon, in the words of the ECS API. It ends the task when it ends, as a task that takes no
    messages is of no use.

    Containers of one task reach each other at localhost, except in `bridge`: there it has a link to the application.
    """
    group = blueprint.group
    linked = network_mode(blueprint) == "bridge"
    environment: dict[str, Any] = {
        "QUEUE_URL": queue_url(blueprint),
        "HOST": group.web if linked else "127.0.0.1",
        "PORT": str(group.port),
    }
    for option, name in _OPTIONS.items():
        environment[name] = said(blueprint, DAEMON, option)
    waits = group.container(group.web).check
    condition = "HEALTHY" if waits and waits.test and waits.test[0] != "NONE" else "START"
    return {
        "name": SIDECAR,
        "image": ref(IMAGE),
        "essential": True,
        "memoryReservation": MEMORY,
        "environment": [{"name": f"BEANSTALK_SQSD_{name}", "value": value} for name, value in environment.items()],
        "entryPoint": ["beanstalk"],
        "command": ["sqsd"],
        "dependsOn": [{"containerName": group.web, "condition": condition}],
        **({"links": [group.web]} if linked else {}),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": ref("LogGroup"),
                "awslogs-region": ref("AWS::Region"),
                "awslogs-stream-prefix": "beanstalk",
            },
        },
    }


def _only_encrypted(queue: str) -> Json:
    """Nobody may speak to the queue without TLS."""
    refused = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": att(queue, "Arn"),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return resource("AWS::SQS::QueuePolicy", {"Queues": [ref(queue)], "PolicyDocument": document([refused])})
