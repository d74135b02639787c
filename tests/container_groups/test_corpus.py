"""Dockerrun files of the wild: each container as it is described, and nothing of it silently lost."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beanstalk.container_groups import container_group
from beanstalk.container_groups.start_order import needed
from beanstalk.containers import Container, ContainerGroup, Mount, MountKind, Port
from beanstalk.errors import InvalidInput
from tests.bundles import make_bundle
from tests.container_groups.making import configured

pytestmark = pytest.mark.corpus
FOLDER = os.environ.get("BEANSTALK_CORPUS", "")
NAME = "Dockerrun.aws.json"
DOCKERFILE = "FROM scratch\nEXPOSE 7\n"


def rows(kind: str, *expected: str) -> list[Any]:
    if not FOLDER:
        return []
    with (Path(FOLDER) / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["kind"] == kind and row["expected"] in expected]
    return [pytest.param(Path(FOLDER) / row["file"], id=row["file"]) for row in found]


def translated(folder: Path, path: Path, **others: str) -> tuple[dict[str, Any], ContainerGroup, list[str]]:
    """What is written, the group, and what is told; skipped where it is a template that nobody filled in."""
    bundle = make_bundle(folder, {NAME: path.read_bytes(), **others})
    try:
        group, told = container_group(bundle, configured())
    except InvalidInput as error:
        assert all(problem.text.startswith("not filled in: ") for problem in error.problems), error
        pytest.skip("a template")
    return json.loads(path.read_text("utf-8-sig")), group, [str(problem) for problem in told]


def mounted(container: Container, point: dict[str, Any], written: dict[str, Any], told: list[str]) -> bool:
    """Whether the mount is there with what belongs behind it, or why not is told."""
    target, volume = point["containerPath"], point["sourceVolume"]
    paths = {each["name"]: (each.get("host") or {}).get("sourcePath", "") for each in written.get("volumes") or []}
    path = paths.get(volume, f"/var/log/containers/{volume.removeprefix('awseb-logs-')}")
    if path.startswith("/var/app/current"):
        kind, source = MountKind.BUNDLE, path.removeprefix("/var/app/current").strip("/")
    elif path.startswith("/var/log/containers/"):
        kind, source = MountKind.LOGS, path.removeprefix("/var/log/containers/")
    else:
        kind, source = (MountKind.HOST, path.rstrip("/")) if path else (MountKind.VOLUME, volume)
    expected = Mount(kind, source, target, bool(point.get("readOnly")))
    return expected in container.mounts or any(f"on {target} is not applied here" in each for each in told)


def ports(mappings: list[dict[str, Any]]) -> list[Port]:
    return [
        Port(each["containerPort"], each.get("hostPort") or None, each.get("protocol") or "tcp") for each in mappings
    ]


APPLIED: dict[str, Callable[[Container, Any], bool]] = {
    "name": lambda container, value: container.name == value,
    "image": lambda container, value: container.image.reference == value,
    "memory": lambda container, value: container.memory == value * 2**20,
    "memoryReservation": lambda container, value: container.memory_reservation == value * 2**20,
    "cpu": lambda container, value: (container.cpu_shares or 0) == value,
    "essential": lambda container, value: container.essential is value,
    "environment": lambda container, value: list(container.environment)
    == [(each["name"], each["value"]) for each in value],
    "command": lambda container, value: container.command == tuple(value),
    "entryPoint": lambda container, value: container.entrypoint == tuple(value),
    "hostname": lambda container, value: container.hostname == value,
    "portMappings": lambda container, value: list(container.ports) == ports(value),
    "links": lambda container, value: [
        f"{name}:{alias}" if f"{name}:{alias}" in value else name for name, alias in container.links
    ] == value,
    "volumesFrom": lambda container, value: [each.container for each in container.volumes_from]
    == [each["sourceContainer"] for each in value],
    "readonlyRootFilesystem": lambda container, value: container.read_only is value,
}  # fmt: skip
"""How each field shows in the container. One that is not here has to be told."""


@pytest.mark.parametrize("path", rows("dockerrun-v2", "valid", "lenient"))
def test_version_2_yields_the_containers_that_it_describes(tmp_path, path):
    written, group, told = translated(tmp_path, path)
    definitions = written["containerDefinitions"]
    assert sorted(each.name for each in group.containers) == sorted(each["name"] for each in definitions)
    for definition in definitions:
        container, fields = group.container(definition["name"]), {k: v for k, v in definition.items() if v is not None}
        points = fields.pop("mountPoints", [])
        assert [point for point in points if not mounted(container, point, written, told)] == []
        lost = [key for key, value in fields.items() if not APPLIED.get(key, lambda *_: False)(container, value)]
        assert [key for key in lost if not any(key in each for each in told)] == []


@pytest.mark.parametrize("path", rows("dockerrun-v2", "valid", "lenient"))
def test_version_2_has_an_order_a_web_container_and_one_form_as_json(tmp_path, path):
    _, group, _ = translated(tmp_path, path)
    started: set[str] = set()
    for each in group.containers:
        assert set(needed(each)) <= started
        started.add(each.name)
    assert group.port in {port.container for port in group.container(group.web).ports}
    assert ContainerGroup.from_json(json.loads(json.dumps(group.to_json()))) == group


@pytest.mark.parametrize("path", rows("dockerrun-v1", "valid", "lenient"))
def test_version_1_yields_the_container_that_it_describes(tmp_path, path):
    has_image = bool((json.loads(path.read_text("utf-8-sig")).get("Image") or {}).get("Name"))
    written, group, told = translated(tmp_path, path, **({} if has_image else {"Dockerfile": DOCKERFILE}))
    [container] = group.containers
    port = int(written["Ports"][0]["ContainerPort"]) if written.get("Ports") else 7
    assert (group.port, container.ports) == (port, (Port(port),))
    assert container.image.reference == (written["Image"]["Name"] if has_image else "")
    assert container.image.always is (has_image and written["Image"].get("Update") != "false")
    volumes = [each["ContainerDirectory"] for each in written.get("Volumes") or []]
    logging = [written["Logging"]] if written.get("Logging") else []
    targets = [mount.target for mount in container.mounts]
    gone = [each for each in volumes + logging if each not in targets]
    assert [each for each in gone if not any(f"on {each} is not applied" in text for text in told)] == []
    assert sorted(targets) == sorted({*volumes, *logging} - {*gone})
