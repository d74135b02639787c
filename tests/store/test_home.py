"""Where a home is and what variables say about it; two homes never meet."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from beanstalk.errors import BeanstalkError
from beanstalk.store.home import Home, find_home


def test_the_variables_name_everything(tmp_path):
    named = {
        "BEANSTALK_HOME": str(tmp_path),
        "BEANSTALK_HTTP_PORT": "8090",
        "BEANSTALK_HTTP_ADDRESS": "0.0.0.0",
        "BEANSTALK_BALANCER": "haproxy",
    }
    assert find_home(named) == Home(tmp_path, "0.0.0.0", 8090, "haproxy")


def test_without_variables_it_is_on_loopback_and_port_8080_and_chooses_its_balancer(tmp_path):
    assert find_home({"BEANSTALK_HOME": str(tmp_path)}) == Home(tmp_path, "127.0.0.1", 8080, None)


def test_without_a_home_it_is_the_data_directory_of_the_user():
    assert find_home({}).folder.name == "beanstalk"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", " 80", "8_0", "8080.0", "²", "٣", "9" * 5000])
def test_what_is_no_port_is_refused(tmp_path, port):
    with pytest.raises(BeanstalkError, match="which is no port"):
        find_home({"BEANSTALK_HOME": str(tmp_path), "BEANSTALK_HTTP_PORT": port})


def test_the_endpoint_of_the_running_agent_is_found_again(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "endpoint").write_text("::1:8091")
    home = find_home({"BEANSTALK_HOME": str(tmp_path)})
    assert (home.address, home.port) == ("::1", 8091)
    assert find_home({"BEANSTALK_HOME": str(tmp_path), "BEANSTALK_HTTP_PORT": "1"}).port == 1


@pytest.mark.parametrize("content", [b"", b"127.0.0.1", b"127.0.0.1:", b":8090", b"a:b", b"\xff\xfe:80", b"x:99999"])
def test_an_endpoint_that_was_cut_short_is_as_if_there_were_none(tmp_path, content):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "endpoint").write_bytes(content)
    home = find_home({"BEANSTALK_HOME": str(tmp_path)})
    assert (home.address, home.port) == ("127.0.0.1", 8080)


def test_the_home_of_nobody_is_refused():
    with pytest.raises(BeanstalkError, match="BEANSTALK_HOME"):
        find_home({"BEANSTALK_HOME": "~there-is-no-such-user-here"})


def test_a_relative_home_does_not_move_with_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = find_home({"BEANSTALK_HOME": "mine"})
    monkeypatch.chdir("/")
    assert home.folder == tmp_path / "mine"


def test_only_its_owner_can_look_into_it(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    home.create()
    for folder in (home.folder, home.run, home.bundles):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BeanstalkError, match="cannot write") as raised:
        Home(tmp_path / "file" / "home").create()
    assert "BEANSTALK_HOME" in raised.value.hint


def test_two_homes_share_no_path(tmp_path):
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    paths = [
        [home.database, home.builds, home.run, home.bundle("d"), home.unpacked("d"), home.logs("e-1", "i-1"),
         home.instance("e-1", "i-1")]
        for home in (one, other)
    ]  # fmt: skip
    for mine, theirs in zip(*paths, strict=True):
        assert os.path.commonpath([mine, theirs]) == str(tmp_path)
        assert Path(mine).is_relative_to(one.folder)
