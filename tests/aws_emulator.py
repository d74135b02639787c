"""An emulator of AWS for tests, whose ECS runs real containers: ministack, with what it lacks filled in.

It lives in an environment of its own (`scripts/setup test` makes .venv-emulator), answers on the loopback interface and
in the network of the containers, and starts containers on the engine of tests/engine.py. Each worker of pytest-xdist
has one; every test that asks for `emulator` finds it empty. What tests/aws_emulator_patches adds is our reading of AWS,
not evidence about it.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from beanstalk.targets.local.engine import Engine

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
REQUIREMENTS = ROOT / "tests" / "aws_emulator_patches" / "requirements.txt"
STAMP = ROOT / ".venv-emulator" / ".installed"
"""A copy of the requirements that are installed."""
PATIENCE_S = 60
REGION, ACCOUNT = "us-east-1", "000000000000"
NOT_SETTLED = "_IN_PROGRESS"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


class Emulator:
    """port: where everything answers: the API of every service, the load balancers, and the registry of images."""

    def __init__(self, engine: Engine, folder: Path, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.engine = engine
        self.url = f"http://127.0.0.1:{self.port}"
        self.registry_host = f"127.0.0.1:{self.port}"
        self.log = folder / "log"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead boto3, and so our program, to the emulator and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, **settings: Any) -> Any:
        """A client of boto3."""
        import boto3

        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, **{"endpoint_url": self.url, "region_name": REGION, **keys, **settings})

    def get(self, balancer: str, path: str = "/", host: str = "app.example.com") -> Answer:
        """Ask a load balancer, by its name."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", f"/_alb/{balancer}{path}", headers={"Host": host})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read().decode(errors="replace"))
        finally:
            connection.close()

    def deploy(self, name: str, body: Any, **parameters: str) -> str:
        """Create or update a stack and wait; gives the status that it ends in."""
        stacks = self.client("cloudformation")
        known = {each["StackName"] for each in stacks.describe_stacks()["Stacks"]}
        act = stacks.update_stack if name in known else stacks.create_stack
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        act(StackName=name, TemplateBody=json.dumps(body), Parameters=values, Capabilities=["CAPABILITY_NAMED_IAM"])
        return self.settled(name)

    def settled(self, stack: str) -> str:
        """Wait until nothing of a stack is in progress; gives its status."""
        stacks = self.client("cloudformation")
        until = time.monotonic() + 3 * PATIENCE_S
        while time.monotonic() < until:
            status: str = stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            if not status.endswith(NOT_SETTLED):
                return status
            time.sleep(0.05)
        raise AssertionError(f"the stack {stack} does not settle: {status}")

    def failures(self, stack: str) -> list[str]:
        """Why resources of a stack failed, newest first."""
        events = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        return [
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}"
            for each in events
            if each["ResourceStatus"].endswith("FAILED")
        ]

    def run_once(self, image: str) -> tuple[int, list[str]]:
        """Exit code and output of a task of an image."""
        ecs, logs, group = self.client("ecs"), self.client("logs"), f"/once/{time.monotonic_ns()}"
        logs.create_log_group(logGroupName=group)
        options = {"awslogs-group": group, "awslogs-region": REGION, "awslogs-stream-prefix": "once"}
        logging = {"logDriver": "awslogs", "options": options}
        definition = {"name": "once", "image": image, "logConfiguration": logging}
        ecs.register_task_definition(family="once", containerDefinitions=[definition])
        arn = ecs.run_task(taskDefinition="once")["tasks"][0]["taskArn"]
        until = time.monotonic() + PATIENCE_S
        while (task := ecs.describe_tasks(tasks=[arn])["tasks"][0])["lastStatus"] != "STOPPED":
            assert time.monotonic() < until, task
            time.sleep(0.05)
        code = task["containers"][0].get("exitCode")
        assert code is not None, task["stoppedReason"]
        lines, before = [""], list[str]()
        while lines != before and time.monotonic() < until:  # they come a moment after the task has ended
            time.sleep(0.5)
            before = lines
            lines = [each["message"] for each in logs.filter_log_events(logGroupName=group)["events"]]
        return code, lines

    def network(self) -> dict[str, Any]:
        """The default VPC (`vpc`) and its subnets (`subnets`)."""
        ec2 = self.client("ec2")
        [vpc] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
        return {"vpc": vpc["VpcId"], "subnets": [each["SubnetId"] for each in found]}

    def containers(self, **labels: str) -> list[dict[str, Any]]:
        """Running containers of tasks, as the engine lists them."""
        wanted = [self._label, *(f"com.amazonaws.ecs.{name.replace('_', '-')}={text}" for name, text in labels.items())]
        with self.engine.ask() as api:
            found: list[dict[str, Any]] = api.containers(filters={"label": wanted})
        return found

    def reset(self) -> None:
        """Nothing is there any more."""
        urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/_ministack/reset", method="POST"), timeout=PATIENCE_S
        )

    def start(self) -> None:
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ALSO_AT": self._gateway(),
            **self._settings,
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PYTHON, "-m", "tests.aws_emulator_patches"], cwd=ROOT, env={**os.environ, **settings},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it, and removes what it left on the engine."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        with self.engine.ask() as api:
            for each in api.containers(all=True, filters={"label": self._label}):
                api.remove_container(each["Id"], force=True, v=True)
            for each in api.images(f"{self.registry_host}/*/*"):
                for name in (*(each["RepoTags"] or ()), *(each["RepoDigests"] or ())):
                    if name.startswith(f"{self.registry_host}/") and not name.endswith(":<none>"):
                        api.remove_image(name, force=True)

    def _gateway(self) -> str:
        """This machine's address in the network of the containers."""
        with self.engine.ask() as api:
            pools = api.inspect_network("bridge")["IPAM"]["Config"]
        return next((pool["Gateway"] for pool in pools if "Gateway" in pool), "")

    @property
    def _label(self) -> str:
        return f"ministack.instance={socket.gethostname()}:{self.port}"

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=PATIENCE_S).close()
        except OSError:
            return False
        return True


def skip_unless_installed(engine: Engine) -> None:
    if not STAMP.exists() or STAMP.read_bytes() != REQUIREMENTS.read_bytes():
        pytest.skip("the emulator of AWS is not installed, or another version of it (scripts/setup test)")
    if engine.facts.elsewhere:
        pytest.skip("the engine runs on another machine, whose containers do not see the emulator")


@pytest.fixture(scope="session")
def running_emulator(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    skip_unless_installed(engine)
    emulator = Emulator(engine, tmp_path_factory.mktemp("emulator"))
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """With nothing in it. The variables of boto3 lead to it while the test runs."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in running_emulator.environment.items():
        monkeypatch.setenv(name, value)
    yield running_emulator
    running_emulator.reset()


@pytest.fixture
def strict_emulator(engine: Engine, tmp_path: Path) -> Iterator[Emulator]:
    """One that asks IAM whether a call is allowed. Its own clients are those of the account's owner."""
    skip_unless_installed(engine)
    emulator = Emulator(engine, tmp_path, AUTH="true")
    emulator.start()
    yield emulator
    emulator.stop()
