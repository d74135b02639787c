"""Logs of instances: their end, their rotation, and that they never hold anybody up."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beanstalk.targets.local import logs
from beanstalk.targets.local.logs import forget_oldest, last_lines, rotate, tail


@pytest.fixture
def log(tmp_path):
    return tmp_path / "web.log"


def test_the_tail_is_the_last_lines_that_say_something(log):
    log.write_text("one\n\ntwo  \n   \nthree")
    assert tail(log, 2) == ["two", "three"]
    assert tail(log, 9) == ["one", "two", "three"]


def test_the_tail_of_nothing_is_nothing(tmp_path, log):
    assert tail(log, 3) == []
    assert tail(tmp_path, 3) == []
    assert last_lines(tmp_path / "none", 3) == []


def test_scripts_do_not_speak_for_a_process_that_ended(tmp_path, log):
    log.write_text("why\n")
    (tmp_path / logs.SCRIPTS_LOG).write_text("a hook\n")
    assert last_lines(tmp_path, 3) == ["why"]


def test_bytes_that_are_no_text_are_shown_as_far_as_possible(log):
    log.write_bytes(b"caf\xe9\x00\n")
    assert tail(log, 1) == ["caf\ufffd\x00"]


def test_the_end_of_a_huge_log_is_read_without_the_rest(log):
    with log.open("wb") as file:
        file.truncate(1 << 32)
        file.seek(0, 2)
        file.write(b"\nthe end\n")
    assert tail(log, 1) == ["the end"]


def test_the_log_that_was_written_last_and_says_something_is_shown(tmp_path):
    for age, (name, text) in enumerate([("new.log", "\n"), ("web.log", "why"), ("old.log", "before"), ("x.txt", "no")]):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    assert last_lines(tmp_path, 3) == ["why"]


def test_a_pipe_of_the_application_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "loop.log").symlink_to("loop.log")
    assert tail(tmp_path / "pipe.log", 1) == []
    assert last_lines(tmp_path, 1) == []
    rotate(tmp_path, 0)


def test_a_log_that_became_too_large_is_copied_and_its_process_goes_on_in_it(tmp_path, log):
    with log.open("ab") as process:
        process.write(b"first\nsecond\n")
        process.flush()
        rotate(tmp_path, limit_bytes=8)
        process.write(b"third\n")
    assert log.read_text() == "third\n"
    assert (tmp_path / "web.log.1").read_text() == "second\n"


def test_a_small_log_is_left_alone(tmp_path, log):
    log.write_text("12345678")
    rotate(tmp_path, limit_bytes=8)
    assert (log.read_text(), [path.name for path in tmp_path.iterdir()]) == ("12345678", ["web.log"])


@given(st.integers(100, 5000), st.integers(1, 300))
def test_no_more_than_the_limit_is_kept_and_only_whole_lines(tmp_path_factory, limit, count):
    folder = tmp_path_factory.mktemp("logs")
    lines = [f"line {number} of many" for number in range(count)]
    (folder / "web.log").write_text("".join(line + "\n" for line in lines))
    rotate(folder, limit)
    there = [folder / "web.log.1", folder / "web.log"]
    kept = "".join(each.read_text() for each in there if each.exists()).splitlines()
    assert kept == lines[len(lines) - len(kept) :]
    assert sum(each.stat().st_size for each in there if each.exists()) <= max(limit, 0)


def test_a_log_is_emptied_even_when_the_disk_has_no_room_for_its_copy(tmp_path, log, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    log.write_text("x" * 100)
    monkeypatch.setattr(logs.shutil, "copyfileobj", full)
    rotate(tmp_path, limit_bytes=8)
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("web.log", 0)]


def test_of_those_that_are_gone_the_newest_are_kept_and_all_that_live(tmp_path):
    for age in range(6):
        (tmp_path / f"i-{age}").mkdir()
        os.utime(tmp_path / f"i-{age}", (1000 - age, 1000 - age))
    forget_oldest(tmp_path, ["i-5"], keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["i-0", "i-1", "i-5"]
    forget_oldest(tmp_path / "none", [])


def test_what_an_application_died_of_is_told_and_not_its_stack(tmp_path):
    (tmp_path / "web.log").write_text(
        "Traceback (most recent call last):\n"
        '  File "application.py", line 1, in <module>\n'
        "RuntimeError: no database\n"
        "[INFO] Worker exiting\n[ERROR] exited with code 3\n[ERROR] Shutting down\n[ERROR] Reason: failed to boot\n"
    )
    assert last_lines(tmp_path, 3) == [
        "RuntimeError: no database",
        "[ERROR] Shutting down",
        "[ERROR] Reason: failed to boot",
    ]
