"""A home of its own with real instances, a real balancer and real clients; and everything that could be left of it.

What a test says is what a person would do (`site.deploy("v2", policy=...)`); the waiting and the looking is here.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from beanstalk.agent.daemon import agent_pid, stop_agent
from beanstalk.agent.pools import host_of
from beanstalk.model import OptionSetting, Outcome, Phase
from beanstalk.records import LEAVING, RUNNING, State, Status
from beanstalk.rollout.policies import promises
from beanstalk.rollout.record import rollout_of
from beanstalk.service import changes, environments, operations, updates, versions
from beanstalk.service.place import Service, find_environment
from beanstalk.store.home import Home
from beanstalk.store.sqlite import Store
from beanstalk.targets.local.haproxy_socket import CommandError, RuntimeAPI
from beanstalk.targets.local.places import from_json
from beanstalk.targets.local.proxy import read_pid_file
from benchmarks.load import Load
from tests.apps import write_app

ROOT = Path(__file__).parents[2]
HANG_S = 600.0
"""Nothing here takes so long, on a machine with twenty times too much to do either; what does has stopped for ever."""
POLL_S = 0.02
COMMAND, OURS = "aws:elasticbeanstalk:command", "beanstalk:deployment"
OPTIONS = {
    "policy": (COMMAND, "DeploymentPolicy"),
    "batch_type": (COMMAND, "BatchSizeType"),
    "batch": (COMMAND, "BatchSize"),
    "timeout": (COMMAND, "Timeout"),
    "percent": ("aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent"),
    "evaluate": (OURS, "EvaluationSeconds"),
    "drain": (OURS, "DrainSeconds"),
    "grace": (OURS, "GraceSeconds"),
    "wrong": (OURS, "WrongAnswerSeconds"),
    "on_failure": (OURS, "OnFailure"),
    "health": ("aws:elasticbeanstalk:application", "Application Healthcheck URL"),
    "health_timeout": ("aws:elasticbeanstalk:environment:process:default", "HealthCheckTimeout"),
    "size": ("aws:autoscaling:asg", "MinSize"),
    "network_range": ("beanstalk:docker", "NetworkRange"),
}
PLATFORM = """\
title: A Procfile with a build
branch: an application of the tests
version: 1.0.0
detect: {order: 95, any: [build.sh]}
build:
  choose:
    - when: [build.sh]
      files: [build.sh]
      commands: [sh build.sh]
"""
"""A platform whose build does what build.sh of the version says."""
BUILDING = "building"
FIRST = {"batch_type": "Fixed", "batch": 1, "grace": 2}
"""Options of every environment of a test, unless it says otherwise."""


def settings_of(**options):
    return [OptionSetting(*OPTIONS[name], str(value)) for name, value in options.items()]


def hear_interrupts():
    """In a child: as on a terminal, even where these tests run in the background and Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_until(what, condition, timeout_s=HANG_S):
    """Returns what `condition` gives as soon as that is true. what: for the person who reads that it never was."""
    until = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < until, f"waited {timeout_s:g} s in vain for: {what}"
        time.sleep(POLL_S)
    return found


def free_port():
    """Below the ports that instances get."""
    while True:
        port = random.randint(10000, 19999)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@dataclass(frozen=True)
class Running:
    """A process of a home. role: agent, guardian, balancer, instance or other.  instance: the id of its instance."""

    pid: int
    role: str
    instance: str
    command: str


