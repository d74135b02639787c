"""The queue that an environment has for itself, and the one of its dead letters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from beanstalk.targets.worker.message import PATH, PERIODIC_BODY, SCHEDULED, TASK
from beanstalk.targets.worker.queue import sqs_client, trouble
from beanstalk.worker import Task, Worker

_DEAD = "-dead-letter"
_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


@dataclass(frozen=True)
class QueueService:
    """Whoever speaks the protocol of SQS. endpoint: "" for Amazon itself, as boto3 is configured. All raise
    QueueTrouble."""

    endpoint: str

    def make(self, name: str, worker: Worker) -> str:
        """The address of the queue of this name, with one for the messages that failed too often. May be called again:
        what is there is kept, and gets these settings."""
        with trouble(name):
            client = sqs_client(None, self.endpoint)
            dead = client.create_queue(QueueName=name + _DEAD)["QueueUrl"]
            found = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
            url = client.create_queue(QueueName=name)["QueueUrl"]
            redrive = {"deadLetterTargetArn": found["QueueArn"], "maxReceiveCount": str(worker.max_retries)}
            client.set_queue_attributes(
                QueueUrl=url,
                Attributes={
                    "VisibilityTimeout": str(worker.settings.visibility_timeout),
                    "MessageRetentionPeriod": str(worker.settings.retention_period),
                    "RedrivePolicy": json.dumps(redrive),
                },
            )
        return str(url)

    def remove(self, name: str) -> None:
        """Both queues, with the messages that are in them; nothing when there are none."""
        for each in (name, name + _DEAD):
            with trouble(each):
                client = sqs_client(None, self.endpoint)
                try:
                    url = client.get_queue_url(QueueName=each)["QueueUrl"]
                except client.exceptions.ClientError as error:
                    if error.response["Error"]["Code"] not in _MISSING:
                        raise
                    continue
                client.delete_queue(QueueUrl=url)

    def send(self, url: str, task: Task, scheduled: str) -> None:
        """A periodic task as a message. scheduled: when it was due, ISO 8601 in UTC."""
        values = {PATH: task.url, TASK: task.name, SCHEDULED: scheduled}
        with trouble(url):
            sqs_client(None, self.endpoint).send_message(
                QueueUrl=url, MessageBody=PERIODIC_BODY,
                MessageAttributes={key: {"DataType": "String", "StringValue": text} for key, text in values.items()},
            )  # fmt: skip


def queue_name(environment_id: str) -> str:
    """Of the queue that an environment has for itself."""
    return f"beanstalk-{environment_id}-worker"


def endpoint_of(url: str) -> str:
    """Whom to ask about a queue with this address; "" for Amazon."""
    found = urlsplit(url)
    return (
        ""
        if (found.hostname or "").endswith(("amazonaws.com", "amazonaws.com.cn"))
        else f"{found.scheme}://{found.netloc}"
    )
