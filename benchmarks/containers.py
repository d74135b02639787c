"""How long four containers take to be replaced one by one, start-first and under load: `beanstalk deploy` against
`docker service update` of the same images, in turn in one run on one engine.

Both get the same application (about half a second until it listens, see START_SECONDS), the same clients (500
requests a second over 16 connections) and the same health check every second: whether the port accepts connections.
Clocked is the command until four new containers serve and no old one runs; ours also until it has ended. What Swarm
does after that (it watches for another five seconds) is not counted. Caddy stands in front of Swarm's tasks, asks for
their addresses four times a second, and repeats what got no connection: Swarm's own ingress network needs IPVS, which
not every kernel has.

    python benchmarks/containers.py [ROUNDS [START_SECONDS]]

START_SECONDS: how long the application waits before it listens, beside the quarter of a second in which Python starts.

Needs the docker command, and an engine: as root it starts one when none answers. It leaves the swarm when it joined it.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from beanstalk.errors import TargetError  # noqa: E402
from beanstalk.store.home import Home  # noqa: E402
from beanstalk.targets.local.caddy import caddy_program  # noqa: E402
from beanstalk.targets.local.container_labels import Labels  # noqa: E402
from beanstalk.targets.local.engine import Engine, EngineRefused  # noqa: E402
from beanstalk.targets.local.haproxy import haproxy_program  # noqa: E402
from benchmarks.deploying import free_port  # noqa: E402
from benchmarks.load import Load  # noqa: E402
from tests.apps import APP  # noqa: E402
from tests.engine import Daemon, build_image, make_python_image, skip_unless_startable  # noqa: E402

INSTANCES, PORT, PATIENCE_S, POLL_S = 4, 5000, 600.0, 0.05
RATE, CONNECTIONS = 500.0, 16
NAME = f"beanstalk-bench-{os.getpid()}"
PEER, FRONT = "docker service update", f"{NAME}-front"
CHECK = f"""python3 -ISc 'import socket; socket.create_connection(("127.0.0.1", {PORT}), 1)'"""
HEALTH = ["--health-cmd", CHECK, "--health-interval", "1s", "--health-timeout", "1s", "--health-retries", "3"]
DOCKERFILE = f"""\
FROM {{image}}
WORKDIR /app
COPY . .
EXPOSE {PORT}
ENV PORT={PORT} START_SECONDS={{start}} PYTHONUNBUFFERED=1
CMD ["python3", "app.py"]
"""
COMMAND = "aws:elasticbeanstalk:command"


def wait_until(what: str, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"waited {PATIENCE_S:g} s in vain for {what}")
        time.sleep(POLL_S)


def run(command: list[str], folder: Path = ROOT, more: Mapping[str, str] | None = None) -> None:
    """With `more` environment variables. Python may keep what it compiled, as it does of what is installed."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=folder, env=variables | dict(more or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")


def docker(*words: str) -> None:
    run(["docker", *words])


@contextmanager
def an_engine() -> Iterator[Engine]:
    """The one that answers, else one of our own. Raises pytest's skip when there is none."""
    try:
        Engine().look()
    except TargetError:
        skip_unless_startable()
        daemon = Daemon(Path(tempfile.mkdtemp(prefix="bs-dk-", dir="/tmp")))
        daemon.start()
        try:
            yield Engine(daemon.url)
        finally:
            daemon.stop()
            daemon.remove()
    else:
        yield Engine(Engine().url)


