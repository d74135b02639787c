"""A small web application that behaves or misbehaves as its environment says. Plain Python, no dependencies.

Gentle by default: on SIGTERM it stops listening, closes idle connections, finishes what is in flight and exits 0. With
`--rude` it dies at SIGTERM at once.

| property | effect (an empty value is none) |
|---|---|
| START_SECONDS | sleeps before it listens |
| NEVER_LISTEN | stays alive and never listens |
| EXIT_CODE | exits with this code: at once, or when CRASH_AFTER says |
| CRASH_AFTER | exits so many seconds after it began to listen (EXIT_CODE, default 1) |
| HEALTH | status of /health, default 200; 302 leads to /login |
| SLOW_HEALTH | seconds that /health takes |

Endpoints: `/`, `/login`, `/health`, `/slow/MS`, `/echo` (POST), `/stream` (a line every 0.1 s for ten minutes),
`/crash` (exit code 7), `/env/NAME` (404 when it is not set). Every answer carries X-Version and X-Instance.
"""

import asyncio
import os
import signal
import sys
import time
from http import HTTPStatus
from pathlib import Path

HERE = Path(__file__).parent
VERSION = os.environ.get("BEANSTALK_VERSION_LABEL") or (HERE / "version.txt").read_text().strip()
INSTANCE = os.environ.get("BEANSTALK_INSTANCE_ID") or str(os.getpid())
STREAM_SECONDS = 600


def setting(name, default="0"):
    return os.environ.get(name) or default


class App:
    """The server and its open connections: {writer: True while a request is being answered}."""

    def __init__(self):
        self.busy = {}
        self.stopping = asyncio.Event()

    def stop(self):
        self.stopping.set()
        for writer, busy in self.busy.items():
            if not busy:
                writer.close()

    async def connected(self, reader, writer):
        self.busy[writer] = False
        try:
            while request := await read_request(reader):
                self.busy[writer] = True
                await self.answer(*request, writer)
                self.busy[writer] = False
                if self.stopping.is_set() or "close" in request[2].get("connection", "").lower():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            del self.busy[writer]
            writer.close()

    async def answer(self, method, path, headers, body, writer):
        match path.split("?")[0].strip("/").split("/"):
            case [""] | ["login"]:
                await self.send(writer, 200, f"version {VERSION}, instance {INSTANCE}\n".encode())
            case ["health"]:
                await asyncio.sleep(float(setting("SLOW_HEALTH")))
                await self.send(writer, int(setting("HEALTH", "200")), b"health\n")
            case ["slow", milliseconds]:
                await asyncio.sleep(int(milliseconds) / 1000)
                await self.send(writer, 200, b"slow\n")
            case ["echo"] if method == "POST":
                await self.send(writer, 200, body)
            case ["env", name] if name in os.environ:
                await self.send(writer, 200, os.environ[name].encode())
            case ["stream"]:
                await self.stream(writer)
            case ["crash"]:
                os._exit(7)
            case _:
                await self.send(writer, 404, b"not found\n")

    def head(self, status, *headers):
        more = ["Location: /login"] if 300 <= status < 400 else []
        if self.stopping.is_set():
            more.append("Connection: close")
        first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        lines = [first, f"X-Version: {VERSION}", f"X-Instance: {INSTANCE}", "Content-Type: text/plain", *headers, *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def send(self, writer, status, body):
        writer.write(self.head(status, f"Content-Length: {len(body)}") + body)
        await writer.drain()

    async def stream(self, writer):
        writer.write(self.head(200, "Transfer-Encoding: chunked"))
        until = time.monotonic() + STREAM_SECONDS
        while time.monotonic() < until:
            writer.write(b"5\r\ntick\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.1)
        writer.write(b"0\r\n\r\n")


async def read_request(reader):
    """(method, path, headers in lower case, body), or None at the end. Bodies need a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    method, path, _ = first.split(" ", 2)
    return method, path, headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def serve(rude):
    app = App()
    if not rude:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.stop)
    server = await asyncio.start_server(app.connected, "0.0.0.0", int(setting("PORT", "5000")), backlog=512)
    print(f"version {VERSION} listens as {INSTANCE}", flush=True)
    if setting("CRASH_AFTER", ""):
        await asyncio.sleep(float(setting("CRASH_AFTER")))
        os._exit(int(setting("EXIT_CODE", "1")))
    await app.stopping.wait()
    server.close()
    while app.busy:
        await asyncio.sleep(0.01)


def main():
    print(f"version {VERSION} starts as {INSTANCE}", flush=True)
    time.sleep(float(setting("START_SECONDS")))
    if setting("EXIT_CODE", "") and not setting("CRASH_AFTER", ""):
        sys.exit(int(setting("EXIT_CODE")))
    if setting("NEVER_LISTEN", ""):
        while True:
            time.sleep(60)
    asyncio.run(serve(rude="--rude" in sys.argv))


if __name__ == "__main__":
    main()
