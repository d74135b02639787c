"""How many connections this machine has open to an address: the number of requests that an instance still serves.

Proxies count per configured server, not per address, and one of ours not at all; the kernel knows.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import psutil

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
OPEN = {b"01", b"02", b"03", b"04", b"05", b"08"}
"""ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2 and CLOSE_WAIT, as in the kernel's tcp_states.h."""


def connections_to(address: str) -> int:
    """Sockets whose other end is `address` ("127.0.0.1:20001") and that a process still holds open."""
    host, port = address.rsplit(":", 1)
    if not TABLES[0].exists():
        return sum(
            connection.raddr == (host, int(port)) and connection.status != psutil.CONN_TIME_WAIT
            for connection in psutil.net_connections("tcp")
        )
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    remote = f"{number:08X}:{int(port):04X}".encode()
    return sum(count_rows(table.read_bytes(), remote) for table in TABLES if table.exists())


def count_rows(table: bytes, remote: bytes) -> int:
    """Columns of a row: number, local, remote, state, queues, timer, retransmits, user, timeout, inode, …

    An inode of 0 is a connection that its process has closed; it only says goodbye.
    """
    count = 0
    for row in table.splitlines():
        if remote in row:
            columns = row.split()
            count += columns[2].endswith(remote) and columns[3] in OPEN and columns[9] != b"0"
    return count
