"""The kernel's table of connections is read right."""

from __future__ import annotations

import socket

from beanstalk.targets.local.connections import connections_to, count_rows

TABLE = b"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:4E21 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0 100 0 0 10 0
   1: 0100007F:C001 0100007F:4E21 01 00000000:00000000 00:00000000 00000000     0        0 1002 1 0 20 4 30 10 -1
   2: 0100007F:4E21 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0 20 4 30 10 -1
   3: 0100007F:C002 0100007F:4E21 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0
   4: 0100007F:C003 0100007F:4E21 02 00000000:00000000 00:00000000 00000000     0        0 1004 1 0 20 4 30 10 -1
   5: 0100007F:C004 0100007F:4E21 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   6: 0100007F:C005 0100007F:4E22 01 00000000:00000000 00:00000000 00000000     0        0 1005 1 0 20 4 30 10 -1
   7: 0000000000000000FFFF00000100007F:C006 0000000000000000FFFF00000100007F:4E21 08 0:0 00:0 0 0 0 1006 1 0
"""


def test_only_open_connections_to_the_address_count() -> None:
    assert count_rows(TABLE, b"0100007F:4E21") == 3
    assert count_rows(TABLE, b"0100007F:4E22") == 1
    assert count_rows(TABLE, b"0100007F:4E23") == 0


def test_real_connections_are_counted_until_they_are_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert connections_to(address) == 0
        with socket.create_connection(server.getsockname()), socket.create_connection(server.getsockname()):
            assert connections_to(address) == 2
        assert connections_to(address) == 0
