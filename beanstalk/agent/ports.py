"""Ports for instances: below the range that the system hands out, free now, and held by the store from then on."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

from beanstalk.errors import TargetError

FIRST, LAST = 20000, 29999
_TRIES = 200


def free_port(taken: Collection[int]) -> int:
    """A port of 127.0.0.1 that nobody listens on and that is not in `taken`.

    Chosen at random, so that two homes on one machine hardly ever meet. Raises TargetError when none is found.
    """
    for _ in range(_TRIES):
        port = random.randint(FIRST, LAST)
        if port not in taken and _is_free(port):
            return port
    raise TargetError(f"no free port between {FIRST} and {LAST}", hint="terminate environments that are not needed")


def _is_free(port: int) -> bool:
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((address, port))
            except OSError:
                return False
    return True
