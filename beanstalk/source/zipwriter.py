"""Writes a zip whose bytes depend on nothing but what goes in: fixed times and modes, members in the order given.

Source: PKWARE APPNOTE 6.3.10, section 4. Sizes never need ZIP64 here, the limits of a bundle see to that; the number
of members may.
"""

from __future__ import annotations

import hashlib
import stat
import struct
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from beanstalk.errors import BundleRefused
from beanstalk.source import content
from beanstalk.source.content import LINK, Entry
from beanstalk.source.packing_worker import (
    DATE,
    DEFLATED,
    LEVEL,
    STORED,
    TIME,
    UTF8,
    VERSION,
    Packed,
    local_header,
    looks_packed,
)

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_UNIX = 3 << 8 | VERSION


class ZipWriter:
    """A zip being written to `file`, which is new and can seek. `entries` and `unpacked_bytes`: what is in so far."""

    def __init__(self, file: BinaryIO) -> None:
        self.entries: list[Entry] = []
        self.unpacked_bytes = 0
        self._file = file
        self._at = 0
        self._directory: list[bytes] = []

    def add(self, path: str, packed: Packed, member: bytes | memoryview) -> None:
        """Add a member that is ready: header and packed bytes. Raises BundleRefused when the zip becomes too large."""
        length, crc, packed_size, size, method, mode, sha256 = packed
        assert length == len(member), path
        self._file.write(member)
        self._register(path, mode, method, crc, packed_size, size, sha256, length)

    def stream(self, path: str, mode: int, pieces: Iterator[bytes]) -> None:
        """Add a member of any size, a piece at a time. Raises BundleRefused when the zip becomes too large."""
        name = path.encode()
        first = next(pieces, b"")
        method = STORED if looks_packed(first) else DEFLATED
        self._file.write(local_header(name, method, 0, 0, 0))
        deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS) if method == DEFLATED else None
        sha256, crc, size, packed_size = hashlib.sha256(), 0, 0, 0
        for piece in chain([first], pieces):
            sha256.update(piece)
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            packed = deflate.compress(piece) if deflate else piece
            packed_size += len(packed)
            self._file.write(packed)
            self._check(self._at + packed_size, self.unpacked_bytes + size)
        last = deflate.flush() if deflate else b""
        packed_size += len(last)
        self._file.write(last)
        header = local_header(name, method, crc, packed_size, size)
        self._file.seek(self._at)
        self._file.write(header)
        self._file.seek(0, 2)
        length = len(header) + packed_size
        self._register(path, mode, method, crc, packed_size, size, sha256.digest(), length)

    def close(self) -> int:
        """Write the directory. Gives the size of the zip in bytes."""
        directory = b"".join(self._directory)
        count, size, at = len(self._directory), len(directory), self._at
        end_at = at + size
        self._file.write(directory)
        short = min(count, 0xFFFF)
        if short == 0xFFFF:
            self._file.write(_END64.pack(b"PK\6\6", _END64.size - 12, _UNIX, 45, 0, 0, count, count, size, at))
            self._file.write(_LOCATOR64.pack(b"PK\6\7", 0, end_at, 1))
        self._file.write(_END.pack(b"PK\5\6", 0, 0, short, short, size, at, 0))
        self._file.flush()
        return self._file.tell()

    def _register(
        self, path: str, mode: int, method: int, crc: int, packed_size: int, size: int, sha256: bytes, length: int
    ) -> None:
        name = path.encode()
        flags = 0 if name.isascii() else UTF8
        attributes = (mode if mode == LINK else stat.S_IFREG | mode) << 16
        about = flags, method, TIME, DATE, crc, packed_size, size, len(name), 0, 0, 0, 0, attributes, self._at
        self._directory.append(_CENTRAL.pack(b"PK\1\2", _UNIX, VERSION, *about) + name)
        self.entries.append(Entry(path, mode, size, sha256.hex()))
        self._at += length
        self.unpacked_bytes += size
        self._check(self._at, self.unpacked_bytes)

    def _check(self, packed_bytes: int, unpacked_bytes: int) -> None:
        """The ratio is for the end: until then it may be anything."""
        if packed_bytes > content.MOST_BYTES or unpacked_bytes > content.MOST_UNPACKED_BYTES:
            raise BundleRefused(content.check_sizes(packed_bytes, unpacked_bytes, 0), hint=content.SMALLER)
