"""A project folder whose environments are on the emulator; every command has an empty home, as on a new machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

PATIENCE_S = 180
SERVER = (
    "import http.server as h, signal, sys; signal.signal(15, lambda *a: sys.exit()); "
    "H = type('H', (h.BaseHTTPRequestHandler,), {'do_GET': lambda s: (s.send_response(200), s.end_headers(), "
    "s.wfile.write(b'%s')), 'log_message': lambda *a: None}); h.ThreadingHTTPServer(('', 8080), H).serve_forever()"
)
FAILING = "import sys; print('no DATABASE_URL', flush=True); sys.exit(3)"


class CloudSite:
    """image: of Python, known to the engine."""

    def __init__(self, folder: Path, emulator, image: str) -> None:
        self.folder, self.emulator, self.image = folder / "shop", emulator, image
        self._homes = folder / "homes"
        self._number = 0
        self.folder.mkdir()
        (self.folder / ".elasticbeanstalk").mkdir()
        text = "global: {application_name: shop, default_platform: Docker}\nbeanstalk: {target: aws}\n"
        (self.folder / ".elasticbeanstalk" / "config.yml").write_text(text)

    def write(self, label: str, code: str | None = None, **files: str) -> None:
        """A version that answers its label, or runs `code`."""
        command = ["python3", "-c", code or SERVER % label]
        document = {
            "AWSEBDockerrunVersion": "1",
            "Image": {"Name": self.image, "Update": "false"},
            "Ports": [{"ContainerPort": 8080}],
            "Command": " ".join([command[0], command[1], f'"{command[2]}"']),
        }
        (self.folder / "Dockerrun.aws.json").write_text(json.dumps(document))
        shutil.rmtree(self.folder / ".ebextensions", ignore_errors=True)
        for name, text in files.items():
            (self.folder / ".ebextensions").mkdir(exist_ok=True)
            (self.folder / ".ebextensions" / f"{name}.config").write_text(text)

    def start(self, *words: object) -> subprocess.Popen[str]:
        self._number += 1
        home = self._homes / str(self._number)
        environment = {**os.environ, **self.emulator.environment, "BEANSTALK_HOME": str(home)}
        return subprocess.Popen(
            [sys.executable, "-m", "beanstalk", *map(str, words)], cwd=self.folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: object, code: int = 0) -> str:
        """What a command writes to stdout."""
        process = self.start(*words)
        out, error = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == code, f"{words}: {process.returncode}\n{out}\n{error}"
        return out

    def json(self, *words: object, code: int = 0):
        return json.loads(self.run(*words, "--json", code=code))

    def create(self, name: str, label: str = "v1", size: int = 2):
        self.write(label)
        limits = [f"--option=aws:autoscaling:asg:{limit}={size}" for limit in ("MinSize", "MaxSize")]
        return self.json("create", name, "--archive", ".", "--label", label, *limits)

    def answer(self, name: str) -> str:
        """What the load balancer of an environment answers."""
        return self.emulator.get(self.balancer(name)).text

    def balancer(self, name: str) -> str:
        rows = self.emulator.client("elbv2").describe_load_balancers()["LoadBalancers"]
        [found] = [each["LoadBalancerName"] for each in rows if name in each["LoadBalancerName"]]
        return found

    def stage(self, number: int) -> str:
        """How far the operation with this number is, of the only environment there is."""
        s3 = self.emulator.client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            for row in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
                if row["Key"].endswith(f"{number:06d}.json") and "operations" in row["Key"]:
                    return json.load(s3.get_object(Bucket=bucket["Name"], Key=row["Key"])["Body"])["stage"]
        return ""

    def wait_for_stage(self, number: int, stage: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.stage(number) != stage:
            assert time.monotonic() < until, self.stage(number)
            time.sleep(0.05)

    def wait_for_containers(self, count: int) -> None:
        until = time.monotonic() + PATIENCE_S
        while len(self.emulator.containers()) < count:
            assert time.monotonic() < until, self.emulator.containers()
            time.sleep(0.05)


class Load:
    """Asks a load balancer all the time. lost: what was no good answer.  answers: every text that came."""

    def __init__(self, site: CloudSite, name: str) -> None:
        self._ask, self._balancer = site.emulator.get, site.balancer(name)
        self.lost: list[str] = []
        self.answers: list[str] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.02):
            try:
                found = self._ask(self._balancer)
            except OSError as error:
                self.lost.append(repr(error))
                continue
            (self.answers if found.status == 200 else self.lost).append(found.text)
