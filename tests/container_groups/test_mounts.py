"""Paths of an instance of Elastic Beanstalk: what belongs to the machine itself is never seen."""

from __future__ import annotations

import pytest

from beanstalk.container_groups.mounts import is_of_the_system, normal


@pytest.mark.parametrize(
    "path",
    [
        "/", "/etc", "/etc/localtime", "/etc/ssl/certs", "/proc", "/proc/1", "/sys", "/dev/sda", "/run/docker.sock",
        "/var/run/docker.sock", "/var/run", "/usr", "/usr/bin/docker", "/var/lib/docker/volumes", "/root", "/home",
        "/var", "/var/app", "/lib/modules", "/opt/elasticbeanstalk/deployment/env", "/cgroup",
    ],
)  # fmt: skip
def test_the_system_is_not_mounted(path):
    assert is_of_the_system(path)


@pytest.mark.parametrize(
    "path",
    ["/srv", "/data", "/etc/letsencrypt", "/var/log/nginx", "/opt/app", "/home/app", "/usr/local/share/x", "/tmp",
     "/var/runner", "/process", "/run/app", "/mnt/efs", "/var/lib/postgresql", "/etcetera"],
)  # fmt: skip
def test_what_may_be_the_applications_own_is_mounted(path):
    assert not is_of_the_system(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/a/../b/./c//d/", "/b/c/d"), ("//a", "/a"), ("/../..", "/"), ("/var/app/current/../../../etc", "/etc")],
)
def test_a_path_is_made_normal_before_it_is_looked_at(path, expected):
    assert normal(path) == expected
