"""What containers write reaches its file whole and once, whoever follows it, and however often that one is killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest

from beanstalk.containers import Container, Mount, MountKind
from beanstalk.targets.local.container_logs import ContainerLogs, Mark, Source
from beanstalk.targets.local.engine import Engine
from beanstalk.targets.local.logs import rotate
from tests.targets.local.container_bench import INSTANCE, NONE, Bench, shell, wait_until

COUNTS = """
import os, sys, time
for number in range({lines}):
    os.write(1 + number % 2, b"line %d\\n" % number)
    if number % 100 == 0:
        time.sleep({pause})
"""
FOLLOW = """
import sys
from pathlib import Path
from beanstalk.targets.local.container_logs import ContainerLogs, Source
from beanstalk.targets.local.engine import Engine
name, log, note = sys.argv[1:]
logs = ContainerLogs(Engine())
logs.follow(Source(name, Path(log), Path(note)))
print("go", flush=True)
logs._followed[name].join()
"""


@pytest.fixture
def bench(engine, python_image, tmp_path):
    bench = Bench(tmp_path / "home", engine, python_image)
    yield bench
    bench.close()


@pytest.fixture
def written(bench, tmp_path):
    """written(container) is what it wrote by its end, as its log has it."""

    def run(container):
        source = source_of(bench, container, tmp_path)
        logs = ContainerLogs(bench.engine)
        logs.follow(source)
        wait_until(lambda: logs.is_complete(source.container_id))
        return source.log.read_bytes()

    return run


def source_of(bench, container, folder):
    return Source(bench.start(container)[0], folder / "logs" / "web.log", folder / "notes" / "web.read")


def counting(lines, pause=0.0):
    return Container("web", NONE, command=("python3", "-c", COUNTS.format(lines=lines, pause=pause)))


def expected(lines):
    """Of each stream the order is kept; of both together it is the engine's."""
    return [[f"line {number}" for number in range(start, lines, 2)] for start in (0, 1)]


def streams(text):
    lines = text.decode().splitlines()
    return [[line for line in lines if int(line.split()[1]) % 2 == rest] for rest in (0, 1)]


@pytest.mark.docker
def test_nothing_is_lost_or_there_twice_however_often_the_follower_is_killed(bench, tmp_path):
    source = source_of(bench, counting(20_000, 0.02), tmp_path)
    for _ in range(8):
        command = [sys.executable, "-c", FOLLOW, source.container_id, str(source.log), str(source.note)]
        follower = subprocess.Popen(command, stdout=subprocess.PIPE)
        follower.stdout.readline()
        time.sleep(random.uniform(0.0, 0.4))
        follower.kill()
        follower.wait()
    logs = ContainerLogs(bench.engine)
    logs.follow(source)
    wait_until(lambda: logs.is_complete(source.container_id))
    assert streams(source.log.read_bytes()) == expected(20_000)


@pytest.mark.docker
def test_what_was_written_and_not_noted_is_cut_off_and_written_again(bench, written, tmp_path):
    assert streams(written(counting(100))) == expected(100)
    log, note = tmp_path / "logs/web.log", tmp_path / "notes/web.read"
    mark = Mark.read(note.read_text(), note.read_text().split()[0])
    log.write_bytes(log.read_bytes()[: mark.size] + b"line 100\nli")
    logs = ContainerLogs(bench.engine)
    logs.follow(Source(mark.container_id, log, note))
    wait_until(lambda: logs.is_complete(mark.container_id))
    assert streams(log.read_bytes()) == expected(100)


@pytest.mark.docker
@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("printf 'no end'", b"no end"),
        ("printf 'one\\n\\ntwo\\n'", b"one\n\ntwo\n"),
        ("printf '\\303\\244\\000 odd\\n'", "ä\0 odd\n".encode()),
        ("head -c 100000 /dev/zero | tr '\\000' x; echo", b"x" * 100_000 + b"\n"),
        ("true", b""),
    ],
)
def test_it_is_written_as_it_was_said(written, line, text):
    assert written(shell("web", line)) == text


