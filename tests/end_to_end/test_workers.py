"""Worker environments: real instances, a real agent, and a queue of moto over HTTP."""

from __future__ import annotations

import json
import textwrap

import boto3
import pytest
from moto.server import ThreadedMotoServer

from beanstalk.errors import BeanstalkError, UsageError
from beanstalk.model import OptionSetting, Outcome
from beanstalk.records import State
from beanstalk.service import environments, updates
from beanstalk.service.manifest import Base
from beanstalk.service.versions import Source, create_version
from beanstalk.source.environment_parts import Tier
from tests.end_to_end.site import settings_of, wait_until

pytestmark = pytest.mark.real
SQSD = "aws:elasticbeanstalk:sqsd"
APP = """
    import http.server, os

    class Work(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            name = self.headers.get("X-Aws-Sqsd-Taskname", "")
            with open(os.environ["DONE"], "a") as file:
                file.write(f"{os.environ['VERSION']} {self.path} {name} {body}\\n")
            self.send_response(500 if body == "bad" else 200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Work).serve_forever()
"""


@pytest.fixture
def sqs(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", endpoint)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield boto3.client("sqs", "us-east-1", aws_access_key_id="a", aws_secret_access_key="a", endpoint_url=endpoint)
    server.stop()


class Jobs:
    """One worker environment of a site."""

    def __init__(self, site, sqs):
        self.site, self.sqs, self.name, self.file = site, sqs, "jobs", site.folder / "done"

    def version(self, label, cron=""):
        folder = self.site.folder / f"jobs-{label}"
        folder.mkdir()
        (folder / "app.py").write_text(textwrap.dedent(APP))
        (folder / "Procfile").write_text(f"web: VERSION={label} DONE={self.file} python3 app.py\n")
        if cron:
            (folder / "cron.yaml").write_text(cron)
        made = create_version(self.site.service, "shop", Source(folder, working_tree=True), label)
        return made.version, made.packed.bundle

    def create(self, cron="", **sqsd):
        version, bundle = self.version("v1", cron)
        settings = settings_of(batch_type="Fixed", batch=1, size=2)
        settings += [OptionSetting(SQSD, name, str(value)) for name, value in ({"HttpPath": "/work"} | sqsd).items()]
        base = Base(tier=Tier("Worker", "SQS/HTTP"))
        change = environments.prepare_create(
            self.site.service, self.name, version, bundle, settings, platform="procfile", base=base
        )
        done = self.site.end(self.site.begin(change))
        assert done.outcome is Outcome.SUCCEEDED, done.cause
        wait_until("its queue", lambda: self.queue.get("Url"))

    @property
    def queue(self):
        return json.loads(self.site.environment(self.name).queue_json)

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.queue["Url"], MessageBody=body)

    def done(self):
        """(version, path, task, body) of each request."""
        text = self.file.read_text() if self.file.exists() else ""
        return [tuple(line.split(" ", 3)) for line in text.splitlines()]

    def left(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue["Url"], AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def wait_for(self, *bodies):
        wait_until("all messages", lambda: {body for _, _, _, body in self.done()} >= set(bodies) and not self.left())


@pytest.fixture
def jobs(site, sqs):
    return Jobs(site, sqs)


def test_messages_go_to_the_instances_and_no_request_does(jobs, site):
    jobs.create()
    jobs.send("one", "two")
    jobs.wait_for("one", "two")
    assert {(version, path) for version, path, _, _ in jobs.done()} == {("v1", "/work")}
    assert site.members("jobs") is None


def test_no_message_is_lost_while_instances_are_replaced(jobs, site):
    jobs.create()
    version, bundle = jobs.version("v2")
    change = updates.prepare_deploy(site.service, "jobs", version, bundle)
    bodies = [f"job-{number}" for number in range(60)]
    jobs.send(*bodies[:20])
    operation = site.begin(change)
    jobs.send(*bodies[20:])
    done = site.end(operation)
    assert done.outcome is Outcome.SUCCEEDED, done.cause
    jobs.send("last")
    jobs.wait_for(*bodies, "last")
    assert [version for version, _, _, body in jobs.done() if body == "last"] == ["v2"]


def test_a_killed_agent_is_followed_by_one_that_goes_on_taking_messages(jobs, site):
    jobs.create(VisibilityTimeout=3)  # what the queue gave to the dead one comes again after that
    site.kill("agent")
    jobs.send("one", "two", "three")
    jobs.wait_for("one", "two", "three")


def test_a_message_that_always_fails_goes_to_the_dead_letters(jobs, site, sqs):
    jobs.create(MaxRetries=2, ErrorVisibilityTimeout=0)
    jobs.send("bad", "good")
    jobs.wait_for("good")
    dead = sqs.get_queue_url(QueueName=jobs.queue["Url"].rpartition("/")[2] + "-dead-letter")["QueueUrl"]
    [message] = wait_until("a dead letter", lambda: sqs.receive_message(QueueUrl=dead).get("Messages"))
    assert message["Body"] == "bad" and len([each for each in jobs.done() if each[3] == "bad"]) == 2
    assert any("was answered with 500" in message for message in site.messages())


def test_tasks_of_cron_yaml_come_by_the_clock(jobs):
    jobs.create('version: 1\ncron:\n - {name: backup-job, url: /backup, schedule: "* * * * *"}\n')
    [first, *_] = wait_until("the task", jobs.done)
    assert first == ("v1", "/backup", "backup-job", "elasticbeanstalk scheduled job")


def test_the_end_of_an_environment_is_that_of_its_queue(jobs, site, sqs):
    jobs.create()
    name = jobs.queue["Url"].rpartition("/")[2]
    site.terminate("jobs")
    wait_until("both queues gone", lambda: not sqs.list_queues(QueueNamePrefix=name).get("QueueUrls"))


def test_a_queue_that_was_given_is_used_and_stays(jobs, site, sqs):
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    jobs.create(WorkerQueueURL=url)
    assert jobs.queue["Url"] == url
    jobs.send("one")
    jobs.wait_for("one")
    site.terminate("jobs")
    wait_until("its end", lambda: not site.processes())
    assert sqs.list_queues(QueueNamePrefix="mine")["QueueUrls"] == [url]


def test_trouble_with_the_queue_is_an_event_and_the_instances_go_on(jobs, site, sqs, monkeypatch):
    jobs.create()
    sqs.delete_queue(QueueUrl=jobs.queue["Url"])
    wait_until("an event", lambda: any("The queue" in message for message in site.messages()))
    assert all(each.state is State.IN_SERVICE for each in site.instances("jobs"))


def test_without_anybody_who_has_queues_there_is_no_worker(jobs, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL_SQS")
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL_SQS"):
        jobs.create()


def test_a_worker_has_no_name_to_swap_and_no_traffic_to_split(jobs, site):
    jobs.create()
    with pytest.raises(BeanstalkError, match="jobs is a worker environment, which has no CNAME"):
        environments.swap(site.service, "jobs", "jobs")
    version, bundle = jobs.version("v2")
    with pytest.raises(BeanstalkError, match="no traffic to split"):
        updates.prepare_deploy(site.service, "jobs", version, bundle, once=settings_of(policy="TrafficSplitting"))
