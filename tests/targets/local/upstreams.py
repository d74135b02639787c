"""Instances for tests of the balancers: HTTP/1.1 servers in one thread, whose every request is under control.

| path | answers |
|---|---|
| /slow | once the instance is released |
| /head | with the request as it arrived |
| /body | with the SHA-256 of the body |
| /break | by closing the connection |
| /events | with a line for each call of `say`, in chunks, until the instance stops |
| any, with Upgrade | 101, then every line comes back |
| other | its name |
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
LOWEST, HIGHEST = 20_000, 32_000
"""Below the range the kernel takes ports for outgoing connections from."""


class Instance:
    """One server. `seen`: request lines in the order in which they came."""

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version
        self.seen: list[str] = []
        self.waiting = 0
        self.released = asyncio.Event()
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.tasks: set[asyncio.Task[None]] = set()
        self.address = ""

    async def open(self) -> None:
        while not self.address:
            port = random.randrange(LOWEST, HIGHEST)
            try:
                self.server = await asyncio.start_server(self.serve, "127.0.0.1", port)
                self.address = f"127.0.0.1:{port}"
            except OSError:
                continue

    async def close(self) -> None:
        self.server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while await self.answer(reader, writer):
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request. False: the connection ends."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (row.split(": ", 1) for row in rest)}
        self.seen.append(line)
        body = await read_body(reader, headers)
        path = line.split()[1]
        if "upgrade" in headers:
            await self.echo(reader, writer)
            return False
        if path == "/break":
            return False
        if path == "/events":
            await self.tell(writer)
        if path == "/slow":
            self.waiting += 1
            await self.released.wait()
        text = {"/head": head, "/body": hashlib.sha256(body).hexdigest()}.get(path, self.name).encode()
        who = f"X-Version: {self.version}\r\nX-Instance: {self.name}\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\n{who}Content-Length: {len(text)}\r\n\r\n".encode() + text)
        return True

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n")
        while line := await reader.readline():
            writer.write(line)

    async def tell(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            text = await self.said.get()
            writer.write(f"{len(text):x}\r\n{text}\r\n".encode())


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


class Upstreams:
    """Makes instances; a context manager that ends them all."""

    def __enter__(self) -> Upstreams:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.instances: list[Instance] = []
        return self

    def __exit__(self, *_: object) -> None:
        for instance in self.instances:
            self.stop(instance)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def start(self, name: str, version: str = "v1") -> Instance:
        instance = Instance(name, version)
        self.call(instance.open())
        self.instances.append(instance)
        return instance

    def stop(self, instance: Instance) -> None:
        """At once: whatever it was doing is lost."""
        self.call(instance.close())

    def release(self, instance: Instance) -> None:
        self.loop.call_soon_threadsafe(instance.released.set)

    def say(self, instance: Instance, text: str) -> None:
        self.loop.call_soon_threadsafe(instance.said.put_nowait, text)
