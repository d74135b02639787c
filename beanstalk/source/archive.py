"""The ZIP format, read strictly: the list of members as the archive's directory gives it, and the bytes of one.

Strict, because two readers that disagree about an archive are how hostile ones get through: the directory must end
where the archive ends, each member's own header must agree with it, no two members share bytes, and nothing is
believed about sizes: bytes are counted as they come out of the decompressor.
Source: PKWARE APPNOTE 6.3.10, section 4; `zipfile` of Python is not used here because it is lenient on purpose.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import BinaryIO

from beanstalk.errors import BundleRefused

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES"}
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _PATCHED, _UTF8 = 0b0010_0000_0100_0001, 1 << 5, 1 << 11
_BLOCK = 1 << 18
_LONGEST_DIRECTORY = 3 << 24
_LONGEST_NAME = 1 << 13
_REMAKE = "make the zip again, for example with `beanstalk package`"


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the directory of the archive describes it.

    name: as decoded, not yet judged.  unix_mode: st_mode with the file type, 0 when the archive has none.
    size, packed_size, crc: what the archive claims.  data_at: where its packed bytes begin.
    """

    name: str
    unix_mode: int
    method: int
    size: int
    packed_size: int
    crc: int
    header_at: int
    data_at: int


def read_members(file: BinaryIO, most: int) -> list[Member]:
    """The members in the order of the directory. Raises BundleRefused: broken, unreadable, more than `most`."""
    count, at, length = _find_directory(file)
    if count > most:
        raise BundleRefused(f"{count} entries, and at most {most} are accepted", hint="leave folders out")
    if length > _LONGEST_DIRECTORY:
        raise BundleRefused("the directory of the zip is larger than any honest one", hint=_REMAKE)
    file.seek(at)
    directory = file.read(length)
    members: list[Member] = []
    position = 0
    for _ in range(count):
        member, position = _read_record(file, directory, position, at)
        members.append(member)
    if position != length:
        raise BundleRefused("the directory of the zip does not have the length it claims", hint=_REMAKE)
    _check_overlaps(members, at)
    return members


