"""`logs`: of instances that run and of those that are gone."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from beanstalk.agent.lines import harmless
from beanstalk.service.place import Service
from beanstalk.store.home import find_home


@pytest.fixture
def logged(shop):
    """Two instances of deployment 1 are gone, two of deployment 2 run; each has written three lines."""
    shop.ok("restart")
    service = Service(find_home())
    identity = service.store.environment("shop-dev").id
    shop.ids = [each.id for each in service.store.instances.where("1 ORDER BY created, id")]
    for number, instance in enumerate(shop.ids):
        folder = service.home.logs(identity, instance)
        folder.mkdir(parents=True)
        (folder / "web.log").write_text(f"starts {number}\nGET /{number}\n\nready {number}\n")
        os.utime(folder / "web.log", (1000 + number, 1000 + number))
    shop.logs = [service.home.logs(identity, instance) for instance in shop.ids]
    return shop


def test_a_log_gives_no_orders_to_the_terminal_but_colours():
    line = "\x1b[32mok\x1b[0m\t\x1b]0;title\x07 \x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b5n Grüße\r"
    assert harmless(line) == "\x1b[32mok\x1b[0m\t]0;title ]52;c;ZXZpbA==5n Grüße"


def test_orders_in_a_log_do_not_reach_the_terminal(logged):
    (logged.logs[2] / "web.log").write_text("\x1b]0;title\x07hello\n")
    assert "]0;titlehello" in logged.ok("logs", "-n", "1").splitlines()
    assert json.loads(logged("logs", "-n", "1", "--json").stdout)[0]["Lines"] == ["\x1b]0;title\x07hello"]


def test_the_last_lines_of_what_runs(logged):
    done = logged("logs", "-n", "1")
    assert done.stdout == (
        f"============= {logged.ids[2]} web.log, v1 (deployment 2) =============\nready 2\n"
        f"============= {logged.ids[3]} web.log, v1 (deployment 2) =============\nready 3\n"
    )
    assert done.stderr == "there are also logs of 2 instances that are gone: --all, -i ID or --deployment N\n"


def test_all_of_everything(logged):
    text = logged.ok("logs", "--all")
    assert f"============= {logged.ids[0]} web.log, v1 (deployment 1), gone =============\nstarts 0\n" in text
    assert text.count("ready") == 4


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--deployment", "1"], [0, 1]),
        (["--deployment", "2"], [2, 3]),
        (["--since", "1970-01-01T00:16:43"], [3]),
        (["--all", "--since", "1970-01-01T00:16:41"], [1, 2, 3]),
    ],
)
def test_which_logs(logged, flags, expected):
    assert [each["InstanceId"] for each in logged.json("logs", *flags)] == [logged.ids[number] for number in expected]


def test_the_beginning_of_an_id_is_enough(logged):
    (found,) = logged.json("logs", "-i", logged.ids[0])
    assert found["Lines"] == ["starts 0", "GET /0", "ready 0"]
    assert (found["State"], found["DeploymentId"], found["VersionLabel"]) == ("Terminated", 1, "v1")
    done = logged("logs", "-i", "i-nope")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: shop-dev has no log of an instance i-nope\n")


def test_grep_counts_lines_that_match(logged):
    assert [each["Lines"] for each in logged.json("logs", "--grep", "^GET", "-n", "5")] == [["GET /2"], ["GET /3"]]
    assert logged("logs", "--grep", "(").exit_code == 2


def test_a_rotated_part_comes_before_its_continuation(logged):
    (logged.logs[3] / "web.log.1").write_text("older\n")
    found = logged.json("logs", "--all", "-i", logged.ids[3])
    assert [each["File"] for each in found] == ["web.log.1", "web.log"]


def test_a_zip_has_every_log(logged):
    path = Path(logged.ok("logs", "--zip").strip())
    assert path.parent == logged.folder / ".elasticbeanstalk" / "logs"
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == sorted(f"{each}/web.log" for each in logged.ids)
        assert archive.read(f"{logged.ids[0]}/web.log") == b"starts 0\nGET /0\n\nready 0\n"


def test_a_stream_goes_on_with_what_is_written(logged, monkeypatch):
    writes = [b"half a ", b"line\nand more\n", b"", None]

    def turn(seconds):
        data = writes.pop(0)
        if data is None:
            raise KeyboardInterrupt
        with (logged.logs[3] / "web.log").open("ab") as log:
            log.write(data)

    monkeypatch.setattr("beanstalk.service.logs.time.sleep", turn)
    done = logged("logs", "--stream", "-n", "1", "--json")
    assert done.exit_code == 130
    assert [json.loads(line)["Line"] for line in done.stdout.splitlines()] == [
        "ready 2", "ready 3", "half a line", "and more",
    ]  # fmt: skip


def test_ways_that_contradict_each_other_are_wrong_usage(logged):
    assert logged("logs", "--all", "--zip").exit_code == 2
