"""Zips for tests: honest ones by `zipfile`, and hostile ones that `zipfile` would not write."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINK = stat.S_IFLNK | 0o777


@dataclass(frozen=True)
class Raw:
    """A member, byte by byte. None in `size`, `crc`, `own_name` and `packed`: what is right."""

    name: bytes
    data: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    method: int = 8
    flags: int = 0
    size: int | None = None
    crc: int | None = None
    own_name: bytes | None = None
    packed: bytes | None = None
    header_at: int | None = None


def raw_zip(path: Path, members: Sequence[Raw], count: int | None = None) -> Path:
    """Write exactly these members, right or wrong."""
    body, directory = b"", b""
    for member in members:
        packed = member.packed
        if packed is None:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(member.data) + packer.flush() if member.method == 8 else member.data
        size = len(member.data) if member.size is None else member.size
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        common = (member.flags, member.method, 0, 33, crc, len(packed), size)
        own = member.name if member.own_name is None else member.own_name
        at = len(body) if member.header_at is None else member.header_at
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, *common, len(own), 0) + own + packed
        about = (len(member.name), 0, 0, 0, 0, member.mode << 16, at)
        directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", 3 << 8, 20, *common, *about) + member.name
    number = len(members) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path


def honest_zip(
    path: Path, files: Mapping[str, bytes | tuple[bytes, int]], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """A zip by `zipfile`: name to content, or to content and st_mode. A name may end in "/"."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            data, mode = content if isinstance(content, tuple) else (content, stat.S_IFREG | 0o644)
            info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            info.create_system, info.external_attr, info.compress_type = 3, mode << 16, compression
            archive.writestr(info, data)
    return path
