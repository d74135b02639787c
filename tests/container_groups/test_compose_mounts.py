"""What a service sees beside its image."""

from __future__ import annotations

import pytest

from beanstalk.containers import Mount, MountKind
from tests.container_groups.making import make

FILES = {"conf/app.ini": "", "secret.txt": ""}
TOP = """
volumes: {data: }
secrets: {key: {file: ./secret.txt}, far: {external: true}}
configs: {ini: {file: conf/app.ini}}
"""


def mounted(folder, keys: str) -> tuple[tuple[Mount, ...], list[str]]:
    text = f"services: {{shop: {{image: shop, ports: ['80:80'], {keys}}}}}{TOP}"
    group, told = make(folder, {"docker-compose.yml": text, **FILES})
    return group.containers[0].mounts, told


@pytest.mark.parametrize(
    ("keys", "mount"),
    [
        ("volumes: ['./conf:/m']", Mount(MountKind.BUNDLE, "conf", "/m")),
        ("volumes: ['.:/m:ro']", Mount(MountKind.BUNDLE, "", "/m", True)),
        ("volumes: ['./conf/../conf/app.ini:/m:z,ro']", Mount(MountKind.BUNDLE, "conf/app.ini", "/m", True)),
        ("volumes: ['/var/app/current/conf:/m']", Mount(MountKind.BUNDLE, "conf", "/m")),
        ("volumes: ['../beside:/m']", Mount(MountKind.HOST, "/var/app/beside", "/m")),
        ("volumes: ['/srv/data:/m']", Mount(MountKind.HOST, "/srv/data", "/m")),
        ("volumes: ['~/.cache:/m']", Mount(MountKind.HOST, "/root/.cache", "/m")),
        ("volumes: ['${EB_LOG_BASE_DIR}/shop:/m']", Mount(MountKind.LOGS, "shop", "/m")),
        ("volumes: ['$EB_LOG_BASE_DIR/a/b:/m']", Mount(MountKind.LOGS, "a/b", "/m")),
        ("volumes: ['data:/m']", Mount(MountKind.VOLUME, "data", "/m")),
        ("volumes: ['/m']", Mount(MountKind.NAMELESS, "", "/m")),
        ("volumes: [{type: bind, source: conf, target: /m, read_only: true, bind: {create_host_path: true}}]",
         Mount(MountKind.BUNDLE, "conf", "/m", True)),
        ("volumes: [{type: volume, source: data, target: /m, volume: {nocopy: true}}]",
         Mount(MountKind.VOLUME, "data", "/m")),
        ("volumes: [{type: tmpfs, target: /m, tmpfs: {size: 1k}}]", Mount(MountKind.TMPFS, "", "/m", size=1024)),
        ("tmpfs: /m", Mount(MountKind.TMPFS, "", "/m")),
        ("tmpfs: ['/m:size=64m,ro,mode=755']", Mount(MountKind.TMPFS, "", "/m", True, 64 << 20)),
        ("secrets: [key]", Mount(MountKind.BUNDLE, "secret.txt", "/run/secrets/key", True)),
        ("secrets: [{source: key, target: other}]", Mount(MountKind.BUNDLE, "secret.txt", "/run/secrets/other", True)),
        ("configs: [ini]", Mount(MountKind.BUNDLE, "conf/app.ini", "/ini", True)),
        ("configs: [{source: ini, target: /etc/x}]", Mount(MountKind.BUNDLE, "conf/app.ini", "/etc/x", True)),
    ],
)  # fmt: skip
def test_a_mount_is_made_with_nothing_to_tell(tmp_path, keys, mount):
    assert mounted(tmp_path, keys) == ((mount,), [])


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("volumes: ['/var/run/docker.sock:/s']", "the mount of /var/run/docker.sock on /s is not applied here"),
        ("volumes: ['/proc:/s']", "the mount of /proc on /s is not applied here"),
        ("volumes: ['~other/x:/s']", "the mount of ~other/x is not applied here"),
        ("volumes: ['C:\\x:/s']", "the mount of C:\\x is not applied here"),
        ("volumes: [{type: npipe, source: x, target: /s}]", "the mount of x is not applied here"),
        ("secrets: [far]", "secrets: far of shop is not applied here"),
    ],
)
def test_what_cannot_be_mounted_is_told(tmp_path, keys, told):
    mounts, [found] = mounted(tmp_path, keys)
    assert mounts == () and told in found


def test_options_without_counterpart_are_told(tmp_path):
    keys = "volumes: [{type: volume, source: data, target: /m, volume: {subpath: a}}]"
    mounts, [told] = mounted(tmp_path, keys)
    assert mounts == (Mount(MountKind.VOLUME, "data", "/m"),)
    assert "volume.subpath of a volume of shop is not applied here" in told


def test_a_path_that_is_not_in_the_bundle_is_an_empty_folder(tmp_path):
    mounts, [told] = mounted(tmp_path, "volumes: ['./uploads:/m']")
    assert mounts == (Mount(MountKind.BUNDLE, "uploads", "/m"),)
    assert told.startswith("docker-compose.yml:1:") and "uploads is not in the bundle: /m is an empty folder" in told
