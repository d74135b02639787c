"""What people see."""

from __future__ import annotations

import io

import pytest

from beanstalk.cli.terminal import Lines, count_text, duration_text, event_line, is_live, paint, size_text, table
from beanstalk.records import Event, Severity


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_an_event_is_a_line_in_utc():
    event = Event(1795218608123, Severity.INFO, "Environment update is starting.")
    assert event_line(event) == "2026-11-20 23:50:08    INFO    Environment update is starting."


def test_severities_are_seven_wide():
    assert event_line(Event(0, Severity.WARN, "x")).endswith("00:00:00    WARN    x")
    assert event_line(Event(0, Severity.ERROR, "x")).endswith("00:00:00    ERROR   x")


def test_colour_is_for_terminals(terminal, monkeypatch):
    assert paint("x", "red", terminal) == "\x1b[31mx\x1b[0m"
    assert paint("x", "red", io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("x", "red", terminal) == "x"


def test_a_dumb_terminal_has_no_colour(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert not is_live(terminal)


def test_the_footer_is_rewritten_on_a_terminal_only(terminal, monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal)
    lines = Lines(False, " -- Events --")
    lines.show(Event(0, Severity.INFO, "x"))
    lines.end()
    assert terminal.getvalue() == "\r\x1b[K1970-01-01 00:00:00    INFO    x\n -- Events --\r\x1b[K"


def test_quiet_lines_say_nothing(terminal, monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal)
    lines = Lines(True, " -- Events --")
    lines.show(Event(0, Severity.INFO, "x"))
    lines.end()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.6, "60 s"), (120, "2 min"), (125, "2 min 5 s"), (3600, "1 h 0 min"),
     (7260, "2 h 1 min"), (172800, "2 days")],
)  # fmt: skip
def test_a_duration_in_words(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1_234_567, "1.2 MB"), (5e9, "5.0 GB")]
)
def test_a_size_in_words(size, text):
    assert size_text(size) == text


def test_a_table_is_as_wide_as_needed():
    assert table(("A", "B"), [("long", "x"), ("y", "")]) == "A     B\nlong  x\ny"
    assert count_text(1, "file") == "1 file"
