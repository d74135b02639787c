"""What of a message the application is told."""

from __future__ import annotations

import http.client
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.targets.worker.message import PERIODIC_BODY, Message, message_of, request_of

RECEIVED = {
    "MessageId": "m-1", "ReceiptHandle": "r-1", "Body": "{}",
    "Attributes": {
        "SentTimestamp": "1700000000000", "ApproximateFirstReceiveTimestamp": "1700000061500",
        "ApproximateReceiveCount": "3", "SenderId": "AIDA",
    },
    "MessageAttributes": {
        "colour": {"DataType": "String", "StringValue": "red"}, "size": {"DataType": "Number.int", "StringValue": "7"},
        "picture": {"DataType": "Binary", "BinaryValue": b"\0"},
    },
}  # fmt: skip


def headers(message: Message) -> dict[str, str]:
    return dict(request_of(message, "jobs", "/", "application/json").headers)


def periodic(**told: str) -> Message:
    return Message("m-1", "r-1", json.dumps({"beanstalk.sqsd": told}), 0, 0, 1, "AIDA")


def test_the_headers_are_those_of_elastic_beanstalk():
    assert headers(message_of(RECEIVED)) == {
        "User-Agent": "aws-sqsd/2.0",
        "Content-Type": "application/json",
        "X-Aws-Sqsd-Msgid": "m-1",
        "X-Aws-Sqsd-Queue": "jobs",
        "X-Aws-Sqsd-First-Received-At": "2023-11-14T22:14:21Z",
        "X-Aws-Sqsd-Receive-Count": "3",
        "X-Aws-Sqsd-Attr-colour": "red",
        "X-Aws-Sqsd-Attr-size": "7",
    }


@pytest.mark.parametrize("form", ["attributes", "body"])
def test_a_periodic_task_goes_to_its_own_path_under_its_name(form):
    told = {"path": "/backup", "task_name": "backup-job", "scheduled_time": "2026-11-21T12:00:00Z"}
    message = periodic(**told)
    if form == "attributes":
        named = tuple((f"beanstalk.sqsd.{key}", text) for key, text in told.items())
        message = Message("m-1", "r-1", PERIODIC_BODY, 0, 0, 1, "AIDA", named)
    request = request_of(message, "jobs", "/", "application/json")
    assert (request.path, request.body) == ("/backup", PERIODIC_BODY.encode())
    found = dict(request.headers)
    assert [found[f"X-Aws-Sqsd-{name}"] for name in ("Taskname", "Scheduled-At", "Sender-Id")] == [
        "backup-job", "2026-11-21T12:00:00Z", "AIDA",
    ]  # fmt: skip
    assert not [name for name in found if name.startswith("X-Aws-Sqsd-Attr-")]


@pytest.mark.parametrize("path", ["backup", "/a b", "/x\r\nX-Evil: 1", "http://elsewhere/", ""])
def test_a_path_that_is_none_is_the_environments(path):
    assert request_of(periodic(path=path), "jobs", "/work", "text/plain").path == "/work"


@pytest.mark.parametrize("body", ['{"beanstalk.sqsd": 1}', '{"beanstalk.sqsd": {}, "mine": 1}', '{"beanstalk.sqsd": {'])
def test_a_body_that_only_looks_like_ours_is_the_users(body):
    assert request_of(Message("m", "r", body, 0, 0, 1), "jobs", "/", "text/plain").body == body.encode()


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4), st.text(max_size=200))
def test_no_message_makes_a_header_that_http_cannot_carry(attributes, body):
    message = Message("m", "r", body, 0, 0, 1, "", tuple(attributes.items()))
    for name, value in request_of(message, "jobs", "/", "text/plain").headers:
        connection = http.client.HTTPConnection("localhost")
        connection.putrequest("POST", "/")
        connection.putheader(name, value)
        assert not re.search(r"[\r\n]", name + value)
