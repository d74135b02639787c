"""Workers: their queue, the daemon beside the application, and the messages of cron.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from beanstalk.errors import InvalidInput
from beanstalk.targets.aws.blueprint import Tier
from beanstalk.targets.aws.template.schedules import names
from beanstalk.targets.aws.template.worker import queue_arn, sidecar
from beanstalk.targets.worker.message import message_of, request_of
from tests.targets.aws.template.parts import BRIDGE, EC2, blueprint, resources

URL = "aws:elasticbeanstalk:sqsd:WorkerQueueURL="


def cron(*schedules: str) -> dict[str, str]:
    lines = [f'  - {{name: "a {number}", url: /{number}, schedule: "{each}"}}' for number, each in enumerate(schedules)]
    return {"cron.yaml": "\n".join(["version: 1", "cron:", *lines])}


def test_the_daemon_is_told_of_the_queue_and_the_options(tmp_path: Path) -> None:
    found = sidecar(blueprint(tmp_path, "aws:elasticbeanstalk:sqsd:HttpPath=/jobs", tier=Tier.WORKER))
    told = {each["name"].removeprefix("BEANSTALK_SQSD_"): each["value"] for each in found["environment"]}
    assert (told["QUEUE_URL"], told["HOST"], told["PORT"]) == ({"Ref": "WorkerQueue"}, "127.0.0.1", "8000")
    assert (told["HTTP_PATH"], told["HTTP_CONNECTIONS"]) == ("/jobs", "50")


def test_in_bridge_the_daemon_has_a_link_to_the_application(tmp_path: Path) -> None:
    found = sidecar(blueprint(tmp_path, EC2, BRIDGE, tier=Tier.WORKER))
    assert found["links"] == ["web"]
    assert {"name": "BEANSTALK_SQSD_HOST", "value": "web"} in found["environment"]


def test_a_queue_of_the_users_is_taken_as_it_is(tmp_path: Path) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"
    found = resources(tmp_path, URL + url, tier=Tier.WORKER)
    assert not [name for name in found if name.startswith("Worker")]
    assert queue_arn(blueprint(tmp_path, URL + url, tier=Tier.WORKER)) == {
        "Fn::Sub": "arn:${AWS::Partition}:sqs:eu-west-1:123456789012:jobs"
    }


def test_a_web_environment_has_no_queue(tmp_path: Path) -> None:
    found = resources(tmp_path, files=cron("0 3 * * *"))
    assert not [name for name in found if name.startswith(("Worker", "Schedule"))]


def test_the_daemon_makes_the_request_of_a_periodic_task_of_its_message(tmp_path: Path) -> None:
    target = resources(tmp_path, files=cron("0 3 * * *"), tier=Tier.WORKER)["ScheduleA0"]["Properties"]["Target"]
    body = target["Input"].replace("<aws.scheduler.scheduled-time>", "2026-01-31T03:00:00Z")
    request = request_of(message_of({"ReceiptHandle": "r", "Body": body}), "jobs", "/", "application/json")
    assert target["Arn"] == {"Fn::GetAtt": ["WorkerQueue", "Arn"]}
    assert (request.path, dict(request.headers)["X-Aws-Sqsd-Taskname"]) == ("/0", "a 0")
    assert dict(request.headers)["X-Aws-Sqsd-Scheduled-At"] == "2026-01-31T03:00:00Z"


def test_periodic_tasks_of_a_queue_that_has_no_plain_url_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="ARN"):
        resources(tmp_path, f"{URL}https://example.org/jobs", files=cron("0 3 * * *"), tier=Tier.WORKER)


@pytest.mark.parametrize("text", ["0 3 1 * MON", "0 3 */2 * MON"])
def test_times_that_aws_has_no_expression_for_are_refused_with_their_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="day of the month and weekday at once") as caught:
        resources(tmp_path, files=cron("0 3 * * *", text), tier=Tier.WORKER)
    assert str(caught.value.at).startswith("cron.yaml:4")


def test_every_task_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        resources(tmp_path, files=cron("0 3 1 * MON", "0 4 1 * MON"), tier=Tier.WORKER)
    assert len(caught.value.problems) == 2


def test_periodic_tasks_do_not_go_into_a_fifo_queue(tmp_path: Path) -> None:
    url = f"{URL}https://sqs.eu-west-1.amazonaws.com/123456789012/jobs.fifo"
    with pytest.raises(InvalidInput, match="FIFO"):
        resources(tmp_path, url, files=cron("0 3 * * *"), tier=Tier.WORKER)


def test_a_date_that_never_comes_makes_no_schedule(tmp_path: Path) -> None:
    assert "SchedulerRole" not in resources(tmp_path, files=cron("0 3 30 2 *"), tier=Tier.WORKER)


def test_names_of_schedules_do_not_clash() -> None:
    found = names("Schedule", ["nightly", "a-b", "aB", "a_b", "ü"])
    assert found[0] == "ScheduleNightly"
    assert len(set(found)) == 5 and all(each.isalnum() and each.isascii() for each in found)