class Ours:
    """`beanstalk deploy` in a home of its own, with one of the balancers."""

    def __init__(self, engine: Engine, folder: Path, balancer: str) -> None:
        self.engine, self.balancer, self.name = engine, balancer, f"beanstalk deploy, {balancer}"
        self.home = Home(folder / balancer, port=free_port(), balancer=balancer)
        self.project = folder / f"project-{balancer}"
        self.project.mkdir()

    def call(self, *words: str) -> None:
        place = {"BEANSTALK_HOME": str(self.home.folder), "BEANSTALK_HTTP_PORT": str(self.home.port)}
        place |= {"BEANSTALK_BALANCER": self.balancer, "PYTHONPATH": str(ROOT)}
        run([sys.executable, "-m", "beanstalk", *words], self.project, place)

    def describe(self, image: str) -> None:
        document = {
            "AWSEBDockerrunVersion": "1",
            "Image": {"Name": image, "Update": "false"},
            "Ports": [{"ContainerPort": PORT}],
        }
        (self.project / "Dockerrun.aws.json").write_text(json.dumps(document))

    @contextmanager
    def running(self, image: str) -> Iterator[tuple[int, str]]:
        """Where its clients go: (port, Host)."""
        self.describe(image)
        one_by_one = [f"--option={COMMAND}:BatchSizeType=Fixed", f"--option={COMMAND}:BatchSize=1"]
        policy = ["--policy", "RollingWithAdditionalBatch", *one_by_one]
        try:
            self.call("create", "bench", "--platform", "docker", "--scale", str(INSTANCES), *policy)
            yield self.home.port, "bench.localhost"
        finally:
            self.call("terminate", "bench", "--force")

    def update(self, image: str) -> None:
        self.describe(image)
        self.call("deploy", "bench")

    def has_only(self, image: str) -> bool:
        """By the id of the image: it has a name of ours by now."""
        with self.engine.ask() as api:
            found = api.containers(filters=Labels.of(self.home).filters())
            wanted = api.inspect_image(image)["Id"]  # type: ignore[no-untyped-call]
        return [each["ImageID"] for each in found] == [wanted] * INSTANCES


