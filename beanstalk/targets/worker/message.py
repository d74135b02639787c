"""A message of a queue, and the request that the application gets for it. Pure.

Source: EB Developer Guide, "Elastic Beanstalk worker environments".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PATH, TASK, SCHEDULED = "beanstalk.sqsd.path", "beanstalk.sqsd.task_name", "beanstalk.sqsd.scheduled_time"
"""Message attributes of a periodic task."""
PERIODIC_BODY = "elasticbeanstalk scheduled job"
_OURS = "beanstalk.sqsd"
_AGENT = "aws-sqsd/2.0"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"/[!-~]*")


@dataclass(frozen=True, slots=True)
class Message:
    """sent, first_received: seconds since the epoch.  received: how often, this time too.  attributes: of type String
    or Number; binary ones are not handed on."""

    id: str
    receipt: str
    body: str
    sent: float
    first_received: float
    received: int
    sender: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted. path: begins with /."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def message_of(data: Mapping[str, Any]) -> Message:
    """From an item of `Messages` in the answer to ReceiveMessage with all attributes asked for."""
    system = data.get("Attributes", {})
    attributes = [
        (name, each["StringValue"])
        for name, each in data.get("MessageAttributes", {}).items()
        if not each.get("DataType", "").startswith("Binary") and "StringValue" in each
    ]
    sent = int(system.get("SentTimestamp", 0)) / 1000
    return Message(
        id=data.get("MessageId", ""),
        receipt=data["ReceiptHandle"],
        body=data.get("Body", ""),
        sent=sent,
        first_received=int(system.get("ApproximateFirstReceiveTimestamp", 0)) / 1000 or sent,
        received=int(system.get("ApproximateReceiveCount", 1)),
        sender=system.get("SenderId", ""),
        attributes=tuple(attributes),
    )


def request_of(message: Message, queue_name: str, path: str, mime_type: str) -> Request:
    """The request for a message. path, mime_type: of the environment; a periodic task has a path of its own."""
    attributes = dict(message.attributes)
    body, task = message.body, {key: attributes.pop(key) for key in (PATH, TASK, SCHEDULED) if key in attributes}
    if not task and (found := _periodic_body(body)):
        body, task = PERIODIC_BODY, found
    headers = [
        ("User-Agent", _AGENT),
        ("Content-Type", mime_type),
        ("X-Aws-Sqsd-Msgid", message.id),
        ("X-Aws-Sqsd-Queue", queue_name),
        ("X-Aws-Sqsd-First-Received-At", _iso(message.first_received)),
        ("X-Aws-Sqsd-Receive-Count", str(message.received)),
    ]
    if task:
        headers += [
            ("X-Aws-Sqsd-Taskname", task.get(TASK, "")),
            ("X-Aws-Sqsd-Scheduled-At", task.get(SCHEDULED, "")),
            ("X-Aws-Sqsd-Sender-Id", message.sender),
        ]
    headers += [(f"X-Aws-Sqsd-Attr-{name}", text) for name, text in attributes.items()]
    wanted = task.get(PATH, path)
    return Request(
        path=wanted if _TARGET.fullmatch(wanted) else path,
        headers=tuple((name, _header(text)) for name, text in headers if _HEADER_NAME.fullmatch(name)),
        body=body.encode(),
    )


def _periodic_body(body: str) -> dict[str, str]:
    """A periodic task whose sender cannot set attributes: {"beanstalk.sqsd": {"path": …, "task_name": …, …}}."""
    if not body.startswith("{") or _OURS not in body[:40]:
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    told = found.get(_OURS) if isinstance(found, dict) and len(found) == 1 else None
    if not isinstance(told, dict):
        return {}
    return {f"{_OURS}.{key}": text for key, text in told.items() if isinstance(text, str)}


def _header(text: str) -> str:
    """A value as a header can carry it: one line, its letters beyond ASCII as the bytes of UTF-8."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip().encode().decode("latin-1")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
