"""Why an engine cannot be used, and the one line that mends it: for each way in which it is chosen or closed."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from types import SimpleNamespace

import pytest

from beanstalk.targets.local import engine_away as module
from beanstalk.targets.local.engine_away import THIS_HOME, USUAL, absence

DENIED, NOBODY_THERE = PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file or directory")


@pytest.fixture
def denied(monkeypatch, tmp_path):
    """denied(mode, group, members) is what somebody is told whom a socket refuses that is so."""

    def ask(mode, root=False, members=()):
        place = tmp_path / "docker.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place))
        place.chmod(mode)
        if os.geteuid() == 0:
            os.chown(place, 0, 0 if root else 1)
        monkeypatch.setattr(grp, "getgrgid", lambda number: SimpleNamespace(gr_name="dockers", gr_mem=list(members)))
        return absence(DENIED, f"unix://{place}", "")

    return ask


def test_who_may_not_write_to_the_socket_learns_its_group_and_the_one_command(denied):
    user = pwd.getpwuid(os.geteuid()).pw_name
    found = denied(0o660)
    assert found.problem.startswith("you may not use the container engine at unix://")
    assert found.command == f"sudo usermod -aG dockers {user}"
    assert found.hint == f"the group dockers may: type `{found.command}`, then log in again"


def test_who_was_put_into_the_group_after_the_login_logs_in_again(denied):
    found = denied(0o660, members=[pwd.getpwuid(os.geteuid()).pw_name])
    assert (found.command, "log in again" in found.hint) == ("newgrp dockers", True)


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_socket_that_no_group_opens_sends_nobody_into_one(denied, mode):
    found = denied(mode)
    owner = pwd.getpwuid(os.geteuid()).pw_name
    assert (found.command, found.hint.startswith(f"only {owner} may")) == ("", True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a socket of its own group")
def test_nobody_is_sent_into_the_group_of_root(denied):
    assert denied(0o660, root=True).command == ""


def test_a_socket_in_a_folder_that_is_closed_is_told_as_one():
    assert "folder that is closed" in absence(DENIED, "unix:///no/such/docker.sock", "").hint


@pytest.mark.parametrize(
    ("url", "chosen_by", "installed", "command"),
    [
        (USUAL, "", False, module.INSTALL),
        (USUAL, "", True, "sudo service docker start"),
        (USUAL, THIS_HOME, True, "sudo service docker start"),
        ("unix:///x.sock", THIS_HOME, True, ""),
        ("unix:///x.sock", "DOCKER_HOST", True, "unset DOCKER_HOST"),
        ("unix:///x.sock", "DOCKER_CONTEXT mine", True, "unset DOCKER_CONTEXT"),
        ("unix:///x.sock", "the docker context mine", True, "docker context use default"),
        ("unix:///x.sock", "", True, ""),
    ],
)
def test_what_mends_it_depends_on_who_chose_the_engine(monkeypatch, url, chosen_by, installed, command):
    monkeypatch.setattr(module.shutil, "which", lambda name, path: "/usr/sbin/dockerd" if installed else None)
    monkeypatch.setattr(module.Path, "exists", lambda path: False)  # no systemd
    found = absence(NOBODY_THERE, url, chosen_by)
    assert (found.problem, found.command) == (f"no container engine answers at {url}", command)
    assert command in found.hint or command.startswith("unset")


def test_with_systemd_the_engine_is_started_by_it(monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda name, path: "/usr/sbin/dockerd")
    monkeypatch.setattr(module.Path, "exists", lambda path: str(path) == "/run/systemd/system")
    assert absence(NOBODY_THERE, USUAL, "").command == "sudo systemctl start docker"