class Swarm:
    """`docker service update` of a service with as many tasks, on an overlay network behind Caddy."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.name, self.port = engine, PEER, free_port()
        self.front = build_image(engine, "beanstalk-bench/front", front_files(NAME))

    @contextmanager
    def running(self, image: str) -> Iterator[tuple[int, str]]:
        order = ["--update-order", "start-first", "--update-parallelism", "1", "--update-delay", "0s"]
        place = ["--network", NAME, "--endpoint-mode", "dnsrr", "--replicas", str(INSTANCES), "--no-resolve-image"]
        try:
            docker("service", "create", "--detach", "--name", NAME, *place, *order, *HEALTH, image)
            wait_until("the tasks", lambda: self.has_only(image))
            publish = ["--network", NAME, "--publish", f"127.0.0.1:{self.port}:8080"]
            docker("run", "--detach", "--name", FRONT, *publish, self.front)
            yield self.port, "localhost"
        finally:
            subprocess.run(["docker", "service", "rm", NAME], capture_output=True, check=False)
            subprocess.run(["docker", "rm", "--force", FRONT], capture_output=True, check=False)
            wait_until("the end of the service", lambda: not self.containers())

    def update(self, image: str) -> None:
        docker("service", "update", "--detach", "--no-resolve-image", "--image", image, NAME)

    def containers(self) -> list[str]:
        """Images of those that run."""
        with self.engine.ask() as api:
            found = api.containers(filters={"label": f"com.docker.swarm.service.name={NAME}"})
        return [each["Image"] for each in found]

    def has_only(self, image: str) -> bool:
        """Swarm calls a task running when its health check has passed."""
        with self.engine.ask() as api:
            tasks = api.tasks(filters={"service": NAME, "desired-state": "running"})  # type: ignore[no-untyped-call]
        states = [each["Status"]["State"] for each in tasks]
        images = {each["Spec"]["ContainerSpec"]["Image"] for each in tasks}
        return states == ["running"] * INSTANCES and images == {image} and self.containers() == [image] * INSTANCES


def front_files(service: str) -> dict[str, bytes]:
    """An image of Caddy with a configuration for the tasks of a service."""
    proxy = {
        "handler": "reverse_proxy",
        "dynamic_upstreams": {"source": "a", "name": f"tasks.{service}", "port": str(PORT), "refresh": "250ms"},
        "load_balancing": {
            "selection_policy": {"policy": "round_robin"}, "try_duration": "5s", "try_interval": "20ms",
        },
    }  # fmt: skip
    server = {"listen": [":8080"], "automatic_https": {"disable": True}, "routes": [{"handle": [proxy]}]}
    config = {"admin": {"disabled": True}, "apps": {"http": {"servers": {"front": server}}}}
    program = caddy_program()
    assert program is not None
    dockerfile = 'FROM scratch\nCOPY . /\nENV HOME=/\nCMD ["/caddy", "run", "--config", "/caddy.json"]\n'
    files = {"caddy": program.read_bytes(), "caddy.json": json.dumps(config).encode()}
    return files | {"Dockerfile": dockerfile.encode()}


@contextmanager
def a_swarm(engine: Engine) -> Iterator[Swarm]:
    """In the swarm that the engine is in, else in one of its own, which is left afterwards as if it had never been."""
    with engine.ask() as api:
        joined = api.info()["Swarm"]["LocalNodeState"] == "active"
        bridge = bool(api.networks(names=["docker_gwbridge"]))
        if not joined:
            api.init_swarm(advertise_addr="127.0.0.1", listen_addr="127.0.0.1:2377")
    try:
        with engine.ask() as api:
            api.create_network(NAME, driver="overlay", attachable=True)
        yield Swarm(engine)
    finally:
        wait_until("the end of the network", lambda: remove_network(engine, NAME))
        if not joined:
            with engine.ask() as api:
                api.leave_swarm(force=True)
            if not bridge:
                wait_until("the end of the bridge", lambda: remove_network(engine, "docker_gwbridge"))


def remove_network(engine: Engine, name: str) -> bool:
    """Whether it is gone. What was in it may still be leaving."""
    try:
        with engine.ask() as api:
            api.remove_network(name)
    except EngineRefused as error:
        return error.status == 404
    return True


def measure(side: Ours | Swarm, images: list[str]) -> tuple[float, int, int]:
    """(seconds, requests lost, requests sent) of one update from the first image to the second."""
    old, new = images
    with side.running(old) as (port, host), Load(port, host, rate=RATE, connections=CONNECTIONS) as load:
        wait_until("answers", lambda: load.now.ok > RATE)
        began = time.perf_counter()
        side.update(new)
        wait_until(f"the new containers alone, {side.name}", lambda: side.has_only(new))
        took = time.perf_counter() - began
        report = load.stop()
    return took, report.lost_total, report.sent


def make_images(engine: Engine, start_s: float) -> list[str]:
    text = DOCKERFILE.format(image=make_python_image(engine), start=start_s).encode()
    files = {"Dockerfile": text, "app.py": APP.read_bytes()}
    repository = "beanstalk-bench/app"
    return [build_image(engine, repository, files | {"version.txt": f"v{number}\n".encode()}) for number in (1, 2)]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    start_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.25
    if not shutil.which("docker"):
        print("left out: there is no docker command")
        return
    found: dict[str, list[tuple[float, int, int]]] = {}
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(an_engine())
        except pytest.skip.Exception as missing:
            print(f"left out: {missing}")
            return
        os.environ["DOCKER_HOST"] = engine.url
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bs-bench-", dir="/tmp")))
        drivers = (["haproxy"] if haproxy_program() else []) + ["caddy"]
        sides: list[Ours | Swarm] = [
            *(Ours(engine, folder, each) for each in drivers),
            stack.enter_context(a_swarm(engine)),
        ]
        images = make_images(engine, start_s)
        for _ in range(rounds):
            for side in sides:
                found.setdefault(side.name, []).append(measure(side, images))
    report(found)


def report(found: dict[str, list[tuple[float, int, int]]]) -> None:
    for name, measured in found.items():
        walls = [seconds for seconds, _, _ in measured]
        ratios = [ours / peer for ours, (peer, _, _) in zip(walls, found[PEER], strict=True)]
        print(
            f"{name:26} {statistics.median(walls):5.2f} s ({min(walls):.2f} to {max(walls):.2f}), "
            f"{statistics.median(ratios):.3f} x the peer ({min(ratios):.3f} to {max(ratios):.3f}), "
            f"{sum(lost for _, lost, _ in measured)} lost of {sum(sent for _, _, sent in measured)}"
        )


if __name__ == "__main__":
    main()
