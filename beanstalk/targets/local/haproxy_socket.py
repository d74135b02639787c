"""HAProxy's runtime API: commands over a unix socket, answers as values (HAProxy's management guide, 9.3)."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from beanstalk.errors import TargetError

TIMEOUT_S = 10.0
LINE_BYTES = 8000
"""A line of commands; HAProxy takes what fits into one of its buffers (16 KB by default)."""
GOOD = re.compile(r"no need to change |IP changed from |port changed from |nothing changed")
"""How the answers to `set server … addr` begin; other commands say nothing when all is well."""


class CommandError(Exception):
    """HAProxy cannot be reached, or refused a command."""

    @staticmethod
    @contextmanager
    def explained() -> Iterator[None]:
        try:
            yield
        except CommandError as error:
            raise TargetError(f"HAProxy cannot be controlled: {error}") from None


class Use(NamedTuple):
    """Of a server. requests: that it has now, counted from the moment it was chosen."""

    requests: int


class RuntimeAPI:
    """Every method raises CommandError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, line: str) -> str:
        """Send one line, return everything that is said."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(TIMEOUT_S)
                    # The path of a unix socket may have 107 bytes only; this one is always short enough.
                    connection.connect(f"/proc/self/fd/{folder}/{self.path.name}")
                    connection.sendall(line.encode() + b"\n")
                    return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
            finally:
                os.close(folder)
        except OSError as error:
            raise CommandError(f"{self.path}: {error.strerror or error}") from None

    def run(self, commands: Iterable[str]) -> None:
        """Commands that change something. What is not known to be good news is an error."""
        for line in joined(commands):
            complaints = [said for said in self.ask(line).splitlines() if said.strip() and not GOOD.match(said)]
            if complaints:
                raise CommandError(f"{complaints[0]} ({line[:100]})")

    def servers(self, backend: str = "") -> Iterator[tuple[str, int, str, int, bool]]:
        """(backend, number of the server, address, weight, gets requests) of every server, or those of one backend."""
        for row in self.ask(f"show servers state {backend}").splitlines():
            columns = row.split()
            if len(columns) > 18 and columns[0] != "#":
                address, state, weight, port = columns[4], columns[5], columns[7], columns[18]
                yield columns[1], int(columns[2]), f"{address}:{port}", int(weight), state != "0"

    def uses(self, backend: str, server: int = -1) -> dict[int, Use]:
        """By the number of the server: of all of a backend, or of one alone."""
        head, *rows = self.ask(f"show stat {backend} 4 {server}").lstrip("# ").strip().splitlines() or [""]
        names = head.split(",")
        found = [dict(zip(names, row.split(","), strict=False)) for row in rows]
        return {int(row["sid"]): Use(int(row["scur"])) for row in found}

    def map(self, name: str) -> dict[str, str]:
        rows = [row.split() for row in self.ask(f"show map {name}").splitlines()]
        return {row[1]: row[2] for row in rows if len(row) == 3}

    def replace_map(self, name: str, content: Mapping[str, str]) -> None:
        """Everything in it at one instant."""
        said = self.ask(f"prepare map {name}")
        version = re.search(r"New version created: (\d+)", said)
        if version is None:
            raise CommandError(said.strip())
        self.run(f"add map @{version[1]} {name} {key} {value}" for key, value in content.items())
        self.run([f"commit map @{version[1]} {name}"])


def joined(commands: Iterable[str]) -> Iterator[str]:
    """Commands on lines that are not too long."""
    line = ""
    for command in commands:
        if line and len(line) + len(command) > LINE_BYTES:
            yield line
            line = ""
        line = f"{line}; {command}" if line else command
    if line:
        yield line
