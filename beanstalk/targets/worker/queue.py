"""A queue of Amazon SQS, or of anything that speaks its protocol (`AWS_ENDPOINT_URL_SQS`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from beanstalk.errors import BeanstalkError
from beanstalk.targets.worker.message import Message, message_of

LONG_POLL_S = 5
"""How long one call waits for messages. SQS would wait 20 s; but a daemon that is told to end has to hear out the call,
or what it brings stays hidden, and a deployment waits for it."""
MOST_AT_ONCE = 10
"""Messages of one call."""


class QueueTrouble(BeanstalkError):
    """The queue cannot be asked. One line with the remedy."""


class Queue(Protocol):
    """What the daemon asks of a queue. All raise QueueTrouble."""

    name: str

    def receive(self, most: int, wait_s: int, hidden_s: int) -> list[Message]:
        """Up to `most` messages, which nobody else gets for `hidden_s`; waits for the first of them."""
        ...

    def delete(self, message: Message) -> None: ...

    def show_again(self, message: Message, after_s: int) -> None: ...


class SqsQueue:
    """One queue by its address. Made in one thread, used by many."""

    def __init__(self, url: str, region: str | None = None, endpoint: str = "") -> None:
        self.url, self.name = url, url.rstrip("/").rpartition("/")[2]
        with trouble(url):
            self._client = sqs_client(region or _region_of(url), endpoint)

    def receive(self, most: int, wait_s: int, hidden_s: int) -> list[Message]:
        with trouble(self.url):
            answer = self._client.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=min(most, MOST_AT_ONCE), WaitTimeSeconds=wait_s,
                VisibilityTimeout=hidden_s, MessageAttributeNames=["All"], AttributeNames=["All"],
            )  # fmt: skip
        return [message_of(each) for each in answer.get("Messages", [])]

    def delete(self, message: Message) -> None:
        with trouble(self.url):
            self._client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def show_again(self, message: Message, after_s: int) -> None:
        with trouble(self.url):
            self._client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message.receipt, VisibilityTimeout=after_s
            )


def sqs_client(region: str | None, endpoint: str = "") -> Any:
    """Many connections, because every message of many at once is deleted by its own call.

    endpoint: "" as boto3 is configured. One of this machine needs neither a region nor credentials: it gets some.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise QueueTrouble(
            "a queue is asked with boto3, which is not installed", hint="pip install 'beanstalk[aws]'"
        ) from None
    config = Config(
        max_pool_connections=32, connect_timeout=5, read_timeout=LONG_POLL_S + 10, retries={"max_attempts": 2}
    )
    session = boto3.Session()
    given: dict[str, Any] = {"endpoint_url": endpoint} if endpoint else {}
    if is_loopback(endpoint) and session.get_credentials() is None:
        given |= {"aws_access_key_id": "beanstalk", "aws_secret_access_key": "beanstalk"}
    region = region or session.region_name or ("us-east-1" if is_loopback(endpoint) else None)
    return session.client("sqs", region_name=region, config=config, **given)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


@contextmanager
def trouble(url: str) -> Iterator[None]:
    """What goes wrong with a queue, in one line."""
    try:
        yield
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            told = error.response.get("Error", {})
            hint = "look at the queue's address, the region and the credentials"
            raise QueueTrouble(f"the queue {url}: {told.get('Message') or told.get('Code')}", hint=hint) from None
        if isinstance(error, BotoCoreError):
            hint = "look at AWS_ENDPOINT_URL_SQS, the network and the credentials"
            raise QueueTrouble(f"the queue {url} cannot be asked: {error}", hint=hint) from None
        raise


def _region_of(url: str) -> str | None:
    """Of https://sqs.REGION.amazonaws.com/…; None: as boto3 is configured."""
    host = url.partition("://")[2].partition("/")[0].split(".")
    return host[1] if len(host) > 3 and host[0] == "sqs" else None
