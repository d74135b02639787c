"""How close a deployment comes to what is possible: four processes, one by one, against its lower bound.

RollingWithAdditionalBatch with batches of one cannot be faster than four times R plus d plus x: R is the time until one
instance is healthy (create it, let it start, half a probe interval), d what draining takes (nothing is in flight here)
and x until the last old one has ended. R and x are measured in the same run on bare processes, without beanstalk.

    python benchmarks/deploying.py [ROUNDS]
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from beanstalk.agent.daemon import agent_pid, stop_agent  # noqa: E402
from beanstalk.model import OptionSetting  # noqa: E402
from beanstalk.service import changes, environments, operations, updates, versions  # noqa: E402
from beanstalk.service.place import Service  # noqa: E402
from beanstalk.store.home import Home  # noqa: E402
from beanstalk.targets.local.haproxy import haproxy_program  # noqa: E402
from tests.apps import write_app  # noqa: E402

INSTANCES, PROBE_S, START_S = 4, 0.05, 0.5
COMMAND, OURS = "aws:elasticbeanstalk:command", "beanstalk:deployment"
SETTINGS = (
    OptionSetting(COMMAND, "DeploymentPolicy", "RollingWithAdditionalBatch"),
    OptionSetting(COMMAND, "BatchSizeType", "Fixed"),
    OptionSetting(COMMAND, "BatchSize", "1"),
    OptionSetting("aws:autoscaling:asg", "MinSize", str(INSTANCES)),
)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def bare(folder: Path) -> tuple[float, float]:
    """(seconds until a bare process answers, seconds until it has ended after SIGTERM)."""
    port = free_port()
    began = time.perf_counter()
    command = (folder / "Procfile").read_text().partition(":")[2].strip()
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command}"], cwd=folder, 
        env={**os.environ, "PORT": str(port), "START_SECONDS": str(START_S)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health", headers={"Connection": "close"})
            if connection.getresponse().status == 200:
                break
        except OSError:
            time.sleep(0.002)
        finally:
            connection.close()
    ready = time.perf_counter() - began
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    process.wait()
    return ready, time.perf_counter() - began


def deploy(service: Service, folder: Path, version: str) -> float:
    """Seconds of one deployment, from the operation's begin to its end."""
    write_app(folder, version, START_SECONDS=START_S)
    created = versions.create_version(service, "bench", versions.Source(folder))
    if service.store.environment("bench-prod") is None:
        change = environments.prepare_create(
            service, "bench-prod", created.version, created.packed.bundle, SETTINGS, platform="procfile"
        )
    else:
        change = updates.prepare_deploy(service, "bench-prod", created.version, created.packed.bundle)
    operation = changes.begin(service, change)
    for _ in operations.follow(service, operation.id):
        pass
    ended = operations.result(service, operation.id)
    if ended.outcome != "Succeeded":
        raise SystemExit(f"the deployment did not succeed: {ended.cause}")
    return ended.seconds


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    drivers = (["haproxy"] if haproxy_program() else []) + ["caddy"]
    ratios: dict[str, list[float]] = {driver: [] for driver in drivers}
    walls: dict[str, list[float]] = {driver: [] for driver in drivers}
    bounds = []
    with tempfile.TemporaryDirectory(prefix="beanstalk-bench-") as text:
        root = Path(text)
        services = {driver: Service(Home(root / driver, port=free_port(), balancer=driver)) for driver in drivers}
        folder = root / "app"
        try:
            for driver in drivers:
                deploy(services[driver], folder, "v0")
            for number in range(rounds):
                ready, stop = (statistics.mean(each) for each in zip(*(bare(folder) for _ in range(3)), strict=True))
                bound = INSTANCES * (ready + PROBE_S / 2) + stop
                bounds.append(bound)
                for driver in drivers:
                    wall = deploy(services[driver], folder, f"v{number + 1}-{driver}")
                    walls[driver].append(wall)
                    ratios[driver].append(wall / bound)
        finally:
            for driver in drivers:
                end(services[driver])
    print(f"lower bound 4 R + d + x: median {statistics.median(bounds):.2f} s ({rounds} rounds)")
    for driver in drivers:
        low, high = min(ratios[driver]), max(ratios[driver])
        print(
            f"{driver:8} deployment median {statistics.median(walls[driver]):.2f} s, "
            f"{statistics.median(ratios[driver]):.3f} x the bound ({low:.3f} to {high:.3f})"
        )


def end(service: Service) -> None:
    if service.store.environment("bench-prod") is not None:
        operation = environments.terminate(service, "bench-prod")
        for _ in operations.follow(service, operation.id):
            pass
    while agent_pid(service.home) is not None:
        time.sleep(0.1)
    stop_agent(service.home)
    shutil.rmtree(service.home.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