def read_bytes(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The content of `member`, a bounded piece at a time. Raises BundleRefused when it is not what was claimed."""
    file.seek(member.data_at)
    pieces = _stored(file, member) if member.method == _STORED else _inflated(file, member)
    crc, size = 0, 0
    for piece in pieces:
        size += len(piece)
        if size > member.size:
            raise BundleRefused(f"{member.name!r} holds more than the {member.size} bytes it claims", hint=_REMAKE)
        crc = zlib.crc32(piece, crc)
        yield piece
    if size != member.size:
        raise BundleRefused(f"{member.name!r} has {size} bytes and claims {member.size}", hint=_REMAKE)
    if crc != member.crc:
        raise BundleRefused(f"{member.name!r} is damaged (wrong checksum)", hint=_REMAKE)


def _stored(file: BinaryIO, member: Member) -> Iterator[bytes]:
    left = member.packed_size
    while left:
        piece = file.read(min(left, _BLOCK))
        if not piece:
            raise BundleRefused(f"the zip ends in the middle of {member.name!r}", hint=_REMAKE)
        left -= len(piece)
        yield piece


def _inflated(file: BinaryIO, member: Member) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(file, member):
            while packed and not inflate.eof:
                yield inflate.decompress(packed, _BLOCK)
                packed = inflate.unconsumed_tail
            if inflate.unused_data:
                raise BundleRefused(f"{member.name!r} has bytes after its end", hint=_REMAKE)
        while not inflate.eof and (piece := inflate.decompress(b"", _BLOCK)):
            yield piece
    except zlib.error:
        raise BundleRefused(f"{member.name!r} is damaged (cannot be decompressed)", hint=_REMAKE) from None
    if not inflate.eof:
        raise BundleRefused(f"{member.name!r} is cut short", hint=_REMAKE)


def _find_directory(file: BinaryIO) -> tuple[int, int, int]:
    """Number of records, position and length of the directory."""
    length = file.seek(0, 2)
    tail_at = max(0, length - _END.size - 0xFFFF)
    file.seek(tail_at)
    tail = file.read()
    found = len(tail)
    while (found := tail.rfind(b"PK\5\6", 0, found)) >= 0:
        if found + _END.size <= len(tail):
            end = _END.unpack_from(tail, found)
            if found + _END.size + end[7] == len(tail):
                break
    else:
        file.seek(0)
        text = "the zip is cut short or damaged" if file.read(2) == b"PK" else "this is no zip file"
        raise BundleRefused(text, hint=_REMAKE)
    _, disk, first_disk, here, count, size, at, _ = end
    end_at = tail_at + found
    if 0xFFFF in (disk, here, count) or 0xFFFFFFFF in (size, at):
        found64 = _find_directory64(file, end_at)
        if found64:
            disk, first_disk, here, count, size, at, end_at = found64
    if disk or first_disk or here != count:
        raise BundleRefused("the zip is one part of several", hint=_REMAKE)
    if at + size != end_at:
        raise BundleRefused("the zip has bytes before, between or after its parts, or is cut short", hint=_REMAKE)
    return count, at, size


def _find_directory64(file: BinaryIO, end_at: int) -> tuple[int, int, int, int, int, int, int] | None:
    """The same out of the ZIP64 record, if there is one: disks, counts, length, position, and where it begins."""
    if end_at < _LOCATOR64.size:
        return None
    file.seek(end_at - _LOCATOR64.size)
    signature, _, record_at, _ = _LOCATOR64.unpack(file.read(_LOCATOR64.size))
    if signature != b"PK\6\7":
        return None
    if record_at + _END64.size > end_at:
        raise BundleRefused("the zip is cut short or damaged (ZIP64 record)", hint=_REMAKE)
    file.seek(record_at)
    record = file.read(_END64.size)
    if record[:4] != b"PK\6\6":
        raise BundleRefused("the zip is cut short or damaged (ZIP64 record)", hint=_REMAKE)
    _, length, _, _, disk, first_disk, here, count, size, at = _END64.unpack(record)
    if record_at + 12 + length != end_at - _LOCATOR64.size:
        raise BundleRefused("the zip has bytes between its parts (ZIP64 record)", hint=_REMAKE)
    return disk, first_disk, here, count, size, at, record_at


def _read_record(file: BinaryIO, directory: bytes, position: int, directory_at: int) -> tuple[Member, int]:
    """The record of the directory at `position` and where the next one begins."""
    broken = BundleRefused("the directory of the zip is damaged", hint=_REMAKE)
    if position + _CENTRAL.size > len(directory):
        raise broken
    fields = _CENTRAL.unpack_from(directory, position)
    signature, made_by, _, flags, method, _, _, crc, packed_size, size = fields[:10]
    name_length, extra_length, comment_length, disk, _, attributes, header_at = fields[10:]
    start = position + _CENTRAL.size
    end = start + name_length + extra_length + comment_length
    if signature != b"PK\1\2" or end > len(directory):
        raise broken
    if name_length > _LONGEST_NAME:
        raise BundleRefused(f"a name of {name_length} bytes in the zip", hint=_REMAKE)
    raw = directory[start : start + name_length]
    extra = directory[start + name_length : start + name_length + extra_length]
    if 0xFFFFFFFF in (size, packed_size, header_at):
        size, packed_size, header_at = _read_extra64(extra, size, packed_size, header_at)
    name = _decode(raw, flags, extra)
    if flags & _ENCRYPTED or method == 99:
        raise BundleRefused(f"{name!r} is encrypted", hint="make the zip again without a password")
    if flags & _PATCHED or method not in (_STORED, _DEFLATED):
        how = _METHODS.get(method, f"method {method}")
        raise BundleRefused(f"{name!r} is compressed with {how}", hint="use deflate, which every zip tool can")
    if disk:
        raise BundleRefused("the zip is one part of several", hint=_REMAKE)
    if header_at >= directory_at:
        raise BundleRefused(f"{name!r} is missing from the zip", hint=_REMAKE)
    unix_mode = attributes >> 16 if made_by >> 8 in (3, 19) else 0
    data_at = _check_header(file, raw, name, flags, method, header_at)
    return Member(name, unix_mode, method, size, packed_size, crc, header_at, data_at), end


def _check_header(file: BinaryIO, raw: bytes, name: str, flags: int, method: int, at: int) -> int:
    """Where the data begins. The member's own header must tell the same name, method and flags."""
    file.seek(at)
    header = file.read(_LOCAL.size + len(raw))
    if len(header) < _LOCAL.size + len(raw) or header[:4] != b"PK\3\4":
        raise BundleRefused(f"{name!r} is missing from the zip", hint=_REMAKE)
    own: tuple[int, ...] = _LOCAL.unpack_from(header)[1:]
    _, own_flags, own_method, *_, name_length, extra_length = own
    differs = name_length != len(raw) or header[_LOCAL.size :] != raw or own_method != method
    if differs or (own_flags ^ flags) & _ENCRYPTED:
        raise BundleRefused(f"the zip tells two stories about {name!r}", hint=_REMAKE)
    return at + _LOCAL.size + name_length + extra_length


def _check_overlaps(members: list[Member], directory_at: int) -> None:
    ordered = sorted(members, key=lambda member: member.header_at)
    for member, following in zip_longest(ordered, ordered[1:]):
        end = following.header_at if following else directory_at
        if member.data_at + member.packed_size > end:
            raise BundleRefused(f"{member.name!r} overlaps with other parts of the zip", hint=_REMAKE)


def _read_extra64(extra: bytes, *fields: int) -> tuple[int, int, int]:
    """Size, packed size and position, each taken from the ZIP64 extra field where the record has all ones."""
    wide = _find_extra(extra, 0x0001)
    values = [wide[at : at + 8] for at in range(0, len(wide), 8)]
    read: list[int] = []
    for field in fields:
        if field != 0xFFFFFFFF:
            read.append(field)
        elif values and len(values[0]) == 8:
            read.append(int.from_bytes(values.pop(0), "little"))
        else:
            raise BundleRefused("the directory of the zip is damaged (ZIP64 sizes)", hint=_REMAKE)
    return read[0], read[1], read[2]


def _find_extra(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _decode(raw: bytes, flags: int, extra: bytes) -> str:
    """A name in UTF-8 where the archive says so or it happens to be, else in the code page of DOS."""
    unicode_path = _find_extra(extra, 0x7075)
    if not raw.isascii() and len(unicode_path) > 5 and int.from_bytes(unicode_path[1:5], "little") == zlib.crc32(raw):
        raw, flags = unicode_path[5:], flags | _UTF8
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if flags & _UTF8:
            raise BundleRefused(f"the name {raw!r} is not UTF-8", hint=_REMAKE) from None
        return raw.decode("cp437")
