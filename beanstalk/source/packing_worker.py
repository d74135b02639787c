"""Turns small files into ready members of a zip; the part of packing that runs in several processes at once.

Run as a program it reads one job from standard input and writes replies to standard output. It is started as
`python -I -S packing_worker.py` and imports nothing but the standard library, so that it is up in a few milliseconds.
Both directions speak `marshal` of plain tuples, each reply with its length in four bytes before it.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import marshal
import os
import stat
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

SMALL = 1 << 20
"""Files up to this many bytes are packed here; larger ones are left to whoever can stream them."""
REPLY_BYTES = 1 << 20
LEVEL, LEVEL_OF_TINY, TINY = 6, 4, 1 << 14
"""Of zlib. In a few KB there is little to search, so 4 finds nearly what the default 6 finds, in 5/6 of the time."""
LOCAL = struct.Struct("<4s5H3L2H")
_SAMPLED, _SAMPLE, _HOPELESS = 1 << 16, 1 << 13, 0.98
VERSION, UTF8, STORED, DEFLATED = 20, 1 << 11, 0, 8
TIME, DATE = 0, 1 << 5 | 1
"""Midnight of 1 January 1980, the first moment a zip can tell: no clock takes part in a bundle."""

Item = tuple[bytes, int, str]
"""Name in the zip, mode and blob of a file in git; on the disk mode is 0o120777 for a link, else 0, and blob ""."""
Packed = tuple[int, int, int, int, int, int, bytes]
"""Length of the member, then CRC, packed size, size, method, mode, SHA-256."""
Record = Packed | str | None
"""A packed file; why it cannot be read; or None: too large for here."""
Reply = tuple[list[Record], bytes]
"""Records, and the members of those that are packed, one after the other."""


def pack_chunks(folder: bytes, chunks: Iterable[list[Item]], git: list[str], env: dict[str, str]) -> Iterator[Reply]:
    """Pack the items of each chunk, in order. A reply never has items of two chunks.

    folder: where items on the disk are.  git: the command that gives blobs (`cat-file --batch`), or empty.
    """
    if not git:
        for chunk in chunks:
            yield from _replies(_from_disk(folder, item) for item in chunk)
        return
    import subprocess  # only here: workers for files on the disk are up sooner without
    import tempfile

    kept = list(chunks)
    with tempfile.TemporaryFile() as asked:
        # A file, not a pipe: git can read on while we write nothing, and neither can wait for the other.
        asked.write("".join(f"{blob}\n" for chunk in kept for _, _, blob in chunk).encode())
        asked.seek(0)
        with subprocess.Popen(git, stdin=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) as running:
            assert running.stdout
            for chunk in kept:
                yield from _replies(_from_git(running.stdout, item) for item in chunk)


def _replies(records: Iterable[tuple[Record, bytes, bytes]]) -> Iterator[Reply]:
    done: list[Record] = []
    members: list[bytes] = []
    length = 0
    for record, header, packed in records:
        done.append(record)
        if header:
            members += header, packed
            length += len(packed)
        if length > REPLY_BYTES:
            yield done, b"".join(members)
            done, members, length = [], [], 0
    if done:
        yield done, b"".join(members)


def _from_disk(folder: bytes, item: Item) -> tuple[Record, bytes, bytes]:
    name, mode, _ = item
    path = b"%b/%b" % (folder, name)
    try:
        if mode:
            return pack_one(name, mode, os.readlink(path))  # noqa: PTH115
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                return "is not a file any more", b"", b""
            if about.st_size > SMALL:
                return None, b"", b""
            data = os.read(file, about.st_size + 1)
            # A file that did not grow ends where it said.
            while about.st_size < len(data) <= SMALL and (more := os.read(file, SMALL)):
                data += more
        finally:
            os.close(file)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is not a file any more", b"", b""
        return f"cannot be read: {error.strerror}", b"", b""
    if len(data) > SMALL:
        return None, b"", b""
    return pack_one(name, 0o755 if about.st_mode & 0o100 else 0o644, data)


def _from_git(batch: IO[bytes], item: Item) -> tuple[Record, bytes, bytes]:
    name, mode, blob = item
    kind, _, length = batch.readline().rstrip().partition(b" ")[2].partition(b" ")
    if kind != b"blob":
        return f"git has no content for it ({blob})", b"", b""
    data = batch.read(int(length))
    batch.read(1)
    return pack_one(name, mode, data)


def pack_one(name: bytes, mode: int, data: bytes) -> tuple[Packed, bytes, bytes]:
    """The record of a member, its header, and its packed bytes."""
    size = len(data)
    method, packed = STORED, data
    if size and mode < 0o120000 and not looks_packed(data):
        # A window no larger than the file, and tables to match: nothing is lost, and for a small file setting them
        # up is a good part of the work.
        bits = (size - 1).bit_length()
        level, memory = (LEVEL_OF_TINY, 7) if size <= TINY else (LEVEL, 8)
        deflate = zlib.compressobj(level, zlib.DEFLATED, -max(9, min(15, bits)), memory)
        shorter = deflate.compress(data) + deflate.flush()
        if len(shorter) < size:
            method, packed = DEFLATED, shorter
    crc = zlib.crc32(data)
    header = local_header(name, method, crc, len(packed), size)
    record = (len(header) + len(packed), crc, len(packed), size, method, mode, hashlib.sha256(data).digest())
    return record, header, packed


def looks_packed(data: bytes) -> bool:
    """Whether trying to compress `data` is a waste of time: an image, an archive. Two places are tried, quickly."""
    if len(data) < _SAMPLED:
        return False
    middle = len(data) // 2
    samples = data[:_SAMPLE] + data[middle : middle + _SAMPLE]
    return len(zlib.compress(samples, 1)) > _HOPELESS * len(samples)


def local_header(name: bytes, method: int, crc: int, packed_size: int, size: int) -> bytes:
    flags = 0 if name.isascii() else UTF8
    fields = VERSION, flags, method, TIME, DATE, crc, packed_size, size, len(name), 0
    return LOCAL.pack(b"PK\3\4", *fields) + name


def main() -> None:
    gc.disable()  # nothing here goes in circles
    folder, chunks, git, env = marshal.load(sys.stdin.buffer)
    out = sys.stdout.buffer
    for reply in pack_chunks(folder, chunks, git, env):
        data = marshal.dumps(reply)
        out.write(len(data).to_bytes(4, "little"))
        out.write(data)
    out.flush()


if __name__ == "__main__":
    main()
