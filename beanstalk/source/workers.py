"""Runs packing_worker.py in as many processes as there are cores, and gives the results in the order of the items.

Chunks of items go to the workers in turn. There is no queue of ours: a worker that is ahead fills its pipe and waits,
so that memory stays the same however much there is to pack.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from beanstalk.errors import BeanstalkError
from beanstalk.source import packing_worker
from beanstalk.source.packing_worker import Item, Packed, Record, Reply

ITEMS_FOR_WORKERS = 400
"""With fewer items, starting workers takes longer than they save."""
_CHUNK = 32
_MOST_WORKERS = 8
_PIPE_BYTES = 1 << 20
_KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(1 << 26),
    "MALLOC_TOP_PAD_": str(1 << 24),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}
"""For glibc: do not give the compressor's 256 KB back to the kernel after each file, which takes half as long again."""
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, which fcntl names only where it was there at build time

Ready = tuple[Record, memoryview]
"""A record, and its member when it was packed."""


@contextmanager
def pack_items(
    folder: Path, items: Sequence[Item], git: Sequence[str] = (), env: dict[str, str] | None = None
) -> Iterator[Iterator[Ready]]:
    """Pack `items`, which lie in `folder`, or are blobs that the command `git` gives. See packing_worker."""
    chunks = [list(items[at : at + _CHUNK]) for at in range(0, len(items), _CHUNK)]
    count = min(_MOST_WORKERS, len(os.sched_getaffinity(0)))
    started: list[subprocess.Popen[bytes]] = []
    try:
        if len(items) >= ITEMS_FOR_WORKERS and count > 1:
            started = _start(count)
        if started:
            for number, worker in enumerate(started):
                _hand_over(worker, (os.fsencode(folder), chunks[number::count], list(git), env or {}))
            yield _in_turn(started, [len(chunk) for chunk in chunks])
        else:
            here = packing_worker.pack_chunks(os.fsencode(folder), chunks, list(git), env or {})
            yield (ready for reply in here for ready in _split(reply))
    finally:
        for worker in started:
            worker.kill()
        for worker in started:
            with worker:  # closes its pipes, and waits
                pass


def _start(count: int) -> list[subprocess.Popen[bytes]]:
    """The workers, or none where no other Python can be started."""
    program = packing_worker.__file__
    if not sys.executable or not Path(program).is_file():
        return []
    command = [sys.executable, "-I", "-S", program]
    env = {**os.environ, **_KEEP_MEMORY}
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env))
    except OSError:
        for worker in started:
            worker.kill()
            worker.communicate()
        return []
    return started


def _hand_over(worker: subprocess.Popen[bytes], job: tuple[bytes, list[list[Item]], list[str], dict[str, str]]) -> None:
    assert worker.stdin and worker.stdout
    try:
        fcntl.fcntl(worker.stdout, _SET_PIPE_SIZE, _PIPE_BYTES)
    except OSError:
        pass  # more than this user may have: the worker waits a little earlier
    try:
        worker.stdin.write(marshal.dumps(job))
        worker.stdin.close()
    except BrokenPipeError:
        pass  # told when its first reply is missing


def _in_turn(started: list[subprocess.Popen[bytes]], lengths: list[int]) -> Iterator[Ready]:
    for number, length in enumerate(lengths):
        worker = started[number % len(started)]
        assert worker.stdout
        while length > 0:
            reply = _read_reply(worker.stdout)
            length -= len(reply[0])
            yield from _split(reply)


def _read_reply(pipe: IO[bytes]) -> Reply:
    length = int.from_bytes(pipe.read(4), "little")
    data = pipe.read(length)
    if not length or len(data) < length:
        raise BeanstalkError("a process that packs files ended by itself", hint="is there memory left? try again")
    reply: Reply = marshal.loads(data)
    return reply


def _split(reply: Reply) -> Iterator[Ready]:
    records, members = reply
    view = memoryview(members)
    at = 0
    for record in records:
        end = at + record[0] if isinstance(record, tuple) else at
        yield record, view[at:end]
        at = end


__all__ = ["ITEMS_FOR_WORKERS", "Packed", "Ready", "pack_items"]
