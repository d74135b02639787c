"""What tasks wrote, those that are gone too, in CloudWatch Logs of moto."""

from __future__ import annotations

import time
import zipfile
from itertools import islice

import pytest

from beanstalk.errors import BeanstalkError, NotFound
from beanstalk.records import State
from beanstalk.service.aws.logs import (
    CloudChoice,
    CloudLog,
    all_cloud_lines,
    chosen,
    follow_cloud_logs,
    last_cloud_lines,
    list_cloud_logs,
    zip_cloud_logs,
)
from beanstalk.targets.aws.logs import Stream, stream_of

GROUP = "/shop"


@pytest.fixture
def shop(account):
    """write(task, container, *lines), for an environment with a log group."""
    account.environment("shop", outputs={"LogGroupName": GROUP})
    api = account.client("logs")
    api.create_log_group(logGroupName=GROUP)
    account.now = time.time()

    def write(task, container, *lines, ago=0):
        name = f"beanstalk/{container}/{task}"
        api.create_log_stream(logGroupName=GROUP, logStreamName=name)
        at = int((account.now - ago) * 1000)
        events = [{"timestamp": at + number, "message": line} for number, line in enumerate(lines)]
        api.put_log_events(logGroupName=GROUP, logStreamName=name, logEvents=events)

    account.write = write
    return account


def test_logs_outlive_their_task(shop):
    shop.write("aa11", "web", "one", "two", ago=60)
    shop.write("bb22", "sidecar", "three")
    first, second = list_cloud_logs(shop.service, "shop")
    assert (first.task, first.name, first.state) == ("aa11", "web.log", State.TERMINATED)
    assert (second.task, second.name) == ("bb22", "sidecar.log")
    assert list(all_cloud_lines(shop.service, first)) == ["one", "two"]


def test_the_last_lines(shop):
    shop.write("aa11", "web", *(f"line {number}" for number in range(30)))
    [log] = list_cloud_logs(shop.service, "shop")
    assert last_cloud_lines(shop.service, log, 2) == ["line 28", "line 29"]
    assert last_cloud_lines(shop.service, log, 0) == []


def test_a_task_is_found_by_the_beginning_of_its_id(shop):
    shop.write("aa11", "web", "one")
    shop.write("bb22", "web", "two")
    assert [each.task for each in list_cloud_logs(shop.service, "shop", CloudChoice("bb"))] == ["bb22"]
    with pytest.raises(NotFound, match="no log of a task cc"):
        list_cloud_logs(shop.service, "shop", CloudChoice("cc"))


def test_only_what_was_written_to_since_then(shop):
    shop.write("aa11", "web", "one", ago=3600)
    shop.write("bb22", "web", "two")
    choice = CloudChoice(since=shop.now - 60)
    assert [each.task for each in list_cloud_logs(shop.service, "shop", choice)] == ["bb22"]


def test_every_new_line_is_told_once(shop):
    shop.write("aa11", "web", "old", ago=3600)
    shop.write("bb22", "web", "one", "two")
    following = follow_cloud_logs(shop.service, "shop", since=shop.now - 60)
    assert [line for _, line in islice(following, 2)] == ["one", "two"]
    shop.write("cc33", "web", "three")
    log, line = next(following)
    assert (log.task, line) == ("cc33", "three")


def test_a_zip_has_a_file_for_each_container(shop, tmp_path):
    shop.write("aa11", "web", "one", "two")
    zip_cloud_logs(shop.service, list_cloud_logs(shop.service, "shop"), tmp_path / "logs" / "a.zip")
    with zipfile.ZipFile(tmp_path / "logs" / "a.zip") as archive:
        assert archive.read("aa11/web.log") == b"one\ntwo\n"


def test_without_a_log_group_there_is_nothing_to_read(shop):
    shop.environment("new", outputs={})
    with pytest.raises(BeanstalkError, match="new has no log group yet"):
        list_cloud_logs(shop.service, "new")
    shop.environment("other", outputs={"LogGroupName": "/none"})
    assert list_cloud_logs(shop.service, "other") == []


def log(task, state):
    return CloudLog(GROUP, Stream(f"beanstalk/web/{task}", "web", task, 1.0), state)


def test_tasks_that_are_gone_are_left_out_unless_nothing_else_is_there():
    gone, here = log("a", State.TERMINATED), log("b", State.IN_SERVICE)
    assert chosen([gone, here], CloudChoice()) == [here]
    assert chosen([gone, here], CloudChoice(gone=True)) == [gone, here]
    assert chosen([gone, here], CloudChoice("a")) == [gone]
    assert chosen([gone], CloudChoice()) == [gone]


def test_a_stream_that_is_no_containers_is_left_out():
    assert stream_of({"logStreamName": "something"}) is None
