"""One balancer with a client, for tests."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

import psutil

from beanstalk.targets.local.balancer import LoadBalancer, Pool, find_balancer
from tests.targets.local.upstreams import HIGHEST, LOWEST, Instance

KINDS = ("caddy", "haproxy")
SHOP, BLOG, WIKI = "shop.localhost", "blog.localhost", "wiki.localhost"


def free_port() -> int:
    while True:
        port = random.randrange(LOWEST, HIGHEST)
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


class Site:
    """A balancer of one kind with a client; `again()` is what another process would have in hand."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder, self.port = kind, folder, free_port()
        self.balancer = self.again()

    def again(self) -> LoadBalancer:
        return find_balancer(self.folder, "127.0.0.1", self.port, self.kind)

    def serve(self, **hosts: list[Instance]) -> bool:
        return self.balancer.apply(pools(**hosts))

    def connect(self, timeout: float = 30) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(
        self, host: str, path: str = "/", method: str = "GET", timeout: float = 30, **more: object
    ) -> tuple[int, str]:
        """(status, body) of one request; (0, "") when there was no answer."""
        with closing(self.connect(timeout)) as connection:
            try:
                answer = exchange(connection, host, path, method, **more)
            except (OSError, HTTPException):
                return 0, ""
            return answer.status, answer.read().decode()

    def kill(self) -> None:
        pid = self.balancer.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.balancer.pid() is None)

    def processes(self) -> list[psutil.Process]:
        mine = str(self.folder)
        return [p for p in psutil.process_iter(["cmdline"]) if any(mine in word for word in p.info["cmdline"] or ())]


def exchange(
    connection: HTTPConnection, host: str, path: str = "/", method: str = "GET", **more: object
) -> HTTPResponse:
    headers = {"Host": host, **more.pop("headers", {})}  # type: ignore[dict-item]
    connection.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
    return connection.getresponse()


def pools(**hosts: list[Instance]) -> dict[int, Pool]:
    """{0: pool of the first host, …}; `shop=[a, b]` for shop.localhost with equal members."""
    return {
        slot: Pool(f"{name}.localhost", tuple((instance.address, 1) for instance in members))
        for slot, (name, members) in enumerate(hosts.items())
    }
