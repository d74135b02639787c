"""What HAProxy is started with, and how it is spoken to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from beanstalk.targets.local.haproxy import STATE_HEADER, configuration, state_line
from beanstalk.targets.local.haproxy_socket import LINE_BYTES, CommandError, RuntimeAPI, joined


def test_the_configuration_is_this(golden: Callable[[str, str], None]) -> None:
    golden("balancer/haproxy.cfg", configuration(8080, 9000, places=2, seats=3))


def test_the_state_file_has_as_many_columns_as_its_header() -> None:
    line = state_line(7, 12, "127.0.0.1:20001", 90)
    assert line.startswith("0 env07 12 s12 127.0.0.1 2 4 90 ")
    assert len(line.split()) == len(STATE_HEADER.splitlines()[1].split()) - 1


def test_commands_share_lines_that_are_not_too_long() -> None:
    commands = [f"set server env00/s{n} state ready" for n in range(1000)]
    lines = list(joined(commands))
    assert "; ".join(lines).split("; ") == commands
    assert 1 < len(lines) < 10 and max(map(len, lines)) < LINE_BYTES + 100
    assert list(joined([])) == []


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str], RuntimeAPI]:
    """said("No such server.\n"): an interface that answers everything with this."""

    def start(text: str) -> RuntimeAPI:
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(tmp_path / "s"))
        server.listen()

        def answer() -> None:
            with server, server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(text.encode())

        threading.Thread(target=answer, daemon=True).start()
        return RuntimeAPI(tmp_path / "s")

    return start


@pytest.mark.parametrize(
    "text",
    [
        "\n\n",
        "no need to change the addr, port changed from '1' to '2' by 'stats socket command'\n\n\n",
        "IP changed from '127.0.0.1' to '127.0.0.2', no need to change the port by 'stats socket command'\n",
        "nothing changed\n",
    ],
)
def test_what_is_said_about_a_good_command_is_no_error(said: Callable[[str], RuntimeAPI], text: str) -> None:
    said(text).run(["set server env00/s1 addr 127.0.0.1 port 2"])


@pytest.mark.parametrize(
    "text", ["No such server.\n", "\n\nNo such server.\n", "IP changed from 'a' to 'b'\n\nNo such server.\n"]
)
def test_a_refused_command_is_an_error_with_the_words_of_haproxy(said: Callable[[str], RuntimeAPI], text: str) -> None:
    with pytest.raises(CommandError, match="No such server"):
        said(text).run(["set server env00/s1 state ready"])


def test_nobody_at_the_socket_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        RuntimeAPI(tmp_path / "s").ask("show info")