@pytest.mark.docker
def test_a_terminal_writes_lines_too(written):
    assert written(shell("web", "echo one; echo two >&2", terminal=True)).split() == [b"one", b"two"]


@pytest.mark.docker
def test_a_log_that_is_rotated_meanwhile_goes_on(bench, tmp_path):
    source = source_of(
        bench, shell("web", "echo first; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo second"), tmp_path
    )
    logs = ContainerLogs(bench.engine)
    logs.follow(source)
    wait_until(lambda: source.log.exists() and b"first" in source.log.read_bytes())
    rotate(source.log.parent, limit_bytes=1)
    bench.run((source.container_id,), "touch", "/tmp/go")
    wait_until(lambda: logs.is_complete(source.container_id))
    assert source.log.read_bytes() == b"second\n"


@pytest.mark.docker
@pytest.mark.parametrize("driver", ["none", "json-file"])
def test_a_driver_that_gives_nothing_back_holds_up_nobody(written, driver):
    assert written(shell("web", "echo said", log_driver=driver)) == (b"" if driver == "none" else b"said\n")


@pytest.mark.docker
def test_a_container_that_is_gone_is_complete(bench, tmp_path):
    logs = ContainerLogs(bench.engine)
    logs.follow(Source("0" * 64, tmp_path / "web.log", tmp_path / "web.read"))
    wait_until(lambda: logs.is_complete("0" * 64))


def test_an_engine_that_is_away_is_asked_again_and_nothing_is_complete(tmp_path):
    logs = ContainerLogs(Engine("unix:///no/such.sock"))
    logs.follow(Source("c", tmp_path / "web.log", tmp_path / "web.read"))
    wait_until(lambda: (tmp_path / "web.log").exists())
    assert logs.is_followed("c")
    assert not logs.is_complete("c")


@pytest.mark.docker
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_an_application_puts_in_the_place_of_its_log_leads_nowhere(bench, written, tmp_path, kind):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    log = tmp_path / "logs/web.log"
    log.parent.mkdir()
    {"link": lambda: log.symlink_to(precious), "folder": log.mkdir, "pipe": lambda: os.mkfifo(log)}[kind]()
    assert written(shell("web", "echo said")) == b"said\n"
    assert precious.read_text() == "mine"


@pytest.mark.docker
def test_an_application_that_sees_its_own_logs_cannot_have_others_written(bench, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    line = f"ln -s {precious} /logs/other.log; echo said; exec sleep 600"
    first = shell("web", line, mounts=(Mount(MountKind.LOGS, "", "/logs"),))
    identities = bench.launch(first, shell("other", "echo said; exit 3"))
    assert bench.ended({"other": identities["other"]}).code == 3
    wait_until(lambda: bench.host.ended({"web": identities["web"]}) or bench.said("web"))
    assert bench.said("other") == "said\n"
    assert precious.read_text() == "mine"
    assert bench.host.last_lines(INSTANCE, 1) == ["said"]


def test_a_mark_survives_being_written_and_read():
    mark = Mark("c1", "2026-11-21T13:06:09.816776207Z", 3, 12345)
    assert Mark.read(str(mark), "c1") == mark
    assert Mark.read(str(mark) + "left of a longer one", "c1") == mark
    assert Mark.read(str(Mark("c1")), "c1") == Mark("c1")
    for text in ("", "c1", "c1 x y z", str(mark).replace("c1", "c2")):
        assert Mark.read(text, "c1") == Mark("c1")


def test_entries_of_one_time_are_counted_and_an_earlier_one_changes_nothing_but_the_size():
    mark = Mark("c").after("t2", 10).after("t2", 20)
    assert (mark.at, mark.number, mark.size) == ("t2", 2, 20)
    assert mark.after("t1", 30) == Mark("c", "t2", 2, 30)
    assert mark.after("t3", 30) == Mark("c", "t3", 1, 30)


def test_the_engine_is_asked_from_a_little_before_the_last_entry_on():
    assert Mark("c").since == 0.0
    assert 0 < 1795266369.816776 - Mark("c", "2026-11-21T13:06:09.816776207Z").since < 0.001
