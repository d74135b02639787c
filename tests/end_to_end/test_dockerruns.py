"""Dockerrun files of the wild, really started: their images are replaced by one that listens on the ports they name."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path, PurePosixPath

import pytest

from beanstalk.model import Outcome
from beanstalk.service.programs import run_inside
from tests.end_to_end.container_site import ContainerSite
from tests.engine import build_image

pytestmark = [pytest.mark.real, pytest.mark.docker, pytest.mark.corpus]
FOLDER = os.environ.get("BEANSTALK_CORPUS", "")
EACH = 5
"""Files of each version."""
BUNDLE = "/var/app/current"
OF_THE_IMAGE = ("authentication", "repositoryCredentials", "healthCheck")
"""What belongs to an image that is not there."""
DOCKERFILE = """\
FROM {image}
COPY . /stand-in
ENTRYPOINT ["python3", "/stand-in/serve.py"]
"""
SERVE = """\
import socket, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Version", socket.gethostname())
        self.end_headers()

for port in open("/stand-in/ports").read().split():
    server = HTTPServer(("", int(port)), Answer)
    threading.Thread(target=server.serve_forever).start()
"""
LOOK = """\
import json, os, socket, sys

print(json.dumps({
    "environment": dict(os.environ),
    "mounts": [line.split()[1] for line in open("/proc/self/mounts")],
    "addresses": {name: socket.gethostbyname(name) for name in sys.argv[1:]},
}))
"""


def descriptions(written):
    """What is said of each container; of a file of version 1 in the words of version 2."""
    if "containerDefinitions" in written:
        return written["containerDefinitions"]
    mappings = [{"containerPort": each["ContainerPort"]} for each in written.get("Ports") or ()]
    points = [{"containerPath": each["ContainerDirectory"]} for each in written.get("Volumes") or ()]
    image = (written.get("Image") or {}).get("Name")
    entry = written.get("Entrypoint")
    return [{"name": "web", "image": image, "portMappings": mappings, "mountPoints": points, "entryPoint": entry}]


def ports(written):
    found = [port for each in descriptions(written) for port in each.get("portMappings") or ()]
    return sorted({int(port["containerPort"]) for port in found if port.get("protocol", "tcp") == "tcp"})


def can_be_replaced(written):
    """There is an image to replace, its own program is what runs, and somebody gets requests."""
    each = descriptions(written)
    return all(one.get("image") and not one.get("entryPoint") for one in each) and bool(ports(written))


def chosen():
    """The first files of each version that are right and whose images can be replaced."""
    if not FOLDER:
        return []
    with (Path(FOLDER) / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["expected"] == "valid"]
    found = []
    for kind in ("dockerrun-v1", "dockerrun-v2"):
        files = sorted(row["file"] for row in rows if row["kind"] == kind)
        read = {file: json.loads((Path(FOLDER) / file).read_text("utf-8-sig")) for file in files}
        fitting = [file for file in files if can_be_replaced(read[file])]
        found += [pytest.param(read[file], id=file) for file in fitting[:EACH]]
    return found


def replaced(written, image):
    """The file with another image in the place of each."""
    if "containerDefinitions" not in written:
        kept = {key: value for key, value in written.items() if key != "Authentication"}
        return kept | {"Image": {"Name": image, "Update": "false"}}
    kept = {key: value for key, value in written.items() if key not in OF_THE_IMAGE}
    definitions = [
        {key: value for key, value in each.items() if key not in OF_THE_IMAGE} | {"image": image}
        for each in written["containerDefinitions"]
    ]
    return kept | {"containerDefinitions": definitions}


def files_of(written):
    """What the bundle has to have because it is mounted: (name, text)."""
    paths = [(each.get("host") or {}).get("sourcePath", "") for each in written.get("volumes") or ()]
    paths += [each.get("HostDirectory", "") for each in written.get("Volumes") or ()]
    inside = [path.removeprefix(BUNDLE).strip("/") for path in paths if path.startswith(f"{BUNDLE}/")]
    return [(path if PurePosixPath(path).suffix else f"{path}/file", "of the bundle\n") for path in inside]


class Described(ContainerSite):
    """Its versions are what a file says."""

    def __init__(self, engine, image, written):
        super().__init__("caddy", engine, image, several="containerDefinitions" in written)
        self.written = replaced(written, image)

    def describing(self, rude):
        return "Dockerrun.aws.json", json.dumps(self.written)


@pytest.fixture
def written(request):
    return request.param


@pytest.fixture
def site(engine, python_image, written):
    listed = "\n".join(map(str, ports(written))).encode()
    text = DOCKERFILE.format(image=python_image).encode()
    files = {"Dockerfile": text, "serve.py": SERVE.encode(), "look.py": LOOK.encode(), "ports": listed}
    site = Described(engine, build_image(engine, "beanstalk-tests/stand-in", files), written)
    try:
        yield site
    finally:
        site.close()


@pytest.mark.parametrize("written", chosen(), indirect=True)
def test_what_a_dockerrun_file_of_the_wild_describes_runs(site, written, capfd):
    created = site.create("v1", size=1, files=files_of(written))
    assert created.outcome is Outcome.SUCCEEDED, created.cause
    (instance,) = site.instances()
    wanted = descriptions(written)
    running = {name.split(f"{instance.id}-")[1]: state for name, _, state in site.containers()}
    assert running == {each["name"]: "running" for each in wanted}
    assert site.get()[0] == 200
    for each in wanted:
        look(site, each, capfd)
    assert site.leftovers() == []


def look(site, described, capfd):
    """Into one of the containers: what it was promised is there."""
    links = [link.split(":")[-1] for link in described.get("links") or ()]
    capfd.readouterr()
    words = ["python3", "/stand-in/look.py", *links]
    assert run_inside(site.service, site.name, words, container=described["name"]) == 0
    seen = json.loads(capfd.readouterr().out)
    for each in described.get("environment") or ():
        assert seen["environment"][each["name"]] == each["value"]
    targets = {point["containerPath"].rstrip("/") for point in described.get("mountPoints") or ()}
    assert targets <= set(seen["mounts"])
    assert set(seen["addresses"]) == set(links)
