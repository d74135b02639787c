"""What people see: event lines, notices and tables. Colour and moving lines only on a terminal, never with NO_COLOR."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from beanstalk.records import Event, Severity

_COLOUR = {Severity.WARN: "yellow", Severity.ERROR: "red", Severity.FATAL: "red"}
HEALTH_COLOUR = {"Green": "green", "Yellow": "yellow", "Red": "red", "Grey": "bright_black"}


def is_live(stream: TextIO) -> bool:
    """Whether somebody watches who wants colours and moving lines."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str | None, stream: TextIO | None = None, bold: bool = False) -> str:
    """`text` in a colour, if `stream` (stdout) is a terminal that shows it."""
    live = (colour or bold) and is_live(stream or sys.stdout)
    return click.style(text, fg=colour, bold=bold or None) if live else text


def event_line(event: Event, stream: TextIO | None = None) -> str:
    """One event as the EB CLI writes it, in UTC."""
    at = datetime.fromtimestamp(event.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    severity = paint(f"{event.severity:<7}", _COLOUR.get(event.severity), stream)
    return f"{at:<22} {severity} {event.message}"


def notice(text: str, quiet: bool = False) -> None:
    """A sentence beside the result."""
    if not quiet:
        click.echo(text, err=True)


def warn(text: str, quiet: bool = False) -> None:
    if not quiet:
        click.echo(paint("warning: ", "yellow", sys.stderr) + text, err=True)


def write_json(document: Any) -> None:
    """The one document of a command with --json."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as needed, two blanks between them. Cells must not be painted."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]
    return "\n".join(lines)


def size_text(size_bytes: float) -> str:
    """1234567 → 1.2 MB."""
    for unit in ("B", "KB", "MB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} B" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} GB"


def duration_text(seconds: float) -> str:
    """Seconds in the unit a person would choose."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def count_text(count: int, noun: str) -> str:
    """2, "instance" → 2 instances."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class Lines:
    """Event lines on stderr, with a footer that is rewritten on a terminal."""

    def __init__(self, quiet: bool, footer: str) -> None:
        self._quiet = quiet
        self._footer = footer if is_live(sys.stderr) else ""

    def show(self, event: Event) -> None:
        if self._quiet:
            return
        self.end()
        click.echo(event_line(event, sys.stderr), err=True)
        if self._footer:
            columns = shutil.get_terminal_size().columns
            click.echo(self._footer[: columns - 1], err=True, nl=False)

    def end(self) -> None:
        """Take the footer away."""
        if self._footer and not self._quiet:
            click.echo("\r\033[K", err=True, nl=False)