def processes_of(folder):
    """Everything alive on this machine that has to do with the home in `folder`, by its environment variables."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            data, line = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in data:
            variables = dict(item.partition("=")[::2] for item in data.decode("utf-8", "replace").split("\0"))
            homes = {variables.get(name) for name in ("BEANSTALK_HOME", "BEANSTALK_INSTANCE_HOME")}
            inside = any(
                value and value.startswith(f"{folder}/") for value in (variables.get("HOME"), variables.get("PWD"))
            )
            if str(folder) not in homes and not inside:
                continue  # somebody else's, who names the folder for another reason
            command = line.decode("utf-8", "replace").replace("\0", " ")
            found.append(Running(int(entry.name), role_of(variables, command), instance_of(variables), command))
    return found


def instance_of(variables):
    return variables.get("BEANSTALK_INSTANCE_ID", "")


def role_of(variables, command):
    if instance_of(variables):
        return "instance"
    if variables.get("HOME", "").endswith("/run/balancer"):
        return "balancer"
    if command.startswith("/bin/sh") and "beanstalk-agent" in command:
        return "guardian"
    return "agent" if "beanstalk.agent.daemon" in command else "other"


def members_of(folder, host):
    """What the balancer in `folder` has for a name: HAProxy says it, and Caddy reads it from files for each request."""
    if not (folder / "haproxy.cfg").exists():
        pools = from_json(folder / "current" / "pools.json").values()
        return next((sorted(pool.addresses) for pool in pools if pool.host == host), None)
    api = RuntimeAPI(folder / "haproxy.sock")
    try:
        backend = api.map("hosts.map").get(host)
        return backend and sorted(address for _, _, address, _, serving in api.servers(backend) if serving)
    except CommandError:
        return None


class Site:
    """One home, and what tests do in it. `name` is the environment unless another one is given."""

    name = "shop"
    platform = "procfile"

    def __init__(self, balancer):
        self.folder = Path(tempfile.mkdtemp(prefix="bs-", dir="/tmp"))
        self.home = Home(self.folder / "home", port=free_port(), balancer=balancer)
        platform = self.folder / "platforms" / BUILDING / "platform.yaml"
        platform.parent.mkdir(parents=True)
        platform.write_text(PLATFORM)
        self.service = Service(self.home, command="a test", platforms=[platform.parent.parent])
        self.store = self.service.store

    # what people do

    def version(self, label, rude=False, files=(), **env):
        """Register a version of tests/apps/app.py. env: its environment properties.  files: (name, text) beside it."""
        source = shutil.copytree(write_app(self.folder / "app", label, rude, **env), self.folder / f"app-{label}")
        for name, text in files:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        made = versions.create_version(self.service, "shop", versions.Source(source, working_tree=True), label)
        shutil.rmtree(source)
        return made

    def prepare_create(self, label="v1", name=None, platform=None, rude=False, env=None, files=(), **options):
        made = self.version(label, rude, files, **(env or {}))
        settings = settings_of(**FIRST | options)
        return environments.prepare_create(
            self.service,
            name or self.name,
            made.version,
            made.packed.bundle,
            settings,
            platform=platform or self.platform,
        )

    def create(self, label="v1", **more):
        return self.end(self.begin(self.prepare_create(label, **more)))

    def prepare_deploy(self, label="v2", name=None, rude=False, env=None, files=(), **options):
        made = self.version(label, rude, files, **(env or {}))
        return updates.prepare_deploy(
            self.service, name or self.name, made.version, made.packed.bundle, once=settings_of(**options)
        )

    def prepare_version(self, made):
        return updates.prepare_deploy(self.service, self.name, made.version, made.packed.bundle)

    def deploy(self, label="v2", **more):
        return self.end(self.begin(self.prepare_deploy(label, **more)))

    def begin(self, change):
        return changes.begin(self.service, change)

    def scale(self, count):
        return self.end(self.begin(updates.prepare_scale(self.service, self.name, count)))

    def setenv(self, **values):
        return self.end(self.begin(updates.prepare_properties(self.service, self.name, list(values.items()))))

    def rollback(self, label=None):
        return self.end(self.begin(updates.prepare_rollback(self.service, self.name, label)))

    def prepare_blue_green(self, label, rude=False, terminate_old=False, **env):
        made = self.version(label, rude, **env)
        bundle = made.packed.bundle
        return updates.prepare_blue_green(self.service, self.name, made.version, bundle, (), terminate_old)

    def blue_green(self, label, **more):
        return self.end(self.begin(self.prepare_blue_green(label, **more)))

    def swap(self, name, other):
        return self.end(environments.swap(self.service, name, other))

    def terminate_all(self):
        """And wait until agent and balancer have gone, too."""
        for each in self.store.living():
            self.terminate(each.name)
        wait_until("nothing left", lambda: not self.processes())

    def terminate(self, name=None):
        return self.end(environments.terminate(self.service, name or self.name))

    def abort(self):
        return operations.abort(self.service, self.name)

    def end(self, operation):
        """Follow it to its end, and check the end against its plan."""
        for _ in operations.follow(self.service, operation.id, HANG_S):
            pass
        done = operations.result(self.service, operation.id)
        assert done.outcome is not None, f"{operation.kind} still goes on after {HANG_S:g} s"
        return done

    # what is there

    def environment(self, name=None):
        return find_environment(self.service, name or self.name)

    def instances(self, name=None):
        return self.store.living_instances(self.environment(name).id)

    def labels(self, name=None):
        """The version of every instance in service."""
        found = self.store.deployments.get
        serving = [each for each in self.instances(name) if each.state is State.IN_SERVICE]
        return sorted(found(each.deployment_id).version_label for each in serving)

    def messages(self, severities=("WARN", "ERROR", "FATAL")):
        return [each.message for each in self.store.events_after(0) if each.severity in severities]

    def failed(self):
        return self.store.instances.where("failed = 1")

    def members(self, name=None):
        """Addresses that get requests for an environment, as the balancer itself has it; None when it is not there."""
        return members_of(self.home.run / "balancer", host_of(self.environment(name).cname))

    def settle(self):
        """Wait until nothing goes on: no operation, and every environment has its instances in service."""
        wait_until("all environments at rest", self.is_at_rest)

    def is_at_rest(self):
        living = self.store.living_instances()
        wanted = sum(each.size for each in self.store.living())
        calm = all(each.state is State.IN_SERVICE for each in living) and len(living) == wanted
        ready = all(each.status is Status.READY for each in self.store.living())
        members = sum(len(self.members(each.name) or ()) for each in self.store.living())
        return calm and ready and members == wanted and not self.store.open_operations()

    def leftovers(self, patience_s=10.0):
        """What should not be there now that everything is at rest. A guardian that sleeps, or finds that another one
        was faster, gets a little time."""
        until = time.monotonic() + patience_s
        while (found := self.leftovers_now()) and time.monotonic() < until:
            time.sleep(POLL_S)
        return found

    def leftovers_now(self):
        known = {each.id for each in self.store.living_instances()}
        found = [f"process {each}" for each in self.processes("instance") if each.instance not in known]
        found += [f"second {role}" for role in ("agent", "guardian", "balancer") if len(self.processes(role)) > 1]
        found += [f"process {each}" for each in self.processes("other")]
        environments_there = {each.id for each in self.store.living()}
        folders = self.home.folder / "environments"
        found += [f"folder {each.name}" for each in folders.iterdir() if each.name not in environments_there]
        found += [f"folder {each}" for each in folders.glob("*/instances/*") if each.name not in known]
        found += [f"hold {each}" for each in self.store._db.execute("SELECT * FROM holds")]
        found += [f"operation {each}" for each in self.store.open_operations()]
        return found + [f"deployment {each}" for each in self.store.deployments.where("ended IS NULL")]

    # processes

    def processes(self, role=None):
        return [each for each in processes_of(self.home.folder) if role in (None, each.role)]

    def agent(self):
        return agent_pid(self.home)

    def balancer(self):
        kinds = [read_pid_file(self.home.run / "balancer" / f"{kind}.pid") for kind in ("caddy", "haproxy")]
        return next((process.pid for process in kinds if process), None)

    def kill(self, *roles):
        """kill -9, all at once. A child of the agent that has not become its program yet still looks like the agent."""
        agent = self.agent()
        for each in self.processes():
            if each.role in roles and (each.role != "agent" or each.pid == agent):
                os.kill(each.pid, signal.SIGKILL)

    def killer(self, moments):
        """Kills the agent with -9 the first time that each of MOMENTS is seen."""
        return Killer(self, moments)

    def close(self):
        """End whatever is left of it, and prove that."""
        stop_agent(self.home)
        self.store.close()
        until = time.monotonic() + 20
        while (left := self.processes()) and time.monotonic() < until:
            for each in left:
                try:
                    os.kill(each.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(POLL_S)
        assert self.processes() == []
        shutil.rmtree(self.folder, ignore_errors=True)

    # load

    def clients(self, name=None, **more):
        return Clients(self.home.port, host_of(self.environment(name).cname), **more)

    def get(self, path="/", host="shop.localhost"):
        """(status, version that answered) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.home.port, timeout=HANG_S)
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("X-Version")

    def is_answering(self):
        try:
            return self.get()[0] == 200
        except OSError:
            return False

    # the command line

    def variables(self):
        """The environment of commands."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("BEANSTALK_")}
        place = {"BEANSTALK_HOME": str(self.home.folder), "BEANSTALK_HTTP_PORT": str(self.home.port)}
        return plain | place | {"BEANSTALK_BALANCER": self.home.balancer, "PYTHONPATH": str(ROOT)}

    def start_command(self, *words):
        """`beanstalk WORDS` in the folder `project`, as a process that the test waits for."""
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "beanstalk", *words], cwd=project, env=self.variables(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_interrupts,
        )  # fmt: skip

    def stream(self):
        return Stream(self.home.port, host_of(self.environment().cname))

    def watch(self, name=None):
        return Watch(self, name or self.name)


class Clients:
    """Three kinds of clients at a time, each in a process of its own: kept-alive connections, a connection for each
    request, and POST requests that take three seconds."""

    def __init__(self, port, host, rate=300.0, slow=True):
        self.loads = {
            "keep-alive": Load(port, host, connections=32, rate=rate),
            "one-shot": Load(port, host, connections=16, rate=rate / 5, one_shot=True),
        }
        self.slow = Load(port, host, method="POST", path="/slow/3000", body="x", connections=16, rate=4.0)
        if slow:
            self.loads["slow POST"] = self.slow

    def __enter__(self):
        starting = [threading.Thread(target=load.__enter__, daemon=True) for load in self.loads.values()]
        for each in starting:
            each.start()
        wait_until("requests on their way", lambda: all(load.now.sent for load in self.loads.values()))
        return self

    def until_answered_by(self, label):
        for name, load in self.loads.items():
            wait_until(f"an answer of {label} to {name}", lambda load=load: label in load.now.by_version)

    def stop(self):
        """{client: report}, after the requests on their way are finished."""
        return {name: load.stop() for name, load in self.loads.items()}

    def lost(self):
        """Lines about clients that lost something; [] is what a test wants."""
        return [f"{name}: {report}" for name, report in self.stop().items() if report.lost_total]

    def __exit__(self, *error):
        for load in self.loads.values():
            load.__exit__(*error)


class Stream:
    """An answer that does not end by itself. ticks: when a part of it came.  ended: it is over, however."""

    def __init__(self, port, host):
        self.place, self.host = ("127.0.0.1", port), host
        self.ticks = []
        self.ended = False
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.thread.start()
        wait_until("the stream", lambda: self.ticks)
        return self

    def __exit__(self, *error):
        pass

    def read(self):
        with socket.create_connection(self.place, HANG_S) as connection:
            connection.sendall(f"GET /stream HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
            try:
                while data := connection.recv(65536):
                    if b"tick" in data:
                        self.ticks.append(time.time())
                    if b"\r\n0\r\n" in data:
                        break
            except ConnectionError:
                pass
        self.ended = True


@dataclass(frozen=True)
class Sample:
    """One look at an environment. at: seconds since the epoch.  in_service, running: as the store has it.

    pooled: members in the balancer, as the balancer says."""

    at: float
    in_service: int
    running: int
    pooled: int
    leaving: int


class Watch:
    """Looks at an environment every few milliseconds, from a thread of its own."""

    def __init__(self, site, name):
        self.site, self.id, self.host = site, site.environment(name).id, host_of(site.environment(name).cname)
        self.samples = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()

    def look(self):
        store = Store(self.site.home.database)
        folder = self.site.home.run / "balancer"
        while not self.over.wait(POLL_S):
            states = [each.state for each in store.living_instances(self.id)]
            members = members_of(folder, self.host)
            running = sum(state in RUNNING for state in states)
            leaving = sum(state in LEAVING for state in states)
            pooled = states.count(State.IN_SERVICE) if members is None else len(members)
            self.samples.append(Sample(time.time(), states.count(State.IN_SERVICE), running, pooled, leaving))
        store.close()

    def leaving(self):
        """When the first instance began to leave, and when the last one was gone."""
        seen = [each.at for each in self.samples if each.leaving]
        return seen[0], seen[-1]

    def broken(self, result):
        """Samples that are outside of what the plan of a deployment promised; [] is what a test wants."""
        assert result.outcome is not Outcome.FAILED
        assert self.samples
        least, most = promises(rollout_of(result.deployment))
        return [each for each in self.samples if min(each.in_service, each.pooled) < least or each.running > most]


MOMENTS = {
    "building": lambda deployment, old, new: deployment.phase is Phase.BUILD,
    "starting": lambda deployment, old, new: any(each.started is None for each in new),
    "leading": lambda deployment, old, new: deployment.leader and deployment.leader_done is None,
    "led": lambda deployment, old, new: deployment.leader_done is not None,
    "waiting": lambda deployment, old, new: any(each.state is State.PENDING and each.started for each in new),
    "serving": lambda deployment, old, new: any(each.state is State.IN_SERVICE for each in new),
    "draining": lambda deployment, old, new: any(each.state is State.DRAINING for each in old + new),
    "stopping": lambda deployment, old, new: any(each.state is State.STOPPING for each in old + new),
    "holding": lambda deployment, old, new: deployment.phase is Phase.EVALUATE,
    "committing": lambda deployment, old, new: deployment.phase is Phase.COMMIT,
    "going back": lambda deployment, old, new: deployment.phase is Phase.BACK,
}
"""What a deployment is doing: {name: whether it does that now, by the deployment and its old and new instances}."""


class Killer:
    """Watches the open deployment, and kills the agent once for each moment. killed: the moments that came."""

    def __init__(self, site, moments):
        self.site, self.waiting, self.killed = site, list(moments), []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()

    def look(self):
        store = Store(self.site.home.database)
        while not self.over.wait(0.002):
            for deployment in store.deployments.where("ended IS NULL"):
                living = store.living_instances(deployment.environment_id)
                old = [each for each in living if each.deployment_id != deployment.id]
                new = [each for each in living if each.deployment_id == deployment.id]
                self.strike(next((name for name in self.waiting if MOMENTS[name](deployment, old, new)), None))
        store.close()

    def strike(self, moment):
        pid = self.site.agent()
        if moment and pid:
            os.kill(pid, signal.SIGKILL)
            self.waiting.remove(moment)
            self.killed.append(moment)
            wait_until("the end of the agent", lambda: self.site.agent() != pid)
