"""A group of containers goes into the store as JSON and comes back equal."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from beanstalk.containers import (
    Borrowed,
    Condition,
    Container,
    ContainerCheck,
    ContainerGroup,
    Dependency,
    ImageBuild,
    ImageSource,
    Mount,
    MountKind,
    Port,
    Restart,
    Ulimit,
)

WHOLE = Container(
    name="web",
    image=ImageSource("shop:1", ImageBuild("k", "web", "Dockerfile.dev", "FROM x", "t", (("A", "1"),)), True, "p", "c"),
    command=("serve", "--port", "80"),
    entrypoint=("/entry",),
    environment=(("LOG", "info"),),
    secrets=(("PASSWORD", "DATABASE_PASSWORD"),),
    ports=(Port(80, 8080, "tcp"), Port(53, None, "udp")),
    mounts=(Mount(MountKind.VOLUME, "data", "/data", True), Mount(MountKind.TMPFS, "", "/tmp", False, 1024)),
    volumes_from=(Borrowed("db", True),),
    links=(("db", "database"),),
    aliases=("shop",),
    depends_on=(Dependency("db", Condition.HEALTHY),),
    essential=False,
    restart=Restart.ON_FAILURE,
    memory=1,
    memory_reservation=2,
    cpu_shares=3,
    cpus=0.5,
    hostname="h",
    user="1000",
    working_dir="/srv",
    extra_hosts=(("a", "10.0.0.1"),),
    dns=("10.0.0.2",),
    dns_search=("local",),
    ulimits=(Ulimit("nofile", 1, 2),),
    sysctls=(("net.core.somaxconn", "1"),),
    shm_size=4,
    log_driver="json-file",
    log_options=(("max-size", "1m"),),
    check=ContainerCheck(("CMD", "true"), 1.0, 2.0, 3, 4.0),
    labels=(("a", "b"),),
    stop_signal="SIGINT",
    stop_after_s=5.0,
    init=True,
    privileged=True,
    read_only=True,
    capabilities_added=("NET_ADMIN",),
    capabilities_dropped=("ALL",),
    security_options=("no-new-privileges",),
    terminal=True,
    stdin=True,
)


@pytest.mark.parametrize("container", [WHOLE, Container("plain", ImageSource("nginx"))], ids=lambda each: each.name)
def test_a_group_comes_back_equal_from_json(container):
    group = ContainerGroup((container,), container.name, 80)
    assert ContainerGroup.from_json(json.loads(json.dumps(group.to_json()))) == group


def test_the_example_sets_every_field():
    plain = Container("plain", ImageSource("nginx"))
    assert [each.name for each in fields(Container) if getattr(WHOLE, each.name) == getattr(plain, each.name)] == []


def test_a_container_is_found_by_its_name():
    group = ContainerGroup((WHOLE,), "web", 80)
    assert group.container("web") is WHOLE
    with pytest.raises(KeyError, match="db"):
        group.container("db")
